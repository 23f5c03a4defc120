"""The customer's own page: balance, QR card, history, and what they told and allowed us."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from businesses import shown
from businesses.models import Business, BusinessStatus
from customers import cards, consents, opt_outs, phones, profiles, sessions, sign_in
from customers.forms import ProfileForm
from customers.models import Channel, Customer
from customers.sessions import CustomerRequest, customers_only
from customers.sign_in import Door
from loyalty import disputes, pending
from loyalty.models import Membership, Purchase, Wallet
from loyalty.points import journal, levels, own, spending

RECENT = 5
REWARDS = 3
SOON_DAYS = 30
ANSWER_IS_NEWS = timedelta(days=14)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """The first wallet of who is signed in; everybody else types a phone number."""
    customer = sessions.current(request, at=timezone.now())
    if customer:
        return redirect(_home(customer))
    return sign_in.ask_phone(request, _door())


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    customer = sessions.current(request, at=timezone.now())
    if customer:
        return redirect(_home(customer))
    return sign_in.ask_code(request, _door(), _enter)


@require_GET
@customers_only
def none(request: CustomerRequest) -> HttpResponse:
    """Signed in, but without a wallet anywhere."""
    return render(request, "points/none.html")


@require_GET
@customers_only
def wallet(request: CustomerRequest, wallet: UUID) -> HttpResponse:
    mine = own.wallet(request, wallet)
    at = timezone.now()
    told = profiles.told(program_id=mine.program_id, customer_id=mine.customer_id)
    chosen = settings.LANGUAGE_COOKIE_NAME in request.COOKIES
    if told.language and told.language != get_language() and not chosen:
        # A new phone speaks the language that its owner told us once.
        return _in_language(redirect("points-wallet", mine.public_id), told.language)
    offered = spending.standings(mine, at)
    expiring = journal.next_expiry(mine, zone=own.zone(mine.program), at=at)
    context = {
        "tabs": _tabs(request, mine),
        "name": told.name,
        "first_name": told.name.split(" ")[0],
        "tier": _tier(mine),
        "tiered": mine.program.tiers.exists(),
        "points": shown.number(mine.balance),
        "unit": ngettext("point", "points", mine.balance),
        "owed": shown.number(mine.owed) if mine.owed else "",
        "pending": pending.in_words(mine.pending),
        "coming": journal.coming(mine, at=at),
        "qr": cards.svg(_token(mine)),
        "ending": phones.ending(request.customer.phone) if request.customer.phone else "",
        "expiring": expiring and {"text": mark_safe(expiring.text), "soon": expiring.days <= SOON_DAYS},  # noqa: S308
        "held": spending.held(mine, at),
        "rewards": spending.rows(mine, offered[:REWARDS]),
        # The next tier, and where there is none the next reward.
        **spending.goal(mine, offered),
        **levels.head(mine, at=at),
        "recent": journal.rows(journal.entries(mine)[:RECENT], wallet=mine, at=at),
        "blocked": request.customer.blocked_at is not None,
        **own.help_from(mine.program),
        "answered_url": _newly_answered(mine, at),
        "asked": disputes.of(mine).exists(),
    }
    return render(request, "points/wallet.html", own.context(mine, **context))


@require_http_methods(["GET", "HEAD", "POST"])
@customers_only
def profile(request: CustomerRequest, wallet: UUID) -> HttpResponse:
    mine = own.wallet(request, wallet)
    ids = {"program_id": mine.program_id, "customer_id": mine.customer_id}
    told = profiles.told(**ids).columns()
    form = ProfileForm(request.POST or None, initial={**told, "language": told["language"] or get_language()})
    if request.method == "POST" and form.is_valid():
        profiles.save(**ids, told=form.told())
        messages.success(request, _("Saved."))
        return _in_language(redirect("points-wallet", mine.public_id), form.cleaned_data["language"])
    status = 422 if form.errors else 200
    return render(request, "points/profile.html", own.context(mine, form=form), status=status)


@require_GET
@customers_only
def privacy(request: CustomerRequest, wallet: UUID) -> HttpResponse:
    mine = own.wallet(request, wallet)
    context = {
        "questions": _questions(mine),
        "card_fields": {"token": _token(mine)},
        "known": _known(request.customer, mine),
        "stopped": _stopped(request.customer),
        **own.help_from(mine.program),
    }
    return render(request, "points/privacy.html", own.context(mine, **context))


@require_POST
@customers_only
def consent(request: CustomerRequest, wallet: UUID) -> HttpResponse:
    """The customer's yes or no to one business on one channel. The same answer twice is one answer."""
    mine = own.wallet(request, wallet)
    business = get_object_or_404(_places(mine), slug=request.POST.get("business", "").replace("\0", ""))
    channel = request.POST.get("channel")
    if channel not in consents.OFFERED:
        raise Http404
    answer = consents.give if request.POST.get("granted") == "yes" else consents.withdraw
    answer(
        customer_id=mine.customer_id,
        business_id=business.pk,
        channel=Channel(channel),
        source="points",
        at=timezone.now(),
    )
    messages.success(request, _("Saved."))
    return redirect("points-privacy", mine.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@customers_only
def card(request: CustomerRequest, wallet: UUID) -> HttpResponse:
    """Asks, then revokes the card and gives a new one."""
    mine = own.wallet(request, wallet)
    if request.method == "POST":
        cards.replace(
            program_id=mine.program_id,
            customer_id=mine.customer_id,
            token=request.POST.get("token", "").replace("\0", ""),
            at=timezone.now(),
        )
        messages.success(request, _("You have a new QR card. The old one no longer works."))
        return redirect("points-wallet", mine.public_id)
    return render(request, "points/card.html", own.context(mine, token=_token(mine)))


@require_GET
@customers_only
def picture(request: CustomerRequest, wallet: UUID) -> HttpResponse:
    """The QR card to keep among one's photos, for a till without a network."""
    mine = own.wallet(request, wallet)
    name = f"regulars-{mine.program.slug}.png"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(cards.png(_token(mine)), content_type="image/png", headers=headers)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    response = redirect("points")
    sessions.end(response)
    return response


@require_POST
@customers_only
def sign_out_everywhere(request: CustomerRequest) -> HttpResponse:
    sessions.end_all(customer_id=request.customer.pk)
    messages.success(request, _("You are signed out on every phone and computer."))
    return sign_out(request)


def _door() -> Door:
    by_country = Business.objects.filter(status=BusinessStatus.ACTIVE).values("country").annotate(shops=Count("id"))
    most = by_country.order_by("-shops", "country").first()
    context = {
        "title": _("Your points"),
        "text": _("Type your phone number. We send you a code, so that only you can see them."),
        "action": _("Send me a code"),
        "code_action": _("See my points"),
    }
    return Door(
        phone_url=reverse("points"),
        code_url=reverse("points-code"),
        country=most["country"] if most else "",  # who is from elsewhere writes the code of their country
        to_anyone=False,
        context=context,
    )


def _enter(phone: str) -> tuple[Customer, str] | None:
    customer = Customer.objects.filter(phone=phone).first()
    return (customer, _home(customer)) if customer else None


def _home(customer: Customer) -> str:
    first = Wallet.objects.filter(customer=customer).order_by("id").first()
    return own.home_url(first) if first else reverse("points-none")


def _in_language(response: HttpResponse, language: str) -> HttpResponse:
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language)
    return response


