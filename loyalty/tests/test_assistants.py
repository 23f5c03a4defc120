"""Assistants: the SDK's own client against the running process, over HTTP, with real keys."""

import asyncio
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from django.db import connection
from django.utils import timezone
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from businesses import api_keys
from businesses.models import Business, BusinessStatus, Program
from conftest import Shop
from loyalty import rewards
from loyalty.models import Wallet
from loyalty.tests.conftest import PHONE, buy, redeem

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("books")]

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def address(db: None) -> Iterator[str]:
    """Of the process that `manage.py mcp` is, on the database of this test."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = connection.settings_dict
    environment = os.environ | {
        "DATABASE_URL": f"postgres://{own['USER']}@/{own['NAME']}?host={own['HOST'] or own['OPTIONS'].get('host')}",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
        "MCP_PORT": str(port),
    }
    process = subprocess.Popen([sys.executable, ROOT / "manage.py", "mcp"], cwd=ROOT, env=environment)
    try:
        until = time.monotonic() + 60
        while not answers(port):
            assert process.poll() is None, "it ended"
            assert time.monotonic() < until, "it does not begin"
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        process.wait(20)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def key_of(shop: Shop, *scopes: str) -> str:
    return api_keys.create(business=shop.business, name="Assistant", scopes=list(scopes or ("read",)))[1]


def ask(address: str, key: str, tool: str, **arguments: Any) -> Any:
    """What a tool says, or its refusal in words."""

    async def conversation() -> Any:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}) as http_client,
            Client(streamable_http_client(address, http_client=http_client)) as client,
        ):
            if tool == "tools":
                return (await client.list_tools()).tools
            return await client.call_tool(tool, arguments)

    said = asyncio.run(conversation())
    if tool == "tools":
        return said
    text = said.content[0].text
    return text.partition(f"{tool}: ")[2] if said.is_error else json.loads(text)


def post(address: str, headers: dict[str, str]) -> int:
    where = urlsplit(address)
    client = http.client.HTTPConnection(str(where.hostname), where.port, timeout=20)
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    usual = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    client.request("POST", where.path, json.dumps(body), usual | headers)
    return client.getresponse().status


def test_an_assistant_reads_what_its_key_may(address: str, shop: Shop, new_shop: Callable[..., Shop]) -> None:
    buy(shop, 40, at=timezone.now())
    redeem(shop, 5)
    other = new_shop("tea")
    buy(other, 100, at=timezone.now())
    rewards.make(program=shop.business.program, business=shop.business, values={"name": "Cake", "points": 30})
    key = key_of(shop)

    tools = ask(address, key, "tools")
    assert {tool.name for tool in tools} == {
        "business", "find_customer", "customer_points", "customer_transactions", "customer_rewards",
        "customer_recommendations",
    }  # fmt: skip
    assert all(tool.annotations.read_only_hint for tool in tools)

    assert ask(address, key, "customer_points", phone="050 123 45 67")["balance"] == 135
    found = ask(address, key, "find_customer", phone=PHONE)
    assert found["id"] == str(Wallet.objects.get().public_id)
    by_id = ask(address, key, "customer_points", customer=found["id"])
    assert by_id["balance"] == 135

    lines = ask(address, key, "customer_transactions", phone=PHONE, limit=2)
    assert [line["points"] for line in lines["results"]] == [100, -5]
    assert "key" not in lines["results"][0] or lines["results"][0]["key"] is None, "another business's"
    older = ask(address, key, "customer_transactions", phone=PHONE, limit=2, cursor=lines["next_cursor"])
    assert [line["points"] for line in older["results"]] == [40]

    assert ask(address, key, "customer_rewards", phone=PHONE)["results"][0]["ready"]
    assert ask(address, key, "customer_recommendations", phone=PHONE)["results"] == []
    assert ask(address, key, "business")["name"] == "Nar"
    assert ask(address, key_of(other), "business")["name"] == "Tea"


def test_a_key_of_another_programme_finds_nobody(address: str, shop: Shop, new_shop: Callable[..., Shop]) -> None:
    buy(shop, 40)
    far = new_shop("far", program=Program.objects.create(slug="far", name="Far", currency="USD", join_code="FAR"))
    nobody = ask(address, key_of(far), "customer_points", phone="+994507654321")
    assert nobody == "Nobody in this programme goes by that name."
    for tool in ("customer_points", "customer_transactions", "customer_rewards"):
        assert ask(address, key_of(far), tool, phone=PHONE) == nobody
        assert ask(address, key_of(far), tool, customer=str(Wallet.objects.get().public_id)) == nobody


def test_what_makes_no_sense_is_said_and_breaks_nothing(address: str, shop: Shop) -> None:
    buy(shop, 40)
    key = key_of(shop)
    assert "one of the two" in ask(address, key, "customer_points")
    assert "one of the two" in ask(address, key, "customer_points", phone=PHONE, customer="x")
    assert "Is not a phone number." in ask(address, key, "customer_points", phone="'; --")
    assert "Must not contain NUL." in ask(address, key, "customer_points", phone="\0")
    assert "Nobody" in ask(address, key, "customer_points", customer="not an id")
    assert "between 1 and 100" in ask(address, key, "customer_transactions", phone=PHONE, limit=10**6)
    assert "cursor" in ask(address, key, "customer_transactions", phone=PHONE, cursor="é")
    assert ask(address, key, "customer_points", phone=PHONE)["balance"] == 40


def test_only_a_live_key_that_may_read_is_let_in(address: str, shop: Shop) -> None:
    key, text = api_keys.create(business=shop.business, name="Assistant", scopes=["read"])

    def knock(authorization: str, **more: str) -> int:
        return post(address, {"Authorization": authorization} | more)

    assert knock(f"Bearer {text}") in (200, 400)  # let in; the protocol wants more than this
    assert post(address, {}) == 401
    for wrong in ("", "Bearer", f"Basic {text}", f"Bearer {text}x", "Bearer rk_é", f"Bearer {text[:20]}"):
        assert knock(wrong) == 401, wrong
    assert knock(f"Bearer {key_of(shop, 'earn', 'redeem')}") == 403
    assert knock(f"Bearer {text}", Host="evil.example") in (403, 421)
    api_keys.revoke(key=key, at=timezone.now())
    assert knock(f"Bearer {text}") == 401
    Business.objects.update(status=BusinessStatus.CLOSED)
    assert knock(f"Bearer {key_of(shop)}") == 401
