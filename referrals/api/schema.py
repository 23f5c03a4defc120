"""The calls about referrals as OpenAPI."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers as s

from businesses.api.schema import IDEMPOTENCY_KEY, OPTIONAL, PAGING, fields, problems
from loyalty.api.schema import who
from referrals.models import Source, State

Call = dict[str, Any]
REFUSALS = (
    "`off`, `own_phone`, `circular`, `existing_customer`, `already_referred`, `inviter_blocked`, `unknown_inviter`,"
    " `not_a_member`, `not_pending` or `too_many_points`"
)
REFERRAL: dict[str, s.Field[Any, Any, Any, Any]] = {
    "id": s.UUIDField(),
    "state": s.ChoiceField([state.value for state in State]),
    "reason": s.CharField(allow_null=True, help_text="why it is rejected"),
    "source": s.ChoiceField([source.value for source in Source]),
    "friend": s.UUIDField(allow_null=True, help_text="the customer who is brought, once they have joined"),
    "inviter": s.UUIDField(allow_null=True, help_text="the customer who brings them"),
    "points": s.IntegerField(help_text="given to the friend"),
    "inviter_points": s.IntegerField(help_text="given to who invited"),
    "made_at": s.DateTimeField(),
    "ends_at": s.DateTimeField(help_text="until when a purchase completes it"),
    "completed_at": s.DateTimeField(allow_null=True),
}
POINTS: Any = {"min_value": 1, "max_value": 2_147_483_647, **OPTIONAL}


LIST_REFERRALS: Call = {
    "operation_id": "list_referrals",
    "summary": "Whom customers have brought here",
    "description": "Newest first: what this business noted, what was completed here, and what customers began by"
    " themselves and nobody has completed.",
    "parameters": [
        OpenApiParameter("state", {"type": "string", "enum": [state.value for state in State]}),
        *PAGING,
    ],
    "responses": {
        200: fields(
            "ReferralPage",
            results=s.ListField(child=fields("Referral", **REFERRAL)),
            next_cursor=s.CharField(allow_null=True),
        ),
        **problems(422),
    },
}
MAKE_REFERRAL: Call = {
    "operation_id": "make_referral",
    "summary": "Note who brings somebody new",
    "description": "The friend is named as customers are named; their first purchase within the programme's terms"
    f" completes it. 409 with {REFUSALS}.",
    "parameters": [IDEMPOTENCY_KEY],
    "request": fields(
        "ReferralRequest",
        **who(),
        inviter=s.CharField(min_length=1, max_length=64, help_text="the code, link or phone of who brings them"),
    ),
    "responses": {201: fields("MadeReferral", **REFERRAL), **problems(400, 404, 409, 413, 422)},
}
COMPLETE: Call = {
    "operation_id": "complete_referral",
    "summary": "Complete a referral by hand",
    "description": "Both are thanked as the terms say, or with `points` each, up to what the programme lets staff"
    f" give. 409 with {REFUSALS}.",
    "parameters": [IDEMPOTENCY_KEY],
    "request": fields("ReferralCompletion", points=s.IntegerField(**POINTS)),
    "responses": {201: fields("CompletedReferral", **REFERRAL), **problems(400, 404, 409, 413, 422)},
}
COMPLETE_BY_FRIEND: Call = {
    **COMPLETE,
    "operation_id": "complete_referral_of_friend",
    "summary": "Complete the referral of a friend",
    "request": fields("ReferralCompletionOfFriend", **who(), points=s.IntegerField(**POINTS)),
}
