"""Spending points by the API: redemptions and what is held of them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema

from businesses.api.fields import Fields, text, uuid, whole, yes_or_no
from businesses.api.paging import only, page
from businesses.api.problems import not_found
from businesses.api.view import Answer, ApiCall
from loyalty import redemptions
from loyalty.api.acting import LedgerView, actor_of, own_operation, rules_of, undoable, who_of
from loyalty.api.purchases import LONGEST_CONSENT
from loyalty.api.schema import redemptions as schema
from loyalty.models import Redemption, Reward
from loyalty.outcomes import Posted
from loyalty.purchases import MOST_POINTS
from loyalty.redemptions import Wanted
from loyalty.rules import Rules


class RedemptionsView(LedgerView):
    scopes = {"get": "read", "post": "redeem"}
    idempotent = cashiers = frozenset({"post"})

    @extend_schema(**schema.LIST_REDEMPTIONS)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall) -> Answer:
        only(call.query)
        mine = Redemption.objects.filter(business_id=call.access.business_id).order_by("-pk")
        found = mine.select_related("operation__wallet", "reward")
        return Answer(page(found, call.query, lambda rows: list(map(redemption_body, rows))))

    @extend_schema(**schema.REDEEM)
    def post(self) -> None: ...

    def handle_post(self, call: ApiCall) -> Answer:
        rules = rules_of(call)
        fields = Fields(call.body)
        actor = actor_of(call, fields, rules)
        who = who_of(fields, rules.country)
        wanted = _wanted(fields, rules)
        reference = fields.read("reference", text(128))
        consent = fields.read("consent", text(LONGEST_CONSENT)) or ""
        fields.done()
        posted = redemptions.redeem(
            rules=rules,
            actor=actor,
            who=who,
            wanted=wanted,
            key=call.key,
            reference=reference,
            consent=consent,
            at=timezone.now(),
        )
        return Answer(_made(posted, hold=wanted.hold), 201, posted.replayed)


def _wanted(fields: Fields, rules: Rules) -> Wanted:
    """A reward, or points with their description."""
    hold = bool(fields.read("hold", yes_or_no))
    if not fields.has("reward"):
        fields.read("reward", uuid)
        points = fields.read("points", whole(1, MOST_POINTS), required=True) or 0
        return Wanted(points, fields.read("description", text(200), required=True) or "", hold=hold)
    for name in ("points", "description"):
        if fields.has(name):
            fields.error(name, "A reward has its own.")
        fields.read(name, lambda value: value)
    named = fields.read("reward", uuid)
    # An ended one too: the ledger refuses it by its name, and answers a repeat.
    offered = Reward.objects.filter(program=rules.program_id, business__in=[rules.business_id]) | Reward.objects.filter(
        program=rules.program_id, business=None
    )
    reward = offered.filter(public_id=named).first() if named else None
    if named and reward is None:
        fields.done()
        raise not_found()
    return redemptions.of_reward(reward, hold=hold) if reward else Wanted(0)


def _made(posted: Posted, *, hold: bool) -> dict[str, Any]:
    """From what never changes, so that a replay says the same also when a hold was collected since."""
    body: dict[str, Any] = {
        "id": str(posted.public_id),
        "status": "held" if hold else "confirmed",
        "points": -posted.points,
        "balance": posted.balance_after,
    }
    return body | Redemption.objects.values("code", "held_until").get(pk=posted.id) if hold else body


class RedemptionView(LedgerView):
    scopes = {"get": "read"}

    @extend_schema(**schema.SHOW_REDEMPTION)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall, redemption: UUID) -> Answer:
        found = (
            Redemption.objects.filter(business_id=call.access.business_id, operation__public_id=redemption)
            .select_related("operation__wallet", "reward")
            .first()
        )
        if found is None:
            raise not_found()
        return Answer(redemption_body(found))


class ConfirmView(LedgerView):
    scopes = {"post": "redeem"}
    idempotent = cashiers = frozenset({"post"})

    @extend_schema(**schema.CONFIRM_REDEMPTION)
    def post(self) -> None: ...

    def handle_post(self, call: ApiCall, redemption: UUID) -> Answer:
        return _act(redemptions.confirm, call, own_operation(call, redemption, "redemption"))


class CancelView(LedgerView):
    scopes = {"post": "redeem"}
    idempotent = cashiers = frozenset({"post"})

    @extend_schema(**schema.CANCEL_REDEMPTION)
    def post(self) -> None: ...

    def handle_post(self, call: ApiCall, redemption: UUID) -> Answer:
        return _act(redemptions.cancel, call, undoable(call, redemption, "redemption"))


def redemption_body(found: Redemption) -> dict[str, Any]:
    return {
        "id": str(found.operation.public_id),
        "customer": str(found.operation.wallet.public_id),
        "status": found.status,
        "points": found.points,
        "description": found.description,
        "reward": found.reward and str(found.reward.public_id),
        "held_until": found.held_until,
        "balance": found.operation.balance_after,
        "occurred_at": found.operation.occurred_at,
    }


def _act(act: Callable[..., Posted], call: ApiCall, operation_id: int) -> Answer:
    """Hands out or takes back all that a redemption of this business is of."""
    rules = rules_of(call)
    fields = Fields(call.body)
    actor = actor_of(call, fields, rules)
    fields.done()
    posted = act(rules=rules, actor=actor, operation_id=operation_id, key=call.key)
    points = Redemption.objects.values_list("points", flat=True).get(pk=operation_id)
    return Answer(
        {"id": str(posted.public_id), "points": points, "balance": posted.balance_after}, 201, posted.replayed
    )
