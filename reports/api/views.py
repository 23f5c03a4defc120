"""`GET reports/…`: the sums by day of the key's own business."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from drf_spectacular.utils import extend_schema

from businesses import money
from businesses.api.access import Access
from businesses.api.fields import Fields, any_day
from businesses.api.view import Answer, ApiCall, BusinessView
from loyalty.churn import scoring
from loyalty.models import ChurnScore, Membership, Wallet
from reports import figures
from reports.api import schema
from reports.figures import Sums
from reports.periods import Length, Period

LONGEST = timedelta(days=731)


class Report(BusinessView):
    """A report of a period; `tell` says what stands in it besides."""

    scopes = {"get": "read"}

    def handle_get(self, call: ApiCall) -> Answer:
        period = _period(call)
        head = {"since": period.first, "until": period.last, "as_of": figures.as_of()}
        return Answer(head | self.tell(call.access, period))

    def tell(self, access: Access, period: Period) -> dict[str, Any]:
        raise NotImplementedError


class SummaryReport(Report):
    @extend_schema(**schema.SUMMARY)
    def get(self) -> None: ...

    def tell(self, access: Access, period: Period) -> dict[str, Any]:
        sums = figures.sums(business_id=access.business_id, period=period)
        return {
            "sales": sums.sales,
            "amount": money.plain(sums.amount, access.currency),
            "buyers": figures.buyers(access.business_id, period),
            "newcomers": sums.newcomers,
            "points_issued": sums.issued,
            "points_redeemed": sums.spent,
        }


class PointsIssuedReport(Report):
    @extend_schema(**schema.POINTS_ISSUED)
    def get(self) -> None: ...

    def tell(self, access: Access, period: Period) -> dict[str, Any]:
        days = [{"on": on, "points": sums.issued} for on, sums in _days(access, period) if sums.issued]
        return {"points": sum(each["points"] for each in days), "days": days}


class RedemptionsReport(Report):
    @extend_schema(**schema.REDEMPTIONS)
    def get(self) -> None: ...

    def tell(self, access: Access, period: Period) -> dict[str, Any]:
        days = [{"on": on, "points": sums.spent} for on, sums in _days(access, period) if sums.spent]
        return {"points": sum(each["points"] for each in days), "days": days}


class SalesReport(Report):
    @extend_schema(**schema.SALES)
    def get(self) -> None: ...

    def tell(self, access: Access, period: Period) -> dict[str, Any]:
        found = [(on, sums) for on, sums in _days(access, period) if sums.sales]
        days = [
            {"on": on, "sales": sums.sales, "amount": money.plain(sums.amount, access.currency)} for on, sums in found
        ]
        whole = Sums()
        for _on, sums in found:
            whole.add(sums)
        return {"sales": whole.sales, "amount": money.plain(whole.amount, access.currency), "days": days}


class CustomerCountReport(Report):
    @extend_schema(**schema.CUSTOMER_COUNT)
    def get(self) -> None: ...

    def tell(self, access: Access, period: Period) -> dict[str, Any]:
        buyers = figures.buyers(access.business_id, period)
        newcomers = figures.sums(business_id=access.business_id, period=period).newcomers
        return {
            "members": Membership.objects.filter(business=access.business_id).count(),
            "buyers": buyers,
            "newcomers": newcomers,
            "returning": buyers - newcomers,
        }


class CustomersReport(Report):
    @extend_schema(**schema.CUSTOMERS)
    def get(self) -> None: ...

    def tell(self, access: Access, period: Period) -> dict[str, Any]:
        newcomers = {on: sums.newcomers for on, sums in _days(access, period)}
        by_day = figures.buyers_by_step(access.business_id, Period(period.first, period.last))
        days = [
            {"on": on, "buyers": buyers, "newcomers": newcomers.get(on, 0)}
            for buyers, on in zip(by_day, (period.first + timedelta(days=n) for n in range(period.days)), strict=True)
            if buyers
        ]
        return {"buyers": figures.buyers(access.business_id, period), "days": days}


class TopCustomersReport(Report):
    @extend_schema(**schema.TOP_CUSTOMERS)
    def get(self) -> None: ...

    def tell(self, access: Access, period: Period) -> dict[str, Any]:
        rows = figures.top_customers(business_id=access.business_id, period=period)
        wallets = Wallet.objects.filter(
            program_id=access.program_id, customer_id__in=[row["customer_id"] for row in rows]
        )
        ids = dict(wallets.values_list("customer_id", "public_id"))
        return {
            "results": [
                {
                    "customer": str(ids[row["customer_id"]]),
                    "sales": row["sales_"],
                    "amount": money.plain(row["amount_"], access.currency),
                }
                for row in rows
            ]
        }


class ProductsReport(Report):
    @extend_schema(**schema.PRODUCTS)
    def get(self) -> None: ...

    def tell(self, access: Access, period: Period) -> dict[str, Any]:
        rows = figures.top_articles(business_id=access.business_id, period=period)
        return {
            "results": [
                {name: row[name] for name in ("sku", "name", "category")}
                | {"quantity": format(row["quantity_"], "f"), "amount": money.plain(row["amount_"], access.currency)}
                for row in rows
            ]
        }


class ChurnReport(BusinessView):
    scopes = {"get": "read"}

    @extend_schema(**schema.CHURN)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall) -> Answer:
        model = scoring.newest(business_id=call.access.business_id)
        scores = ChurnScore.objects.filter(business_id=call.access.business_id)
        return Answer(
            {
                "model": model.label if model else None,
                "horizon_days": model.horizon if model else None,
                "scored_on": model.scored_on if model else None,
                "customers": scores.count(),
                "slipping": scores.filter(slipping=True).count(),
            }
        )


def _period(call: ApiCall) -> Period:
    """Of the query; a mistake in it is told like one in a body."""
    fields = Fields(dict(call.query.items()))
    today = timezone.now().astimezone(ZoneInfo(call.access.time_zone)).date()
    until = fields.read("until", any_day) or today
    since = fields.read("since", any_day) or max(date.min + LONGEST, until) - timedelta(days=Length.MONTH - 1)
    if since > until:
        fields.error("since", "Lies after `until`.")
    elif until - since > LONGEST:
        fields.error("since", "A report is of two years at most.")
    fields.done()
    return Period(since, until)


def _days(access: Access, period: Period) -> list[tuple[date, Sums]]:
    return list(figures.by_day(business_id=access.business_id, period=period))
