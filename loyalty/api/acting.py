"""From an authenticated call to the words of the domain: the rules, the actor, who is meant; and back to problems."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from businesses.api.fields import Fields, text, uuid
from businesses.api.problems import Problem, not_found
from businesses.api.view import ApiCall, BusinessView, manager_required
from businesses.models import Branch
from customers import phones
from loyalty import effects, ledger, lookup, outcomes, rotating, rules, undoing
from loyalty.ledger import Actor
from loyalty.lookup import By, Who
from loyalty.models import Operation
from loyalty.rules import Rules

WHO: tuple[By, ...] = ("phone", "card", "customer", "external_id")


SENTENCES = {
    "not_enough_points": "Not enough points: {available} available, {needed} needed.",
    "reference_used": "This reference was used at this branch on that day.",
    "already_reversed": "This was reversed before.",
    "refund_too_large": "Only {left} of this purchase is left to refund, or fewer pieces of a line than named.",
    "customer_blocked": "The operator has blocked this customer: no points are given or spent.",
    "out_of_stock": "The last one of this reward was claimed.",
    "limit_reached": "This customer has claimed this reward as often as one may: {limit}, counted by {period}.",
    "reward_ended": "This reward is not offered today.",
    "reward_changed": "This reward costs {points} points now. Ask the customer again.",
    "tier_required": "This reward is for customers from {tier} on.",
    "consent_required": "More than {above} points need the customer's own code as `consent`.",
    "hold_expired": "The time of this hold is over; its points are back with the customer.",
    "already_confirmed": "This was collected before.",
}


class LedgerView(BusinessView):
    """Says what the ledger refuses in the API's words."""

    def _answer(self, request: HttpRequest, kwargs: dict[str, Any]) -> HttpResponse:
        try:
            return super()._answer(request, kwargs)
        except lookup.UnknownCustomer:
            raise Problem(404, "unknown_customer", "Nobody in this programme goes by that name.") from None
        except outcomes.KeyReused:
            raise Problem(
                422, "key_reused", "This Idempotency-Key already names another request. Use a new key."
            ) from None
        except outcomes.MomentAhead:
            errors = {"occurred_at": ["Lies more than 5 minutes ahead."]}
            raise Problem(422, "invalid", "Some fields are wrong.", errors=errors) from None
        except outcomes.Busy:
            detail = (
                "Another request is changing this customer's points. Send the same one again; it is never added twice."
            )
            raise Problem(409, "in_progress", detail, headers={"Retry-After": "1"}) from None
        except outcomes.Refused as refused:
            raise refusal(refused) from None


def refusal(refused: outcomes.Refused) -> Problem:
    """A stored refusal: the same body for the first answer and for each replay."""
    facts = {name: value for name, value in refused.fact.items() if name != "code"}
    sentence = SENTENCES[refused.code].format(**facts) if refused.code in SENTENCES else effects.words(refused.fact)
    headers = {"Idempotency-Replayed": "true"} if refused.posted.replayed else {}
    return Problem(409, refused.code, sentence, headers=headers, **facts)


def rules_of(call: ApiCall) -> Rules:
    return rules.of(call.access.business_id, call.access.rules_version)


def actor_of(call: ApiCall, fields: Fields, terms: Rules) -> Actor:
    """The key or member of staff at the branch that the body names, or at their usual one, or at the first."""
    branch = fields.read("branch", uuid)
    branch_id = (terms.branches.get(branch) or _closed(call, branch, terms)) if branch else _usual(call, terms)
    if branch_id is None:
        fields.error("branch", "No open branch of this business has that id.")
        branch_id = terms.first_branch_id
    staff_id = call.access.staff.pk if call.access.staff else None
    said = branch is not None
    return Actor(branch_id=branch_id, staff_id=staff_id, api_key_id=call.access.key_id, branch_said=said)


def _usual(call: ApiCall, terms: Rules) -> int:
    usual = call.access.staff.branch_id if call.access.staff else None
    return usual if usual and usual in terms.branches.values() else terms.first_branch_id


def _closed(call: ApiCall, branch: UUID, terms: Rules) -> int | None:
    """A branch that has closed, for the repeat of what happened there before."""
    if not ledger.is_known(rules=terms, key=call.key):
        return None
    return Branch.objects.filter(business_id=terms.business_id, public_id=branch).values_list("pk", flat=True).first()


def who_of(fields: Fields, country: str, by: tuple[By, ...] = WHO) -> Who:
    """The customer named by exactly one of the fields `by`."""

    def phone(value: Any) -> str:
        try:
            return phones.parse(text(64)(value), country)
        except phones.InvalidPhone:
            raise ValueError("Is not a phone number.") from None

    def card(value: Any) -> str:
        return rotating.token_in(text(64)(value))

    parsers = {"phone": phone, "card": card, "customer": lambda value: str(uuid(value)), "external_id": text(128)}
    given = [name for name in by if fields.has(name)]
    found = [Who(name, value) for name in by if (value := fields.read(name, parsers[name])) is not None]
    if len(given) != 1:
        fields.error("who", f"Name the customer by exactly one of {', '.join(by)}.")
    return found[0] if found else Who("customer", "")


def undoable(call: ApiCall, public_id: UUID, kind: str) -> int:
    """As `own_operation`, of what may be taken back: by a cashier what they did themselves, on the same day."""
    operation_id = own_operation(call, public_id, kind)
    staff, terms = call.access.staff, rules_of(call)
    if staff is None or ledger.is_known(rules=terms, key=call.key):
        return operation_id
    done = Operation.objects.select_related("redemption__confirmed_by").get(pk=operation_id)
    if not undoing.is_of(staff=staff, operation=done):
        raise not_found()
    if not undoing.may(staff=staff, operation=done, rules=terms, at=timezone.now()):
        raise manager_required("A cashier takes back what they did today. For this, ask a manager.")
    return operation_id


def own_operation(call: ApiCall, public_id: UUID, kind: str) -> int:
    """The ledger's id of an accepted operation of this business; a stranger's id is not found."""
    found = Operation.objects.filter(
        business_id=call.access.business_id, public_id=public_id, kind=kind, refusal__isnull=True
    ).values_list("pk", flat=True)
    if not found:
        raise not_found()
    return int(found[0])
