"""Who kills: each kind of kill finds its victim at a bad moment, and says what it interrupted and when all went on.

All is by SIGKILL: no program is told. A kill that interrupted nothing proves nothing, and is not counted.
"""

import os
import random
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench.faults.gateway import Gateway
from bench.faults.installation import Installation
from bench.faults.tills import Crew
from bench.faults.world import TICK
from embedded import Stop, started_at

GIVE_UP = 60  # seconds
RUSH_LASTS = 1  # seconds after a kill, if no till is answered before
RUSH, LIVELY = 1000.0, 120.0  # requests a second of all tills: as many as they can, and what keeps the worker at work


@dataclass(frozen=True)
class Blow:
    """A kill and what came of it; moments are those of time.time()."""

    kind: str
    at: float
    interrupted: int
    recovered_at: float | None
    longest_wait: float  # of a till for its final answer
    whole_at: float  # when every program ran again, and nothing else

    @property
    def recovery(self) -> float:
        return GIVE_UP if self.recovered_at is None else self.recovered_at - self.at


@dataclass
class Scene:
    installation: Installation
    crew: Crew
    gateway: Gateway
    rng: random.Random

    def ask(self, statement: str, *values: object) -> tuple:
        """One row of the database, which may be down or about to fall."""
        with self.installation.connect() as connection:
            return connection.execute(statement, values).fetchone() or (None,)


class Kind:
    """`rate` is how busy the tills are about the kill, `later` until the work goes on."""

    name, rate, later = "", RUSH, LIVELY

    def __init__(self, scene: Scene) -> None:
        self.scene, self.place = scene, scene.installation

    def aim(self) -> int:
        """The victim, when the moment is bad."""
        raise NotImplementedError

    def interrupted(self, at: float) -> int:
        return self.scene.crew.interrupted(at)

    def recovered_at(self, at: float) -> float | None:
        return self.scene.crew.first_answer(at)

    def while_requests_are_under_way(self) -> None:
        until_true(lambda: self.scene.crew.in_flight() >= 2, "no two requests were ever under way at once")
        time.sleep(self.scene.rng.random() * 0.05)


class WebWorker(Kind):
    name = "web: a worker"

    def aim(self) -> int:
        """The one with the most connections: a new one has none until a till connects anew."""
        workers = self.place.children_of(self.place.programs()["web"])
        self.while_requests_are_under_way()
        return max(workers, key=sockets_of)


class Web(Kind):
    """Its workers finish what they have begun and end, so that no one answers until there is another."""

    name = "web: the master"

    def aim(self) -> int:
        self.master, self.next_at = self.place.programs()["web"], None
        self.workers = self.place.children_of(self.master)
        self.while_requests_are_under_way()
        return self.master

    def interrupted(self, at: float) -> int:
        return self.scene.crew.failed(at)

    def recovered_at(self, at: float) -> float | None:
        """By the next one, not by the last one's orphans."""
        if self.next_at is None:
            gone = not any(map(started_at, [self.master, *self.workers]))
            self.next_at = time.time() if gone and "web" in self.place.programs() else None
            return None
        return self.scene.crew.first_answer(self.next_at)


class Backend(Kind):
    """All other backends are ended too, and PostgreSQL replays its log."""

    name = "PostgreSQL: a backend that posts"

    POSTING = """
    SELECT pid FROM pg_stat_activity
     WHERE state = 'active' AND pid <> pg_backend_pid()
       AND query ~ 'loyalty_(purchase|redeem|refund|cancel)\\(' ORDER BY random() LIMIT 1"""

    def aim(self) -> int:
        self.down_at, self.canary = None, self.place.connect()
        self.while_requests_are_under_way()
        until = time.monotonic() + GIVE_UP
        while time.monotonic() < until:
            if row := self.canary.execute(self.POSTING).fetchone():
                return int(row[0])
        raise Stop("No backend was ever seen posting.")

    def recovered_at(self, at: float) -> float | None:
        """By the database after the crash: others may have posted until the postmaster ended them."""
        if self.down_at is None:
            try:
                self.canary.execute("SELECT")
            except psycopg.OperationalError:
                self.down_at = time.time()
            return None
        return self.scene.crew.first_answer(self.down_at)


class Postmaster(Kind):
    """Its backends finish what they do and end, so that no one answers until there is another."""

    name = "PostgreSQL: the postmaster"

    def aim(self) -> int:
        self.postmaster, self.next_at = self.place.postmaster(), None
        self.while_requests_are_under_way()
        assert self.postmaster
        return self.postmaster

    def interrupted(self, at: float) -> int:
        return self.scene.crew.failed(at)

    def recovered_at(self, at: float) -> float | None:
        """By the next one, not by the last one's orphans."""
        if self.next_at is None:
            self.next_at = time.time() if self.place.postmaster() not in (None, self.postmaster) else None
            return None
        return self.scene.crew.first_answer(self.next_at)


class Sender(Kind):
    """A process of the worker that hands over a message at this moment. Another one has to go on with the work."""

    name, rate = "worker: a process of its pool", LIVELY

    def aim(self) -> int:
        self.before = {*self.place.children_of(self.place.programs()["worker"])}
        sender = self.while_sending()
        self.sending = self.running()
        return sender

    def while_sending(self) -> int:
        held = self.scene.gateway.in_hand
        until_true(lambda: any(each.sender in self.before for each in list(held.values())), "no message was sent")
        time.sleep(self.scene.rng.random() * 0.15)
        now = [each.sender for each in list(held.values()) if each.sender in self.before]
        return self.scene.rng.choice(now) if now else self.while_sending()

    def running(self) -> set[int]:
        return {each.sender for each in list(self.scene.gateway.in_hand.values())} & self.before

    def interrupted(self, at: float) -> int:
        """Only its own task: the others of the pool go on."""
        return 1

    def recovered_at(self, at: float) -> float | None:
        return self.scene.gateway.first_accepted(at, not_of=self.before)


