"""The loyalty calls as OpenAPI: bodies, answers and the refusals of each. Points are whole numbers, money is a
decimal string in the programme's currency, moments are RFC 3339."""

from typing import Any

from rest_framework import serializers as s

from businesses.api.schema import IDEMPOTENCY_KEY, OPTIONAL, Decimals, fields, problems

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


PIECES = fields(
    "RefundLine",
    position=s.IntegerField(**OPTIONAL, min_value=1, help_text="of the line in the purchase, from 1"),
    sku=s.CharField(**OPTIONAL, max_length=64, help_text="instead, where one line alone has it"),
    quantity=Decimals(**OPTIONAL, help_text="default: all that was bought"),
)


class TrailStep(s.Serializer[Any]):
    """How the points came about, one step of several."""

    rule = s.CharField()
    operation = s.CharField()
    value = s.CharField()
    points = s.CharField(required=False, help_text="what a rule added, before rounding")


EFFECT = fields(
    "Effect",
    effect=s.ChoiceField(["tier", "coupon_used", "coupon_issued", "referral_completed"]),
    before=s.CharField(required=False, allow_null=True, help_text="the tier that they had, if any"),
    after=s.CharField(required=False, help_text="the tier that the sale brought; the next sale earns by it"),
    coupon=s.CharField(required=False, help_text="the code of a coupon that was used, or that the sale brought"),
    offer=s.CharField(required=False, help_text="what it is a coupon of"),
    discount=s.CharField(required=False, help_text="what a used one took off"),
    expires_at=s.DateTimeField(required=False, allow_null=True, help_text="of one that the sale brought"),
    referral=s.UUIDField(required=False, help_text="the referral that the sale completed"),
    inviter=s.CharField(required=False, help_text="who invited the customer: a first name and an initial"),
    points=s.IntegerField(required=False, help_text="what the customer gets for it besides"),
    inviter_points=s.IntegerField(required=False, help_text="what who invited gets"),
)
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
        201: fields(
            "Purchase",
            id=s.UUIDField(),
            customer=s.UUIDField(),
            amount=s.CharField(help_text="what was paid: the amount that was sent less the discounts"),
            discounts=s.CharField(help_text="what coupons took off"),
            points=s.IntegerField(),
            pending=s.IntegerField(help_text="theirs when the programme's days of waiting are over"),
            redeemed_points=s.IntegerField(help_text="that paid a part of it"),
            redeemed_amount=s.CharField(help_text="what they paid"),
            balance=s.IntegerField(),
            tier=s.CharField(allow_null=True, help_text="the one that they have now"),
            trail=TrailStep(many=True),
            effects=s.ListField(child=EFFECT),
            enrolled=s.BooleanField(help_text="new to this programme"),
        ),
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
REDEMPTION = fields(
    "Redemption",
    id=s.UUIDField(),
    customer=s.UUIDField(),
    status=s.ChoiceField(["held", "confirmed", "cancelled"]),
    points=s.IntegerField(),
    description=s.CharField(help_text="of a reward its name as it was then"),
    reward=s.UUIDField(allow_null=True),
    held_until=s.DateTimeField(allow_null=True, help_text="of what is or was held"),
    balance=s.IntegerField(help_text="right after it"),
    occurred_at=s.DateTimeField(),
)
REDEEM: Call = {
    "operation_id": "redeem_points",
    "summary": "Spend points on a reward, or on something described",
    "description": "Name a `reward`, or `points` and their `description`. With `hold` the points are drawn and wait one"
    " hour for who comes with the `code`: confirm it then, or cancel it; it is released by itself. More points than the"
    " business's limit need the customer's own code as `consent`: what `POST consents` sent them for these points, or"
    " the rotating QR of their page. It counts once. Refused as `not_enough_points`, `out_of_stock`, `limit_reached`,"
    " `reward_ended`, `reward_changed`, `tier_required` or `consent_required`, which says the `reason`: `none`,"
    " `wrong`, `late`, `used` or `too_many`.",
    "parameters": [IDEMPOTENCY_KEY],
    "request": fields(
        "RedemptionRequest",
        **who(),
        reward=s.UUIDField(**OPTIONAL),
        points=s.IntegerField(**OPTIONAL, min_value=1),
        description=s.CharField(**OPTIONAL, min_length=1, max_length=200),
        hold=s.BooleanField(**OPTIONAL),
        consent=s.CharField(**OPTIONAL, min_length=1, max_length=64),
        **act(),
    ),
    "responses": {
        201: fields(
            "RedemptionMade",
            id=s.UUIDField(),
            status=s.ChoiceField(["held", "confirmed"]),
            points=s.IntegerField(help_text="spent"),
            balance=s.IntegerField(),
            code=s.CharField(required=False, help_text="of a hold: what the customer says or shows"),
            held_until=s.DateTimeField(required=False),
        ),
        **problems(400, 404, 409, 413, 422),
    },
}
LIST_REDEMPTIONS: Call = {
    "operation_id": "list_redemptions",
    "summary": "The redemptions of this business, newest first",
    "responses": {
        200: fields("RedemptionPage", results=s.ListField(child=REDEMPTION), next_cursor=s.CharField(allow_null=True)),
        **problems(422),
    },
}
SHOW_REDEMPTION: Call = {
    "operation_id": "show_redemption",
    "summary": "A redemption of this business",
    "responses": {200: REDEMPTION, **problems(404)},
}
CONFIRM_REDEMPTION: Call = {
    "operation_id": "confirm_redemption",
    "summary": "Hand out what a hold keeps",
    "description": "Refused as `hold_expired`, `already_confirmed` or, after a cancellation, `already_reversed`.",
    "parameters": [IDEMPOTENCY_KEY],
    "request": fields("ConfirmRequest", branch=s.UUIDField(**OPTIONAL)),
    "responses": {
        201: fields(
            "Confirmation", id=s.UUIDField(), points=s.IntegerField(help_text="spent by it"), balance=s.IntegerField()
        ),
        **problems(400, 404, 409, 413, 422),
    },
}
CANCEL_REDEMPTION: Call = {
    "operation_id": "cancel_redemption",
    "summary": "Cancel a redemption: its points return to the lots they came from",
    "parameters": [IDEMPOTENCY_KEY],
    "request": fields("CancelRequest", branch=s.UUIDField(**OPTIONAL)),
    "responses": {
        201: fields(
            "Cancellation", id=s.UUIDField(), points=s.IntegerField(help_text="returned"), balance=s.IntegerField()
        ),
        **problems(400, 404, 409, 413, 422),
    },
}


