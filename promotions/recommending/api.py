"""What is recommended to a customer, for a business's own programs: its own things alone."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as s

from businesses.api.schema import fields, problems
from businesses.api.view import Answer, ApiCall
from businesses.models import Business
from loyalty.api.customers import CustomerCall
from loyalty.api.schema import Call
from loyalty.models import Wallet
from promotions.recommending import recommender, words
from promotions.recommending.recommender import Kind

RECOMMENDATIONS: Call = {
    "operation_id": "show_customer_recommendations",
    "summary": "What to tell this customer: a reward that is near, a long absence, a coupon for elsewhere",
    "description": "What is your own, and what you have agreed upon with others: a chain that a purchase here begins."
    " Which other businesses they might like is for the customer alone.",
    "responses": {
        200: fields(
            "Recommendations",
            results=s.ListField(
                child=fields(
                    "Recommendation",
                    kind=s.ChoiceField([each.value for each in Kind]),
                    text=s.CharField(),
                    reward=s.UUIDField(allow_null=True),
                    points_to_go=s.IntegerField(allow_null=True),
                    days_away=s.IntegerField(allow_null=True),
                    usual_days=s.IntegerField(allow_null=True),
                )
            ),
        ),
        **problems(404),
    },
}


class RecommendationsView(CustomerCall):
    @extend_schema(**RECOMMENDATIONS)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall, customer: UUID) -> Answer:
        known, _rules = self.member(call, customer)
        wallet = Wallet.objects.select_related("program", "tier").get(pk=known.wallet_id)
        business = Business.objects.select_related("recommendation_rules").get(pk=call.access.business_id)
        found = recommender.to_business(wallet=wallet, business=business, at=timezone.now())
        return Answer(
            {
                "results": [
                    {
                        "kind": each.kind.value,
                        "text": words.to_staff(each),
                        "reward": each.reward and str(each.reward),
                        "points_to_go": each.short or None,
                        "days_away": each.since if each.kind is Kind.COME_BACK else None,
                        "usual_days": each.gap or None,
                    }
                    for each in found
                ]
            }
        )
