"""A small Twilio on a local port: it takes messages as the real one does, and signs what it tells by the documented
rule (https://www.twilio.com/docs/usage/security#validating-requests), not with the library that checks it."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from django.http import HttpResponse
from django.test import Client

ACCOUNT, TOKEN, NUMBER = "AC" + "1" * 32, "the token of the account", "+14155550100"


class Twilio:
    """`refusals` are (status, code) of the next messages; `taken` are the forms of those that were accepted."""

    def __init__(self) -> None:
        self.taken: list[dict[str, str]] = []
        self.refusals: list[tuple[int, int]] = []
        self.before_answering: Callable[[dict[str, str]], None] = lambda form: None
        self.url = ""

    def answer(self, path: str, authorization: str, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        own = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if authorization != f"Basic {own}":
            return 401, {"code": 20003, "message": "Authenticate", "status": 401}
        if path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
            return 404, {"code": 20404, "message": "The requested resource was not found", "status": 404}
        if self.refusals:
            status, code = self.refusals.pop(0)
            return status, {"code": code, "message": f"Not to {form['To']}: {form['Body']}", "status": status}
        self.before_answering(form)
        self.taken.append(form)
        sid = f"SM{len(self.taken):032}"
        return 201, {"sid": sid, "account_sid": ACCOUNT, "status": "queued", "to": form["To"], "body": form["Body"]}


@contextmanager
def running() -> Iterator[Twilio]:
    twilio = Twilio()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, said = twilio.answer(
                self.path, self.headers.get("Authorization", ""), dict(parse_qsl(body, keep_blank_values=True))
            )
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *words: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    twilio.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield twilio
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def signature(url: str, form: dict[str, str], token: str = TOKEN) -> str:
    signed = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.digest(token.encode(), signed.encode(), hashlib.sha1)).decode()


def call(url: str, form: dict[str, str], *, signed: str | None = None) -> HttpResponse:
    """Posts to the address that Twilio was given, signed by it unless `signed` says otherwise."""
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    header = signature(url, form) if signed is None else signed
    answer: HttpResponse = Client().post(path, form, headers={"X-Twilio-Signature": header})
    return answer