class RewardLimit(s.Serializer[Any]):
    """How often one customer may claim it."""

    most = s.IntegerField()
    period = s.ChoiceField(["day", "week", "month", "ever"])


def reward(name: str, **more: s.Field[Any, Any, Any, Any]) -> Any:
    return fields(
        name,
        id=s.UUIDField(),
        name=s.CharField(),
        description=s.CharField(allow_blank=True),
        points=s.IntegerField(),
        left=s.IntegerField(allow_null=True, help_text="null: no end"),
        limit=RewardLimit(allow_null=True),
        tier=s.CharField(allow_null=True, help_text="from which on it is offered"),
        starts_on=s.DateField(allow_null=True),
        ends_on=s.DateField(allow_null=True),
        programme_wide=s.BooleanField(help_text="may be collected at any business of the programme"),
        **more,
    )


LIST_REWARDS: Call = {
    "operation_id": "list_rewards",
    "summary": "What points buy here, newest first",
    "responses": {
        200: fields(
            "RewardPage", results=s.ListField(child=reward("Reward")), next_cursor=s.CharField(allow_null=True)
        ),
        **problems(422),
    },
}
CUSTOMER_REWARDS: Call = {
    "operation_id": "show_customer_rewards",
    "summary": "What this customer can have here now, and how far it is to the rest",
    "responses": {
        200: fields(
            "CustomerRewards",
            results=s.ListField(
                child=reward(
                    "CustomerReward",
                    ready=s.BooleanField(),
                    missing=s.ChoiceField(["points", "tier", "limit", "stock"], allow_null=True),
                    points_to_go=s.IntegerField(),
                )
            ),
        ),
        **problems(404),
    },
}
ASK_CONSENT: Call = {
    "operation_id": "ask_consent",
    "summary": "Send a customer the code with which they agree to spend so many points",
    "description": "It works once, here, for exactly these points, five minutes long. A newer one takes its place.",
    "request": fields("ConsentRequest", **who(), points=s.IntegerField(min_value=1)),
    "responses": {
        201: fields("ConsentAsked", points=s.IntegerField(), expires_at=s.DateTimeField()),
        **problems(400, 404, 409, 413, 422),
    },
}

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
