"""The front door: what this is, and where owners, staff and customers go."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_htmx.middleware import HtmxDetails

from config.demo.loading import percent
from config.demo.logins import logins


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """Who is signed in goes on to work."""
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "front.html")


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
