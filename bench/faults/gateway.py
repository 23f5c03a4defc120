"""A gateway that takes its time: what it accepts is on its disk, and it knows who is waiting for its answer."""

import os
import select
import threading
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from bench.faults.tills import Log

ADDRESS = "FAULTS_GATEWAY"  # the port, for the worker
HALF = 0.1  # seconds before a message is accepted, and again before the sender hears of it


def deliver(message: Any) -> None:
    """In the worker, as settings.MESSAGE_GATEWAY."""
    connection = HTTPConnection("127.0.0.1", int(os.environ[ADDRESS]), timeout=25)
    connection.request("POST", f"/{message.pk}", headers={"Sender": str(os.getpid())})
    if connection.getresponse().status != 204:
        raise OSError("the gateway did not accept it")


@dataclass(frozen=True)
class Delivery:
    message: int
    sender: int
    begun_at: float


class Gateway:
    """The server's side, in the process of the verdict."""

    def __init__(self, port: int, log: Path) -> None:
        self.log = Log(log)
        self.in_hand: dict[int, Delivery] = {}  # by thread
        self.accepted: list[tuple[float, int, int]] = []  # (when, message, sender)
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def do_POST(self) -> None:
                gateway.take(self)

            def log_message(self, *words: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True

    def __enter__(self) -> "Gateway":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def take(self, request: BaseHTTPRequestHandler) -> None:
        delivery = Delivery(int(request.path.strip("/")), int(request.headers["Sender"]), time.time())
        self.in_hand[threading.get_ident()] = delivery
        try:
            time.sleep(HALF)
            if gone(request.connection):
                return  # who hung up before it was accepted has sent nothing
            self.log.write(message=delivery.message, sender=delivery.sender, at=time.time())
            self.accepted.append((time.time(), delivery.message, delivery.sender))
            time.sleep(HALF)
            request.send_response(204)
            request.end_headers()
        except OSError:
            pass  # the sender died
        finally:
            del self.in_hand[threading.get_ident()]

    def first_accepted(self, since: float, *, not_of: set[int]) -> float | None:
        return next((at for at, _, sender in list(self.accepted) if at > since and sender not in not_of), None)


def gone(connection: Any) -> bool:
    return bool(select.select([connection], [], [], 0)[0])
