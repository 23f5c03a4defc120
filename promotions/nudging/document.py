"""The calls about behaviour, sign-ins and nudges as OpenAPI."""

from typing import Any

from rest_framework import serializers as s

from businesses.api.schema import IDEMPOTENCY_KEY, OPTIONAL, PAGING, fields, problems
from loyalty.api.schema import Call, who
from promotions.models import BehaviourKind, Shown, State
from promotions.nudging.behaviour import MOST_AT_ONCE
from promotions.nudging.responses import RESPONSES

KINDS = [kind.value for kind in BehaviourKind]


class NudgeCouponFields(s.Serializer[Any]):
    """The coupon that came with a nudge."""

    code = s.CharField()
    offer = s.CharField()
    expires_at = s.DateTimeField(allow_null=True)


TAKE_BEHAVIOUR: Call = {
    "operation_id": "take_behaviour_events",
    "summary": "Tell what customers did at the online shop",
    "description": f"Up to {MOST_AT_ONCE} at once. What is wrong with an event is said with its number, from 0; the"
    " others are kept, and where none can be, all is refused. One with an `id` that was told before is not counted"
    " again, so that a batch may be sent twice. They are kept for 90 days.",
    "request": fields(
        "BehaviourBatch",
        events=s.ListField(
            child=fields(
                "BehaviourEvent",
                **who(),
                kind=s.ChoiceField(KINDS),
                occurred_at=s.DateTimeField(**OPTIONAL, help_text="default: now"),
                id=s.CharField(**OPTIONAL, min_length=1, max_length=64, help_text="the shop's own, unique"),
                session=s.CharField(**OPTIONAL, min_length=1, max_length=64),
                path=s.CharField(**OPTIONAL, min_length=1, max_length=200, help_text="without what follows the ?"),
                sku=s.CharField(**OPTIONAL, min_length=1, max_length=64),
            ),
            min_length=1,
            max_length=MOST_AT_ONCE,
        ),
    ),
    "responses": {
        201: fields(
            "BehaviourTaken",
            accepted=s.IntegerField(help_text="new and kept"),
            repeated=s.IntegerField(help_text="told before"),
            errors=s.ListField(
                child=fields(
                    "BehaviourError",
                    event=s.IntegerField(help_text="its place in the batch, from 0"),
                    errors=s.DictField(child=s.ListField(child=s.CharField())),
                )
            ),
        ),
        **problems(400, 413, 422),
    },
}
SIGN_IN: Call = {
    "operation_id": "sign_customer_in",
    "summary": "A customer signed in: how likely they are not to return, and what to show them",
    "description": "Where an experiment runs here and the chance is high enough, the customer is drawn into it now, and"
    " may get a nudge with a coupon. Nothing is sent. `churn` is null where too little is known.",
    "parameters": [IDEMPOTENCY_KEY],
    "request": fields("SignInRequest"),
    "responses": {
        201: fields(
            "ShopSignIn",
            churn=s.FloatField(
                allow_null=True,
                help_text="the chance of no purchase in the coming days, as many as the business set, 0 to 1",
            ),
            model=s.CharField(allow_null=True, help_text="by which it was estimated"),
            nudges=s.ListField(
                child=fields(
                    "NudgeToShow", id=s.UUIDField(), message=s.CharField(), coupon=NudgeCouponFields(allow_null=True)
                )
            ),
        ),
        **problems(400, 404, 409, 413, 422),
    },
}
RESPOND: Call = {
    "operation_id": "respond_to_nudge",
    "summary": "What the customer did with a nudge",
    "description": "The first moment of each response stays. That its coupon was used is known without it. When its"
    " time is over nothing new is taken: `nudge_expired`.",
    "request": fields("NudgeResponse", response=s.ChoiceField(list(RESPONSES))),
    "responses": {
        201: fields("NudgeResponded", id=s.UUIDField(), state=s.ChoiceField([state.value for state in State])),
        **problems(400, 404, 409, 413, 422),
    },
}
CUSTOMER_NUDGES: Call = {
    "operation_id": "show_customer_nudges",
    "summary": "What this customer was told by this business, newest first",
    "parameters": PAGING,
    "responses": {
        200: fields(
            "NudgePage",
            results=s.ListField(
                child=fields(
                    "Nudge",
                    id=s.UUIDField(),
                    message=s.CharField(),
                    coupon=NudgeCouponFields(allow_null=True),
                    shown=s.ChoiceField([shown.value for shown in Shown]),
                    state=s.ChoiceField([state.value for state in State]),
                    churn=s.FloatField(help_text="the chance of not returning that decided it"),
                    model=s.CharField(help_text="by which it was estimated"),
                    made_at=s.DateTimeField(),
                    expires_at=s.DateTimeField(),
                )
            ),
            next_cursor=s.CharField(allow_null=True),
        ),
        **problems(404, 422),
    },
}
