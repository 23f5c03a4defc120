"""What the tills were told against what the database says. It reads the tills' logs, and believes nothing else."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from bench.faults.calls import CALLS
from bench.faults.killer import Blow

EXAMPLES = 5
NOTED_WITHIN = 1  # seconds about a kill in which a message may have been sent and not noted
KILLS_SENDERS = ("worker", "PostgreSQL")


@dataclass
class Sent:
    """A request as its till wrote it down, and every final answer to it."""

    key: str
    business: str
    call: str
    phone: str
    answers: list[dict[str, Any]] = field(default_factory=list)

    @property
    def accepted(self) -> dict[str, Any] | None:
        return self.answers[0]["body"] if self.answers and self.answers[0]["status"] in (200, 201) else None


@dataclass(frozen=True)
class Before:
    """The database before the first till opened."""

    operation: int
    message: int
    net: dict[str, int]  # balance less debt by phone


@dataclass(frozen=True)
class Breach:
    name: str
    number: int
    examples: list[str]


NET = """
SELECT c.phone, w.balance - w.owed FROM loyalty_wallet w JOIN customers_customer c ON c.id = w.customer_id"""
OPERATIONS = """
SELECT o.key, b.slug, o.kind, o.public_id::text, o.refusal->>'code', o.points, o.balance_after, o.enrolled, c.phone,
       (SELECT count(*) FROM loyalty_entry e WHERE e.operation_id = o.id)
  FROM loyalty_operation o
  LEFT JOIN businesses_business b ON b.id = o.business_id
  LEFT JOIN customers_customer c ON c.id = o.customer_id
 WHERE o.id > %s AND o.scope <> 'system'"""
MESSAGES = """
SELECT m.id, c.phone, b.slug, m.kind, m.status FROM customers_message m
  JOIN customers_customer c ON c.id = m.customer_id JOIN businesses_business b ON b.id = m.business_id
 WHERE m.id > %s"""


def before(connection: psycopg.Connection) -> Before:
    (operation, message), *_ = connection.execute(
        "SELECT (SELECT max(id) FROM loyalty_operation), (SELECT coalesce(max(id), 0) FROM customers_message)"
    ).fetchall()
    return Before(operation, message, dict(connection.execute(NET).fetchall()))


def read(logs: Iterable[Path]) -> dict[str, Sent]:
    """What every till sent, by key."""
    found: dict[str, Sent] = {}
    for log in logs:
        for line in map(json.loads, log.read_text().splitlines()):
            if line["do"] == "send":
                found[line["key"]] = Sent(*(line[name] for name in ("key", "business", "call", "phone")))
            else:
                found[line["key"]].answers.append(line)
    return found


def breaches(connection: psycopg.Connection, sent: dict[str, Sent], was: Before) -> Iterator[Breach]:
    """Every promise about points that was broken; each is looked at, also where there is nothing to say."""
    stored: dict[str, list[tuple]] = defaultdict(list)
    for row in connection.execute(OPERATIONS, [was.operation]).fetchall():
        stored[row[0]].append(row)
    accepted = [each for each in sent.values() if each.accepted]
    yield breach("lost", (each.key for each in accepted if not any(row[4] is None for row in stored[each.key])))
    yield breach("doubled", doubled(sent, stored))
    yield breach("not as it was answered", different(accepted, stored))
    yield breach("refused and yet moved points", refused(sent.values(), stored))
    yield breach("never answered", (each.key for each in sent.values() if not each.answers))
    yield breach("answered differently the second time", changed(sent.values()))
    yield breach("balance is not what was answered", balances(connection, accepted, was))
    yield breach("enrolled other than once", enrolled(connection, accepted, stored, was))
    negative = "SELECT 'wallet ' || id FROM loyalty_wallet WHERE balance < 0 OR owed < 0"
    negative += " UNION ALL SELECT 'entry ' || id FROM loyalty_entry WHERE balance_after < 0"
    yield breach("negative", (row for (row,) in connection.execute(negative).fetchall()))


def breach(name: str, found: Iterable[str]) -> Breach:
    listed = list(found)
    return Breach(name, len(listed), listed[:EXAMPLES])


def doubled(sent: dict[str, Sent], stored: dict[str, list[tuple]]) -> Iterator[str]:
    """Operations that no till sent, and keys that stand for several."""
    for key, rows in stored.items():
        if key not in sent and rows:
            yield f"nobody sent {key}: {rows[0]}"
        elif len(rows) > 1:
            yield f"{key}: {len(rows)} operations"


def different(accepted: list[Sent], stored: dict[str, list[tuple]]) -> Iterator[str]:
    for each in accepted:
        said = each.accepted
        for _, business, kind, public_id, refusal, points, balance, joined, phone, entries in stored[each.key][:1]:
            told = (each.business, each.call, said["id"], CALLS[each.call].points(said), said["balance"], each.phone)
            told += (said.get("enrolled", False), None)
            kept = (business, kind, public_id, points, balance, phone, joined, refusal)
            if kept != told or bool(entries) != CALLS[each.call].entries(said):
                yield f"{each.key}: answered {told}, stored {kept} with {entries} entries"


def refused(sent: Iterable[Sent], stored: dict[str, list[tuple]]) -> Iterator[str]:
    for each in sent:
        moved = any(row[4] is None or row[5] or row[9] for row in stored[each.key])
        if each.answers and not each.accepted and moved:
            yield f"{each.key}: answered {each.answers[0]['body']}, stored {stored[each.key]}"


def changed(sent: Iterable[Sent]) -> Iterator[str]:
    for each in sent:
        for again in each.answers[1:]:
            first = each.answers[0]
            if (first["status"], first["body"]) != (again["status"], again["body"]) or not again["replayed"]:
                yield f"{each.key}: {first['body']}, then {again['body']} (replayed: {again['replayed']})"


def balances(connection: psycopg.Connection, accepted: list[Sent], was: Before) -> Iterator[str]:
    """Each customer's balance, added up from the answers alone."""
    expected = Counter(was.net)
    for each in accepted:
        expected[each.phone] += CALLS[each.call].net(each.accepted)
    now = dict(connection.execute(NET).fetchall())
    for phone in expected.keys() | now.keys():
        if now.get(phone) != expected[phone]:
            yield f"{phone}: {expected[phone]} by the answers, {now.get(phone)} in the database"


