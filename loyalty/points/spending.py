"""Spending on the customer's own page: what there is, a hold with its code, and the code that pays at the till."""

from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from businesses import shown
from businesses.models import Business
from customers import cards
from customers.sessions import CustomerRequest, customers_only
from loyalty import ledger, outcomes, redemptions, refusals, rewards, rotating, rules
from loyalty.models import Redemption, RedemptionStatus, Reward, Wallet
from loyalty.points import own
from loyalty.rewards import Standing

LONGEST_KEY = 64


class PlaceForm(forms.Form):
    """Where a reward of the whole programme will be collected; each press has a key."""

    place = forms.ModelChoiceField(
        label=gettext_lazy("Where will you collect it?"),
        queryset=Business.objects.none(),
        to_field_name="slug",
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose where you will collect it.")},
    )

    def __init__(self, data: Any, *, places: Any) -> None:
        super().__init__(data)
        field: Any = self.fields["place"]
        field.queryset = places


@require_GET
@customers_only
def rewards_list(request: CustomerRequest, wallet: UUID) -> HttpResponse:
    mine, at = own.wallet(request, wallet), timezone.now()
    context = {"held": held(mine, at), "rows": rows(mine, standings(mine, at))}
    return render(request, "points/rewards.html", own.context(mine, **context))


@require_http_methods(["GET", "HEAD", "POST"])
@customers_only
def reward(request: CustomerRequest, wallet: UUID, reward: UUID) -> HttpResponse:
    mine, at = own.wallet(request, wallet), timezone.now()
    standing = next((each for each in standings(mine, at) if each.reward.public_id == reward), None)
    if standing is None:
        # One that ended meanwhile, of a place they know, says so; a stranger's is not found.
        gone = Reward.objects.filter(program=mine.program_id, public_id=reward)
        get_object_or_404(gone.filter(business=None) | gone.filter(business__in=rewards.places(mine)))
        context = own.context(mine, title=_("No longer offered"), gone=True)
        return render(request, "points/reward.html", context, status=422 if request.method == "POST" else 200)
    places = rewards.places(mine)
    form = PlaceForm(request.POST or None, places=places) if standing.reward.business is None else None
    error = ""
    if request.method == "POST" and (form is None or form.is_valid()):
        place = form.cleaned_data["place"] if form else standing.reward.business
        try:
            made = _hold(request, mine, standing.reward, place, at)
        except outcomes.Refused as refused:
            mine.refresh_from_db()
            standing.reward.refresh_from_db()
            error = refusals.sentence(refused.fact)
        except (outcomes.Busy, outcomes.KeyReused):
            error = _("That did not work just now. Press again, it is never taken twice.")
        else:
            return redirect("points-hold", mine.public_id, made.public_id)
    context = {
        "standing": standing,
        "title": standing.reward.name,
        "points": _points(standing.reward.points),
        "where": standing.reward.business,
        "missing": _missing(standing),
        "form": form,
        "error": error,
        "key": uuid4().hex,
    }
    status = 422 if error or (form and form.errors) else 200
    return render(request, "points/reward.html", own.context(mine, **context), status=status)


def _hold(request: CustomerRequest, mine: Wallet, wanted: Reward, place: Any, at: datetime) -> outcomes.Posted:
    seen = request.POST.get("points", "")
    points = int(seen) if seen.isdecimal() and len(seen) < 12 and int(seen) else None
    return redemptions.hold_for_themselves(
        rules=rules.of(place.pk, mine.program.rules_version),
        wallet_id=mine.public_id,
        customer_id=mine.customer_id,
        wanted=redemptions.of_reward(wanted, hold=True, points=points),
        key=request.POST.get("key", "").replace("\0", "")[:LONGEST_KEY] or uuid4().hex,
        at=at,
    )


@never_cache
@require_GET
@customers_only
def hold(request: CustomerRequest, wallet: UUID, operation: UUID) -> HttpResponse:
    """The code, as long as it lasts."""
    mine, at = own.wallet(request, wallet), timezone.now()
    found = _own_hold(mine, operation)
    live = found.status == RedemptionStatus.HELD and found.held_until is not None and found.held_until > at
    context: dict[str, Any] = {"hold": found, "live": live, "points": _points(found.points)}
    if live and found.code and found.held_until:
        context |= {
            "code": f"{found.code[:3]} {found.code[3:]}",
            "qr": cards.svg(found.code),
            "until": shown.clock(found.held_until.astimezone(own.zone(mine.program))),
            "left": int((found.held_until - at).total_seconds()),
        }
    return render(request, "points/hold.html", own.context(mine, **context))


