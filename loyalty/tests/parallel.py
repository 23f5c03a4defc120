"""Many real connections at once, watched from outside: who took part, and who had to wait for a lock."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, connections

WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"""


@dataclass
class Crew:
    """Threads that each hold a database connection of their own. Results come in the order of the calls."""

    size: int
    pool: ThreadPoolExecutor
    backends: set[int] = field(default_factory=set)
    lock_waits: int = 0

    def all_at_once(self, calls: list[Callable[[], Any]]) -> list[Any]:
        """Runs the calls side by side from one starting signal. An exception is a result."""
        assert len(calls) <= self.size
        start = threading.Barrier(len(calls))
        futures: list[Future[Any]] = [self.pool.submit(self._run, call, start) for call in calls]
        return [future.result() for future in futures]

    def _run(self, call: Callable[[], Any], start: threading.Barrier) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            self.backends.add(cursor.fetchone()[0])
        start.wait()
        try:
            return call()
        except Exception as error:
            return error

    def watch(self, stop: threading.Event) -> None:
        """Counts sightings of a backend that waits for a lock."""
        with connection.cursor() as cursor:
            while not stop.is_set():
                cursor.execute(WAITING)
                self.lock_waits += cursor.fetchone()[0]
                time.sleep(0.002)


@contextmanager
def crew(size: int) -> Iterator[Crew]:
    stop = threading.Event()
    with ThreadPoolExecutor(size + 1) as pool:
        hands = Crew(size, pool)
        watcher = pool.submit(hands.watch, stop)
        try:
            yield hands
        finally:
            stop.set()
            watcher.result()
            closing = threading.Barrier(size + 1)
            for future in [pool.submit(_close, closing) for _ in range(size + 1)]:
                future.result()


def wait_until_somebody_waits() -> None:
    """Returns when another connection waits for a lock, or fails after ten seconds."""
    for _ in range(1000):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_stat_clear_snapshot()"
            )  # a transaction sees one picture of the activity otherwise
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


@contextmanager
def held_wallets() -> Iterator[None]:
    """Another connection holds every wallet meanwhile, and whoever waits for one gives up after a moment."""
    patience = kernel_patience()
    with ThreadPoolExecutor(1) as pool:
        _be_patient(dict.fromkeys(patience, "100ms"))
        try:
            pool.submit(_hold).result()
            yield
        finally:
            pool.submit(connections.close_all).result()
            _be_patient(patience)


def kernel_patience() -> dict[str, str]:
    """How long each function of the kernel waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT proname, split_part(c, '=', 2) FROM pg_proc, unnest(proconfig) c WHERE c ~ '^lock_time'")
        return dict(cursor.fetchall())


def _be_patient(patience: dict[str, str]) -> None:
    with connection.cursor() as cursor:
        for function, time in patience.items():
            cursor.execute(f"ALTER FUNCTION {function} SET lock_timeout = '{time}'")


def _hold() -> None:
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT count(*) FROM (SELECT 1 FROM loyalty_wallet FOR UPDATE) w")


def _close(closing: threading.Barrier) -> None:
    """One per thread: the barrier keeps a thread from closing twice while another keeps its connection."""
    closing.wait()
    connections.close_all()
