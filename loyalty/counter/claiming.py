"""Rewards at the counter: the two taps that claim one, and the code of one that is held."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import push_url

from businesses.access import StaffRequest
from loyalty import outcomes, redemptions, refusals
from loyalty.counter import asking, offering, screen
from loyalty.counter.serving import serving
from loyalty.counter.views import actor_of, key_of, rules_of, show, text_of, to_receipt, trouble_of, wallet_of
from loyalty.lookup import Who
from loyalty.models import Redemption, RedemptionStatus, Reward, Wallet


@require_GET
@serving
def reward(request: StaffRequest, customer: UUID, reward: UUID) -> HttpResponse:
    return _reward(request, wallet_of(request, customer), _offered(request, reward))


@require_POST
@serving
def claim(request: StaffRequest, customer: UUID, reward: UUID) -> HttpResponse:
    """The second tap. The press says which price it saw."""
    terms, wallet, wanted = rules_of(request), wallet_of(request, customer), _offered(request, reward)
    seen = text_of(request, "points")
    points = int(seen) if seen.isdecimal() and len(seen) < 12 else wanted.points
    if "send" in request.POST:
        asked = asking.send(request, terms, wallet, points)
        return _reward(request, wallet, wanted, asked=asked, status=422 if asked.error else 200)
    try:
        posted = redemptions.redeem(
            rules=terms,
            actor=actor_of(request),
            who=Who("customer", str(wallet.public_id)),
            wanted=redemptions.of_reward(wanted, points=points or wanted.points),
            consent=asking.consent(request, wallet),
            key=key_of(request),
            at=timezone.now(),
        )
    except outcomes.ConsentRequired as refused:
        return _reward(request, wallet, wanted, asked=asking.again(refused), status=422)
    except outcomes.Refused as refused:
        wanted.refresh_from_db()
        return _reward(request, wallet, wanted, error=refusals.sentence(refused.fact), status=422)
    except (outcomes.Busy, outcomes.KeyReused) as trouble:
        return _reward(request, wallet, wanted, error=trouble_of(trouble), status=422)
    return to_receipt(request, posted.public_id)


@serving
def codes(request: StaffRequest) -> HttpResponse:
    """A code as the customer says it."""
    if request.method != "POST":
        return _code(request)
    typed = text_of(request, "code")
    return to_hold(request, typed) or _code(request, value=typed, error=_no_such_code(typed), status=422)


def to_hold(request: StaffRequest, typed: str) -> HttpResponse | None:
    """On to what is held here under a code; None where nothing is."""
    code = redemptions.code_in(typed)
    found = redemptions.held(business_id=request.business.pk, code=code) if code else None
    if found is None:
        return None
    url = reverse("counter-hold", args=[found.operation.public_id])
    return push_url(_hold(request, found), url) if request.htmx else redirect(url)


@require_GET
@serving
def hold(request: StaffRequest, operation: UUID) -> HttpResponse:
    return _hold(request, _held(request, operation))


@require_POST
@serving
def collect(request: StaffRequest, operation: UUID) -> HttpResponse:
    found = _held(request, operation)
    try:
        redemptions.confirm(
            rules=rules_of(request),
            actor=actor_of(request),
            operation_id=found.pk,
            key=key_of(request),
        )
    except outcomes.Refused as refused:
        found.refresh_from_db()
        return _hold(request, found, error=refusals.sentence(refused.fact), status=422)
    except (outcomes.Busy, outcomes.KeyReused) as trouble:
        return _hold(request, found, error=trouble_of(trouble), status=422)
    return to_receipt(request, found.operation.public_id)


# --- What a request names, and what is answered -----------------------------------------------------------


def _offered(request: StaffRequest, public_id: UUID) -> Reward:
    """One of this business or of its programme."""
    return get_object_or_404(Reward.objects.of(request.business).select_related("tier"), public_id=public_id)


def _held(request: StaffRequest, operation: UUID) -> Redemption:
    """Of this business, also one that was collected or cancelled meanwhile: its page says so."""
    rows = Redemption.objects.filter(business=request.business, code__isnull=False, operation__refusal__isnull=True)
    return get_object_or_404(rows.select_related("operation__wallet", "reward"), operation__public_id=operation)


def _reward(
    request: StaffRequest,
    wallet: Wallet,
    wanted: Reward,
    *,
    asked: asking.Asked | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    terms, now = rules_of(request), timezone.now()
    context: dict[str, Any] = {
        "state": "claim",
        "customer": screen.customer(request, terms, wallet, now),
        "claim": offering.claim(request, terms, wallet, wanted, error=error),
        "asked": asking.context(request, terms, wallet, wanted.points, asked),
    }
    return show(request, context, status)


def _code(request: StaffRequest, *, value: str = "", error: str = "", status: int = 200) -> HttpResponse:
    context = {"state": "code", "code": {"value": value[:20], "error": error, "fields": screen.fields(request)}}
    return show(request, context, status)


def _no_such_code(typed: str) -> str:
    if not redemptions.code_in(typed):
        return _("A code has six letters and digits. Check what was typed.")
    return _("Nothing waits here under this code. It may have ended, or be for another business.")


def _hold(request: StaffRequest, found: Redemption, *, error: str = "", status: int = 200) -> HttpResponse:
    terms, now = rules_of(request), timezone.now()
    over = {
        RedemptionStatus.CONFIRMED: _("This code was redeemed before."),
        RedemptionStatus.CANCELLED: _("This is no longer held. The points are back with the customer."),
    }.get(RedemptionStatus(found.status), "")
    context = {
        "state": "claim",
        "customer": screen.customer(request, terms, found.operation.wallet, now),
        "claim": offering.hold(request, terms, found, error=error or over, over=bool(over)),
    }
    return show(request, context, status)
