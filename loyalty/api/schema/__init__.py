"""The loyalty calls as OpenAPI: bodies, answers and the refusals of each. Points are whole numbers, money is a
decimal string in the programme's currency, moments are RFC 3339."""

from typing import Any

from rest_framework import serializers as s

from businesses.api.schema import OPTIONAL, Decimals, fields

Call = dict[str, Any]


def who() -> dict[str, s.Field[Any, Any, Any, Any]]:
    """Exactly one of them."""
    return {
        "phone": s.CharField(**OPTIONAL, min_length=1, help_text="any notation; the business's country is the default"),
        "card": s.CharField(**OPTIONAL, min_length=1, max_length=64, help_text="the content of the QR card"),
        "customer": s.UUIDField(**OPTIONAL, help_text="our id"),
        "external_id": s.CharField(**OPTIONAL, min_length=1, max_length=128, help_text="the shop's own id"),
    }


def act() -> dict[str, s.Field[Any, Any, Any, Any]]:
    return {
        "branch": s.UUIDField(**OPTIONAL, help_text="default: the business's first branch"),
        "reference": s.CharField(
            **OPTIONAL, min_length=1, max_length=128, help_text="the till's own number, unique per branch, kind and day"
        ),
    }


LINE = fields(
    "PurchaseLine",
    sku=s.CharField(**OPTIONAL, max_length=64),
    name=s.CharField(**OPTIONAL, max_length=200),
    category=s.CharField(**OPTIONAL, max_length=120),
    quantity=Decimals(**OPTIONAL, help_text="default 1"),
    unit_price=Decimals(),
    discount=Decimals(**OPTIONAL),
)


class TrailStep(s.Serializer[Any]):
    """How the points came about, one step of several."""

    rule = s.CharField()
    operation = s.CharField()
    value = s.CharField()
    points = s.CharField(required=False, help_text="what a rule added, before rounding")
