"""`GET business`: who the key speaks for."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers as s

from businesses import money
from businesses.api.schema import fields, problems
from businesses.api.view import Answer, ApiCall, BusinessView
from businesses.models import Business

BUSINESS = fields(
    "Business",
    slug=s.CharField(),
    name=s.CharField(),
    category=s.CharField(),
    program=s.CharField(),
    currency=s.CharField(),
    country=s.CharField(),
    time_zone=s.CharField(),
    earn_rate=s.CharField(help_text="points per unit of the currency"),
    minimum_spend=s.CharField(),
    points_cap=s.IntegerField(allow_null=True),
    branches=s.ListField(child=fields("BusinessBranch", id=s.UUIDField(), name=s.CharField(), city=s.CharField())),
)


class BusinessCall(BusinessView):
    scopes = {"get": "read"}

    @extend_schema(operation_id="show_business", summary="This business", responses={200: BUSINESS, **problems()})
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall) -> Answer:
        business = Business.objects.select_related("program").get(pk=call.access.business_id)
        branches = business.branches.filter(closed_at=None).order_by("id")
        return Answer(
            {
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
                "branches": [{"id": str(each.public_id), "name": each.name, "city": each.city} for each in branches],
            }
        )
