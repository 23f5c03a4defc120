"""`POST redemptions`, `GET redemptions/{id}` and `POST redemptions/{id}/cancel`."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema

from businesses.api.fields import Fields, text, whole
from businesses.api.problems import not_found
from businesses.api.view import Answer, ApiCall
from loyalty import redemptions
from loyalty.api import schema
from loyalty.api.acting import LedgerView, actor_of, own_operation, rules_of, who_of
from loyalty.models import Redemption
from loyalty.purchases import MOST_POINTS


class RedemptionsView(LedgerView):
    scopes = {"post": "redeem"}
    idempotent = frozenset({"post"})

    @extend_schema(**schema.REDEEM)
    def post(self) -> None: ...

    def handle_post(self, call: ApiCall) -> Answer:
        rules = rules_of(call)
        fields = Fields(call.body, not_supported=("reward", "hold", "consent"))
        actor = actor_of(call, fields, rules)
        who = who_of(fields, rules.country)
        points = fields.read("points", whole(1, MOST_POINTS), required=True) or 0
        description = fields.read("description", text(200), required=True) or ""
        reference = fields.read("reference", text(128))
        fields.done()
        posted = redemptions.redeem(
            rules=rules,
            actor=actor,
            who=who,
            points=points,
            description=description,
            key=call.key,
            reference=reference,
            at=timezone.now(),
        )
        body = {
            "id": str(posted.public_id),
            "status": "confirmed",
            "points": -posted.points,
            "balance": posted.balance_after,
        }
        return Answer(body, 201, posted.replayed)


class RedemptionView(LedgerView):
    scopes = {"get": "read"}

    @extend_schema(**schema.SHOW_REDEMPTION)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall, redemption: UUID) -> Answer:
        found = (
            Redemption.objects.filter(business_id=call.access.business_id, operation__public_id=redemption)
            .select_related("operation__wallet")
            .first()
        )
        if found is None:
            raise not_found()
        return Answer(
            {
                "id": str(found.operation.public_id),
                "customer": str(found.operation.wallet.public_id),
                "status": found.status,
                "points": found.points,
                "description": found.description,
                "balance": found.operation.balance_after,
                "occurred_at": found.operation.occurred_at,
            }
        )


class CancelView(LedgerView):
    scopes = {"post": "redeem"}
    idempotent = frozenset({"post"})

    @extend_schema(**schema.CANCEL_REDEMPTION)
    def post(self) -> None: ...

    def handle_post(self, call: ApiCall, redemption: UUID) -> Answer:
        rules = rules_of(call)
        fields = Fields(call.body)
        actor = actor_of(call, fields, rules)
        fields.done()
        operation_id = own_operation(call, redemption, "redemption")
        posted = redemptions.cancel(rules=rules, actor=actor, operation_id=operation_id, key=call.key)
        body = {"id": str(posted.public_id), "points": posted.points, "balance": posted.balance_after}
        return Answer(body, 201, posted.replayed)
