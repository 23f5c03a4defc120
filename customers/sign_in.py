"""Proving a phone on a page: the number, then the code. The points page and joining go through the same two steps."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from customers import clients, codes, cookies, phones, sessions
from customers.codes import Asked
from customers.forms import CodeForm, PhoneForm
from customers.models import Customer

COOKIE = "asked"
REMEMBERED = timedelta(hours=1)  # longer than a code lasts, so that a late one hears that it is late


@dataclass(frozen=True)
class Door:
    """Where people come in: its two addresses, whose page it is, and who gets a code."""

    phone_url: str
    code_url: str
    country: str
    to_anyone: bool  # a door that enrols; otherwise a number nobody has gets no message, and cannot tell
    context: dict[str, Any] = field(default_factory=dict)


def ask_phone(request: HttpRequest, door: Door) -> HttpResponse:
    form = PhoneForm(request.POST or None, country=door.country)
    if request.method == "POST" and form.is_valid():
        return _send(request, door, form.cleaned_data["phone"], form, lambda: _phone_page(request, door, form))
    return _phone_page(request, door, form)


def ask_code(request: HttpRequest, door: Door, enter: Callable[[str], tuple[Customer, str] | None]) -> HttpResponse:
    """`enter` takes a proven phone and gives the customer and where to go; None where nobody has that phone."""
    asked = _asked(request)
    if asked is None:
        return redirect(door.phone_url)
    again = request.method == "POST" and "again" in request.POST
    form = CodeForm(None if again else request.POST or None)
    if again:
        form.is_bound, form.cleaned_data = True, {}
        return _send(request, door, asked.phone, form, lambda: _code_page(request, door, asked, form))
    if request.method == "POST" and form.is_valid():
        response = _try(request, asked, form, enter)
        if response:
            return response
    return _code_page(request, door, asked, form)


def _send(
    request: HttpRequest, door: Door, phone: str, form: forms.Form, page: Callable[[], HttpResponse]
) -> HttpResponse:
    known = Customer.objects.filter(phone=phone).exists()
    try:
        asked = codes.issue(
            phone=phone,
            client=clients.address(request),
            language=get_language() or "en",
            deliver=known or door.to_anyone,
            at=timezone.now(),
        )
    except codes.TooSoon as refusal:
        return _too_soon(request, door, phone, form, page, refusal)
    response = redirect(door.code_url)
    cookies.put(response, COOKIE, [asked.phone, asked.browser], seconds=int(REMEMBERED.total_seconds()))
    return response


def _too_soon(
    request: HttpRequest,
    door: Door,
    phone: str,
    form: forms.Form,
    page: Callable[[], HttpResponse],
    refusal: codes.TooSoon,
) -> HttpResponse:
    before = _asked(request)
    if isinstance(form, PhoneForm) and before and before.phone == phone:
        return redirect(door.code_url)  # pressed twice: the code is on its way
    form.add_error(None, str(refusal))
    response = page()
    response.status_code = 429
    response["Retry-After"] = str(-(-refusal.wait // timedelta(seconds=1)))
    return response


def _try(
    request: HttpRequest, asked: Asked, form: CodeForm, enter: Callable[[str], tuple[Customer, str] | None]
) -> HttpResponse | None:
    at = timezone.now()
    try:
        codes.check(asked=asked, code=form.cleaned_data["code"], at=at)
    except codes.NotProven as mistake:
        form.add_error("code", str(mistake))
        return None
    entered = enter(asked.phone)
    if entered is None:
        form.add_error(None, _("This number collects no points yet. Scan the poster at a shop to begin."))
        return None
    customer, url = entered
    response = redirect(url)
    sessions.begin(response, customer=customer, at=at)
    cookies.drop(response, COOKIE)
    rotate_token(request)
    return response


def _asked(request: HttpRequest) -> Asked | None:
    parts = cookies.get(request, COOKIE)
    return Asked(*parts) if parts else None


def _phone_page(request: HttpRequest, door: Door, form: PhoneForm) -> HttpResponse:
    return _page(request, "customers/phone.html", door, form)


def _code_page(request: HttpRequest, door: Door, asked: Asked, form: CodeForm) -> HttpResponse:
    wait = codes.wait(phone=asked.phone, at=timezone.now())
    more = {
        "phone": phones.mask(asked.phone),
        "wait": codes.clock(wait) if wait else None,
        "phone_url": door.phone_url,
        # For everybody: that this number said STOP is nobody's business.
        "start_number": settings.TWILIO_FROM and phones.show(settings.TWILIO_FROM),
    }
    return _page(request, "customers/code.html", door, form, more)


def _page(
    request: HttpRequest, template: str, door: Door, form: forms.Form, more: dict[str, Any] | None = None
) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, template, {**door.context, **(more or {}), "form": form}, status=status)
