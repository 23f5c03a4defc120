"""What ./run starts again when it has died."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import psycopg
import pytest

from config.tests.cluster import NOT_DURABLE
from embedded import ROOT, Postgres, Stop

BUSY = "SELECT count(*) FROM generate_series(1, 20000000)"  # a backend looks up only when it is done


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    folder = Path(tempfile.mkdtemp(prefix="regulars-embedded-", dir="/tmp"))
    server = Postgres(folder / "postgres", folder, NOT_DURABLE)
    server.start()
    server.wait()
    yield server
    server.stop(1)
    shutil.rmtree(folder)


def test_postgresql_starts_again_as_soon_as_the_backends_of_a_killed_one_have_ended(postgres: Postgres) -> None:
    connection = psycopg.connect(host=str(postgres.sockets), port=5432, user="regulars", dbname="regulars")

    def work() -> None:
        with suppress(psycopg.OperationalError):
            connection.execute(BUSY)

    busy = threading.Thread(target=work)
    busy.start()
    time.sleep(0.2)
    os.kill(postgres.process.pid, signal.SIGKILL)
    postgres.process.wait()
    postgres.start()
    postgres.wait()
    busy.join()
    assert postgres.in_the_way in postgres.log.read_text()  # or the server was never in the way
    with psycopg.connect(host=str(postgres.sockets), port=5432, user="regulars", dbname="regulars") as again:
        assert again.execute("SELECT 1").fetchone() == (1,)


def test_postgresql_that_cannot_start_says_so_at_once(postgres: Postgres) -> None:
    postgres.stop(2)
    (postgres.data / "postgresql.conf").write_text("nonsense = 1\n")
    begun = time.monotonic()
    postgres.start()
    with pytest.raises(Stop, match="did not start"):
        postgres.wait()
    assert time.monotonic() - begun < 10


def test_a_program_that_did_its_work_starts_again_without_a_longer_wait_and_one_that_keeps_dying_with_one() -> None:
    loader = SourceFileLoader("run_script", str(ROOT / "run"))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    supervisor = module.Supervisor.__new__(module.Supervisor)
    died = subprocess.Popen(["true"])
    died.wait()
    waits = {}
    for lived in (1, module.WORKED + 1):
        child = module.Child("beat", [], False)
        child.process, child.failures, child.since = died, 3, time.monotonic() - lived
        supervisor.look_after(child)
        waits[lived] = round(child.due_at - time.monotonic(), 1)
    assert waits == {1: 8, module.WORKED + 1: 0.5}
