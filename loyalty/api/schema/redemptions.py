"""What points are spent on: rewards, redemptions and the consent to them."""

from typing import Any

from rest_framework import serializers as s

from businesses.api.schema import IDEMPOTENCY_KEY, OPTIONAL, PAGING, fields, problems
from loyalty.api.schema import Call, act, who

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
    "parameters": PAGING,
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
    "parameters": PAGING,
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