class Worker(Sender):
    name = "worker: its main process"

    def aim(self) -> int:
        super().aim()
        self.sending = self.running()
        return self.place.programs()["worker"]

    def interrupted(self, at: float) -> int:
        """The tasks that it had taken from the broker and had not confirmed."""
        return len(self.sending)


class Beat(Kind):
    """Something falls due while beat is dead, and has to be made up for."""

    name, rate, later = "beat", 0, 0

    def aim(self) -> int:
        beat = self.place.programs()["beat"]
        self.task = f"faults-due-{uuid.uuid4().hex[:8]}"
        with self.place.connect() as connection:
            (clocked,) = connection.execute(
                "INSERT INTO django_celery_beat_clockedschedule (clocked_time) VALUES (now() + interval '0.5 s') RETURNING id"
            ).fetchone()
            connection.execute(
                "INSERT INTO django_celery_beat_periodictask (name, task, clocked_id, one_off, enabled, args, kwargs,"
                " headers, description, total_run_count, date_changed)"
                " VALUES (%s, 'customers.tasks.forget_codes', %s, true, true, '[]', '{}', '{}', '', 0, now())",
                [self.task, clocked],
            )
        return beat

    def interrupted(self, at: float) -> int:
        """The task that was due once, and those of every second that nobody was woken for."""
        (ran,) = self.scene.ask(
            "SELECT min(extract(epoch FROM started_at)) FROM config_taskrun WHERE name = %s", self.task
        )
        (next_tick,) = self.scene.ask(
            "SELECT min(extract(epoch FROM started_at)) FROM config_taskrun WHERE name = %s AND started_at > to_timestamp(%s)",
            TICK, at + 0.5,
        )  # fmt: skip
        if ran is None or float(ran) < at + 0.5 or next_tick is None:
            return 0  # it was still alive, or never came back
        return 1 + max(0, int(float(next_tick) - at) - 1)

    def recovered_at(self, at: float) -> float | None:
        (ran,) = self.scene.ask(
            "SELECT min(extract(epoch FROM started_at)) FROM config_taskrun WHERE name = %s", self.task
        )
        return float(ran) if ran else None


class Broker(Kind):
    """Messages are written all the same, and nobody is woken up for them. The worker has a task in hand."""

    name = "Valkey"

    def aim(self) -> int:
        self.broker, self.back = self.place.valkey.running(), None
        assert self.broker
        until_true(lambda: bool(self.scene.gateway.in_hand), "no message was sent")
        self.in_hand = len(self.scene.gateway.in_hand)
        return self.broker

    def interrupted(self, at: float) -> int:
        """Tasks in hand, which nobody could confirm, and the lost wake-ups of messages that were written meanwhile."""
        (missed,) = self.scene.ask(
            "SELECT count(*) FROM customers_message WHERE created_at BETWEEN to_timestamp(%s) AND to_timestamp(%s)",
            at, self.back,
        )  # fmt: skip
        return self.in_hand + int(missed)

    def recovered_at(self, at: float) -> float | None:
        """A task that was sent after it came back: the worker takes no more in advance than it runs."""
        if self.back is None:
            self.back = time.time() if self.place.valkey.running() not in (None, self.broker) else None
            return None
        (ran,) = self.scene.ask(
            "SELECT min(extract(epoch FROM started_at)) FROM config_taskrun WHERE name = %s AND started_at > to_timestamp(%s)",
            TICK, self.back,
        )  # fmt: skip
        return float(ran) if ran else None


# The first five are one of each component, for who has little time.
KINDS: list[type[Kind]] = [WebWorker, Sender, Beat, Broker, Backend, Web, Worker, Postmaster]


def strike(kind: Kind) -> Blow:
    """One kill, from a whole installation to a whole installation."""
    crew = kind.scene.crew
    with hurried(crew, kind.later):
        with hurried(crew, kind.rate):
            pid = kind.aim()
            at = time.time()
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: crew.first_answer(at), RUSH_LASTS)
        recovered_at = wait_for(lambda: kind.recovered_at(at))
    kind.place.wait_until_whole(GIVE_UP)
    whole_at = time.time()
    wait_for(lambda: crew.all_answered(whole_at))
    return Blow(kind.name, at, kind.interrupted(at), recovered_at, crew.longest_wait(at, whole_at), whole_at)


def sockets_of(pid: int) -> int:
    found = 0
    for descriptor in Path(f"/proc/{pid}/fd").glob("*"):
        with suppress(OSError):
            found += os.readlink(descriptor).startswith("socket:")
    return found


@contextmanager
def hurried(crew: Crew, rate: float) -> Iterator[None]:
    usual, crew.pace.rate = crew.pace.rate, max(rate, crew.pace.rate)
    try:
        yield
    finally:
        crew.pace.rate = usual


def wait_for(moment: Callable[[], float | None], seconds: float = GIVE_UP) -> float | None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if (found := moment()) is not None:
                return found
        except psycopg.OperationalError:
            pass
        time.sleep(0.02)
    return None


def until_true(condition: Callable[[], bool], otherwise: str) -> None:
    until = time.monotonic() + GIVE_UP
    while not condition():
        if time.monotonic() > until:
            raise Stop(f"In {GIVE_UP} s {otherwise}.")
        time.sleep(0.005)
