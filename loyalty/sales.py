"""What a till says of a sale."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Sale:
    """What the till says: `amount` ≥ 0 in the programme's currency, and lines where it knows them."""

    amount: Decimal
    reference: str | None = None
    occurred_at: datetime | None = None
    lines: list[dict[str, Any]] | None = None


@dataclass(frozen=True)
class InPoints:
    """How many points > 0 pay a part of a sale, and the customer's code for it; see loyalty/spending.py."""

    points: int
    consent: str = ""
