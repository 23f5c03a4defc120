"""Joining from the QR poster of a branch: a phone, a code, and one is in."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from businesses.models import Branch, BusinessStatus
from customers import chats, phones, profiles, sessions, sign_in
from customers.forms import WelcomeForm
from customers.models import Channel, Customer
from customers.profiles import Told
from customers.sessions import CustomerRequest, customers_only
from customers.sign_in import Door
from loyalty import enrolment
from loyalty.enrolment import Member
from loyalty.models import Wallet
from loyalty.points.own import home_url


def at_open_branch(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Gives the view the branch of the poster; a friendly 404 where nobody can join any more."""

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, branch: UUID) -> HttpResponse:
        found = _open_branch(branch)
        if found is None:
            return render(request, "customers/join_closed.html", status=404)
        return view(request, found)

    return guarded


def _open_branch(public_id: UUID) -> Branch | None:
    branches = Branch.objects.filter(closed_at=None, business__status=BusinessStatus.ACTIVE)
    return branches.select_related("business__program").filter(public_id=public_id).first()


@require_http_methods(["GET", "HEAD", "POST"])
@at_open_branch
def start(request: HttpRequest, branch: Branch) -> HttpResponse:
    """Who is signed in joins with one press; everybody else types a phone number."""
    customer = sessions.current(request, at=timezone.now())
    if customer is None:
        return sign_in.ask_phone(request, _door(branch))
    known = Wallet.objects.filter(customer=customer, program=branch.business.program_id).first()
    if known:
        return redirect(home_url(known))
    ending = phones.ending(customer.phone) if customer.phone else ""
    return render(request, "customers/join_member.html", _context(branch, ending=ending))


@require_http_methods(["GET", "HEAD", "POST"])
@at_open_branch
def code(request: HttpRequest, branch: Branch) -> HttpResponse:
    if sessions.current(request, at=timezone.now()):
        return redirect("join", branch.public_id)

    def enter(phone: str) -> tuple[Customer, str]:
        joined = _enrol(branch, phone)
        return Customer.objects.get(pk=joined.customer_id), _next(branch, joined)

    return sign_in.ask_code(request, _door(branch), enter)


@require_POST
@at_open_branch
def member(request: HttpRequest, branch: Branch) -> HttpResponse:
    """One press of somebody whose phone is proven already."""
    customer = sessions.current(request, at=timezone.now())
    if customer is None or customer.phone is None:
        return redirect("join", branch.public_id)
    return redirect(_next(branch, _enrol(branch, customer.phone)))


@require_http_methods(["GET", "HEAD", "POST"])
@customers_only
@at_open_branch
def welcome(request: CustomerRequest, branch: Branch) -> HttpResponse:
    """A name and a consent, both optional, after joining."""
    ids = {"program_id": branch.business.program_id, "customer_id": request.customer.pk}
    wallet = Wallet.objects.filter(**ids).first()
    if wallet is None:
        return redirect("join", branch.public_id)
    name = profiles.told(**ids).name
    form = WelcomeForm(request.POST or None, business=branch.business.name, initial={"name": name})
    if request.method == "POST" and form.is_valid():
        _tell(request.customer, branch, form.cleaned_data["name"], form.cleaned_data["agrees"])
        return redirect(home_url(wallet))
    status = 422 if form.errors else 200
    context = _context(branch, form=form, home_url=home_url(wallet))
    return render(request, "customers/join_welcome.html", context, status=status)


def _enrol(branch: Branch, phone: str, told: Told | None = None, agreed_to: tuple[Channel, ...] = ()) -> Member:
    return enrolment.enrol(
        program_id=branch.business.program_id,
        business_id=branch.business_id,
        phone=phone,
        told=told,
        agreed_to=agreed_to,
        source="join",
        at=timezone.now(),
    )


def _tell(customer: Customer, branch: Branch, name: str, agrees: bool) -> None:
    """The language is that of the page, because nobody asked."""
    told = Told(name=name, language=get_language() or "")
    _enrol(branch, str(customer.phone), told, (Channel.SMS,) if agrees else ())


def _next(branch: Branch, joined: Member) -> str:
    """Whoever is new is asked for a name; the others know the way."""
    if joined.enrolled:
        return reverse("join-welcome", args=[branch.public_id])
    return reverse("points-wallet", args=[joined.public_id])


def _door(branch: Branch) -> Door:
    context = _context(
        branch,
        title=_("Collect points at %(business)s") % {"business": branch.business.name},
        text=_("Type your phone number. It is your card from now on."),
        action=_("Send me a code"),
        code_action=_("Join"),
        telegram_url=chats.link_of(branch),
    )
    return Door(
        phone_url=reverse("join", args=[branch.public_id]),
        code_url=reverse("join-code", args=[branch.public_id]),
        country=branch.business.country,
        to_anyone=True,
        context=context,
    )


def _context(branch: Branch, **more: Any) -> dict[str, Any]:
    return {"business": branch.business, "branch": branch, **more}
