"""A customer's own code to pass on, an invitation by SMS, and what became of those whom they brought."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from businesses import paging, shown
from customers import cards, people
from customers.forms import PhoneForm
from customers.models import Customer
from customers.sessions import CustomerRequest, customers_only
from loyalty.models import Wallet
from loyalty.points import own
from referrals import codes, inviting, places, words
from referrals.bringing import NotBrought
from referrals.models import Award, AwardState, Reason, Referral, ReferralTerms, Side, Source, State

PAGE = 20


@require_http_methods(["GET", "HEAD", "POST"])
@customers_only
def friends(request: CustomerRequest, wallet: UUID) -> HttpResponse:
    """A page of its own, and for the customer's page, which loads it, one line that leads here."""
    mine, at = own.wallet(request, wallet), timezone.now()
    terms = ReferralTerms.objects.filter(program=mine.program_id, is_on=True).first()
    place = places.first(mine.program)
    if "HX-Request" in request.headers and request.method != "POST":
        promised = words.promised(terms) if terms and place else ""
        return render(request, "referrals/line.html", {"wallet": mine, "promised": promised})
    if terms is None or place is None:
        raise Http404
    form = PhoneForm(request.POST or None, country=place.business.country)
    form.fields["phone"].label = _("Your friend’s phone number")
    form.fields["phone"].widget.attrs |= {"autocomplete": "off", "autofocus": False}
    if request.method == "POST" and form.is_valid():
        try:
            inviting.invite(wallet=mine, phone=form.cleaned_data["phone"], language=get_language() or "en", at=at)
        except NotBrought as refused:
            form.add_error("phone", words.refusal(refused.code))
        else:
            # Whoever is a customer already gets no message, and nobody is told that they are.
            messages.success(request, _("Invited. Whoever is new here gets one message from us, in your name."))
            return redirect("points-friends", mine.public_id)
    code = codes.of(program_id=mine.program_id, customer_id=mine.customer_id, at=at)
    link = codes.link(code)
    found = Referral.objects.filter(program=mine.program_id, inviter=mine.customer_id).order_by("-pk")
    page = paging.page(found, request.GET.get("page"), size=PAGE)
    context = page | {
        "form": form,
        "code": code.code,
        "link": link,
        "qr": cards.svg(link),
        "promised": words.promised(terms),
        "condition": words.condition(terms, mine.program.currency),
        "friends": _rows(mine, list(page["rows"]), at),
        "nameless": not words.first_name(program_id=mine.program_id, customer_id=mine.customer_id),
    }
    status = 422 if form.errors else 200
    return render(request, "referrals/friends.html", own.context(mine, **context), status=status)


def _rows(mine: Wallet, found: list[Referral], at: datetime) -> list[dict[str, Any]]:
    given = _points(mine, found)
    persons = _friends(mine, found)
    return [
        {
            "name": persons[each.friend_id],
            "detail": " · ".join([_said(each, at), shown.day(each.made_at.date(), at)]),
            "points": shown.signed(given[each.pk]) if each.pk in given else "",
            "earned": each.pk in given,
        }
        for each in found
    ]


def _said(referral: Referral, at: datetime) -> str:
    """An invitation that was answered by nothing looks the same whether the number was new here or not."""
    if referral.state == State.COMPLETED:
        return _("came and bought: thank you!")
    quiet = referral.source == Source.SMS and referral.reason in (Reason.EXISTING, Reason.REFERRED)
    if at < referral.ends_at and (referral.state == State.PENDING or quiet):
        return _("invited") if referral.source == Source.SMS else _("joined, no purchase yet")
    return _("no purchase in time") if referral.reason != Reason.STAFF else _("does not count")


def _friends(mine: Wallet, found: list[Referral]) -> dict[int, str]:
    """Whom they know: by first name once the friend has come, before that by the end of the number that they typed."""
    came = {each.friend_id for each in found if each.state == State.COMPLETED or each.source != Source.SMS}
    names = people.on_screen(program_id=mine.program_id, customer_ids=came)
    numbers = dict(Customer.objects.filter(pk__in=[each.friend_id for each in found]).values_list("pk", "phone"))
    return {
        pk: names[pk].name.split(" ")[0] if pk in came and names[pk].initials else people.person("", number).name
        for pk, number in numbers.items()
    }


def _points(mine: Wallet, found: list[Referral]) -> dict[int, int]:
    of_mine = Award.objects.filter(
        referral__in=found, side=Side.INVITER, customer=mine.customer_id, state=AwardState.GIVEN, points__gt=0
    )
    return dict(of_mine.values_list("referral", "points"))
