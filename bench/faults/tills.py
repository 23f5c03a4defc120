"""Tills: each sends one request after another over a connection that it keeps, and the same one again until it knows.

What a till is about to send, and what it was answered, is on the disk before it goes on: whatever dies, the
verdict knows what was promised to whom.
"""

import json
import os
import random
import threading
import time
import uuid
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from bench.faults import calls
from bench.faults.calls import Memory

PATIENCE = 10  # seconds for an answer; then the connection counts as lost
REPEATED = 0.04  # of the answered requests, sent once more
RECONNECTED = 0.05  # after so many a new connection is made: else all would stay with the worker that died last
AGAIN_AFTER = (0.05, 0.3)  # seconds before the same request is sent again


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    replayed: bool

    @property
    def accepted(self) -> bool:
        return self.status in (200, 201)


@dataclass(frozen=True)
class Interruption:
    """A request that lost its connection, or was answered with 5xx."""

    sent_at: float
    at: float
    how: str


class Log:
    """Lines of JSON that are on the disk when `write` returns."""

    def __init__(self, file: Path) -> None:
        self.lines = file.open("ab")
        self.lock = threading.Lock()

    def write(self, **line: Any) -> None:
        with self.lock:
            self.lines.write(json.dumps(line).encode() + b"\n")
            self.lines.flush()
            os.fsync(self.lines.fileno())


class Pace:
    """Requests a second of all tills together."""

    def __init__(self, rate: float) -> None:
        self.rate, self.next, self.lock = rate, 0.0, threading.Lock()

    def wait(self) -> None:
        with self.lock:
            slot = max(time.monotonic(), self.next)
            self.next = slot + 1 / self.rate
        time.sleep(max(0.0, slot - time.monotonic()))


class Crew:
    """All tills, and what is known of them while they work."""

    def __init__(
        self, place: Path, port: int, keys: dict[str, str], reward: str, customers: int, tills: int, seed: int
    ) -> None:
        self.port, self.memory, self.pace = port, Memory(customers, reward), Pace(50)
        self.closing, self.leaving = threading.Event(), threading.Event()
        self.answered: list[tuple[float, float]] = []  # (sent, answered) of each write that was accepted
        self.finals: list[tuple[float, float]] = []  # (first sent, finally answered) of each request
        self.interruptions: list[Interruption] = []
        self.troubles: list[Exception] = []
        businesses = list(keys.items())
        self.tills = [
            Till(self, f"till-{n}", *businesses[n % len(businesses)], place / f"till-{n}.jsonl", seed * 1000 + n)
            for n in range(tills)
        ]

    def __enter__(self) -> "Crew":
        for till in self.tills:
            till.start()
        return self

    def __exit__(self, *error: object) -> None:
        """At once: what was not answered yet stays open."""
        self.closing.set()
        self.leaving.set()
        for till in self.tills:
            till.join()

    def finish(self) -> None:
        """Every till ends with a final answer to its last request."""
        self.closing.set()
        for till in self.tills:
            till.join(120)

    @property
    def done(self) -> int:
        return sum(till.done for till in self.tills)

    def in_flight(self) -> int:
        return sum(till.sent_at is not None for till in self.tills)

    def first_answer(self, since: float) -> float | None:
        """When the first write was accepted that was sent after that moment."""
        return next((at for sent_at, at in list(self.answered) if sent_at > since), None)

    def longest_wait(self, since: float, until: float) -> float:
        """Of the requests that were begun or waited between these moments, from the first sending to the final answer."""
        return max((at - begun for begun, at in list(self.finals) if since <= at and begun <= until), default=0.0)

    def all_answered(self, at: float) -> float | None:
        """Now, once nothing waits any more that was begun by that moment."""
        since = [till.serving_since for till in self.tills]
        return None if any(each and each <= at for each in since) else time.time()

    def interrupted(self, at: float) -> int:
        """How many requests were in flight at that moment and lost their connection, or were answered with 5xx."""
        return sum(each.sent_at <= at <= each.at for each in list(self.interruptions))

    def failed(self, since: float) -> int:
        """How many requests found nobody, or were broken off, since that moment."""
        return sum(each.at >= since for each in list(self.interruptions))


class Till(threading.Thread):
    """A till of one business."""

    def __init__(self, crew: Crew, name: str, business: str, key: str, log: Path, seed: int) -> None:
        super().__init__(name=name, daemon=True)
        self.crew, self.business, self.key = crew, business, key
        self.log, self.rng = Log(log), random.Random(seed)
        self.connection = HTTPConnection("127.0.0.1", crew.port, timeout=PATIENCE)
        self.done = 0
        self.serving_since: float | None = None
        self.sent_at: float | None = None

    def run(self) -> None:
        try:
            with closing(self.connection):
                while not self.crew.closing.is_set():
                    self.crew.pace.wait()
                    self.serve()
        except Exception as trouble:
            self.crew.troubles.append(trouble)

    def serve(self) -> None:
        """One operation, from its line in the log to its final answer, and now and then the same once more."""
        call, wish = calls.wish(self.business, self.crew.memory, self.rng)
        key = f"{self.name}-{uuid.UUID(int=self.rng.getrandbits(128))}"
        about = {"business": self.business, "call": call, "phone": wish.phone, "path": wish.path, "body": wish.body}
        self.log.write(do="send", key=key, at=time.time(), **about)
        answer = self.answer(key, wish)
        if answer is None:
            return
        self.done += 1
        if answer.accepted:
            self.crew.memory.remember(self.business, call, answer.body["id"], wish.phone)
        if self.rng.random() < REPEATED:
            self.answer(key, wish)
        if self.rng.random() < RECONNECTED:
            self.connection.close()

    def answer(self, key: str, wish: calls.Wish) -> Answer | None:
        """The final one; None when told to leave before it came."""
        self.serving_since = begun = time.time()
        tries = 0
        while not self.crew.leaving.is_set():
            tries += 1
            answer = self.attempt(key, wish)
            if answer:
                about = {"status": answer.status, "replayed": answer.replayed, "body": answer.body, "tries": tries}
                self.log.write(do="answer", key=key, at=time.time(), took=time.time() - begun, **about)
                self.crew.finals.append((begun, time.time()))
                self.serving_since = None
                return answer
            time.sleep(self.rng.uniform(*AGAIN_AFTER))
        return None

    def attempt(self, key: str, wish: calls.Wish) -> Answer | None:
        """An answer that ends the matter, if there was one."""
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": key, "Content-Type": "application/json"}
        self.sent_at = sent_at = time.time()
        try:
            self.connection.request("POST", f"/api/v1/{wish.path}", json.dumps(wish.body).encode(), headers)
            response = self.connection.getresponse()
            text = response.read()
            if response.status >= 500:
                self.interrupted(sent_at, str(response.status))
                return None
            answer = Answer(response.status, json.loads(text), response.headers["Idempotency-Replayed"] == "true")
        except (OSError, HTTPException) as error:
            self.connection.close()
            self.interrupted(sent_at, type(error).__name__)
            return None
        finally:
            self.sent_at = None
        if answer.status == 429 or answer.body.get("code") == "in_progress":
            return None
        if answer.accepted:
            self.crew.answered.append((sent_at, time.time()))
        return answer

    def interrupted(self, sent_at: float, how: str) -> None:
        self.crew.interruptions.append(Interruption(sent_at, time.time(), how))
