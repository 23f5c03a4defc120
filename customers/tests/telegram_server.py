"""A small Bot API on a local port, with the calls that our bot makes: https://core.telegram.org/bots/api#making-requests"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message as Parsed
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

TOKEN = "123456:AAE-a-token-of-a-bot-in-tests-0123456"
AT = 1_772_539_200


class Telegram:
    """`waiting` are updates that nobody has asked for yet; `calls` what was asked, by method, with its fields."""

    def __init__(self) -> None:
        self.waiting: list[dict[str, Any]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.refusals: list[tuple[int, str]] = []
        self.url = ""

    def answer(self, path: str, fields: dict[str, Any]) -> tuple[int, Any]:
        token, _, method = path.removeprefix("/bot").partition("/")
        if token != TOKEN:
            return 401, "Unauthorized"
        self.calls.append((method, fields))
        if method in ("sendMessage", "sendPhoto"):
            return self._sent(fields)
        if method == "getUpdates":
            after = int(fields.get("offset", 0))
            self.waiting = [each for each in self.waiting if each["update_id"] >= after]
            return 200, self.waiting[:100]
        if method == "getMe":
            return 200, {"id": 123456, "is_bot": True, "first_name": "Regulars", "username": "regulars_bot"}
        return (200, True) if method in ("setWebhook", "deleteWebhook", "setMyCommands") else (404, "Not Found")

    def _sent(self, fields: dict[str, Any]) -> tuple[int, Any]:
        if self.refusals:
            return self.refusals.pop(0)
        chat = {"id": int(fields["chat_id"]), "type": "private", "first_name": "Aysel"}
        return 200, {"message_id": len(self.calls), "date": AT, "chat": chat, "text": fields.get("text", "")}

    def sent(self) -> list[dict[str, Any]]:
        return [fields for method, fields in self.calls if method in ("sendMessage", "sendPhoto")]


@contextmanager
def running() -> Iterator[Telegram]:
    telegram = Telegram()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) if self._sized() else self._chunks()
            status, said = telegram.answer(self.path, fields_of(self.headers["Content-Type"] or "", body))
            answer = {"ok": True, "result": said} if status == 200 else refusal(status, said)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _sized(self) -> bool:
            return self.headers.get("Transfer-Encoding", "").lower() != "chunked"

        def _chunks(self) -> bytes:
            body = b""
            while size := int(self.rfile.readline().strip(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def log_message(self, *words: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    telegram.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield telegram
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def refusal(status: int, said: str) -> dict[str, Any]:
    more = {"parameters": {"retry_after": 3}} if status == 429 else {}
    return {"ok": False, "error_code": status, "description": said, **more}


def fields_of(content_type: str, body: bytes) -> dict[str, Any]:
    """A form, files as bytes."""
    if not content_type.startswith("multipart/"):
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    whole = BytesParser().parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    found: dict[str, Any] = {}
    for part in whole.get_payload():
        assert isinstance(part, Parsed)
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        name = str(part.get_param("name", header="content-disposition"))
        found[name] = content if part.get_filename() else content.decode()
    return found


def update(update_id: int, text: str = "", *, sender: int = 42, **more: Any) -> dict[str, Any]:
    """As Telegram writes a private message; `more` are other fields of the message."""
    person = {"id": sender, "is_bot": False, "first_name": "Aysel", "language_code": "en"}
    chat = {"id": sender, "type": "private", "first_name": "Aysel"}
    message = {"message_id": update_id, "date": AT, "from": person, "chat": chat, **({"text": text} if text else {})}
    return {"update_id": update_id, "message": message | more}
