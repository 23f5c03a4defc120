"""Where a customer's link leads: their friend joins with a phone and a code, and is written down as brought by them."""

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from businesses import brands
from businesses.models import Branch
from customers import phones, sessions, sign_in
from customers.models import Customer
from customers.sign_in import Door
from loyalty import enrolment
from loyalty.models import Wallet
from referrals import bringing, codes, places, words
from referrals.bringing import NotBrought
from referrals.models import ReferralCode, ReferralTerms, Source


class Invitation(NamedTuple):
    """A link that works: whose it is, on what terms, and where one joins."""

    code: ReferralCode
    terms: ReferralTerms
    branch: Branch


def by_a_link_that_works(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Gives the view the invitation; a friendly 404 for a link that never was, or works no more."""

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, code: str) -> HttpResponse:
        found = _invitation(code)
        return view(request, found) if found else render(request, "referrals/gone.html", status=404)

    return guarded


def _invitation(code: str) -> Invitation | None:
    found = codes.found(code)
    terms = ReferralTerms.objects.filter(program=found.program_id, is_on=True).first() if found else None
    branch = places.first(found.program) if found else None
    return Invitation(found, terms, branch) if found and terms and branch else None


@require_http_methods(["GET", "HEAD", "POST"])
@by_a_link_that_works
def start(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Who is signed in joins with one press; everybody else types a phone number."""
    customer = sessions.current(request, at=timezone.now())
    if customer is None:
        return sign_in.ask_phone(request, _door(invitation))
    known = Wallet.objects.filter(customer=customer, program=invitation.code.program_id).first()
    own_link = customer.pk == invitation.code.customer_id
    ending = phones.ending(customer.phone) if customer.phone else ""
    context = {"own_link": own_link, "known": known, "ending": ending, "code": invitation.code.code}
    return render(request, "referrals/member.html", _context(invitation) | context)


@require_http_methods(["GET", "HEAD", "POST"])
@by_a_link_that_works
def code(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    if sessions.current(request, at=timezone.now()):
        return redirect("invited", invitation.code.code)

    def enter(phone: str) -> tuple[Customer, str]:
        next_url = _join(request, invitation, phone)  # before it there may be no such customer
        return Customer.objects.get(phone=phone), next_url

    return sign_in.ask_code(request, _door(invitation), enter)


@require_POST
@by_a_link_that_works
def member(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """One press of somebody whose phone is proven already."""
    customer = sessions.current(request, at=timezone.now())
    if customer is None or customer.phone is None:
        return redirect("invited", invitation.code.code)
    return redirect(_join(request, invitation, customer.phone))


def _join(request: HttpRequest, invitation: Invitation, phone: str) -> str:
    """Joins, says who brought them, and goes on as from a poster. That somebody cannot be brought keeps nobody out."""
    at, branch = timezone.now(), invitation.branch
    joined = enrolment.enrol(
        program_id=invitation.code.program_id,
        business_id=branch.business_id,
        phone=phone,
        source="join",
        at=at,
    )
    try:
        bringing.bring(
            program_id=invitation.code.program_id,
            inviter_id=invitation.code.customer_id,
            friend_id=joined.customer_id,
            source=Source.LINK,
            at=at,
        )
    except NotBrought as refused:
        messages.info(request, _to_the_friend(refused.code))
    if joined.enrolled:
        return reverse("join-welcome", args=[branch.public_id])
    return reverse("points-wallet", args=[joined.public_id])


def _to_the_friend(code: str) -> str:
    said = {
        "own_phone": _("This is your own link. Pass it on to a friend."),
        "existing_customer": _("You are a customer here already, so nobody can bring you any more."),
        "already_referred": _("A friend has invited you before. It counts for them."),
        "circular": _("You have brought this friend yourself."),
    }
    return said.get(code, _("This invitation does not count, but you are welcome."))


def _door(invitation: Invitation) -> Door:
    context = _context(invitation)
    text = _("Type your phone number. It is your card from now on.")
    context |= {
        "text": f"{context['promised']}. {context['condition']} {text}" if context["promised"] else text,
        "action": _("Send me a code"),
        "code_action": _("Join"),
    }
    return Door(
        phone_url=reverse("invited", args=[invitation.code.code]),
        code_url=reverse("invited-code", args=[invitation.code.code]),
        country=invitation.branch.business.country,
        to_anyone=True,
        context=context,
    )


def _context(invitation: Invitation) -> dict[str, Any]:
    """Of who invites no more than a first name."""
    program = invitation.code.program
    name = words.first_name(program_id=program.pk, customer_id=invitation.code.customer_id)
    said = {"name": name, "programme": program.name}
    return {
        "business": brands.of_program(program),
        "title": _("%(name)s invites you to %(programme)s") % said
        if name
        else _("A friend invites you to %(programme)s") % said,
        "promised": words.promised(invitation.terms),
        "condition": words.condition(invitation.terms, program.currency),
    }