def enrolled(
    connection: psycopg.Connection, accepted: list[Sent], stored: dict[str, list[tuple]], was: Before
) -> Iterator[str]:
    """Who is new has been enrolled by one operation, and who is there was sent by somebody."""
    by = Counter(row[8] for rows in stored.values() for row in rows if row[7])
    new = {each.phone for each in accepted} - was.net.keys()
    for phone in new | by.keys():
        if by[phone] != 1 or phone in was.net:
            yield f"{phone}: {by[phone]} times"
    there = {phone for (phone,) in connection.execute("SELECT phone FROM customers_customer").fetchall()}
    for phone in there ^ (was.net.keys() | new):
        yield f"{phone}: {'nobody sent it' if phone in there else 'is not there'}"


# --- Messages ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outbox:
    messages: int
    sent_twice: int
    breaches: list[Breach]


def outbox(
    connection: psycopg.Connection, sent: dict[str, Sent], agreed: set[str], was: Before, log: Path, blows: list[Blow]
) -> Outbox:
    """Every message that an answer promises was written once and delivered; twice only where its sender was killed."""
    written = connection.execute(MESSAGES, [was.message]).fetchall()
    promised = Counter(
        (each.phone, each.business, CALLS[each.call].message)
        for each in sent.values()
        if each.accepted and each.phone in agreed and CALLS[each.call].message and each.accepted["points"]
    )
    there = Counter((phone, business, kind) for _, phone, business, kind, _ in written)
    accepted = defaultdict(list)
    for line in map(json.loads, log.read_text().splitlines()):
        accepted[line["message"]].append(line["at"])
    twice = {message: moments for message, moments in accepted.items() if len(moments) > 1}
    unexplained = (
        f"message {message} at {moments}" for message, moments in twice.items() if not near_a_kill(min(moments), blows)
    )
    missing = (
        f"{name}: {promised[name]} promised, {there[name]} written"
        for name in promised | there
        if promised[name] != there[name]
    )
    unsent = (f"message {row[0]} is {row[4]}" for row in written if row[4] != "sent" or row[0] not in accepted)
    return Outbox(
        len(written),
        len(twice),
        [
            breach("message not written", missing),
            breach("message not sent", unsent),
            breach("message sent twice for no reason", unexplained),
        ],
    )


def near_a_kill(moment: float, blows: list[Blow]) -> bool:
    """Whether its sender, or the database that was to note it, may have died just then."""
    return any(
        blow.kind.startswith(KILLS_SENDERS)
        and blow.at - NOTED_WITHIN <= moment <= (blow.recovered_at or blow.at) + NOTED_WITHIN
        for blow in blows
    )
