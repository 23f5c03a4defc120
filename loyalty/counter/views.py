"""The counter: find a customer, add points, spend points, undo. One screen; every step also works without JavaScript.

Each view answers with the whole page, or to htmx with its one region. Addresses hold our random ids, never a phone.
"""

import re
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import push_url

from businesses import money, pins, shown
from businesses.access import MANAGERS, StaffRequest, staff_required
from businesses.models import BusinessStatus
from businesses.money import InvalidAmount
from customers import phones
from customers.profiles import Told
from loyalty import approvals, enrolment, lookup, outcomes, purchases, redemptions, refusals, rotating, rules
from loyalty.counter import asking, couponing, hints, offering, screen, welcoming
from loyalty.counter.serving import serving
from loyalty.ledger import Actor
from loyalty.lookup import Who
from loyalty.models import Operation, Wallet
from loyalty.purchases import MOST_AMOUNT
from loyalty.redemptions import Wanted
from loyalty.rules import Rules
from loyalty.sales import InPoints, Sale

LONGEST_KEY = 64


@require_GET
@staff_required
def counter(request: StaffRequest) -> HttpResponse:
    if request.business.status != BusinessStatus.ACTIVE:
        return render(request, "counter/waiting.html", {"active": "counter"})
    return idle(request)


@require_POST
@serving
def find(request: StaffRequest) -> HttpResponse:
    """By phone or by the content of a QR card; an unknown phone is welcomed."""
    terms = rules_of(request)
    typed, card = text_of(request, "phone"), text_of(request, "card")
    if (code := redemptions.code_in(card or typed)) and (
        held := redemptions.held(business_id=request.business.pk, code=code)
    ):
        return redirect("counter-hold", held.operation.public_id)
    if card:
        asking.remember(request, card[:64])
        who = Who("card", rotating.token_in(card[:64]))
    else:
        try:
            who = Who("phone", phones.parse(typed, terms.country))
        except phones.InvalidPhone:
            return idle(request, value=typed, error=_("That is not a phone number. Check the digits."), status=422)
    try:
        member = lookup.member(program_id=terms.program_id, business_id=terms.business_id, who=who)
    except lookup.UnknownCustomer:
        if card:
            return idle(request, error=_("This card is not valid here. Ask for the phone number."), status=422)
        return _unknown(request, terms, who.value, typed)
    return to_customer(request, member.public_id)


@require_POST
@serving
def enrol(request: StaffRequest) -> HttpResponse:
    """One tap. The number was checked before, and is checked again: forms come from outside."""
    terms = rules_of(request)
    typed, name = text_of(request, "phone"), text_of(request, "name")
    try:
        phone = phones.parse(typed, terms.country)
    except phones.InvalidPhone:
        return idle(request, value=typed, error=_("That is not a phone number. Check the digits."), status=422)
    if len(name) > 120:
        error = _("A name has at most 120 characters.")
        return _unknown(request, terms, phone, typed, name=name, error=error, status=422)
    answers = welcoming.typed_in(request)
    try:
        with transaction.atomic():
            member = enrolment.enrol(
                program_id=terms.program_id,
                business_id=terms.business_id,
                phone=phone,
                told=Told(name=name),
                source="counter",
                at=timezone.now(),
            )
            welcoming.answer(rules=terms, request=request, member=member, typed=answers)
    except welcoming.Wrong as wrong:
        return _unknown(request, terms, phone, typed, name=name, wrong=wrong.fields, status=422)
    return to_customer(request, member.public_id)


@require_GET
@serving
def customer(request: StaffRequest, customer: UUID) -> HttpResponse:
    return show_customer(request, wallet_of(request, customer))


@require_GET
@serving
def spend(request: StaffRequest, customer: UUID) -> HttpResponse:
    return show_spend(request, wallet_of(request, customer))


@require_POST
@serving
def record_purchase(request: StaffRequest, customer: UUID) -> HttpResponse:
    terms, wallet, typed = rules_of(request), wallet_of(request, customer), text_of(request, "amount")
    points, said = text_of(request, "points"), couponing.of(request)
    kept: dict[str, Any] = {"value": typed, "points": points, "said": said, "status": 422}
    try:
        amount = amount_of(terms, typed)
    except InvalidAmount as wrong:
        return show_customer(request, wallet, error=str(wrong), **kept)
    if points and not _whole(points):
        return show_customer(request, wallet, points_error=_("Type how many points to spend, in digits."), **kept)
    if "send" in request.POST:
        asked = asking.send(request, terms, wallet, _whole(points))
        return show_customer(request, wallet, asked=asked, **kept | {"status": 422 if asked.error else 200})
    try:
        posted = approvals.record(
            rules=terms,
            staff=request.staff,
            actor=actor_of(request),
            who=Who("customer", str(wallet.public_id)),
            sale=Sale(amount),
            paid=InPoints(_whole(points), asking.consent(request, wallet)) if points else None,
            basket=said.basket,
            pin=text_of(request, "pin"),
            key=key_of(request),
            at=timezone.now(),
        )
    except pins.NotApproved as refused:
        return show_customer(request, wallet, refused=refused, **kept)
    except purchases.TooManyPoints as too_many:
        error = _("More than the bill: it takes at most %(points)s.") % {"points": shown.number(too_many.most)}
        return show_customer(request, wallet, points_error=error, **kept)
    except outcomes.ConsentRequired as refused:
        return show_customer(request, wallet, asked=asking.again(refused), **kept)
    except outcomes.CouponRefused as refused:
        unfit = replace(said, error=refusals.sentence(refused.fact))
        return show_customer(request, wallet, **kept | {"said": unfit})
    except outcomes.NotEnoughPoints as short:
        return show_customer(request, wallet, points_error=refusals.sentence(short.fact), **kept)
    except (outcomes.Busy, outcomes.KeyReused, outcomes.CustomerBlocked) as trouble:
        return show_customer(request, wallet, error=trouble_of(trouble), **kept)
    return to_receipt(request, posted.public_id)


