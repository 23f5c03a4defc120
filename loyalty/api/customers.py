"""The calls about one customer: find, enrol, profile, balance, entries and why."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema

from businesses import money
from businesses.api.fields import Fields, day, email, one_of, text
from businesses.api.paging import only, page
from businesses.api.view import Answer, ApiCall
from businesses.models import TierBasis
from customers import people
from customers.models import Profile
from customers.profiles import Told
from loyalty import enrolment, history, lookup, pending, tiers
from loyalty.api.acting import LedgerView, rules_of, who_of
from loyalty.api.schema import customers as schema
from loyalty.history import Line, Recent
from loyalty.lookup import Member, Who
from loyalty.models import Pending, Wallet
from loyalty.rules import Rules
from loyalty.tiers import Standing

ELSEWHERE = "elsewhere"


class LookupView(LedgerView):
    scopes = {"post": "read"}
    cashiers = frozenset({"post"})

    @extend_schema(**schema.LOOKUP)
    def post(self) -> None: ...

    def handle_post(self, call: ApiCall) -> Answer:
        rules = rules_of(call)
        fields = Fields(call.body)
        who = who_of(fields, rules.country)
        fields.done()
        known = lookup.member(program_id=rules.program_id, business_id=rules.business_id, who=who)
        last = history.last(wallet_id=known.wallet_id, rules=rules)
        return Answer(
            {
                "id": str(known.public_id),
                "name": at_counter(known)["name"] if call.access.is_cashier else known.name,
                "balance": known.balance,
                "tier": rules.tier_name(known.tier_id),
                "last": [last_line(line, rules) for line in last],
            }
        )


class CustomersView(LedgerView):
    scopes = {"post": "earn"}
    cashiers = frozenset({"post"})

    @extend_schema(**schema.ENROL)
    def post(self) -> None: ...

    def handle_post(self, call: ApiCall) -> Answer:
        rules = rules_of(call)
        fields = Fields(call.body, not_supported=("preferences",))
        who = who_of(fields, rules.country, by=("phone", "external_id"))
        told = Told(
            name=fields.read("name", text(120)) or "",
            birthday=fields.read("birthday", day),
            email=fields.read("email", email) or "",
            language=fields.read("language", one_of(*(code for code, _name in settings.LANGUAGES))) or "",
        )
        fields.done()
        member = enrolment.enrol(
            program_id=rules.program_id,
            business_id=rules.business_id,
            phone=who.value if who.by == "phone" else None,
            external_id=who.value if who.by == "external_id" else None,
            told=told,
            source="api",
            at=timezone.now(),
        )
        found = Who("customer", str(member.public_id))
        known = lookup.member(program_id=rules.program_id, business_id=rules.business_id, who=found)
        body = customer_body(known, rules) | {"enrolled": member.enrolled}
        if call.access.is_cashier:
            body |= at_counter(known)
        return Answer(body, 201 if member.enrolled else 200)


class CustomerCall(LedgerView):
    """A call on one customer of the programme, by our id."""

    scopes = {"get": "read"}

    def member(self, call: ApiCall, customer: UUID) -> tuple[Member, Rules]:
        rules = rules_of(call)
        who = Who("customer", str(customer))
        return lookup.member(program_id=rules.program_id, business_id=rules.business_id, who=who), rules


class CustomerView(CustomerCall):
    @extend_schema(**schema.SHOW_CUSTOMER)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall, customer: UUID) -> Answer:
        known, rules = self.member(call, customer)
        return Answer(customer_body(known, rules))


class BalanceView(CustomerCall):
    cashiers = frozenset({"get"})

    @extend_schema(**schema.BALANCE)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall, customer: UUID) -> Answer:
        known, rules = self.member(call, customer)
        wallet = Wallet.objects.select_related("program", "tier").get(pk=known.wallet_id)
        return Answer(
            {
                "balance": wallet.balance,
                "owed": wallet.owed,
                "pending": pending.known_to(wallet=wallet, rules=rules),
                "expiring": history.expiring(wallet=wallet, rules=rules),
                "tier": rules.tier_name(wallet.tier_id),
                "next_tier": next_tier(tiers.standing(wallet=wallet, at=known.read_at), rules),
            }
        )


class EntriesView(CustomerCall):
    @extend_schema(**schema.ENTRIES)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall, customer: UUID) -> Answer:
        only(call.query)
        known, rules = self.member(call, customer)
        entries = history.visible(wallet_id=known.wallet_id, rules=rules)
        waiting = pending.visible(wallet_id=known.wallet_id, rules=rules)
        body = page(
            entries,
            call.query,
            lambda rows: [entry_body(line) for line in history.lines(rows, business_id=rules.business_id)],
        )
        return Answer(body | {"pending": [pending_body(each, rules) for each in waiting]})


class WhyView(CustomerCall):
    @extend_schema(**schema.WHY)
    def get(self) -> None: ...

    def handle_get(self, call: ApiCall, customer: UUID) -> Answer:
        known, rules = self.member(call, customer)
        wallet = Wallet.objects.select_related("program").get(pk=known.wallet_id)
        why = history.why(wallet=wallet, rules=rules)
        return Answer(
            {
                "balance": wallet.balance,
                "owed": wallet.owed,
                "lots": [
                    {
                        "operation": str(lot.entry.operation.public_id),
                        "credit": lot.credit,
                        "remaining": lot.remaining,
                        "earned_at": lot.entry.occurred_at,
                        "expires_at": lot.gone_at,
                        "trail": lot.entry.operation.trail or [],
                    }
                    for lot in why.lots
                ],
                "elsewhere": why.elsewhere,
            }
        )


def customer_body(known: Member, rules: Rules) -> dict[str, Any]:
    profile = Profile.objects.filter(program_id=rules.program_id, customer_id=known.customer_id).first() or Profile()
    return {
        "id": str(known.public_id),
        "name": profile.name,
        "birthday": profile.birthday or None,
        "email": profile.email,
        "language": profile.language,
        "balance": known.balance,
        "tier": rules.tier_name(known.tier_id),
    }


def at_counter(known: Member) -> dict[str, Any]:
    """What a cashier learns of a profile: on the pages it is for owners and managers."""
    name = people.person(known.name, None).name if known.name else ""
    return {"name": name, "birthday": None, "email": "", "language": ""}


def next_tier(standing: Standing | None, rules: Rules) -> dict[str, Any] | None:
    """Figures only where they count nothing that this business may not know of."""
    if standing is None or standing.next is None:
        return None
    lacking = standing.next
    measure = (
        money.plain(lacking.measure, rules.currency)
        if rules.tier_basis == TierBasis.SPEND
        else f"{lacking.measure:.0f}"
    )
    return {
        "name": lacking.tier.name,
        "counts": rules.tier_basis,
        "lacking": None if rules.discreet else measure,
        "categories_lacking": None if rules.discreet else lacking.categories,
    }


def last_line(line: Recent, rules: Rules) -> dict[str, Any]:
    return {
        "at": line.occurred_at,
        "business": line.business or ELSEWHERE,
        "points": line.points,
        "pending": line.pending,
        "amount": None if line.amount is None else money.plain(line.amount, rules.currency),
    }


def pending_body(waiting: Pending, rules: Rules) -> dict[str, Any]:
    operation, mine = waiting.operation, waiting.issuer_id == rules.business_id
    return {
        "operation": str(operation.public_id),
        "points": waiting.left,
        "due_at": waiting.due_at,
        "amount": money.plain(operation.purchase.amount, rules.currency) if mine else None,
        "reference": operation.reference if mine else None,
        "key": operation.key if mine else None,
        "occurred_at": operation.occurred_at,
    }


def entry_body(line: Line) -> dict[str, Any]:
    return {
        "operation": str(line.operation),
        "kind": line.kind,
        "points": line.points,
        "balance_after": line.balance_after,
        "reverses": line.reverses and str(line.reverses),
        "reference": line.reference,
        "key": line.key,
        "occurred_at": line.occurred_at,
    }
