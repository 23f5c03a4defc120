"""The web server: `python -m config.web [ADDRESS]` answers on PORT of that address (127.0.0.1).

Granian reads HTTP outside Python, in Rust; decision 5 tells how much that is worth.
"""

import os
import signal
import sys
import threading
import time
from functools import partial
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

PATIENCE = 10  # seconds for a request that does not end when everything stops


def server(address: str) -> Granian:
    """A worker for each core, and in each a few threads to answer while the others wait for the database."""
    return Granian(
        "config.wsgi:application",
        address=address,
        port=int(os.environ.get("PORT", "8000")),
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=int(os.environ.get("WEB_CONCURRENCY", os.cpu_count() or 1)),
        blocking_threads=4,
        blocking_threads_idle_timeout=600,  # the longest there is: each new thread opens a connection to the database
        respawn_failed_workers=True,
        workers_kill_timeout=PATIENCE,
        log_level=LogLevels.warning,
    )


def application(target: str, *, master: int) -> Any:
    """What a worker answers with, once it watches the process that started it. That one may be dead already, so that
    asking for the parent here would come too late."""
    threading.Thread(target=end_with, args=(master,), daemon=True).start()
    from config.wsgi import application

    return application


def end_with(parent: int) -> None:
    """An orphan would answer beside the workers of the next start, with the code of the last one."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(PATIENCE)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    server(*(sys.argv[1:2] or ["127.0.0.1"])).serve(target_loader=partial(application, master=os.getpid()))