@require_POST
@serving
def record_redemption(request: StaffRequest, customer: UUID) -> HttpResponse:
    terms, wallet = rules_of(request), wallet_of(request, customer)
    typed, description = text_of(request, "points"), text_of(request, "description")
    kept: dict[str, Any] = {"value": typed, "description": description, "status": 422}
    points = _whole(typed)
    if not points:
        return show_spend(request, wallet, error=_("Type how many points to spend, in digits."), **kept)
    if "send" in request.POST:
        asked = asking.send(request, terms, wallet, points)
        return show_spend(request, wallet, points=points, asked=asked, **kept | {"status": 422 if asked.error else 200})
    if len(description) > 200:
        return show_spend(request, wallet, error=_("A description has at most 200 characters."), **kept)
    try:
        posted = redemptions.redeem(
            rules=terms,
            actor=actor_of(request),
            who=Who("customer", str(wallet.public_id)),
            wanted=Wanted(points, description),
            consent=asking.consent(request, wallet),
            key=key_of(request),
            at=timezone.now(),
        )
    except outcomes.ConsentRequired as refused:
        return show_spend(request, wallet, points=points, asked=asking.again(refused), **kept)
    except outcomes.Refused as refused:
        return show_spend(request, wallet, error=refusals.sentence(refused.fact), **kept)
    except (outcomes.Busy, outcomes.KeyReused) as trouble:
        return show_spend(request, wallet, error=trouble_of(trouble), **kept)
    return to_receipt(request, posted.public_id)


@require_GET
@serving
def receipt(request: StaffRequest, operation: UUID) -> HttpResponse:
    return show_receipt(request, operation_of(request, operation))


@require_POST
@serving
def undo(request: StaffRequest, operation: UUID) -> HttpResponse:
    terms, done = rules_of(request), operation_of(request, operation)
    if not screen.may_undo(request, terms, done):
        return show_receipt(request, done, status=422)
    reverse_it = purchases.refund if done.kind == "purchase" else redemptions.cancel
    # Somebody was quicker, or this press came twice: the receipt shows how it stands.
    try:
        with suppress(outcomes.AlreadyReversed, outcomes.KeyReused):
            reverse_it(rules=terms, actor=actor_of(request), operation_id=done.pk, key=key_of(request))
    except outcomes.Busy as busy:
        return show_receipt(request, done, error=trouble_of(busy), status=422)
    return to_receipt(request, done.public_id)


@require_GET
@serving
def today(request: StaffRequest) -> HttpResponse:
    """The list for screens on which it has no place beside the pad."""
    terms = rules_of(request)
    context = screen.activity(request, terms, screen.day(terms, timezone.now())) | {"active": "today"}
    return render(request, "counter/today.html", context)


# --- What a request says ----------------------------------------------------------------------------------


def rules_of(request: StaffRequest) -> Rules:
    return rules.of(request.business.pk, request.business.program.rules_version)


def actor_of(request: StaffRequest) -> Actor:
    return Actor(branch_id=request.branch.pk, staff_id=request.staff.pk)


