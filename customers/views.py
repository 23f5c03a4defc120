"""Pages around joining that are not the customer's: the poster to print, and what would have been sent."""

import re
from urllib.parse import urljoin
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from businesses import paging
from businesses.access import MANAGERS, StaffRequest, role_required
from customers import cards, chats
from customers.models import Message, MessageKind

PAGE = 20


@require_GET
@role_required(*MANAGERS)
def poster(request: StaffRequest, branch: UUID) -> HttpResponse:
    """A page to print and hang up: its QR code opens the page where people join."""
    found = get_object_or_404(request.business.branches.filter(closed_at=None), public_id=branch)
    link = urljoin(settings.PUBLIC_BASE_URL, reverse("join", args=[found.public_id]))
    bot = chats.link_of(found)
    context = {"business": request.business, "branch": found, "qr": cards.svg(link)}
    context["telegram_qr"] = cards.svg(bot) if bot else ""
    return render(request, "customers/poster.html", context)


@require_GET
@never_cache
def messages(request: HttpRequest) -> HttpResponse:
    """The outbox. For everybody while we develop or show; else for superadmins, and then codes stay hidden."""
    open_to_all = settings.DEBUG or settings.DEMO
    if not (open_to_all or request.user.is_superuser):
        raise Http404
    context = paging.page(Message.objects.order_by("-id"), request.GET.get("page"), size=PAGE)
    context["sent"] = [(each, each.text if open_to_all else without_code(each)) for each in context["rows"]]
    return render(request, "customers/messages.html", context)


def without_code(message: Message) -> str:
    return re.sub(r"\d{6}", "••••••", message.text) if message.kind == MessageKind.CODE else message.text
