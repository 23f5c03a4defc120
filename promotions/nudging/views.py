"""Winning customers back: the terms and what they brought, for their owner; what one was told, for the customer."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from businesses.access import MANAGERS, StaffRequest, role_required
from customers.sessions import CustomerRequest, customers_only
from loyalty.models import Wallet
from loyalty.points import own
from promotions.models import Experiment, Nudge
from promotions.nudging import experiments, responses, screen, sign_ins
from promotions.nudging.forms import TermsForm


@require_safe
@role_required(*MANAGERS)
def nudges(request: StaffRequest) -> HttpResponse:
    """The experiment that runs, or the last one."""
    found = list(_experiments(request)[:1])
    return _results(request, found[0] if found else None)


@require_safe
@role_required(*MANAGERS)
def experiment(request: StaffRequest, experiment: UUID) -> HttpResponse:
    return _results(request, get_object_or_404(_experiments(request), public_id=experiment))


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def terms(request: StaffRequest) -> HttpResponse:
    if request.business.confidential:
        return redirect("nudges")
    running = experiments.running(request.business)
    form = TermsForm(request.POST or None, business=request.business, running=running)
    if request.method == "POST" and form.is_valid():
        try:
            experiments.begin(
                business=request.business,
                terms=form.values(),
                staff=request.staff,
                at=timezone.now(),
                seen=form.cleaned_data["seen"],
            )
        except experiments.ChangedMeanwhile:
            form.tell(experiments.running(request.business))
        else:
            messages.success(request, _("It runs. The first customers are asked after the next night."))
            return redirect("nudges")
    context = {"form": form, "running": running, **_said(request, form)}
    return _page(request, "nudges/terms.html", status=422 if form.errors else 200, **context)


@require_POST
@role_required(*MANAGERS)
def preview(request: StaffRequest) -> HttpResponse:
    """What the form says so far, whom it would reach, and how the message would read."""
    form = TermsForm(request.POST, business=request.business, running=None)
    return render(request, "nudges/sentence.html", _said(request, form))


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def end(request: StaffRequest, experiment: UUID) -> HttpResponse:
    found = get_object_or_404(_experiments(request), public_id=experiment)
    if request.method == "POST":
        experiments.end(experiment=found, staff=request.staff, at=timezone.now())
        messages.success(request, _("Turned off. Nobody is asked any more."))
        return redirect("nudges")
    return _page(request, "nudges/end.html", experiment=found)


@require_safe
@customers_only
def for_customer(request: CustomerRequest, wallet: UUID) -> HttpResponse:
    """What businesses of the programme told a customer and still stands: whoever opens it has seen it."""
    mine, at = own.wallet(request, wallet), timezone.now()
    standing = list(_of(mine).standing(at))
    for each in standing:
        if each.viewed_at is None:
            responses.answer(nudge=each, response="viewed", at=at)
    rows = [
        {
            "id": each.public_id,
            "title": each.business.name,
            "text": sign_ins.message(each, sign_ins.language_of(business=each.business, customer_id=mine.customer_id)),
            "code": str(each.coupon) if each.coupon else "",
        }
        for each in standing
    ]
    asked_by_page = "HX-Request" in request.headers
    template = "nudges/customer_panel.html" if asked_by_page else "nudges/customer.html"
    return render(request, template, own.context(mine, rows=rows))


@require_POST
@customers_only
def dismiss(request: CustomerRequest, wallet: UUID, nudge: UUID) -> HttpResponse:
    mine = own.wallet(request, wallet)
    found = get_object_or_404(_of(mine), public_id=nudge)
    with suppress(responses.Expired):  # it is gone anyway
        responses.answer(nudge=found, response="dismissed", at=timezone.now())
    return redirect("points-wallet", mine.public_id)


def _experiments(request: StaffRequest) -> Any:
    mine = Experiment.objects.filter(business=request.business)
    return mine.select_related("business__program", "offer").order_by("-pk")


def _of(mine: Wallet) -> Any:
    return Nudge.objects.filter(customer=mine.customer_id, business__program=mine.program_id)


def _results(request: StaffRequest, found: Experiment | None) -> HttpResponse:
    context: dict[str, Any] = {"confidential": request.business.confidential}
    if found:
        others = _experiments(request).exclude(pk=found.pk)[:10]
        context |= screen.page(found, at=timezone.now(), number=request.GET.get("page"))
        context["others"] = [{"experiment": each, "sentence": screen.sentence(each)} for each in others]
    return _page(request, "nudges/page.html", **context)


def _said(request: StaffRequest, form: TermsForm) -> dict[str, str]:
    """Nothing while it cannot be said."""
    if not form.is_bound or not form.is_valid():
        return {"sentence": "", "tonight": "", "sample": ""}
    meant, at = Experiment(business=request.business, **form.values()), timezone.now()
    return {
        "sentence": screen.sentence(meant),
        "tonight": screen.tonight(meant, at),
        "sample": screen.sample(meant, at),
    }


def _page(request: StaffRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, template, {"active": "promotions", **context}, status=status)
