"""`/api/v1/`: the apps' calls, the OpenAPI document and its page."""

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

from businesses.api.problems import not_found

GUIDE = settings.BASE_DIR / "docs" / "integrators.md"


@csrf_exempt  # a till that mistypes an address hears of that, and not of a form it never saw
def nothing_here(request: HttpRequest) -> HttpResponse:
    return not_found("No such call.").response()


@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """How to connect a till, as it stands in the repository."""
    return HttpResponse(GUIDE.read_bytes(), content_type="text/plain; charset=utf-8")


# Swagger UI brings styles of its own into its page; nothing else may have inline ones.
docs = csp_update({"style-src": ["'unsafe-inline'"]})(SpectacularSwaggerSplitView.as_view(url_name="api-schema"))

urlpatterns = [
    path("openapi.json", SpectacularJSONAPIView.as_view(), name="api-schema"),
    path("docs/", docs, name="api-docs"),
    path("guide/", guide, name="api-guide"),
    path("", include("businesses.api.urls")),
    path("", include("loyalty.api.urls")),
    path("", include("promotions.api.urls")),
    path("", include("referrals.api.urls")),
    path("", include("reports.api.urls")),
    re_path("", nothing_here),
]
