"""The web server: enough workers for the cores, each with a thread to spare while one waits for the database."""

import os
from pathlib import Path

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", (os.cpu_count() or 1) + 1))
threads = 2
reuse_port = True  # a socket per worker: with one for all, a lone worker may end up with every kept-alive connection
preload_app = True  # one import for all workers: a faster start, shared memory
memory = Path("/dev/shm")  # noqa: S108 (gunicorn makes its own unnamed files there)
worker_tmp_dir = str(memory) if memory.is_dir() else None  # the heartbeat must not wait for a disk
loglevel = "warning"
control_socket_disable = True  # it would lie in the home folder of whoever starts us, and nobody uses it
