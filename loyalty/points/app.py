"""The points page on a phone's home screen: its manifest, the worker behind it, and the copy of the card it keeps."""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from babel.dates import format_datetime
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from businesses import shown
from customers import cards, profiles
from customers.sessions import CustomerRequest, customers_only
from loyalty.points import own

CANVAS = "#f6f6f4"  # --canvas of static/css/tokens.css


@require_safe
@never_cache
def manifest(request: HttpRequest) -> HttpResponse:
    home = reverse("points")
    icons = [_icon("192", "any"), _icon("512", "any"), _icon("512", "maskable", "maskable-")]
    answer = {
        "id": home,
        "start_url": home,
        "scope": home,
        "display": "standalone",
        "name": _("My points"),
        "short_name": _("My points"),
        "lang": shown.language(),
        "background_color": CANVAS,
        "theme_color": CANVAS,
        "icons": icons,
    }
    return JsonResponse(answer, content_type="application/manifest+json")


@require_safe
@never_cache
def worker(request: HttpRequest) -> HttpResponse:
    """At an address of its own without a hash: browsers ask here for the next version, and its folder is its scope."""
    script = Path(str(finders.find("js/card-worker.js"))).read_bytes()
    return HttpResponse(script, content_type="text/javascript")


@require_GET
@customers_only
def copy(request: CustomerRequest, wallet: UUID) -> HttpResponse:
    """The card and nothing else: what a phone keeps tells no balance and no past, and holds no key to anything."""
    mine, at = own.wallet(request, wallet), timezone.now()
    ids = {"program_id": mine.program_id, "customer_id": mine.customer_id}
    context = {
        "qr": cards.svg(cards.current(**ids, at=at).token),
        "name": profiles.told(**ids).name,
        "copied": _moment(at.astimezone(own.zone(mine.program))),
    }
    return render(request, "points/copy.html", own.context(mine, **context))


def _icon(size: str, purpose: str, shape: str = "") -> dict[str, Any]:
    source = static(f"icons/app-{shape}{size}.png")
    return {"src": source, "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}


def _moment(moment: datetime) -> str:
    return str(format_datetime(moment, "d MMMM y, HH:mm", locale=shown.language()))
