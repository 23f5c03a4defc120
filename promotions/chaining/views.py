"""The chains of a business: the list, proposing one with its sentence, the answer, the figures, the end."""

from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from businesses.access import MANAGERS, StaffRequest, role_required
from promotions import chains, offers
from promotions.chaining import rows, words
from promotions.chaining.forms import ChainForm
from promotions.models import Chain

LATEST = 2 * chains.MOST_CHAINS  # all that stand, and those that ended last


def agreeing(request: HttpRequest) -> dict[str, Callable[[], dict[str, Any]]]:
    """Context of the portal: whether there is anybody to agree with, and how many proposals wait for an answer."""
    staff = getattr(request, "staff", None)
    if staff is None or staff.role not in MANAGERS:
        return {}
    return {"chains_here": cache(lambda: chains.counted(staff.business, timezone.now()))}


@require_safe
@role_required(*MANAGERS)
def chains_page(request: StaffRequest) -> HttpResponse:
    """What waits for an answer first, then what runs, then what is over."""
    found = [rows.row(each, request.business, timezone.now()) for each in _mine(request).order_by("-pk")[:LATEST]]
    standing = sorted((each for each in found if each["open"]), key=lambda each: not each["waits"])
    context = {
        "rows": standing,
        "over": [each for each in found if not each["open"]],
        "alone": not chains.partners(request.business),
    }
    return _page(request, "chains/list.html", **context)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def new_chain(request: StaffRequest) -> HttpResponse:
    form = _form(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = chains.propose(
                **form.sides(),
                proposer=request.business,
                values=form.terms(),
                staff=request.staff,
                at=timezone.now(),
            )
        except chains.TooMany:
            form.add_error(None, _("You have %(most)s chains. End one first.") % {"most": chains.MOST_CHAINS})
        except chains.NotPartners:
            form.add_error("partner", _("This business is no partner of the programme any more."))
        else:
            messages.success(request, _("Proposed. They see it among their chains, and answer there."))
            return redirect("chain", made.public_id)
    return _page(request, "chains/new.html", form=form, sentence=_sentence(form))


@require_POST
@role_required(*MANAGERS)
def preview(request: StaffRequest) -> HttpResponse:
    """What the form says so far, in plain words."""
    return render(request, "offers/sentence.html", {"sentence": _sentence(_form(request, request.POST))})


@require_safe
@role_required(*MANAGERS)
def chain(request: StaffRequest, chain: UUID) -> HttpResponse:
    return _page(request, "chains/chain.html", **rows.facts(_one(request, chain), request.business, timezone.now()))


@require_POST
@role_required(*MANAGERS)
def answer(request: StaffRequest, chain: UUID) -> HttpResponse:
    """The form says which, so that a press sent twice does the same."""
    found, at = _one(request, chain), timezone.now()
    try:
        if "accept" in request.POST:
            chains.accept(chain=found, staff=request.staff, at=at)
            messages.success(request, _("Accepted. Purchases bring coupons from now on."))
        elif "decline" in request.POST:
            chains.decline(chain=found, staff=request.staff, at=at)
            messages.success(request, _("Declined."))
    except chains.NotYours:
        raise Http404 from None
    except chains.NotWaiting:
        messages.info(request, _("It waits for no answer any more. See below how it stands."))
    except chains.NotPartners:
        messages.error(request, _("One of the two is no partner of the programme any more, so nothing was accepted."))
    except offers.TooMany:
        messages.error(request, _("%(business)s has too many offers. End one first.") % {"business": found.taker})
    return redirect("chain", found.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def withdraw(request: StaffRequest, chain: UUID) -> HttpResponse:
    found, at = _one(request, chain), timezone.now()
    if request.method == "POST":
        try:
            chains.withdraw(chain=found, staff=request.staff, at=at)
        except chains.NotYours:
            raise Http404 from None
        messages.success(request, _("Withdrawn. Purchases bring no more coupons; those that customers hold stay good."))
        return redirect("chains")
    return _page(request, "chains/withdraw.html", **rows.row(found, request.business, at))


def _mine(request: StaffRequest) -> Any:
    return Chain.objects.of(request.business).select_related("program", "giver", "taker", "proposer", "ended_by")


def _one(request: StaffRequest, public_id: UUID) -> Chain:
    """One that this business is a side of."""
    found: Chain = get_object_or_404(_mine(request), public_id=public_id)
    return found


def _form(request: StaffRequest, data: Any) -> ChainForm:
    """Of a business that has partners."""
    if not chains.partners(request.business):
        raise Http404
    return ChainForm(data, business=request.business, today=_today(request), like=_like(request))


def _today(request: StaffRequest) -> date:
    return timezone.now().astimezone(ZoneInfo(request.business.time_zone)).date()


def _like(request: StaffRequest) -> Chain | None:
    """The one whose way back is proposed."""
    named = request.GET.get("back")
    try:
        found: Chain | None = _mine(request).filter(public_id=named).first() if named else None
    except ValidationError:
        return None
    return found


def _sentence(form: ChainForm) -> str:
    """Empty while it cannot be said; the name may still be missing."""
    if not form.is_bound or form.errors.keys() - {"name"}:
        return ""
    return words.sentence(Chain(**form.sides(), **form.terms()), form.business.program.currency)


def _page(request: StaffRequest, template: str, **context: Any) -> HttpResponse:
    form = context.get("form")
    status = 422 if form is not None and form.errors else 200
    return render(request, template, {"active": "promotions", **context}, status=status)
