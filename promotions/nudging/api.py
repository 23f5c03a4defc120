"""Behaviour, sign-ins and nudges, for the programs of an online shop."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema

from businesses.api.fields import Fields, moment, one_of, text
from businesses.api.paging import only, page
from businesses.api.problems import Problem, not_found
from businesses.api.view import Answer, ApiCall
from businesses.models import Business
from loyalty.api.acting import LedgerView, rules_of, who_of
from loyalty.api.customers import CustomerCall
from loyalty.lookup import Who
from loyalty.models import Wallet
from loyalty.rules import Rules
from promotions.models import BehaviourKind, Nudge
from promotions.nudging import behaviour, document, responses, sign_ins
from promotions.nudging.behaviour import KEPT, MOST_AT_ONCE, Told

AHEAD = timedelta(minutes=5)  # that a clock may be fast


class BehaviourView(LedgerView):
    scopes = {"post": "promote"}

    @extend_schema(**document.TAKE_BEHAVIOUR)
    def post(self) -> None: ...

    def handle_post(self, call: ApiCall) -> Answer:
        rules, at = rules_of(call), timezone.now()
        fields = Fields(call.body)
        rows = fields.read("events", _events, required=True) or []
        fields.done()
        read = [_event(row, rules, at) for row in rows]
        known = behaviour.customers_of(rules=rules, named=[who for who, _more, errors in read if who and not errors])
        told: list[Told] = []
        wrong: list[dict[str, Any]] = []
        for number, (who, more, errors) in enumerate(read):
            if not errors and who not in known:
                errors = {"who": ["Nobody in this programme goes by that name."]}
            if errors or who is None:
                wrong.append({"event": number, "errors": errors})
            else:
                told.append(Told(known[who], *more))
        if not told:
            every = {f"events.{each['event']}.{name}": said for each in wrong for name, said in each["errors"].items()}
            raise Problem(422, "invalid", "No event of the batch could be kept.", errors=every)
        accepted = behaviour.take(business_id=rules.business_id, events=told, at=at)
        return Answer({"accepted": accepted, "repeated": len(told) - accepted, "errors": wrong}, 201)


class SignInsView(CustomerCall):
    scopes = {"post": "promote"}
    idempotent = frozenset({"post"})

    @extend_schema(**document.SIGN_IN)
    def post(self) -> None: ...

    def handle_post(self, call: ApiCall, customer: UUID) -> Answer:
        known, rules = self.member(call, customer)
        Fields(call.body).done()
        done = sign_ins.record(
            business=Business.objects.select_related("program").get(pk=rules.business_id),
            wallet=Wallet.objects.get(pk=known.wallet_id),
            key=call.key,
            at=timezone.now(),
        )
        return Answer(done.body, 201, replayed=done.replayed)


class NudgesView(CustomerCall):
    @extend_schema(**document.CUSTOMER_NUDGES)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall, customer: UUID) -> Answer:
        only(call.query)
        known, rules = self.member(call, customer)
        at, business = timezone.now(), Business.objects.get(pk=rules.business_id)
        language = sign_ins.language_of(business=business, customer_id=known.customer_id)
        mine = Nudge.objects.filter(business=rules.business_id, customer=known.customer_id).order_by("-pk")
        found = mine.with_state(at).select_related("assignment__experiment", "business", "coupon__offer")
        return Answer(page(found, call.query, lambda rows: [_body(each, language) for each in rows]))


class ResponsesView(LedgerView):
    scopes = {"post": "promote"}

    @extend_schema(**document.RESPOND)
    def post(self) -> None: ...

    def handle_post(self, call: ApiCall, nudge: UUID) -> Answer:
        found = Nudge.objects.filter(business=call.access.business_id, public_id=nudge).first()
        if found is None:
            raise not_found()
        fields = Fields(call.body)
        response: Any = fields.read("response", one_of(*responses.RESPONSES), required=True)
        fields.done()
        try:
            state = responses.answer(nudge=found, response=response, at=timezone.now())
        except responses.Expired:
            raise Problem(409, "nudge_expired", "The time of this nudge is over.") from None
        return Answer({"id": str(found.public_id), "state": state.value}, 201)


def _events(value: Any) -> list[Any]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_AT_ONCE:
        raise ValueError(f"Has to be a list of 1–{MOST_AT_ONCE} events.")
    return value


def _event(row: Any, rules: Rules, at: datetime) -> tuple[Who | None, tuple[Any, ...], dict[str, list[str]]]:
    """Who did it, what else is told of it, and what is wrong with it."""
    if not isinstance(row, dict):
        return None, (), {"event": ["Has to be an object."]}
    fields = Fields(row)
    who = who_of(fields, rules.country)
    more = (
        fields.read("kind", one_of(*BehaviourKind.values), required=True),
        fields.read("occurred_at", _lately(at)) or at,
        fields.read("id", text(64)),
        fields.read("session", text(64)) or "",
        fields.read("path", text(200)) or "",
        fields.read("sku", text(64)) or "",
    )
    try:
        fields.done()
    except Problem as problem:
        errors: dict[str, list[str]] = problem.body["errors"]
        return None, (), errors
    return who, more, {}


def _lately(at: datetime) -> Any:
    def parse(value: Any) -> datetime:
        parsed = moment(value)
        if parsed > at + AHEAD:
            raise ValueError("Lies more than 5 minutes ahead.")
        if parsed < at - KEPT:
            raise ValueError(f"Is too long ago: events are kept for {KEPT.days} days.")
        return parsed

    return parse


def _body(nudge: Any, language: str) -> dict[str, Any]:
    return {
        **sign_ins.to_show(nudge, language),
        "shown": nudge.shown,
        "state": nudge.state,
        "churn": round(nudge.assignment.churn, 4),
        "model": nudge.assignment.model,
        "made_at": nudge.made_at,
        "expires_at": nudge.expires_at,
    }
