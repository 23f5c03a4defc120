"""The harness of faults from end to end, and its verdict, which has to see what is wrong."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from bench.faults import verdict
from bench.faults.killer import KINDS, Blow
from bench.faults.verdict import Before, Sent
from conftest import Shop
from embedded import ROOT
from loyalty.outcomes import Posted
from loyalty.tests.conftest import PHONE, buy, redeem, wallet

COMPONENTS = 5  # of which the first kinds of kill are one each
needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finding processes needs /proc")


@needs_proc
@pytest.mark.slow
def test_a_kill_of_each_component_loses_nothing_and_doubles_nothing() -> None:
    command = [sys.executable, ROOT / "bench" / "faults.py", "--operations", "600", "--kills", str(COMPONENTS)]
    command += ["--json", "--impatient", "--bar", "45", "--port", "18660"]  # other tests run beside it
    run = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stdout + run.stderr
    report: dict[str, Any] = json.loads(run.stdout)
    assert [each["component"] for each in report["kills"]] == [kind.name for kind in KINDS[:COMPONENTS]]
    assert all(sum(each["interrupted"]) > 0 for each in report["kills"])
    assert report["operations"] >= 600
    assert report["messages"] > 0
    assert not list((ROOT / ".data").glob("faults-[0-9]*"))


# --- The verdict sees what is wrong -----------------------------------------------------------------------


def told(posted: Posted, call: str, **differs: object) -> Sent:
    """What a till wrote down of this operation."""
    points = -posted.points if call == "redemption" else posted.points
    body: dict[str, Any] = {"id": str(posted.public_id), "points": points, "balance": posted.balance_after}
    if call == "purchase":
        body |= {"enrolled": posted.enrolled, "redeemed_points": 0}
    answer = {"status": 201, "replayed": False, "body": body | differs}
    return Sent(f"{call}-1", "nar", call, PHONE, [answer])


@pytest.fixture
def sold(shop: Shop) -> dict[str, Sent]:
    bought = buy(shop, 40, key="purchase-1")
    spent = redeem(shop, 10, key="redemption-1")
    return {"purchase-1": told(bought, "purchase"), "redemption-1": told(spent, "redemption")}


def broken(sent: dict[str, Sent]) -> set[str]:
    connection.ensure_connection()
    found = verdict.breaches(connection.connection, sent, Before(0, 0, {}))
    return {each.name for each in found if each.number}


pytestmark = pytest.mark.django_db


def test_what_is_stored_as_it_was_answered_is_no_breach(sold: dict[str, Sent]) -> None:
    assert broken(sold) == set()


def test_an_acknowledged_operation_that_is_not_there_is_lost(sold: dict[str, Sent]) -> None:
    gone = told(Posted(*[None] * 6, 7, 37, 0, *[None] * 9), "purchase")
    assert "lost" in broken(sold | {"gone": Sent("gone", "nar", "purchase", PHONE, gone.answers)})


def test_an_operation_that_nobody_sent_is_doubled(sold: dict[str, Sent]) -> None:
    del sold["redemption-1"]
    assert broken(sold) == {"doubled", "balance is not what was answered"}


@pytest.mark.parametrize("differs", [{"points": 41}, {"balance": 41}, {"id": "other"}, {"enrolled": False}])
def test_another_answer_than_what_is_stored_is_seen(sold: dict[str, Sent], differs: dict[str, Any]) -> None:
    sold["purchase-1"].answers[0]["body"] |= differs
    assert "not as it was answered" in broken(sold)


def test_points_that_moved_in_spite_of_a_refusal_are_seen(sold: dict[str, Sent]) -> None:
    sold["redemption-1"].answers[0] |= {"status": 409, "body": {"code": "not_enough_points"}}
    assert broken(sold) == {"refused and yet moved points", "balance is not what was answered"}


def test_a_request_without_a_final_answer_is_seen(sold: dict[str, Sent]) -> None:
    sold["open"] = Sent("open", "nar", "purchase", PHONE)
    assert broken(sold) == {"never answered"}


@pytest.mark.parametrize("differs", [{"replayed": False}, {"body": {"points": 1}}])
def test_another_answer_to_the_same_request_is_seen(sold: dict[str, Sent], differs: dict[str, Any]) -> None:
    first = sold["purchase-1"].answers[0]
    sold["purchase-1"].answers.append(first | {"replayed": True})
    assert broken(sold) == set()
    sold["purchase-1"].answers.append(first | {"replayed": True} | differs)
    assert broken(sold) == {"answered differently the second time"}


@pytest.fixture
def outbox(sold: dict[str, Sent], tmp_path: Path) -> Callable[..., tuple[set[str], int]]:
    """Which promises about messages are broken, and how many were sent twice, by what the gateway accepted when."""

    def look(*accepted: tuple[int, float], agreed: set[str], blows: tuple[Blow, ...] = ()) -> tuple[set[str], int]:
        log = tmp_path / "gateway.jsonl"
        log.write_text("".join(json.dumps({"message": message, "at": at}) + "\n" for message, at in accepted))
        found = verdict.outbox(connection.connection, sold, agreed, Before(0, 0, {}), log, list(blows))
        return {each.name for each in found.breaches if each.number}, found.sent_twice

    return look


@pytest.fixture
def messages(shop: Shop, sold: dict[str, Sent]) -> list[int]:
    """One for each operation, sent."""
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO customers_message (customer_id, business_id, channel, "to", kind, language, text, status,'
            " attempts, error) SELECT %s, %s, 'sms', 'x', kind, 'en', '', 'sent', 1, ''"
            " FROM unnest(ARRAY['points_earned', 'points_redeemed']) kind RETURNING id",
            [wallet().customer_id, shop.business.pk],
        )
        return [message for (message,) in cursor.fetchall()]


def test_messages_that_were_delivered_once_are_no_breach(messages: list[int], outbox: Callable[..., Any]) -> None:
    assert outbox(*((message, 5.0) for message in messages), agreed={PHONE}) == (set(), 0)


def test_a_message_that_was_promised_and_not_written_is_seen(outbox: Callable[..., Any]) -> None:
    assert outbox(agreed={PHONE}) == ({"message not written"}, 0)


def test_a_message_that_counts_as_sent_and_was_not_is_seen(messages: list[int], outbox: Callable[..., Any]) -> None:
    assert outbox((messages[0], 5.0), agreed={PHONE}) == ({"message not sent"}, 0)


def test_a_message_may_be_sent_twice_only_about_a_kill_of_its_sender(
    messages: list[int], outbox: Callable[..., Any]
) -> None:
    sent = [*((message, 5.0) for message in messages), (messages[0], 65.0)]
    killed = Blow("worker: its main process", 5.5, 1, 7.0, 0.1, 8.0)
    other = Blow("Valkey", 5.5, 1, 7.0, 0.1, 8.0)
    assert outbox(*sent, agreed={PHONE}, blows=(killed,)) == (set(), 1)
    assert outbox(*sent, agreed={PHONE}, blows=(other,)) == ({"message sent twice for no reason"}, 1)
