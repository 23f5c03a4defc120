"""What customers ask about their points in a conversation, and joining by one. Short: texts are paid by the part.

A confidential business is never named: telephones are read over shoulders. Its programme stands in its place.
"""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses import names, shown
from businesses.models import Business, BusinessStatus
from customers import cards, phones, profiles
from customers.conversations import basics
from customers.conversations.commands import Caller, Reply, Said, command
from customers.models import Channel, Customer
from customers.profiles import Told
from loyalty import enrolment, pending, rewards
from loyalty.models import Entry, Wallet
from loyalty.points import journal, own

MOST_PROGRAMMES = 4
LAST = {Channel.SMS: 3}
LAST_ELSEWHERE = 10
LONGEST_NAME = 24


@command(
    "BALANCE",
    everywhere=("/balance",),
    en=("BALANCE", "BAL", "POINTS", "MY POINTS"),
    az=("BALANS", "XAL", "XALLAR", "XALLARIM", "QALIQ"),
    ru=("БАЛАНС", "БАЛЛЫ", "МОИ БАЛЛЫ", "ОСТАТОК"),
)
def balance(caller: Caller) -> Reply:
    return _by_programme(caller, [_balance(wallet) for wallet in _wallets(caller)])


@command(
    "HISTORY",
    everywhere=("/purchases", "/history"),
    en=("HISTORY", "PURCHASES"),
    az=("TARİXÇƏ", "ALIŞLAR", "ALIŞ-VERİŞ"),
    ru=("ИСТОРИЯ", "ПОКУПКИ"),
)
def history(caller: Caller) -> Reply:
    most = LAST.get(caller.channel, LAST_ELSEWHERE)
    lines = [(entry, wallet) for wallet in _wallets(caller) for entry in journal.entries(wallet)[:most]]
    newest = sorted(lines, key=lambda line: (line[0].operation.local_on, line[0].pk), reverse=True)[:most]
    if not newest:
        return _("Nothing has happened to your points yet.") + " " + _page()
    return "\n".join(_line(entry, wallet, caller.at) for entry, wallet in newest)


@command(
    "REWARDS",
    everywhere=("/rewards",),
    en=("REWARDS", "REWARD"),
    az=("MÜKAFATLAR", "MÜKAFAT", "HƏDİYYƏLƏR", "HƏDİYYƏ"),
    ru=("НАГРАДЫ", "НАГРАДА", "ПОДАРКИ", "ПРИЗЫ"),
)
def rewards_within_reach(caller: Caller) -> Reply:
    return _by_programme(caller, [_rewards(wallet, caller.at) for wallet in _wallets(caller)])


@command("PROFILE", everywhere=("/profile",), en=("PROFILE",), az=("PROFİL",), ru=("ПРОФИЛЬ",))
def profile(caller: Caller) -> Reply:
    """What is known of them, and where they change it."""
    lines = []
    for wallet in wallets_of(caller.customer)[:MOST_PROGRAMMES]:
        told = profiles.told(program_id=wallet.program_id, customer_id=wallet.customer_id)
        phone = phones.mask(caller.phone) if caller.phone else ""
        parts = [_short(told.name), phone, wallet.tier.name if wallet.tier else "", points(wallet.balance)]
        lines.append(f"{_short(wallet.program.name)}: {', '.join(filter(None, parts))}")
    return "\n".join([*lines, _page()])


@command("CARD", everywhere=("/scan", "QR"), en=("CARD", "SCAN"), az=("KART", "KARTIM"), ru=("КАРТА", "МОЯ КАРТА"))
def card(caller: Caller) -> Reply:
    """The QR card of each programme as a picture; a text message has room for its address only."""
    if caller.channel == Channel.SMS:
        return _("Show your QR card at the counter: %(address)s") % {"address": _page()}
    return [
        Said(
            wallet.program.name,
            cards.current(program_id=wallet.program_id, customer_id=wallet.customer_id, at=caller.at),
        )
        for wallet in _wallets(caller)[:MOST_PROGRAMMES]
    ]


