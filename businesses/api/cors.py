"""Reading from a web page of another address: denied, unless the business of the key names that page.

A browser asks first, without the key, so that the first answer can only say whether some business names the page. The
second one, with the key, is opened to the page of the key's own business alone. Only what the scope `read` covers is
opened, and never to cookies.
"""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from businesses import origins

READ = "read"
DAY = "86400"


def is_preflight(request: HttpRequest) -> bool:
    asks = {"Origin", "Access-Control-Request-Method"} <= request.headers.keys()
    return request.method == "OPTIONS" and asks


def preflight(request: HttpRequest, scopes: Mapping[str, str]) -> HttpResponse:
    response = HttpResponse(status=204)
    patch_vary_headers(response, ["Origin"])
    wanted = request.headers["Access-Control-Request-Method"].lower()
    origin = request.headers["Origin"]
    if scopes.get(wanted) == READ and origins.is_listed_by_anybody(origin):
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Allow-Methods"] = wanted.upper()
        response["Access-Control-Allow-Headers"] = "authorization, content-type"
        response["Access-Control-Max-Age"] = DAY
    return response


def open_to_page(request: HttpRequest, response: HttpResponse, business_id: int | None) -> None:
    """Of a call that reads: lets the page that asked see the answer, if the key's business names it."""
    patch_vary_headers(response, ["Origin"])
    origin = request.headers.get("Origin")
    if origin and business_id and origins.is_listed(business_id=business_id, origin=origin):
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Expose-Headers"] = "Retry-After"
