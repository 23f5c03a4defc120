"""The list of customers and a customer's page as template context."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_timedelta
from babel.numbers import format_percent
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses import charts, money, shown
from businesses.models import Business
from customers import consents, people, profiles
from loyalty import history, pending, trail
from loyalty.churn import scoring
from loyalty.churn.scoring import Chance
from loyalty.history import Line
from loyalty.members import portrait
from loyalty.members.portrait import Rhythm
from loyalty.models import ChurnScore, EntryKind, Lot, Membership, Tier, Wallet
from loyalty.rules import Rules

LINES = 8
LOTS = 12
LATE = 2  # times the usual gap

Context = dict[str, Any]


def table(business: Business, members: list[Membership], now: datetime, *, risks: bool = False) -> Context:
    """A line of the list for each, in four queries; with `risks` also how likely they are not to return, in five."""
    ids = [member.customer_id for member in members]
    persons = people.in_lists(program_id=business.program_id, customer_ids=ids)
    wallets = Wallet.objects.filter(program_id=business.program_id, customer_id__in=ids)
    by_customer = {wallet.customer_id: wallet for wallet in wallets}
    tiers = dict(Tier.objects.filter(program_id=business.program_id).values_list("pk", "name"))
    scores = ChurnScore.objects.in_bulk([member.pk for member in members]) if risks else {}
    currency, today = business.program.currency, now.astimezone(ZoneInfo(business.time_zone)).date()
    rows = [
        {
            "person": persons[member.customer_id],
            "id": (wallet := by_customer[member.customer_id]).public_id,
            "tier": tiers.get(wallet.tier_id or 0, ""),
            "balance": shown.number(wallet.balance),
            "visits": shown.number(member.visits),
            "spend": money.show_amount(member.spend, currency, shown.language()),
            "last": _days_ago((today - member.last_on).days) if member.last_on else "",
            "risk": percent(score.churn) if (score := scores.get(member.pk)) else "",
        }
        for member in members
    ]
    return {"rows": rows, "tiers": bool(tiers), "risks": risks}


def _days_ago(days: int) -> str:
    """In days, as the list is ordered by them: within one there is no order of hours."""
    if days < 1:
        return _("today")
    return str(format_timedelta(-timedelta(days=days), granularity="day", add_direction=True, locale=shown.language()))


def page(business: Business, rules: Rules, wallet: Wallet, now: datetime) -> Context:
    """A customer's page."""
    who: Context = {"business": business, "customer_id": wallet.customer_id}
    never = Membership(**who, visits=0, visit_days=0, spend=Decimal(0))
    member = Membership.objects.filter(**who).first() or never
    today = now.astimezone(ZoneInfo(rules.time_zone)).date()
    risk = scoring.chance(business=business, customer_id=wallet.customer_id, at=now)
    usual = portrait.rhythm(membership=member, today=today, gap=risk.gap if risk else None)
    latest = history.visible(wallet_id=wallet.pk, rules=rules)[: LINES + 1]
    shown_lines = lines(history.lines(latest, business_id=business.pk), rules, now)
    return {
        **head(wallet, rules),
        "points": shown.number(wallet.balance),
        "unit": ngettext("point", "points", wallet.balance),
        "owed": shown.number(wallet.owed) if wallet.owed else "",
        "pending": pending.in_words(pending.known_to(wallet=wallet, rules=rules)),
        "visits": shown.number(member.visits),
        "last_seen": shown.ago(member.last_at, now) if member.last_at else _("never"),
        "facts": _facts(member, rules, now),
        "rhythm": _rhythm(usual) if usual else "",
        "risk": _risk(risk) if member.visits else "",
        "late": bool(usual and not usual.once and usual.overdue >= LATE),
        "chart": _chart(member, today) if member.visits else None,
        "lines": shown_lines[:LINES],
        "more": len(shown_lines) > LINES,
        "consents": _consents(business, wallet, now),
        **_why(rules, wallet, now),
    }


def head(wallet: Wallet, rules: Rules) -> Context:
    """Who it is, for each page about them."""
    told = profiles.told(program_id=wallet.program_id, customer_id=wallet.customer_id)
    person = people.listed(told.name, wallet.customer.phone)
    return {
        "active": "customers",
        "wallet": wallet,
        "person": person,
        "tier": rules.tier_name(wallet.tier_id) or "",
        "customer_url": reverse("customer", args=[wallet.public_id]),
        "blocked": wallet.customer.blocked_at is not None,
    }


def lines(past: Iterable[Line], rules: Rules, now: datetime) -> list[Context]:
    """The context of components/activity_row.html, one for each line of the history."""
    zone = ZoneInfo(rules.time_zone)
    return [
        {
            "name": _title(line) if line.business else _("Elsewhere in the programme"),
            "detail": " · ".join(
                filter(None, (_amount(line, rules), shown.day(line.occurred_at.astimezone(zone).date(), now)))
            ),
            "points": shown.signed(line.points),
            "earned": line.points > 0,
        }
        for line in past
    ]


def _title(line: Line) -> str:
    if line.kind == EntryKind.EARN:
        return _("Purchase")
    if line.kind == EntryKind.REDEEM:
        return _("Paid with points") if line.amount is not None else line.description or _("Spent at the counter")
    if line.kind == EntryKind.EXPIRE:
        return _("Points expired")
    if line.kind == EntryKind.COLLECT:
        return _("Owed from a refund")
    if line.kind == EntryKind.REVERSE:
        return _("Refund") if line.points <= 0 else _("Points came back")
    return str(EntryKind(line.kind).label)


