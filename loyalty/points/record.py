"""What the customer can look up about their points: what happened, line by line, what expires, and figures."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from businesses import paging, shown
from businesses.models import GONE
from customers.sessions import CustomerRequest, customers_only
from loyalty import disputes
from loyalty.forms import DisputeForm
from loyalty.models import DisputeReason, Operation
from loyalty.points import expiry, journal, own, statistics, story
from loyalty.points import history as histories
from loyalty.points.history import Kind

PAGE = 20


@require_GET
@customers_only
def history(request: CustomerRequest, wallet: UUID) -> HttpResponse:
    mine = own.wallet(request, wallet)
    at = timezone.now()
    months, places = histories.months(mine), histories.places(mine)
    asked = histories.asked(request.GET, months=months, places=places)
    lines = histories.newest_first(asked.lines(journal.entries(mine)))
    page = paging.page(lines, request.GET.get("page"), size=PAGE, **asked.query)
    kinds = [("", _("All")), *Kind.choices]
    context = {
        **page,
        "asked": asked,
        "tabs": [
            {"url": asked.address(kind=kind), "label": label, "current": kind == (asked.kind or "")}
            for kind, label in kinds
        ],
        "month_choices": months,
        "place_choices": places,
        "months": histories.by_month(page["rows"], of=lines, wallet=mine, at=at),
    }
    return render(request, "points/history.html", own.context(mine, **context))


@require_GET
@customers_only
def entry(request: CustomerRequest, wallet: UUID, operation: UUID) -> HttpResponse:
    mine = own.wallet(request, wallet)
    happened = get_object_or_404(story.operations(mine), public_id=operation)
    questions = list(disputes.about(happened))
    disputes.read(operation=happened, at=timezone.now())
    context = {
        **story.tell(happened, wallet=mine),
        "questions": questions,
        "gone": happened.business is not None and happened.business.status in GONE,
        "may_ask": disputes.may_be_about(happened) and all(each.answered_at for each in questions),
    }
    return render(request, "points/entry.html", own.context(mine, **context))


@require_GET
@customers_only
def questions(request: CustomerRequest, wallet: UUID) -> HttpResponse:
    """All that the customer asked, each leading to the line that it is about and to its answer."""
    mine = own.wallet(request, wallet)
    page = paging.page(disputes.of(mine), request.GET.get("page"), size=PAGE)
    return render(request, "points/questions.html", own.context(mine, **page))


@require_http_methods(["GET", "HEAD", "POST"])
@customers_only
def dispute(request: CustomerRequest, wallet: UUID, operation: UUID) -> HttpResponse:
    """ "Something is wrong with this purchase", to its business."""
    mine = own.wallet(request, wallet)
    happened = get_object_or_404(story.operations(mine), public_id=operation)
    if not disputes.may_be_about(happened):
        raise Http404
    form = DisputeForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _ask(request, happened, form):
        return redirect("points-entry", mine.public_id, happened.public_id)
    context = {**story.tell(happened, wallet=mine), "form": form}
    status = 422 if form.errors else 200
    return render(request, "points/dispute.html", own.context(mine, **context), status=status)


def _ask(request: CustomerRequest, operation: Operation, form: DisputeForm) -> bool:
    """Whether the question stands now; the form says why it does not."""
    reason = DisputeReason(form.cleaned_data["reason"])
    try:
        disputes.make(operation=operation, reason=reason, text=form.cleaned_data["text"], at=timezone.now())
    except disputes.AlreadyOpen:
        messages.info(request, _("You asked about this already. The answer will stand here."))
    except disputes.TooMany:
        form.add_error(None, _("You have asked as often as we can take in a day. Come back tomorrow."))
        return False
    else:
        messages.success(request, _("Sent. The answer will stand here."))
    return True


@require_GET
@customers_only
def expiring(request: CustomerRequest, wallet: UUID) -> HttpResponse:
    mine = own.wallet(request, wallet)
    lasting = expiry.lasting(mine)
    context = {
        "months": expiry.by_month(mine, zone=own.zone(mine.program), at=timezone.now()),
        "lasting": _("%(points)s of your points do not expire.") % {"points": shown.number(lasting)} if lasting else "",
        "rule": expiry.rule(mine),
    }
    return render(request, "points/expiry.html", own.context(mine, **context))


@require_GET
@customers_only
def figures(request: CustomerRequest, wallet: UUID) -> HttpResponse:
    mine = own.wallet(request, wallet)
    context = statistics.of(mine, zone=own.zone(mine.program), at=timezone.now())
    return render(request, "points/statistics.html", own.context(mine, **context))
