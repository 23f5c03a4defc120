"""The servers of a benchmark: a durable database and a broker of its own, and the web server as ./run starts it."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from embedded import ROOT, Postgres, Stop, Valkey, wait_for_end, when_this_process_dies


def say(text: str) -> None:
    """Progress, beside the result."""
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def servers(port: int) -> Iterator[Postgres]:
    """A database beside the one of ./run, on the same disk, and a broker for the throttle; gone afterwards."""
    sockets = Path(tempfile.mkdtemp(prefix="regulars-bench-", dir="/tmp"))
    place = ROOT / ".data" / f"bench-{os.getpid()}"
    place.mkdir(parents=True, mode=0o700)
    place.parent.chmod(0o711)  # as root, PostgreSQL runs in another account and has to walk through
    postgres, valkey = Postgres(place / "postgres", sockets), Valkey(place / "valkey", sockets)
    watch = None
    try:
        postgres.start()
        valkey.start()
        end = 'kill -QUIT "$1"; kill -KILL "$2"; sleep 1; rm -rf "$3" "$4"'
        watch = when_this_process_dies(end, postgres.process.pid, valkey.process.pid, sockets, place)
        postgres.wait()
        valkey.wait()
        os.environ |= {
            **postgres.environment(),
            **valkey.environment(),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "API_REQUESTS_PER_MINUTE": "1000000000",  # the throttle counts, and refuses nobody
            "ALLOWED_HOSTS": "127.0.0.1",
            "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
            "PORT": str(port),
            "DEBUG": "0",
            "DEMO": "0",
        }
        yield postgres
    finally:
        if watch:
            watch.kill()
            watch.wait()
        valkey.stop(1)
        postgres.stop(5)
        shutil.rmtree(sockets, ignore_errors=True)
        shutil.rmtree(place, ignore_errors=True)


@contextlib.contextmanager
def web_server(port: int, **environment: str) -> Iterator[None]:
    command = [sys.executable, "-m", "config.web"]
    around = os.environ | {"PORT": str(port)} | environment
    process = subprocess.Popen(command, cwd=ROOT, env=around, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    watch = when_this_process_dies('kill -TERM "$1"', process.pid)
    try:
        until = time.monotonic() + 120
        while not answers(port):
            if process.poll() is not None or time.monotonic() > until:
                raise Stop("The web server did not start; the lines above say why.")
            time.sleep(0.1)
        yield
    finally:
        watch.kill()
        watch.wait()
        process.terminate()
        if not wait_for_end(process, 5):
            process.kill()


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), contextlib.closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == 200
    return False


def program(name: str, programs: Path | str) -> str:
    found = shutil.which(name, path=f"{programs}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        raise Stop(f"{name} is missing. On Debian and Ubuntu: sudo apt install {name}")
    return found


def call(command: list[Any], **environment: str) -> str:
    """What a program printed; with all that it said when it fails."""
    around = os.environ | environment
    run = subprocess.run(list(map(str, command)), cwd=ROOT, env=around, capture_output=True, text=True)
    if run.returncode:
        raise Stop(f"{Path(command[0]).name} failed:\n{run.stdout}{run.stderr}")
    return run.stdout
