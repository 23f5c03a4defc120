"""Who a customer is, and how their balance came about."""

from typing import Any

from rest_framework import serializers as s

from businesses.api.schema import OPTIONAL, PAGING, fields, problems
from loyalty.api.schema import Call, TrailStep, who

LAST = fields(
    "LastLine",
    at=s.DateTimeField(),
    business=s.CharField(help_text="this business, or “elsewhere”"),
    points=s.IntegerField(),
    pending=s.IntegerField(help_text="of a purchase whose points wait: how many; else 0"),
    amount=s.CharField(allow_null=True),
)
FOUND = fields(
    "CustomerFound",
    id=s.UUIDField(),
    name=s.CharField(),
    balance=s.IntegerField(),
    tier=s.CharField(allow_null=True),
    last=s.ListField(child=LAST),
)
PROFILE: dict[str, s.Field[Any, Any, Any, Any]] = {
    "name": s.CharField(**OPTIONAL, max_length=120),
    "birthday": s.DateField(**OPTIONAL),
    "email": s.EmailField(**OPTIONAL),
    "language": s.ChoiceField(["en", "az", "ru"], **OPTIONAL),
}
CUSTOMER = fields(
    "Customer",
    id=s.UUIDField(),
    name=s.CharField(),
    birthday=s.DateField(allow_null=True),
    email=s.CharField(),
    language=s.CharField(),
    balance=s.IntegerField(),
    tier=s.CharField(allow_null=True),
    enrolled=s.BooleanField(required=False, help_text="only after POST: new to this programme"),
)
ENROL: Call = {
    "operation_id": "enrol_customer",
    "summary": "Enrol a customer",
    "description": "Somebody who is a member already is returned unchanged, with status 200.",
    "request": fields(
        "EnrolRequest",
        phone=s.CharField(**OPTIONAL),
        external_id=s.CharField(**OPTIONAL, max_length=128),
        **PROFILE,
    ),
    "responses": {201: CUSTOMER, 200: CUSTOMER, **problems(400, 413, 422)},
}
LOOKUP: Call = {
    "operation_id": "look_up_customer",
    "summary": "Find a customer by phone, card, id or outside id",
    "request": fields("LookupRequest", **who()),
    "responses": {200: FOUND, **problems(400, 404, 413, 422)},
}
SHOW_CUSTOMER: Call = {
    "operation_id": "show_customer",
    "summary": "A customer's profile",
    "responses": {200: CUSTOMER, **problems(404)},
}


class NextTier(s.Serializer[Any]):
    """The next tier that is not by invitation, and what the customer lacks of it."""

    name = s.CharField()
    counts = s.ChoiceField(["spend", "points", "visits"], help_text="what tiers ask for")
    lacking = s.CharField(allow_null=True, help_text="of it; null where the figure would tell of another business")
    categories_lacking = s.IntegerField(allow_null=True, help_text="different kinds of business; null likewise")


BALANCE: Call = {
    "operation_id": "customer_balance",
    "summary": "Balance, debt and what expires when",
    "responses": {
        200: fields(
            "Balance",
            balance=s.IntegerField(),
            owed=s.IntegerField(),
            pending=s.IntegerField(),
            expiring=s.ListField(child=fields("Expiring", points=s.IntegerField(), at=s.DateTimeField())),
            tier=s.CharField(allow_null=True),
            next_tier=NextTier(allow_null=True),
        ),
        **problems(404),
    },
}
ENTRY = fields(
    "Entry",
    operation=s.UUIDField(),
    kind=s.CharField(),
    points=s.IntegerField(),
    balance_after=s.IntegerField(),
    reverses=s.UUIDField(allow_null=True),
    reference=s.CharField(allow_null=True),
    key=s.CharField(allow_null=True),
    occurred_at=s.DateTimeField(),
)
PENDING = fields(
    "PendingPoints",
    operation=s.UUIDField(help_text="the purchase"),
    points=s.IntegerField(),
    due_at=s.DateTimeField(help_text="when they are the customer's, by an entry of their own"),
    amount=s.CharField(allow_null=True),
    reference=s.CharField(allow_null=True),
    key=s.CharField(allow_null=True),
    occurred_at=s.DateTimeField(),
)
ENTRIES: Call = {
    "operation_id": "customer_entries",
    "summary": "The customer's entries, newest first",
    "description": "Points that wait have no entry yet: they stand under `pending` on every page, until they come or"
    " their purchase is refunded.",
    "parameters": PAGING,
    "responses": {
        200: fields(
            "EntryPage",
            results=s.ListField(child=ENTRY),
            next_cursor=s.CharField(allow_null=True),
            pending=s.ListField(child=PENDING),
        ),
        **problems(404, 422),
    },
}
WHY_LOT = fields(
    "WhyLot",
    operation=s.UUIDField(),
    credit=s.IntegerField(),
    remaining=s.IntegerField(),
    earned_at=s.DateTimeField(),
    expires_at=s.DateTimeField(allow_null=True),
    trail=TrailStep(many=True),
)
WHY: Call = {
    "operation_id": "why_balance",
    "summary": "Why the balance is what it is, lot by lot",
    "responses": {
        200: fields(
            "Why",
            balance=s.IntegerField(),
            owed=s.IntegerField(),
            lots=s.ListField(child=WHY_LOT, help_text="what this business issued and is not spent"),
            elsewhere=s.IntegerField(
                allow_null=True,
                help_text="what other businesses of the programme issued; null where one of them is confidential",
            ),
        ),
        **problems(404),
    },
}
