"""The reports as OpenAPI. Money is a decimal string in the programme's currency, all else whole numbers; sums are net
of refunds, days are the business's local ones."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers as s

from businesses.api.schema import fields, problems

SINCE = OpenApiParameter(
    "since", {"type": "string", "format": "date"}, description="first day; default: 29 days before `until`"
)
UNTIL = OpenApiParameter("until", {"type": "string", "format": "date"}, description="last day; default: today")
PERIOD: dict[str, Any] = {
    "since": s.DateField(),
    "until": s.DateField(),
    "as_of": s.DateTimeField(allow_null=True, help_text="the moment up to which sales are counted"),
}


def report(name: str, summary: str, **members: Any) -> dict[str, Any]:
    return {
        "operation_id": f"report_{name}",
        "summary": summary,
        "parameters": [SINCE, UNTIL],
        "responses": {200: fields(f"Report{name.title().replace('_', '')}", **PERIOD, **members), **problems(422)},
    }


def days(name: str, **members: Any) -> Any:
    return s.ListField(child=fields(name, on=s.DateField(), **members), help_text="those on which there was any")


SUMMARY = report(
    "summary", "What the business did", sales=s.IntegerField(), amount=s.CharField(), buyers=s.IntegerField(),
    newcomers=s.IntegerField(help_text="bought here for the first time"), points_issued=s.IntegerField(),
    points_redeemed=s.IntegerField(),
)  # fmt: skip
POINTS_ISSUED = report(
    "points_issued", "Points that customers got, by day", points=s.IntegerField(),
    days=days("IssuedDay", points=s.IntegerField()),
)  # fmt: skip
REDEMPTIONS = report(
    "redemptions", "Points that customers used here, by day", points=s.IntegerField(),
    days=days("RedeemedDay", points=s.IntegerField()),
)  # fmt: skip
SALES = report(
    "sales", "Sales by day", sales=s.IntegerField(), amount=s.CharField(),
    days=days("SalesDay", sales=s.IntegerField(), amount=s.CharField()),
)  # fmt: skip
CUSTOMER_COUNT = report(
    "customer_count", "How many customers there are", members=s.IntegerField(help_text="at this business, ever"),
    buyers=s.IntegerField(), newcomers=s.IntegerField(), returning=s.IntegerField(help_text="had bought here before"),
)  # fmt: skip
CUSTOMERS = report(
    "customers", "Customers who bought, by day", buyers=s.IntegerField(),
    days=days("CustomersDay", buyers=s.IntegerField(), newcomers=s.IntegerField()),
)  # fmt: skip
TOP_CUSTOMERS = report(
    "top_customers", "The ten who spent most",
    results=s.ListField(
        child=fields("TopCustomer", customer=s.UUIDField(), sales=s.IntegerField(), amount=s.CharField())
    ),
)  # fmt: skip
PRODUCTS = report(
    "products", "The ten articles that sold best",
    results=s.ListField(child=fields(
        "TopProduct", sku=s.CharField(allow_blank=True), name=s.CharField(allow_blank=True),
        category=s.CharField(allow_blank=True), quantity=s.CharField(), amount=s.CharField(),
    )),
)  # fmt: skip
CHURN: dict[str, Any] = {
    "operation_id": "report_churn",
    "summary": "How many customers will rather not come back",
    "description": "As it was estimated last night; `model` is null where too little is known yet.",
    "responses": {
        200: fields(
            "ReportChurn", model=s.CharField(allow_null=True), horizon_days=s.IntegerField(allow_null=True),
            scored_on=s.DateField(allow_null=True), customers=s.IntegerField(),
            slipping=s.IntegerField(help_text="came more than once, are overdue, and will rather not come back"),
        ),
        **problems(),
    },
}  # fmt: skip
