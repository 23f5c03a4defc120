"""The API's way in, past everything that only pages need."""

from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import resolve
from django.utils import translation

from businesses.api.view import LeanView

API = "/api/"
LONG = 100  # signs of an address that is not kept: strangers send what they like
NOTHING_RUNS = "default-src 'none'; frame-ancestors 'none'"


def short_road(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: calls a view of the API at once, so that what follows in MIDDLEWARE never sees the request.

    Tills know no session, cookie, form or language; looking for these took a quarter of a purchase's time in Python.
    """

    known = lru_cache(1_000)(resolve)  # most calls go to few addresses, and to short ones

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(API):
            match = (known if len(request.path_info) < LONG else resolve)(request.path_info)
            if issubclass(getattr(match.func, "cls", object), LeanView):
                request.resolver_match = match
                translation.activate(settings.LANGUAGE_CODE)  # not that of the page this thread answered before
                response: HttpResponse = match.func(request, *match.args, **match.kwargs)
                response.headers["Content-Security-Policy"] = NOTHING_RUNS
                response.headers["Content-Length"] = str(len(response.content))
                return response
        return get_response(request)

    return middleware
