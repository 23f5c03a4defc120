"""`/api/v1/`: the apps' calls, the OpenAPI document and its page."""

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

from businesses.api.problems import not_found


@csrf_exempt  # a till that mistypes an address hears of that, and not of a form it never saw
def nothing_here(request: HttpRequest) -> HttpResponse:
    return not_found("No such call.").response()


# Swagger UI brings styles of its own into its page; nothing else may have inline ones.
docs = csp_update({"style-src": ["'unsafe-inline'"]})(SpectacularSwaggerSplitView.as_view(url_name="api-schema"))

urlpatterns = [
    path("openapi.json", SpectacularJSONAPIView.as_view(), name="api-schema"),
    path("docs/", docs, name="api-docs"),
    path("", include("businesses.api.urls")),
    path("", include("loyalty.api.urls")),
    path("", include("promotions.api.urls")),
    path("", include("referrals.api.urls")),
    path("", include("reports.api.urls")),
    re_path("", nothing_here),
]
