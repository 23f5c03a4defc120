"""Who is signed in among the customers. Independent of staff: another cookie, another life."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps

from django.conf import settings
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache

from customers import cookies
from customers.models import Customer

COOKIE = "customer"


class CustomerRequest(HttpRequest):
    """A request whose customer has proven their phone."""

    customer: Customer


def begin(response: HttpResponse, *, customer: Customer, at: datetime) -> None:
    parts = [str(customer.pk), str(customer.session_epoch), str(int(at.timestamp()))]
    cookies.put(response, COOKIE, parts, seconds=settings.CUSTOMER_SESSION_DAYS * 24 * 60 * 60)


def current(request: HttpRequest, *, at: datetime) -> Customer | None:
    parts = cookies.get(request, COOKIE)
    if parts is None:
        return None
    customer_id, epoch, began = map(int, parts)
    # The browser forgets its cookie by itself; a copy of it must not live longer.
    if at - datetime.fromtimestamp(began, UTC) > timedelta(days=settings.CUSTOMER_SESSION_DAYS):
        return None
    return Customer.objects.filter(pk=customer_id, session_epoch=epoch).first()


def end(response: HttpResponse) -> None:
    cookies.drop(response, COOKIE)


def end_all(*, customer_id: int) -> None:
    """Signs the customer out of every browser."""
    Customer.objects.filter(pk=customer_id).update(session_epoch=F("session_epoch") + 1)


def customers_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Gives the view `request.customer`; everybody else is sent to sign in."""

    @never_cache
    @wraps(view)
    def guarded(request: CustomerRequest, *args: object, **kwargs: object) -> HttpResponse:
        customer = current(request, at=timezone.now())
        if customer is None:
            return redirect("points")
        request.customer = customer
        return view(request, *args, **kwargs)

    return guarded
