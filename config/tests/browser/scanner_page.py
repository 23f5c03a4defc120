"""A page with nothing but the scanner, which notes what was scanned. Its addresses come before the platform's own."""

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from config import urls

PAGE = """{% extends "base.html" %}{% load static %}
{% block head %}<script type="module" src="{% static 'js/scanner.js' %}"></script>{% endblock %}
{% block body %}<main id="main">
<p class="pad-line"><input aria-label="Phone"></p><button type="button" data-opens="scanner">Scan</button>
<p id="answer"></p>
<form hx-get="/scanned/" hx-target="#answer" data-scanned-card><input type="hidden" name="card"></form>
{% include "components/scanner.html" only %}</main>{% endblock %}"""

scanned: list[str] = []


def scanner(request: HttpRequest) -> HttpResponse:
    return HttpResponse(engines["django"].from_string(PAGE).render({}, request))


def note(request: HttpRequest) -> HttpResponse:
    scanned.append(request.GET["card"])
    return HttpResponse(f"{len(scanned)} scanned")


urlpatterns = [path("scanner/", scanner), path("scanned/", note), *urls.urlpatterns]
