"""A small log of purchases whose figures are worked by hand, and what they are."""

import csv
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conftest import Shop
from loyalty.tests.conftest import buy, refund

METRICS = Path(os.environ.get("SAMPLE_DATA", "/nowhere")).parent / "metrics"
needs_metrics = pytest.mark.skipif(not (METRICS / "expected.json").exists(), reason="needs the worked figures")


def expected(name: str) -> Any:
    return json.loads((METRICS / "expected.json").read_text())[name]


def phone(number: int) -> str:
    return f"+99450{number:07}"


def live(new_shop: Callable[..., Shop], *, categories: dict[str, str] | None = None) -> dict[str, Shop]:
    """Sells what the log says, at shops by its names."""
    shops: dict[str, Shop] = {}
    bought: dict[str, Any] = {}
    with (METRICS / "tx.csv").open() as file:
        for row in csv.DictReader(file):
            name = row["business"]
            if name not in shops:
                told = {"category": categories[row["category"]]} if categories else {}
                shops[name] = new_shop(f"shop-{name.lower()}", time_zone="UTC", **told)
            at, who = datetime.fromisoformat(row["date"]).replace(hour=12, tzinfo=UTC), phone(int(row["customer"][1:]))
            if float(row["amount"]) > 0:
                bought[row["customer"] + name] = buy(shops[name], row["amount"], phone=who, at=at)
            else:
                refund(shops[name], bought[row["customer"] + name])
    return shops