@require_POST
@customers_only
def cancel(request: CustomerRequest, wallet: UUID, operation: UUID) -> HttpResponse:
    """Gives the points back. Once it was collected the page says so instead."""
    mine = own.wallet(request, wallet)
    found = _own_hold(mine, operation)
    with suppress(outcomes.Busy):  # then the page shows it held still
        ledger.release(operation_id=found.pk, early=True)
    return redirect("points-hold", mine.public_id, operation)


@never_cache
@require_GET
@customers_only
def pay(request: CustomerRequest, wallet: UUID) -> HttpResponse:
    """The code that also agrees to spending: another one each half minute."""
    mine, at = own.wallet(request, wallet), timezone.now()
    card = cards.current(program_id=mine.program_id, customer_id=mine.customer_id, at=at)
    context = {"qr": cards.svg(rotating.content(token=card.token, at=at)), "left": rotating.left(at=at)}
    return render(request, "points/pay.html", own.context(mine, **context))


def standings(mine: Wallet, at: datetime) -> list[Standing]:
    return rewards.everywhere(wallet=mine, on=at.astimezone(own.zone(mine.program)).date())


def rows(mine: Wallet, found: list[Standing]) -> list[dict[str, Any]]:
    """With the place, where there are several."""
    several = mine.program.businesses.count() > 1
    return [_row(mine, each, several=several) for each in found]


def held(mine: Wallet, at: datetime) -> list[dict[str, Any]]:
    """What waits for them, with its way."""
    return [
        {
            "title": each.description,
            "detail": _("%(place)s · until %(time)s")
            % {"place": each.business.name, "time": shown.clock(each.held_until.astimezone(own.zone(mine.program)))},
            "icon": each.reward.icon if each.reward else "gift",
            "picture": each.reward.picture_url if each.reward else "",
            "link": reverse("points-hold", args=[mine.public_id, each.operation.public_id]),
        }
        for each in redemptions.live_holds(wallet_id=mine.pk, at=at)
        if each.held_until
    ]


def goal(mine: Wallet, found: list[Standing]) -> dict[str, Any]:
    """The nearest that is not within reach yet, for the pass."""
    nearest = next((each for each in found if each.missing == "points"), None)
    if nearest is None:
        return {}
    text = ngettext("%(points)s more point for: %(reward)s", "%(points)s more points for: %(reward)s", nearest.short)
    said = text % {"points": shown.number(nearest.short), "reward": nearest.reward.name}
    return {"goal_value": mine.balance, "goal_max": nearest.reward.points, "goal_text": said}


def _row(mine: Wallet, standing: Standing, *, several: bool) -> dict[str, Any]:
    offered = standing.reward
    place = offered.business.name if offered.business and several else ""
    return {
        "icon": offered.icon,
        "picture": offered.picture_url,
        "title": offered.name,
        "detail": " · ".join(filter(None, (_points(offered.points), place))),
        "short": _missing(standing),
        "link": reverse("points-reward", args=[mine.public_id, offered.public_id]),
        "value": min(mine.balance, offered.points) if standing.missing == "points" else None,
        "max": offered.points,
    }


def _missing(standing: Standing) -> str:
    if standing.missing == "points":
        return _("%(points)s to go") % {"points": shown.number(standing.short)}
    if standing.missing == "tier" and standing.reward.tier:
        return _("From %(tier)s on") % {"tier": standing.reward.tier.name}
    return {"stock": _("Gone for now"), "limit": _("Yours already")}.get(standing.missing, "")


def _points(points: int) -> str:
    return ngettext("%(points)s point", "%(points)s points", points) % {"points": shown.number(points)}


def _own_hold(mine: Wallet, operation: UUID) -> Redemption:
    held_by_me = Redemption.objects.filter(operation__wallet=mine, code__isnull=False)
    return get_object_or_404(
        held_by_me.select_related("operation", "business", "reward"), operation__public_id=operation
    )