@command("JOIN", for_anyone=True, en=("JOIN", "REGISTER"), az=("QOŞUL", "QEYDİYYAT"), ru=("ВСТУПИТЬ", "РЕГИСТРАЦИЯ"))
def join(caller: Caller) -> Reply:
    """With a number that is proven. The shop is that of the poster; or it is named, as in its address or by its
    programme; without a name it is the only one there is."""
    if caller.phone is None:
        return basics.how_to_join(caller)
    business = caller.branch.business if caller.branch else _named(caller.rest)
    if business is None:
        wallets = [] if caller.rest else [_balance(wallet) for wallet in _wallets(caller)]
        if wallets:
            return _("You are a member already.") + " " + _by_programme(caller, wallets)
        return _("Send JOIN and the name of the shop, or scan its poster.")
    member = enrolment.enrol(
        program_id=business.program_id,
        business_id=business.pk,
        phone=caller.phone,
        told=Told(language=caller.language),
        source="join",
        at=caller.at,
    )
    return welcome(member.wallet_id, member.enrolled, business)


def welcome(wallet_id: int, enrolled: bool, business: Business) -> str:
    """After joining, again or for the first time."""
    name = _short(business.program.name if business.confidential else business.name)
    if enrolled:
        return _("Welcome to %(name)s! Your number is your card. Send BALANCE for your points.") % {"name": name}
    wallet = Wallet.objects.select_related("program").get(pk=wallet_id)
    return _("You are a member already.") + " " + _balance(wallet)


def _named(rest: str) -> Business | None:
    """The business that somebody means. A confidential one is joined at its own poster only: whoever may guess names
    must not learn that it is there."""
    open_ones = Business.objects.filter(status=BusinessStatus.ACTIVE, confidential=False).select_related("program")
    if not rest:
        two = list(open_ones.order_by("id")[:2])
        return two[0] if len(two) == 1 else None
    slug = next(names.slugs(rest))
    return open_ones.filter(slug=slug).first() or open_ones.filter(program__slug=slug).order_by("id").first()


def _wallets(caller: Caller) -> QuerySet[Wallet]:
    return wallets_of(caller.customer)


def wallets_of(customer: Customer | None) -> QuerySet[Wallet]:
    return Wallet.objects.filter(customer=customer).select_related("program", "tier", "customer").order_by("id")


def _by_programme(caller: Caller, lines: list[str]) -> str:
    if not lines:
        return _("You are in no programme yet. Scan the poster at a shop.")
    more = [_page()] if len(lines) > MOST_PROGRAMMES else []
    return "\n".join([*lines[:MOST_PROGRAMMES], *more])


def _balance(wallet: Wallet) -> str:
    coming = pending.in_words(wallet.pending)
    said = _("%(programme)s: %(points)s.") % {
        "programme": _short(wallet.program.name),
        "points": points(wallet.balance),
    }
    return f"{said} {coming}".strip()


def _line(entry: Entry, wallet: Wallet, at: datetime) -> str:
    hidden = entry.business is not None and entry.business.confidential
    title = wallet.program.name if hidden else journal.title(entry)
    return f"{shown.day(entry.operation.local_on, at)} {shown.signed(entry.points)} {_short(title)}"


def _rewards(wallet: Wallet, at: datetime) -> str:
    programme = _short(wallet.program.name)
    on = at.astimezone(own.zone(wallet.program)).date()
    found = [
        each
        for each in rewards.everywhere(wallet=wallet, on=on)
        if not (each.reward.business and each.reward.business.confidential)
    ]
    ready = [each.reward for each in found if each.ready]
    if wallet.customer.blocked_at:
        return _("%(programme)s: your card is paused. Ask at the counter.") % {"programme": programme}
    if ready:
        names = _names(f"{_short(each.name)} ({shown.number(each.points)})" for each in ready)
        return _("%(programme)s: you can have %(rewards)s.") % {"programme": programme, "rewards": names}
    nearest = next((each for each in found if each.missing == "points"), None)
    if nearest:
        return _("%(programme)s: %(points)s more for %(reward)s.") % {
            "programme": programme,
            "points": points(nearest.short),
            "reward": _short(nearest.reward.name),
        }
    return _("%(programme)s: no rewards for you at the moment.") % {"programme": programme}


def _names(names: Iterable[str]) -> str:
    shown_names = list(names)
    more = len(shown_names) - 2
    tail = [ngettext("%(number)s more", "%(number)s more", more) % {"number": more}] if more > 0 else []
    return ", ".join([*shown_names[:2], *tail])


def points(many: int) -> str:
    return ngettext("%(points)s point", "%(points)s points", many) % {"points": shown.number(many)}


def _short(name: str) -> str:
    return str(Truncator(name).chars(LONGEST_NAME, truncate="…"))


def _page() -> str:
    return f"{settings.PUBLIC_BASE_URL}{reverse('points')}"
