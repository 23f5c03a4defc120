"""Signed in for thirty days, on this browser, until signed out anywhere."""

from datetime import datetime, timedelta

import pytest
from django.http import HttpRequest, HttpResponse

from conftest import NOON
from customers import cookies, sessions
from customers.models import Customer
from customers.tests.conftest import PHONE

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    Customer.objects.create(phone=PHONE)
    return Customer.objects.get()


def signed_in(customer: Customer, at: datetime = NOON) -> HttpRequest:
    response = HttpResponse()
    sessions.begin(response, customer=customer, at=at)
    request = HttpRequest()
    request.COOKIES = {sessions.COOKIE: response.cookies[sessions.COOKIE].value}
    return request


def test_a_session_lasts_thirty_days(customer: Customer) -> None:
    request = signed_in(customer)
    assert sessions.current(request, at=NOON + timedelta(days=30)) == customer
    assert sessions.current(request, at=NOON + timedelta(days=30, seconds=1)) is None


def test_signing_out_everywhere_ends_every_session_and_allows_new_ones(customer: Customer) -> None:
    request = signed_in(customer)
    sessions.end_all(customer_id=customer.pk)
    assert sessions.current(request, at=NOON) is None
    customer.refresh_from_db()
    assert sessions.current(signed_in(customer), at=NOON) == customer


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(customer: Customer, settings: object) -> None:
    response = HttpResponse()
    settings.SESSION_COOKIE_SECURE = True
    sessions.begin(response, customer=customer, at=NOON)
    cookie = response.cookies[sessions.COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", True)
    assert cookie["max-age"] == 30 * 24 * 60 * 60


def test_the_cookie_shows_no_number_of_ours(customer: Customer) -> None:
    first, second = (signed_in(customer).COOKIES[sessions.COOKIE] for _ in range(2))
    assert first != second


@pytest.mark.parametrize("value", ["", "x", "a.b:c", "\0", "😀", "x" * 10_000])
def test_a_forged_cookie_signs_nobody_in(value: str) -> None:
    request = HttpRequest()
    request.COOKIES = {sessions.COOKIE: value}
    assert sessions.current(request, at=NOON) is None


def test_a_cookie_of_another_kind_signs_nobody_in(customer: Customer) -> None:
    response = HttpResponse()
    cookies.put(response, "asked", [str(customer.pk), "0", str(int(NOON.timestamp()))], seconds=60)
    request = HttpRequest()
    request.COOKIES = {sessions.COOKIE: response.cookies["asked"].value}
    assert sessions.current(request, at=NOON) is None
