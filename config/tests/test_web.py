"""A worker of the web server ends with the process that started it, whenever that dies."""

import os
import signal
import subprocess
import sys

import pytest

from embedded import ROOT

ORPHAN = """
import sys, time
from config import web
web.PATIENCE = 0.2
web.application("", master=int(sys.argv[1]))
time.sleep(30)
"""
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN){ORPHAN}"


@pytest.fixture
def dead() -> str:
    """The number of a process that is no more."""
    process = subprocess.Popen(["true"])
    process.wait()
    return str(process.pid)


def test_a_worker_ends_whose_master_died_before_it_could_look(dead: str) -> None:
    orphan = subprocess.run([sys.executable, "-c", ORPHAN, dead], cwd=ROOT, env=dict(os.environ), timeout=25)
    assert orphan.returncode == -signal.SIGTERM


def test_a_worker_whose_request_does_not_end_ends_all_the_same(dead: str) -> None:
    deaf = subprocess.run([sys.executable, "-c", DEAF, dead], cwd=ROOT, env=dict(os.environ), timeout=25)
    assert deaf.returncode == -signal.SIGKILL
