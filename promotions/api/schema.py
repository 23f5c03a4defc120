"""The calls about offers and coupons as OpenAPI."""

from copy import deepcopy
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers as s

from businesses.api.schema import OPTIONAL, PAGING, Decimals, fields, problems
from loyalty.api.schema import LINE, who
from promotions.models import OfferKind, Source

Call = dict[str, Any]
KINDS = [kind.value for kind in OfferKind]
STATES = ["issued", "redeemed", "cancelled", "expired"]
REASONS = (
    "`unknown`, `customer_needed`, `not_yours`, `used`, `taken_back`, `expired`, `ended`, `paused`, `not_yet`,"
    " `not_now`, `wrong_branch`, `limit_reached`, `customer_limit`, `budget_spent`, `minimum_spend`,"
    " `not_in_cart`, `no_shipping`, `exclusive`, `twice` or `nothing_left`"
)


class OfferFields(s.Serializer[Any]):
    """An offer that can be used at this business."""

    id = s.UUIDField()
    name = s.CharField()
    kind = s.ChoiceField(KINDS)
    value = s.CharField(help_text="percent, amount, factor or points")
    gift = s.CharField(allow_blank=True)
    text = s.CharField(help_text="all of it in plain words")
    code = s.CharField(allow_null=True, help_text="null: only by issued coupons")
    state = s.ChoiceField(["running", "to_come", "over", "used_up", "paused", "ended"])
    categories = s.ListField(child=s.CharField())
    minimum_spend = s.CharField()
    most_discount = s.CharField(allow_null=True)
    starts_on = s.DateField(allow_null=True)
    ends_on = s.DateField(allow_null=True)
    exclusive = s.BooleanField()
    left = s.IntegerField(allow_null=True, help_text="null: no end")
    limit_per_customer = s.IntegerField(allow_null=True)
    programme_wide = s.BooleanField()


def coupon(name: str, **more: s.Field[Any, Any, Any, Any]) -> Any:
    return fields(
        name,
        id=s.UUIDField(),
        code=s.CharField(help_text="of a public code the code itself"),
        offer=s.CharField(),
        text=s.CharField(),
        source=s.ChoiceField([source.value for source in Source]),
        state=s.ChoiceField(STATES),
        issued_at=s.DateTimeField(),
        expires_at=s.DateTimeField(allow_null=True),
        **more,
    )


PRICE_CART: Call = {
    "operation_id": "price_cart",
    "summary": "What a cart costs with coupons",
    "description": "Stores nothing. Record the purchase with `amount` = subtotal + shipping, and the coupons that were"
    f" applied. A rejected code has a reason: {REASONS}.",
    "request": fields(
        "CartRequest",
        **who(),
        branch=s.UUIDField(**OPTIONAL),
        lines=s.ListField(child=deepcopy(LINE)),
        shipping=Decimals(**OPTIONAL),
        coupons=s.ListField(child=s.CharField(min_length=1, max_length=64), max_length=10, **OPTIONAL),
    ),
    "responses": {
        200: fields(
            "CartPrice",
            subtotal=s.CharField(help_text="the lines"),
            discounts=s.CharField(help_text="all that comes off, shipping among it"),
            shipping=s.CharField(help_text="as it was sent"),
            total=s.CharField(),
            points_preview=s.IntegerField(help_text="what the purchase would earn now"),
            applied=s.ListField(
                child=fields(
                    "AppliedCoupon",
                    code=s.CharField(),
                    offer=s.CharField(),
                    kind=s.ChoiceField(KINDS),
                    discount=s.CharField(),
                    text=s.CharField(),
                )
            ),
            rejected=s.ListField(
                child=fields("RejectedCoupon", code=s.CharField(), reason=s.CharField(), message=s.CharField())
            ),
        ),
        **problems(400, 404, 413, 422),
    },
}
VALIDATE_COUPON: Call = {
    "operation_id": "validate_coupon",
    "summary": "Whether a coupon counts",
    "description": "Stores nothing. Without an `amount` only what does not depend on the sale is looked at."
    f" The reason is {REASONS}.",
    "request": fields(
        "ValidateRequest",
        **who(),
        code=s.CharField(min_length=1, max_length=64),
        branch=s.UUIDField(**OPTIONAL),
        amount=Decimals(**OPTIONAL),
        shipping=Decimals(**OPTIONAL),
        lines=s.ListField(child=deepcopy(LINE), **OPTIONAL),
    ),
    "responses": {
        200: fields(
            "Validated",
            code=s.CharField(),
            valid=s.BooleanField(),
            reason=s.CharField(allow_null=True),
            message=s.CharField(allow_null=True),
            offer=OfferFields(allow_null=True),
            expires_at=s.DateTimeField(allow_null=True),
            discount=s.CharField(allow_null=True, help_text="of a sale that was named"),
        ),
        **problems(400, 404, 413, 422),
    },
}
LIST_OFFERS: Call = {
    "operation_id": "list_offers",
    "summary": "The offers of this business, newest first",
    "parameters": PAGING,
    "responses": {
        200: fields("OfferPage", results=OfferFields(many=True), next_cursor=s.CharField(allow_null=True)),
        **problems(422),
    },
}
COUPON_HISTORY: Call = {
    "operation_id": "coupon_history",
    "summary": "What became of the coupons of this business, newest first",
    "parameters": [
        OpenApiParameter("customer", {"type": "string", "format": "uuid"}, description="theirs alone"),
        *PAGING,
    ],
    "responses": {
        200: fields(
            "CouponPage",
            results=s.ListField(
                child=coupon(
                    "CouponPast",
                    uses=s.ListField(
                        child=fields(
                            "CouponUse",
                            purchase=s.UUIDField(),
                            discount=s.CharField(),
                            used_at=s.DateTimeField(),
                            returned=s.BooleanField(),
                        )
                    ),
                )
            ),
            next_cursor=s.CharField(allow_null=True),
        ),
        **problems(404, 422),
    },
}
CUSTOMER_COUPONS: Call = {
    "operation_id": "show_customer_coupons",
    "summary": "The coupons that this customer holds for this business, the first to end first",
    "responses": {200: fields("CustomerCoupons", results=s.ListField(child=coupon("Coupon"))), **problems(404)},
}