def text_of(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\0", "").strip()


def key_of(request: HttpRequest) -> str:
    """The key made when the form was shown; a form without one (nobody's of ours) is a new action each time."""
    return text_of(request, "key")[:LONGEST_KEY] or uuid4().hex


def _whole(typed: str) -> int:
    """The points that are typed; 0 for anything else."""
    return int(typed) if re.fullmatch(r"0{0,9}[1-9][0-9]{0,11}", typed) else 0


def amount_of(terms: Rules, typed: str) -> Decimal:
    """Raises `InvalidAmount` with the sentence for the field."""
    amount = money.parse_amount(typed, terms.currency)
    if amount == 0:
        raise InvalidAmount(_("Type an amount above zero."))
    if amount >= MOST_AMOUNT:
        raise InvalidAmount(_("That is more than one sale can be. Check the digits."))
    return amount


def wallet_of(request: StaffRequest, customer: UUID) -> Wallet:
    """A customer of this business's programme."""
    return get_object_or_404(Wallet, public_id=customer, program_id=request.business.program_id)


def operation_of(request: StaffRequest, operation: UUID) -> Operation:
    """An accepted purchase or redemption of this business; of a cashier's own for a cashier."""
    mine = Q(staff_id=request.staff.pk) | Q(redemption__confirmed_by__staff_id=request.staff.pk)
    return get_object_or_404(
        Operation.objects.filter(Q() if request.staff.role in MANAGERS else mine).select_related(
            "wallet", "purchase", "redemption__confirmed_by", "approval__staff__user", "promise"
        ),
        public_id=operation,
        business_id=request.business.pk,
        kind__in=["purchase", "redemption"],
        refusal__isnull=True,
    )


def trouble_of(trouble: Exception) -> str:
    if isinstance(trouble, outcomes.KeyReused):
        return _("This form was already used for another sale. Press again for this one.")
    if isinstance(trouble, outcomes.CustomerBlocked):
        return _("The operator has blocked this customer: no points are given or spent.")
    return _("Another till is serving this customer. Press again, it is never added twice.")


# --- What is answered -------------------------------------------------------------------------------------


def idle(request: StaffRequest, *, value: str = "", error: str = "", status: int = 200) -> HttpResponse:
    terms, now = rules_of(request), timezone.now()
    context = screen.idle(request, terms, now)
    context["phone_pad"] = screen.phone_pad(request, terms, value=value[:40], error=error)
    return show(request, context, status)


def _unknown(
    request: StaffRequest,
    terms: Rules,
    phone: str,
    typed: str,
    *,
    name: str = "",
    error: str = "",
    wrong: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "state": "unknown",
        "phone": phone,
        "phone_shown": phones.show(phone),
        "name": name,
        "name_error": error,
        "questions": welcoming.fields(terms, welcoming.typed_in(request), wrong or {}),
        "phone_pad": screen.phone_pad(request, terms, value=typed[:40]),
    }
    return show(request, context, status)


def show_customer(
    request: StaffRequest,
    wallet: Wallet,
    *,
    value: str = "",
    error: str = "",
    points: str = "",
    points_error: str = "",
    asked: asking.Asked | None = None,
    refused: pins.NotApproved | None = None,
    said: couponing.Shown | None = None,
    status: int = 200,
) -> HttpResponse:
    terms, now = rules_of(request), timezone.now()
    found = offering.standings(request, terms, wallet, now)
    context = {
        "state": "customer",
        "customer": screen.customer(request, terms, wallet, now) | offering.goal(wallet, found),
        "hints": hints.of(business=request.business, wallet=wallet, at=now),
        "rewards": offering.rows(request, terms, wallet, found),
        "coupons": couponing.context(terms, wallet, said or couponing.NOTHING),
        "spend_url": reverse("counter-spend", args=[wallet.public_id]),
        "part_payment": screen.part_payment(terms, wallet, value=points[:12], error=points_error),
        "asked": asking.context(request, terms, wallet, _whole(points), asked),
        "pad": screen.amount_pad(request, terms, wallet, value=value[:40], error=error, refused=refused),
    }
    return show(request, context, status)


def show_spend(
    request: StaffRequest,
    wallet: Wallet,
    *,
    value: str = "",
    description: str = "",
    error: str = "",
    points: int = 0,
    asked: asking.Asked | None = None,
    status: int = 200,
) -> HttpResponse:
    terms, point_value = rules_of(request), request.business.program.point_value
    context = {
        "state": "spend",
        "customer": screen.customer(request, terms, wallet, timezone.now()),
        "description": description,
        "asked": asking.context(request, terms, wallet, points, asked),
        "pad": screen.points_pad(request, terms, wallet, point_value, value=value[:40], error=error),
    }
    return show(request, context, status)


def show_receipt(request: StaffRequest, operation: Operation, *, error: str = "", status: int = 200) -> HttpResponse:
    terms = rules_of(request)
    context = {
        "state": "done",
        "receipt": screen.receipt(request, terms, operation, error=error),
        "customer": screen.customer(request, terms, operation.wallet, timezone.now()),
        "phone_pad": screen.phone_pad(request, terms, following=True),
    }
    return show(request, context, status)


def show(request: StaffRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Only a receipt changes today's list: else the one that is on the screen, of the same day, stays as it is."""
    terms = rules_of(request)
    today = screen.day(terms, timezone.now())
    kept = context["state"] != "done" and request.headers.get("Counter-Today") == str(today)
    activity = {} if kept else screen.activity(request, terms, today)
    template = "counter/region.html" if request.htmx else "counter/page.html"
    context = {"active": "counter", "today": str(today), "kept": kept, **activity, **context}
    return render(request, template, context, status=status)


def to_customer(request: StaffRequest, public_id: UUID) -> HttpResponse:
    """On to the customer: htmx gets the screen at once, with its address; a plain form is redirected."""
    url = reverse("counter-customer", args=[public_id])
    return push_url(show_customer(request, wallet_of(request, public_id)), url) if request.htmx else redirect(url)


def to_receipt(request: StaffRequest, public_id: UUID) -> HttpResponse:
    url = reverse("counter-receipt", args=[public_id])
    return push_url(show_receipt(request, operation_of(request, public_id)), url) if request.htmx else redirect(url)
