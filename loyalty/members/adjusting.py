"""The form that gives or takes points by hand: filled in, asked once more, done."""

import re
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from businesses import shown
from businesses.access import MANAGERS, StaffRequest, role_required
from loyalty import adjustments, outcomes
from loyalty.adjustments import MOST_POINTS
from loyalty.members import screen
from loyalty.members.views import rules_of, wallet_of
from loyalty.models import Wallet

LONGEST_KEY = 64
LONGEST_REASON = 250
# A minus may be the sign of a keyboard or of a text, and thousands may stand apart.
POINTS = re.compile(r"([+\-\u2212\u2013]?)([0-9]{1,12})")


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def adjustment(request: StaffRequest, customer: UUID) -> HttpResponse:
    wallet = wallet_of(request, customer)
    if request.method != "POST":
        return _form(request, wallet)
    points, reason = _points(_text(request, "points")), _text(request, "reason")
    wrong = _wrong(points, reason)
    if wrong or "again" in request.POST:
        return _form(request, wallet, wrong)
    if "sure" not in request.POST:
        return _ask(request, wallet, points, reason)
    try:
        posted = adjustments.adjust(
            rules=rules_of(request),
            wallet=wallet,
            points=points,
            reason=reason,
            by=request.user,
            staff=request.staff,
            key=_key(request),
            at=timezone.now(),
        )
    except (outcomes.NotEnoughPoints, outcomes.KeyReused, outcomes.Busy) as refused:
        # A refusal is stored under its key: what is tried next is a new deed.
        fresh = isinstance(refused, outcomes.NotEnoughPoints)
        return _form(request, wallet, {"points": [_refusal(refused)]}, key="" if fresh else _key(request))
    messages.success(
        request, _("Done. The balance is %(points)s now.") % {"points": shown.number(posted.balance_after)}
    )
    return redirect("customer", wallet.public_id)


def _wrong(points: int, reason: str) -> dict[str, list[str]]:
    wrong = {}
    if not points:
        wrong["points"] = [_("Type how many points, in digits, with a minus to take them.")]
    elif abs(points) > MOST_POINTS:
        wrong["points"] = [_("That is more than can be given at once. Check the digits.")]
    if not reason:
        wrong["reason"] = [_("Say why: the customer will ask.")]
    elif len(reason) > LONGEST_REASON:
        wrong["reason"] = [_("A reason has at most %(most)s characters.") % {"most": LONGEST_REASON}]
    return wrong


def _refusal(refused: Exception) -> str:
    if isinstance(refused, outcomes.NotEnoughPoints):
        figures = {name: shown.number(refused.fact[name]) for name in ("available", "needed")}
        return _("Not enough points of yours: %(available)s left, %(needed)s needed.") % figures
    if isinstance(refused, outcomes.KeyReused):
        return _("This form was used already. Look at the customer’s history before you send it again.")
    return _("Another till is serving this customer. Press again, it is never added twice.")


def _ask(request: StaffRequest, wallet: Wallet, points: int, reason: str) -> HttpResponse:
    context = screen.head(wallet, rules_of(request))
    said = {"points": shown.number(abs(points)), "name": context["person"].name}
    give = ngettext("Give %(points)s point to %(name)s?", "Give %(points)s points to %(name)s?", abs(points))
    take = ngettext("Take %(points)s point from %(name)s?", "Take %(points)s points from %(name)s?", abs(points))
    # What is owed is paid from new points first.
    after = wallet.balance + points - (min(wallet.owed, points) if points > 0 else 0)
    balances = {"before": shown.number(wallet.balance), "after": shown.number(max(after, 0))}
    context |= {
        "sure": (give if points > 0 else take) % said,
        "after": _("The balance goes from %(before)s to %(after)s.") % balances,
        "reason": reason,
        "fields": {"key": _key(request), "points": _text(request, "points"), "reason": reason},
    }
    return render(request, "members/adjustment.html", context)


def _form(
    request: StaffRequest, wallet: Wallet, wrong: dict[str, list[str]] | None = None, key: str | None = None
) -> HttpResponse:
    typed: dict[str, Any] = {"points": _text(request, "points")[:20], "reason": _text(request, "reason")[:1000]}
    context = screen.head(wallet, rules_of(request)) | typed
    context |= {"fields": {"key": (_key(request) if key is None else key) or uuid4().hex}, "wrong": wrong or {}}
    return render(request, "members/adjustment.html", context, status=422 if wrong else 200)


def _points(text: str) -> int:
    """0 for what is no number of points."""
    found = POINTS.fullmatch(re.sub(r"[\s\u00a0\u202f]", "", text))
    return int(found[2]) * (-1 if found[1] not in ("", "+") else 1) if found else 0


def _key(request: HttpRequest) -> str:
    return _text(request, "key")[:LONGEST_KEY] or uuid4().hex


def _text(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\0", "").strip()