def _amount(line: Line, rules: Rules) -> str:
    if line.amount is None or line.kind != EntryKind.EARN:
        return ""
    return money.show_amount(line.amount, rules.currency, shown.language())


def _facts(member: Membership, rules: Rules, now: datetime) -> list[Context]:
    amount = {"currency": rules.currency, "language": shown.language()}
    basket = money.show_amount(member.spend / member.visits, **amount) if member.visits else "–"
    return [
        {"name": _("Visit days"), "value": shown.number(member.visit_days)},
        {"name": _("Spend"), "value": money.show_amount(member.spend, **amount)},
        {"name": _("Average basket"), "value": basket},
        {"name": _("First visit"), "value": shown.day(member.first_on, now) if member.first_on else "–"},
        {"name": _("Last visit"), "value": shown.day(member.last_on, now) if member.last_on else "–"},
    ]


def _rhythm(usual: Rhythm) -> str:
    gap = max(round(usual.gap), 1)
    if usual.once:
        once = ngettext(
            "Came on one day so far. Customers here usually return after %(days)s day.",
            "Came on one day so far. Customers here usually return after %(days)s days.",
            gap,
        )
        return once % {"days": shown.number(gap)}
    every = ngettext("Usually comes every day", "Usually comes every %(days)s days", gap) % {"days": shown.number(gap)}
    since = ngettext("last seen %(days)s day ago", "last seen %(days)s days ago", usual.since)
    said = {
        "usually": every,
        "seen": since % {"days": shown.number(usual.since)} if usual.since else _("last seen today"),
    }
    if usual.overdue < 1:
        return _("%(usually)s, %(seen)s.") % said
    times = shown.decimal(round(Decimal(usual.overdue), 1))
    return _("%(usually)s, %(seen)s (%(times)s×).") % (said | {"times": times})


def _risk(risk: Chance | None) -> str:
    if risk is None:
        return _("Too few customers have come back so far to say how likely they are to return.")
    words = ngettext(
        "%(chance)s chance that they do not return within %(days)s day.",
        "%(chance)s chance that they do not return within %(days)s days.",
        risk.horizon,
    )
    return words % {"chance": percent(risk.churn), "days": shown.number(risk.horizon)}


def percent(chance: float) -> str:
    """Whole; nothing is certain."""
    return str(format_percent(min(max(chance, 0.01), 0.99), "#,##0%", locale=shown.language()))


def _chart(member: Membership, today: date) -> charts.Columns:
    months = portrait.visits_by_month(customer_id=member.customer_id, business_id=member.business_id, today=today)
    return charts.columns(
        [
            (
                str(format_date(month, "LLLL y", locale=shown.language())),
                str(format_date(month, "LLL", locale=shown.language())) if number % 3 == 2 else "",
                visits,
            )
            for number, (month, visits) in enumerate(months)
        ]
    )


def _why(rules: Rules, wallet: Wallet, now: datetime) -> Context:
    why = history.why(wallet=wallet, rules=rules)
    rest = why.lots[LOTS:]
    return {
        "lots": [_lot(lot, rules, now) for lot in why.lots[:LOTS]],
        "other_lots": shown.number(sum(lot.remaining for lot in rest)) if rest else "",
        "elsewhere": wallet.balance > sum(lot.remaining for lot in why.lots),
        "elsewhere_points": shown.number(why.elsewhere) if why.elsewhere else "",
    }


def _lot(lot: Lot, rules: Rules, now: datetime) -> Context:
    zone = ZoneInfo(rules.time_zone)
    figures = {"remaining": shown.number(lot.remaining), "credit": shown.number(lot.credit)}
    whole = lot.remaining == lot.credit
    points = ngettext("%(remaining)s point", "%(remaining)s points", lot.remaining)
    left = ngettext("%(remaining)s of %(credit)s point left", "%(remaining)s of %(credit)s points left", lot.credit)
    issued = _("given on %(day)s") % {"day": shown.day(lot.entry.occurred_at.astimezone(zone).date(), now)}
    if lot.gone_at:
        expires = _("expires on %(day)s") % {"day": shown.day(lot.gone_at.astimezone(zone).date(), now)}
    else:
        expires = "" if rules.expiry.by_inactivity else _("never expires")  # nobody here may know when, see `why`
    return {
        "title": (points if whole else left) % figures,
        "detail": " · ".join(filter(None, [issued, expires])),
        "why": trail.sentences(lot.entry.operation.trail or [], rules),
    }


def _consents(business: Business, wallet: Wallet, now: datetime) -> list[Context]:
    answers = {
        answer.channel: answer
        for answer in consents.current(customer_id=wallet.customer_id)
        if answer.business_id == business.pk
    }
    zone = ZoneInfo(business.time_zone)
    said = []
    for channel in consents.OFFERED:
        answer = answers.get(channel)
        on = shown.day(answer.at.astimezone(zone).date(), now) if answer else ""
        if answer and answer.granted:
            words = _("Allowed on %(day)s.") % {"day": on}
        elif answer:
            words = _("Stopped on %(day)s.") % {"day": on}
        else:
            words = _("Not allowed. Only the customer can: when they join, or on their points page.")
        said.append({"channel": channel, "granted": bool(answer and answer.granted), "text": words})
    return said
