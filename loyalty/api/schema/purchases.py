"""Sales and their refunds."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers as s

from businesses.api.schema import IDEMPOTENCY_KEY, OPTIONAL, PAGING, Decimals, fields, problems
from loyalty.api.schema import LINE, Call, TrailStep, act, who

PIECES = fields(
    "RefundLine",
    position=s.IntegerField(**OPTIONAL, min_value=1, help_text="of the line in the purchase, from 1"),
    sku=s.CharField(**OPTIONAL, max_length=64, help_text="instead, where one line alone has it"),
    quantity=Decimals(**OPTIONAL, help_text="default: all that was bought"),
)


class Effect(s.Serializer[Any]):
    """What a sale brought besides its points."""

    effect = s.ChoiceField(["tier", "coupon_used", "coupon_issued", "referral_completed"])
    before = s.CharField(required=False, allow_null=True, help_text="the tier that they had, if any")
    after = s.CharField(required=False, help_text="the tier that the sale brought; the next sale earns by it")
    coupon = s.CharField(required=False, help_text="the code of a coupon that was used, or that the sale brought")
    offer = s.CharField(required=False, help_text="what it is a coupon of")
    discount = s.CharField(required=False, help_text="what a used one took off")
    expires_at = s.DateTimeField(required=False, allow_null=True, help_text="of one that the sale brought")
    business = s.CharField(
        required=False, help_text="where it counts, if elsewhere: the sale was the beginning of a chain"
    )
    source = s.CharField(  # type: ignore[assignment]  # a field of the document, not where ours comes from
        required=False, help_text="`chain`, of one that counts elsewhere"
    )
    text = s.CharField(required=False, help_text="what such a one gives there, in plain words")
    until = s.DateField(required=False, help_text="the last day of such a one, by the clock of its business")
    referral = s.UUIDField(required=False, help_text="the referral that the sale completed")
    inviter = s.CharField(required=False, help_text="who invited the customer: a first name and an initial")
    points = s.IntegerField(required=False, help_text="what the customer gets for it besides")
    inviter_points = s.IntegerField(required=False, help_text="what who invited gets")


def sale() -> dict[str, s.Field[Any, Any, Any, Any]]:
    """A purchase as recording it answers."""
    return {
        "id": s.UUIDField(),
        "customer": s.UUIDField(),
        "amount": s.CharField(help_text="what was paid: the amount that was sent less the discounts"),
        "discounts": s.CharField(help_text="what coupons took off"),
        "points": s.IntegerField(),
        "pending": s.IntegerField(help_text="theirs when the programme's days of waiting are over"),
        "redeemed_points": s.IntegerField(help_text="that paid a part of it"),
        "redeemed_amount": s.CharField(help_text="what they paid"),
        "balance": s.IntegerField(),
        "tier": s.CharField(allow_null=True, help_text="the one that they have now"),
        "trail": TrailStep(many=True),
        "effects": Effect(many=True),
        "enrolled": s.BooleanField(help_text="new to this programme"),
    }


RECORD_PURCHASE: Call = {
    "operation_id": "record_purchase",
    "summary": "Record a purchase and earn points",
    "description": "An unknown phone or outside id is enrolled. Safe to send again with the same key. Lines are kept as"
    " they are sent, and rules look at their categories, articles and discounts; they need not add up to the amount."
    " Coupons come off the amount first: points are earned on what is left, and pay it."
    " A coupon that does not count refuses the whole sale as `coupon_refused`, with the `coupon` and the `reason`.",
    "parameters": [IDEMPOTENCY_KEY],
    "request": fields(
        "PurchaseRequest",
        **who(),
        amount=Decimals(),
        occurred_at=s.DateTimeField(**OPTIONAL),
        lines=s.ListField(child=LINE, **OPTIONAL),
        redeem_points=s.IntegerField(
            **OPTIONAL, min_value=1, help_text="pay a part of it and earn nothing; the key needs the scope redeem too"
        ),
        consent=s.CharField(**OPTIONAL, min_length=1, max_length=64, help_text="of so many points; see redemptions"),
        coupons=s.ListField(
            child=s.CharField(min_length=1, max_length=64),
            max_length=10,
            **OPTIONAL,
            help_text="codes; they come off the amount",
        ),
        shipping=Decimals(**OPTIONAL, help_text="how much of the amount is shipping"),
        **act(),
    ),
    "responses": {
        201: fields("Purchase", **sale()),
        **problems(400, 404, 409, 413, 422),
    },
}
REFUND_PURCHASE: Call = {
    "operation_id": "refund_purchase",
    "summary": "Refund a purchase, or a part of it",
    "description": (
        "An amount of it, or pieces of its lines, else all that is left. Points go and come back in proportion: those"
        " of a line with the line, and those that paid for the purchase with its amount."
    ),
    "parameters": [IDEMPOTENCY_KEY],
    "request": fields(
        "RefundRequest", amount=Decimals(**OPTIONAL), lines=s.ListField(child=PIECES, **OPTIONAL), **act()
    ),
    "responses": {
        201: fields(
            "Refund",
            id=s.UUIDField(),
            amount=s.CharField(help_text="what of the purchase was refunded"),
            points=s.IntegerField(help_text="taken back from the balance"),
            pending=s.IntegerField(help_text="taken back from what was promised"),
            owed=s.IntegerField(help_text="already spent: collected at the next earns; below 0: debt that was paid"),
            returned_points=s.IntegerField(help_text="given back of those that paid for the purchase"),
            balance=s.IntegerField(),
            returned_coupons=s.ListField(child=s.CharField()),
        ),
        **problems(400, 404, 409, 413, 422),
    },
}


RECORDED = fields(
    "RecordedPurchase",
    **sale(),
    branch=s.UUIDField(),
    reference=s.CharField(allow_null=True),
    occurred_at=s.DateTimeField(),
    refunded=s.CharField(help_text="of the amount"),
    lines=s.ListField(
        child=fields(
            "RecordedLine",
            position=s.IntegerField(help_text="from 1"),
            sku=s.CharField(),
            name=s.CharField(),
            category=s.CharField(),
            quantity=s.CharField(),
            unit_price=s.CharField(),
            discount=s.CharField(),
        )
    ),
)
ASKED = [
    *PAGING,
    OpenApiParameter("since", {"type": "string", "format": "date"}, description="first local day"),
    OpenApiParameter("until", {"type": "string", "format": "date"}, description="last local day"),
    OpenApiParameter(
        "reference", {"type": "string", "minLength": 1, "maxLength": 128}, description="the till's own number"
    ),
]
PAGE: Any = {
    200: fields("PurchasePage", results=s.ListField(child=RECORDED), next_cursor=s.CharField(allow_null=True)),
    **problems(422),
}
BY_DAY = "A sale that is sent late, or imported, stands on its own day: to hear of those, read its days again."
LIST_PURCHASES: Call = {
    "operation_id": "list_purchases",
    "summary": "The purchases of this business, newest day first",
    "description": BY_DAY,
    "parameters": ASKED,
    "responses": PAGE,
}
CUSTOMER_PURCHASES: Call = {
    "operation_id": "customer_purchases",
    "summary": "What a customer bought at this business, newest day first",
    "description": BY_DAY,
    "parameters": ASKED,
    "responses": {**PAGE, **problems(404, 422)},
}
SHOW_PURCHASE: Call = {
    "operation_id": "show_purchase",
    "summary": "A purchase of this business",
    "responses": {200: RECORDED, **problems(404)},
}
RECEIPT: Call = {
    "operation_id": "show_receipt",
    "summary": "The receipt of a purchase, as text of 40 columns or as a PDF of 80 mm",
    "parameters": [OpenApiParameter("format", {"type": "string", "enum": ["text", "pdf"], "default": "text"})],
    "responses": {
        (200, "text/plain"): OpenApiTypes.STR,
        (200, "application/pdf"): OpenApiTypes.BINARY,
        **problems(404, 422),
    },
}
