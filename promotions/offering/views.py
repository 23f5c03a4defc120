"""The offers of a business: the list, making one with its sentence, its figures, its limits, its end."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from businesses import changes
from businesses.access import MANAGERS, StaffRequest, role_required
from promotions import offers, words
from promotions.models import Offer
from promotions.offering.forms import LimitsForm, OfferForm
from promotions.offering.rows import change, facts, row


@require_safe
@role_required(*MANAGERS)
def offers_page(request: StaffRequest) -> HttpResponse:
    found = Offer.objects.of(request.business).filter(chain=None).order_by("-pk")  # chains have a room of their own
    rows = [row(each, request.business, timezone.now()) for each in found]
    standing = [each for each in rows if each["state"] != "ended"]
    return _page(request, "offers/list.html", rows=standing, ended=[each for each in rows if each["state"] == "ended"])


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def new_offer(request: StaffRequest) -> HttpResponse:
    form = OfferForm(request.POST or None, business=request.business, like=_like(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = offers.make(
                program=request.business.program,
                business=request.business,
                values=form.values(),
                by=request.user,
                at=timezone.now(),
            )
        except offers.TooMany:
            form.add_error(None, _("You have %(most)s offers. End one first.") % {"most": offers.MOST_OFFERS})
        except offers.CodeTaken:
            form.add_error("code", _("Another offer of yours has this code."))
        else:
            messages.success(request, _("Made. It counts from now on."))
            return redirect("offer", made.public_id)
    return _page(request, "offers/new.html", form=form, sentence=_sentence(request, form))


@require_POST
@role_required(*MANAGERS)
def preview(request: StaffRequest) -> HttpResponse:
    """What the form says so far, in plain words."""
    form = OfferForm(request.POST, business=request.business)
    return render(request, "offers/sentence.html", {"sentence": _sentence(request, form)})


@require_safe
@role_required(*MANAGERS)
def offer(request: StaffRequest, offer: UUID) -> HttpResponse:
    found = _own(request, offer)
    return _page(request, "offers/offer.html", **facts(found, request.business, timezone.now()))


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def limits(request: StaffRequest, offer: UUID) -> HttpResponse:
    found = _own(request, offer, ended_at=None)
    initial = {name: getattr(found, name) for name in offers.MOVES} | {"seen": found.changes.count()}
    form = LimitsForm(request.POST or None, business=request.business, initial=initial)
    if request.method == "POST" and form.is_valid():
        seen, at = form.cleaned_data["seen"], timezone.now()
        ends, starts = form.cleaned_data["ends_on"], found.starts_on
        if ends and starts and ends < starts:
            form.add_error("ends_on", _("The last day comes before the first."))
            return _page(request, "offers/limits.html", form=form, offer=found)
        try:
            offers.change(offer=found, values=form.values(), at=at, staff=request.staff, seen=seen)
        except offers.FewerThanUsed as fewer:
            form.too_few(fewer.field)
        except changes.Newer as meanwhile:
            form.tell([change(each) for each in meanwhile.changes], seen=found.changes.count())
        else:
            messages.success(request, _("Saved."))
            return redirect("offer", found.public_id)
    return _page(request, "offers/limits.html", form=form, offer=found)


@require_POST
@role_required(*MANAGERS)
def pause(request: StaffRequest, offer: UUID) -> HttpResponse:
    """Stops it, or lets it go on: the form says which, so that a press sent twice does the same."""
    found, at = _own(request, offer), timezone.now()
    if request.POST.get("go_on"):
        offers.go_on(offer=found, at=at, staff=request.staff)
        messages.success(request, _("It goes on."))
    else:
        offers.pause(offer=found, at=at, staff=request.staff)
        messages.success(request, _("Paused. Nobody can use it until it goes on."))
    return redirect("offer", found.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def end(request: StaffRequest, offer: UUID) -> HttpResponse:
    found = _own(request, offer)
    if request.method == "POST":
        offers.end(offer=found, at=timezone.now(), staff=request.staff)
        messages.success(request, _("Ended. Nobody gets it any more."))
        return redirect("offers")
    return _page(request, "offers/end.html", offer=found)


def _own(request: StaffRequest, public_id: UUID, **more: Any) -> Offer:
    """One of this business; those of the programme are the operator's, and those of chains are agreed upon."""
    return get_object_or_404(request.business.offers.filter(chain=None, **more), public_id=public_id)


def _like(request: StaffRequest) -> Offer | None:
    """The one whose answers the new one begins with."""
    named = request.GET.get("like")
    try:
        return request.business.offers.filter(public_id=named).first() if named else None
    except ValidationError:
        return None


def _sentence(request: StaffRequest, form: OfferForm) -> str:
    """Empty while it cannot be said; a name and a code may still be missing."""
    if not form.is_bound or form.errors.keys() - {"name", "code"}:
        return ""
    form.cleaned_data = {"name": "", "code": "…"} | form.cleaned_data
    return words.announced(Offer(**form.values()), request.business.program.currency)


def _page(request: StaffRequest, template: str, **context: Any) -> HttpResponse:
    form = context.get("form")
    status = 422 if form is not None and form.errors else 200
    return render(request, template, {"active": "promotions", **context}, status=status)
