"""The front door: what this is, and where owners, staff and customers go."""

from decimal import Decimal
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_htmx.middleware import HtmxDetails

from businesses import money, shown
from config.demo.loading import percent
from config.demo.logins import logins
from customers import cards


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """Who is signed in goes on to work."""
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "front.html", {"scene": scene()})


def scene() -> dict[str, Any]:
    """A customer and two sales that never were, written as the reader's language writes them."""
    sale = money.show_amount(Decimal("24.80"), "AZN", shown.language())
    added = ngettext("%(points)s point added", "%(points)s points added", 37)
    return {
        "greeting": _("Hi, %(name)s") % {"name": "Aysel"},
        "tier": _("Gold"),
        "points": shown.number(1277),
        "unit": ngettext("point", "points", 1277),
        "qr": _qr(),
        "added": added % {"points": shown.signed(37)},
        "sale": f"{sale} · 15:32",
        "initials": "RƏ",
        "name": "Rauf Ə.",
        "spent": shown.signed(-300),
        "spent_on": _("Free espresso") + " · 14:49",
    }


@cache
def _qr() -> str:
    """Whoever points a camera at the picture comes to their points."""
    return cards.svg(settings.PUBLIC_BASE_URL + reverse("points"))


@never_cache
@require_safe
def demo_progress(request: HttpRequest) -> HttpResponse:
    """The banner of a page that waits for the demo data. 286 tells htmx to ask no more."""
    done = percent() if settings.DEMO else None
    if done is not None:
        return render(request, "components/demo_progress.html", {"demo_percent": done})
    here = HtmxDetails(request).current_url_abs_path or reverse("front")
    return render(request, "components/demo_progress.html", {"demo_percent": None, "here": here}, status=286)


def demo(request: HttpRequest) -> dict[str, Any]:
    """Context of a demonstration's pages: how far its data is loaded, and at the two doors who may come in."""
    if not settings.DEMO:
        return {}
    doors = (reverse("front"), reverse("account_login"))
    return {"demo_percent": percent, "demo_logins": logins() if request.path in doors else None}
