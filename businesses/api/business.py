"""`GET` and `PATCH business`: who the key speaks for, and what it gives. `GET branches`: where."""

from decimal import Decimal
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as s

from businesses import changes, money
from businesses.api.fields import Fields
from businesses.api.paging import only, page
from businesses.api.schema import OPTIONAL, PAGING, Decimals, fields, problems
from businesses.api.view import Answer, ApiCall, BusinessView
from businesses.models import Branch, Business

BUSINESS_FIELDS: dict[str, Any] = {
    "slug": s.CharField(),
    "name": s.CharField(),
    "category": s.CharField(),
    "program": s.CharField(),
    "currency": s.CharField(),
    "country": s.CharField(),
    "time_zone": s.CharField(),
    "earn_rate": s.CharField(help_text="points per unit of the currency"),
    "minimum_spend": s.CharField(),
    "points_cap": s.IntegerField(allow_null=True),
    "points_cap_day": s.IntegerField(allow_null=True),
    "branches": s.ListField(child=fields("BusinessBranch", id=s.UUIDField(), name=s.CharField(), city=s.CharField())),
}
BUSINESS = fields("Business", **BUSINESS_FIELDS)
BRANCH = fields(
    "Branch", id=s.UUIDField(), name=s.CharField(), city=s.CharField(), address=s.CharField(), hours=s.CharField()
)
BRANCH_PAGE = fields("BranchPage", results=type(BRANCH)(many=True), next_cursor=s.CharField(allow_null=True))


class BusinessCall(BusinessView):
    scopes = {"get": "read", "patch": "admin"}
    cashiers = frozenset({"get"})

    @extend_schema(operation_id="show_business", summary="This business", responses={200: BUSINESS, **problems()})
    def get(self) -> None: ...

    @extend_schema(
        operation_id="change_business",
        summary="Change what this business gives",
        description="Counts from the next purchase on. Each change is kept with the key that made it.",
        request=fields("BusinessChange", earn_rate=Decimals(**OPTIONAL)),
        responses={200: BUSINESS, **problems(400, 413, 422)},
    )
    def patch(self) -> None: ...

    def handle_get(self, call: ApiCall) -> Answer:
        return Answer(business_body(Business.objects.select_related("program").get(pk=call.access.business_id)))

    def handle_patch(self, call: ApiCall) -> Answer:
        body = Fields(call.body, not_supported=("minimum_spend", "points_cap", "points_cap_day"))
        earn_rate = body.read("earn_rate", rate)
        body.done()
        values = {} if earn_rate is None else {"earn_rate": earn_rate}
        business = changes.apply(
            business_id=call.access.business_id,
            values=values,
            staff=call.access.staff,
            api_key_id=call.access.key_id,
            at=timezone.now(),
        )
        return Answer(business_body(business))


class BranchesView(BusinessView):
    scopes = {"get": "read"}
    cashiers = frozenset({"get"})

    @extend_schema(
        operation_id="list_branches",
        summary="The open branches of this business, newest first",
        parameters=PAGING,
        responses={200: BRANCH_PAGE, **problems(422)},
    )
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall) -> Answer:
        only(call.query)
        open_ones = Branch.objects.filter(business=call.access.business_id, closed_at=None).order_by("-pk")
        return Answer(page(open_ones, call.query, lambda rows: list(map(branch_body, rows))))


def branch_body(branch: Branch) -> dict[str, Any]:
    told = {name: getattr(branch, name) for name in ("name", "city", "address", "hours")}
    return {"id": str(branch.public_id), **told}


def business_body(business: Business) -> dict[str, Any]:
    branches = business.branches.filter(closed_at=None).order_by("id")
    return {
        "slug": business.slug,
        "name": business.name,
        "category": business.category,
        "program": business.program.name,
        "currency": business.program.currency,
        "country": business.country,
        "time_zone": business.time_zone,
        "earn_rate": format(business.earn_rate.normalize(), "f"),
        "minimum_spend": money.plain(business.minimum_spend, business.program.currency),
        "points_cap": business.points_cap,
        "points_cap_day": business.points_cap_day,
        "branches": [{"id": str(each.public_id), "name": each.name, "city": each.city} for each in branches],
    }


def rate(value: Any) -> Decimal:
    """Points per unit of the currency: 0 or more, with at most 4 decimals."""
    try:
        parsed = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
    except ArithmeticError as error:
        raise ValueError("Has to be a decimal string.") from error
    if not parsed.is_finite() or not 0 <= parsed < 1_000_000 or parsed != round(parsed, 4):
        raise ValueError("Has to be between 0 and 999999, with at most 4 decimals.")
    return parsed
