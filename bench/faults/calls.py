"""What a till asks for, and what each answer means for the books. A new call of the API is one more row of CALLS."""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench.faults.world import phone

HOT = 5  # customers whom all tills serve all the time
KEPT = 200  # operations of a business that a till may take back


@dataclass(frozen=True)
class Wish:
    """A request before it has a key: where, what, and whose points it moves."""

    path: str
    body: dict[str, Any]
    phone: str


@dataclass
class Memory:
    """What all tills know together: the customers there are, and what was accepted and may be taken back."""

    customers: int
    reward: str  # one of the programme, of which there are not enough
    met: int = 0
    accepted: dict[tuple[str, str], deque[tuple[str, str]]] = field(default_factory=dict)

    def anybody(self, rng: random.Random) -> str:
        return phone(rng.randint(1, HOT) if rng.random() < 0.3 else rng.randint(1, self.customers))

    def somebody_new(self) -> str:
        """Each unknown phone comes twice, so that two tills may enrol it at the same moment."""
        self.met += 1
        return phone(self.customers + 1 + self.met // 2)

    def remember(self, business: str, call: str, operation: str, whose: str) -> None:
        self.accepted.setdefault((business, call), deque(maxlen=KEPT)).append((operation, whose))

    def one_of(self, business: str, call: str, rng: random.Random) -> tuple[str, str] | None:
        """Some are taken back twice: the second time has to be refused."""
        known = self.accepted.get((business, call))
        return rng.choice(list(known)) if known else None


Make = Callable[[str, Memory, random.Random], Wish | None]


def purchase(business: str, memory: Memory, rng: random.Random) -> Wish:
    new = rng.random() < 0.08
    whose = memory.somebody_new() if new else memory.anybody(rng)
    body: dict[str, Any] = {"phone": whose, "amount": f"{rng.randint(1, 120)}.{rng.randint(0, 99):02}"}
    if rng.random() < 0.25:
        body["reference"] = f"receipt-{rng.getrandbits(60):x}"
    if not new and rng.random() < 0.2:
        body["redeem_points"] = rng.randint(1, 60)
    return Wish("purchases", body, whose)


def redemption(business: str, memory: Memory, rng: random.Random) -> Wish:
    points = rng.randint(200_000, 300_000) if rng.random() < 0.1 else rng.randint(1, 90)  # some are too much
    whose = memory.anybody(rng)
    wanted = {"reward": memory.reward} if rng.random() < 0.3 else {"points": points, "description": "Coffee"}
    return Wish("redemptions", {"phone": whose, "hold": rng.random() < 0.3, **wanted}, whose)


def confirmation(business: str, memory: Memory, rng: random.Random) -> Wish | None:
    """Of a hold; what was handed out at once, or collected, is refused."""
    known = memory.one_of(business, "redemption", rng)
    return Wish(f"redemptions/{known[0]}/confirm", {}, known[1]) if known else None


def cancellation(business: str, memory: Memory, rng: random.Random) -> Wish | None:
    known = memory.one_of(business, "redemption", rng)
    return Wish(f"redemptions/{known[0]}/cancel", {}, known[1]) if known else None


def refund(business: str, memory: Memory, rng: random.Random) -> Wish | None:
    """Of all that is left, or of a part."""
    known = memory.one_of(business, "purchase", rng)
    part = {"amount": f"{rng.randint(0, 20)}.{rng.randint(1, 99):02}"} if rng.random() < 0.5 else {}
    return Wish(f"purchases/{known[0]}/refunds", part, known[1]) if known else None


@dataclass(frozen=True)
class Call:
    """`points` is what the stored operation has to say, `net` how far the balance less the debt has moved, and `entries`
    whether the ledger has lines of it."""

    share: int
    make: Make
    points: Callable[[dict[str, Any]], int]
    net: Callable[[dict[str, Any]], int]
    entries: Callable[[dict[str, Any]], bool]
    message: str | None = None  # the kind of message that tells a customer who agreed


def any_of(*names: str) -> Callable[[dict[str, Any]], bool]:
    return lambda answer: any(answer[name] for name in names)


CALLS = {
    "purchase": Call(
        54,
        purchase,
        lambda a: a["points"],
        lambda a: a["points"] - a["redeemed_points"],
        any_of("points", "redeemed_points"),
        "points_earned",
    ),
    "redemption": Call(
        24, redemption, lambda a: -a["points"], lambda a: -a["points"], any_of("points"), "points_redeemed"
    ),
    "confirmation": Call(6, confirmation, lambda _: 0, lambda _: 0, lambda _: False),
    "cancellation": Call(6, cancellation, lambda a: a["points"], lambda a: a["points"], any_of("points")),
    "refund": Call(
        10,
        refund,
        lambda a: -a["points"],
        lambda a: a["returned_points"] - a["points"] - max(a["owed"], 0),
        any_of("points", "returned_points", "owed"),
    ),
}


def wish(business: str, memory: Memory, rng: random.Random) -> tuple[str, Wish]:
    """The name of a call and a request of it; nothing to take back yet means another purchase."""
    name = rng.choices(list(CALLS), [call.share for call in CALLS.values()])[0]
    made = CALLS[name].make(business, memory, rng)
    return (name, made) if made else ("purchase", purchase(business, memory, rng))
