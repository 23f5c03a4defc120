"""The customers of a business: the list, a search, and one customer's page. For owners and managers only.

What is searched for is posted: phone numbers stand in no address and no log.
"""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from businesses import paging, shown
from businesses.access import MANAGERS, StaffRequest, role_required
from businesses.models import Business, BusinessStatus
from customers import consents
from customers.models import Channel
from loyalty import history, rules
from loyalty.churn import scoring
from loyalty.members import listing, screen, standing
from loyalty.members.listing import Sort
from loyalty.models import Wallet
from loyalty.rules import Rules


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def customers(request: StaffRequest) -> HttpResponse:
    if request.business.status != BusinessStatus.ACTIVE:
        return render(request, "counter/waiting.html", {"active": "customers"})
    if request.method == "POST":
        sought = request.POST.get("q", "").replace("\0", "").strip()
        if sought:
            return _found(request, sought)
        if not request.htmx:
            return redirect("customers")
    return _list(request)


def _found(request: StaffRequest, sought: str) -> HttpResponse:
    try:
        found = listing.search(business=request.business, text=sought)
    except listing.TooShort:
        error = _("Type at least %(digits)s digits of a phone number.") % {"digits": listing.FEWEST_DIGITS}
        return _page(request, {"sought": sought[: listing.LONGEST], "error": error, "searched": True}, status=422)
    context = {"sought": sought[: listing.LONGEST], "searched": True, "more": found.more, "most": listing.FOUND}
    return _page(request, context | screen.table(request.business, found.members, timezone.now()))


def _list(request: StaffRequest) -> HttpResponse:
    sort = Sort(request.GET["sort"]) if request.GET.get("sort") in Sort.values else Sort.LAST
    page = listing.page(business=request.business, sort=sort, number=_number(request.GET.get("page", "")))
    figures = {name: shown.number(getattr(page, name)) for name in ("first", "last", "all")}
    context = {
        **screen.table(request.business, page.members, timezone.now(), risks=sort is Sort.SLIPPING),
        **(_slipping(request.business) if sort is Sort.SLIPPING else {}),
        "sorts": [{"url": f"?sort={each}", "label": each.label, "current": each == sort} for each in Sort],
        "previous_url": _url(sort, page.number - 1) if page.number > 1 else "",
        "next_url": _url(sort, page.number + 1) if page.last < page.all else "",
        "shown": _("%(first)s–%(last)s of %(all)s") % figures,
        "beyond": figures["all"] if page.beyond and sort is not Sort.SLIPPING else "",
    }
    return _page(request, context)


def _slipping(business: Business) -> dict[str, Any]:
    model = scoring.newest(business_id=business.pk)
    if model is None:
        return {"slipping": _("Nobody can be said to be slipping away yet."), "estimated": False}
    words = _(
        "They came more than once, have stayed away for twice as long as is usual for them, and will rather not come "
        "within %(days)s days. Those who stay away for the shortest time stand first. Estimated every night from how "
        "often and how lately each of them came."
    )
    return {"slipping": words % {"days": shown.number(model.horizon)}, "estimated": True}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 1


def _url(sort: Sort, number: int) -> str:
    return "?" + urlencode({"sort": sort, "page": number})


def _page(request: StaffRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    template = "members/region.html" if request.htmx else "members/list.html"
    return render(request, template, {"active": "customers", **context}, status=status)


@require_GET
@role_required(*MANAGERS)
def customer(request: StaffRequest, customer: UUID) -> HttpResponse:
    terms, wallet, now = rules_of(request), wallet_of(request, customer), timezone.now()
    context = screen.page(request.business, terms, wallet, now)
    context |= standing.panel(business=request.business, terms=terms, wallet=wallet, now=now)
    return render(request, "members/customer.html", context)


@require_GET
@role_required(*MANAGERS)
def past(request: StaffRequest, customer: UUID) -> HttpResponse:
    """All that happened to the points, as far as this business may know."""
    wallet, terms = wallet_of(request, customer), rules_of(request)
    context = paging.page(history.visible(wallet_id=wallet.pk, rules=terms), request.GET.get("page"), size=listing.PAGE)
    lines = history.lines(context["rows"], business_id=request.business.pk)
    context["lines"] = screen.lines(lines, terms, timezone.now())
    return render(request, "members/history.html", screen.head(wallet, terms) | context)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def withdrawal(request: StaffRequest, customer: UUID, channel: str) -> HttpResponse:
    """Stops messages on the customer's word. Only they themselves can allow them."""
    wallet = wallet_of(request, customer)
    if channel not in consents.OFFERED:
        raise Http404
    if request.method == "POST":
        consents.withdraw(
            customer_id=wallet.customer_id,
            business_id=request.business.pk,
            channel=Channel(channel),
            source="portal",
            at=timezone.now(),
        )
        messages.success(request, _("Nothing more is sent to them."))
        return redirect("customer", wallet.public_id)
    context = {"channel": Channel(channel)}
    return render(request, "members/withdrawal.html", screen.head(wallet, rules_of(request)) | context)


def rules_of(request: StaffRequest) -> Rules:
    return rules.of(request.business.pk, request.business.program.rules_version)


def wallet_of(request: StaffRequest, customer: UUID) -> Wallet:
    """Anybody of the programme, as at the counter: who comes for the first time may be helped too."""
    served = request.business.status == BusinessStatus.ACTIVE
    wallets = Wallet.objects.filter(program_id=request.business.program_id) if served else Wallet.objects.none()
    return get_object_or_404(wallets.select_related("customer", "tier"), public_id=customer)