def _newly_answered(mine: Wallet, at: datetime) -> str:
    """Where the newest answer of the last days stands, until it has been opened."""
    newest = disputes.unread(wallet=mine, since=at - ANSWER_IS_NEWS).first()
    return reverse("points-entry", args=[mine.public_id, newest.operation.public_id]) if newest else ""


def _known(customer: Customer, mine: Wallet) -> list[tuple[str, str]]:
    """All that is personal, so that nobody has to guess."""
    told = profiles.told(program_id=mine.program_id, customer_id=mine.customer_id)
    bought = Purchase.objects.filter(customer_id=customer.pk, business__program_id=mine.program_id).count()
    rows = [
        (_("Phone"), phones.mask(customer.phone) if customer.phone else ""),
        (pgettext("person", "Name"), told.name),
        (_("Birthday"), shown.full_day(told.birthday) if told.birthday else ""),
        (_("E-mail"), told.email),
        (_("Language"), dict(settings.LANGUAGES).get(told.language, "")),
        (_("Purchases"), shown.number(bought)),
    ]
    return [(name, str(value) or "–") for name, value in rows]


def _stopped(customer: Customer) -> str:
    """The number that START is sent to, for who said STOP."""
    said = bool(customer.phone) and opt_outs.is_stopped(channel=Channel.SMS, address=str(customer.phone))
    return phones.show(settings.TWILIO_FROM) if said and settings.TWILIO_FROM else ""


def _token(mine: Wallet) -> str:
    return cards.current(program_id=mine.program_id, customer_id=mine.customer_id, at=timezone.now()).token


def _tabs(request: CustomerRequest, mine: Wallet) -> list[dict[str, Any]]:
    """The programmes to choose from; none where there is one."""
    wallets = Wallet.objects.filter(customer=request.customer).select_related("program").order_by("id")
    tabs = [{"url": own.home_url(each), "label": each.program.name, "current": each.pk == mine.pk} for each in wallets]
    return tabs if len(tabs) > 1 else []


def _tier(mine: Wallet) -> str:
    if mine.tier is None:
        return ""
    name: str = mine.tier.name
    if mine.tier.multiplier == 1:
        return name
    factor = shown.decimal(mine.tier.multiplier)
    return _("%(tier)s · earns ×%(multiplier)s") % {"tier": name, "multiplier": factor}


def _places(mine: Wallet) -> Any:
    """The businesses of this programme that the customer has to do with: bought from, or answered."""
    visited = Membership.objects.filter(customer_id=mine.customer_id).values("business_id")
    answered = [answer.business_id for answer in consents.current(customer_id=mine.customer_id)]
    known = Business.objects.filter(pk__in=visited) | Business.objects.filter(pk__in=answered)
    return known.filter(program=mine.program).order_by("name", "id")


def _questions(mine: Wallet) -> list[dict[str, Any]]:
    answers = {(each.business_id, each.channel): each for each in consents.current(customer_id=mine.customer_id)}
    return [
        {
            "business": business,
            "channel": channel,
            "granted": bool((answer := answers.get((business.pk, channel))) and answer.granted),
            "text": consents.text(business=business.name),
        }
        for business in _places(mine)
        for channel in consents.OFFERED
    ]
