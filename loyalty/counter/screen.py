"""The one counter screen as template context: who (customer), what is typed (pad), what happened (activity)."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import phonenumbers
from babel.numbers import get_group_symbol
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from phonenumbers import PhoneMetadata, PhoneNumberFormat, PhoneNumberType

from businesses import money, shown
from businesses.access import StaffRequest
from businesses.pins import NotApproved
from customers import people
from customers.models import Customer, Profile
from loyalty import effects, parts, pending, purchases, situations, trail, undoing
from loyalty.counter import shift
from loyalty.counter.first_steps import first_steps
from loyalty.counter.shift import Act
from loyalty.earning import Given
from loyalty.lookup import Who
from loyalty.models import Membership, Operation, RuleKind, TierChange, Wallet
from loyalty.rules import Rules

Context = dict[str, Any]


def fields(request: StaffRequest) -> dict[str, str]:
    """What every form of the counter carries unseen: the key of its one press, and where it was shown."""
    return {"key": uuid4().hex, "branch": str(request.branch.public_id)}


def day(rules: Rules, now: datetime) -> date:
    return now.astimezone(ZoneInfo(rules.time_zone)).date()


def activity(request: StaffRequest, rules: Rules, today: date) -> Context:
    """The day's totals and list of this cashier."""
    zone = ZoneInfo(rules.time_zone)
    totals = shift.totals(staff_id=request.staff.pk, day=today)
    sales = money.show_amount(totals.sales, rules.currency, shown.language())
    acts = shift.today(staff_id=request.staff.pk, day=today, program_id=rules.program_id)
    return {
        "stats": [
            {"label": _("Customers"), "value": shown.number(totals.customers)},
            {"label": _("Points given"), "value": shown.number(totals.points)},
            {"label": _("Sales"), "value": sales},
        ],
        "activity": [_row(request, act, rules, zone) for act in acts],
    }


def _row(request: StaffRequest, act: Act, rules: Rules, zone: ZoneInfo) -> Context:
    operation = act.operation
    what = _what(act.amount, act.description or "", rules)
    at = act.operation.occurred_at if act.at is None else act.at
    return {
        "initials": act.person.initials,
        "name": act.person.name,
        "detail": f"{what} · {shown.clock(at.astimezone(zone))}",
        "note": " · ".join(filter(None, [parts.in_words(operation, rules.currency), _approved(operation)])),
        "points": shown.signed(operation.given),
        "earned": operation.given > 0,
        "undone": act.undone,
        "undo_url": reverse("counter-undo", args=[operation.public_id]),
        "fields": fields(request),
    }


def idle(request: StaffRequest, rules: Rules, now: datetime) -> Context:
    recent = shift.recent(staff_id=request.staff.pk, business_id=rules.business_id, program_id=rules.program_id)
    return {
        "state": "idle",
        "people": [
            {
                "url": reverse("counter-customer", args=[each.wallet.public_id]),
                "initials": each.person.initials,
                "name": each.person.name,
                "detail": _("%(points)s pts") % {"points": shown.number(each.wallet.balance)}
                + (
                    f" · {shown.ago(each.membership.last_at, now)}"
                    if each.membership and each.membership.last_at
                    else ""
                ),
            }
            for each in recent
        ],
        "phone_pad": phone_pad(request, rules),
        "first": first_steps(request, now),
    }


def phone_pad(
    request: StaffRequest, rules: Rules, *, value: str = "", error: str = "", following: bool = False
) -> Context:
    """The pad for a phone number of the business's country, with what counter.js needs to see that it is complete."""
    example = phonenumbers.example_number_for_type(rules.country, PhoneNumberType.MOBILE)
    code = phonenumbers.country_code_for_region(rules.country)
    # The national part as it is written after +994: `40 123 45 67`.
    written = phonenumbers.format_number(example, PhoneNumberFormat.INTERNATIONAL) if example else ""
    pattern = written.removeprefix(f"+{code}").strip(" -")
    placeholder = "".join("0" if sign.isdigit() else sign for sign in pattern)
    known = PhoneMetadata.metadata_for_region(rules.country)
    # Where mobile numbers have several lengths, as in Germany, nobody can tell when one is complete.
    completes = bool(known and known.mobile and len(known.mobile.possible_length) == 1)
    return {
        "label": _("Next customer’s phone") if following else _("Customer’s phone"),
        "prefix": f"+{code}" if code else "",
        "placeholder": placeholder,
        "value": value,
        "note": _("We look them up as soon as the number is complete.") if completes else "",
        "error": error,
        "fields": fields(request),
        "data": {
            "pattern": placeholder if completes else "",
            "country-code": code,
            "trunk": (known and known.national_prefix) or "",
        },
    }


def customer(request: StaffRequest, rules: Rules, wallet: Wallet, now: datetime) -> Context:
    """The customer card."""
    who = Customer.objects.get(pk=wallet.customer_id)
    profile = Profile.objects.filter(program_id=wallet.program_id, customer_id=who.pk).first() or Profile()
    membership = Membership.objects.filter(business_id=rules.business_id, customer_id=who.pk).first()
    person = people.person(profile.name, who.phone)
    multiplier = rules.multipliers(wallet.tier_id)
    return {
        "url": reverse("counter-customer", args=[wallet.public_id]),
        "initials": person.initials,
        "name": person.name,
        "phone": people.masked(who.phone),
        "tier": rules.tier_name(wallet.tier_id),
        "multiplier": f"×{shown.decimal(multiplier[0].factor)}" if multiplier else "",
        "points": shown.number(wallet.balance),
        "balance": wallet.balance,
        "unit": ngettext("point", "points", wallet.balance),
        "owed": shown.number(wallet.owed) if wallet.owed else "",
        "pending": pending.in_words(pending.known_to(wallet=wallet, rules=rules)),
        "blocked": who.blocked_at is not None,
        "visits": shown.number(membership.visits if membership else 0),
        "last_seen": shown.ago(membership.last_at, now) if membership and membership.last_at else _("first visit"),
    }


def amount_pad(
    request: StaffRequest,
    rules: Rules,
    wallet: Wallet,
    *,
    value: str = "",
    error: str = "",
    refused: NotApproved | None = None,
) -> Context:
    """The pad for a bill. `data` lets the browser preview the points; the server's figure is the truth.

    `refused`: nobody has approved the amount, or not with a right PIN; the pad asks for one.
    """
    multipliers = rules.multipliers(wallet.tier_id)
    factor = multipliers[0].factor if multipliers else Decimal(1)
    applying, cap = _counting_now(rules, wallet)
    unit = money.show_amount(Decimal(1), rules.currency, shown.language())
    rate = shown.decimal(rules.terms.rate * factor)
    tier = rules.tier_name(wallet.tier_id)
    earns = _("%(tier)s earns %(rate)s points per %(unit)s") if multipliers else _("Earns %(rate)s points per %(unit)s")
    return {
        "label": _("Bill amount"),
        "unit": money.symbol(rules.currency, shown.language()),
        "mark": "," if shown.language() in ("az", "ru") else ".",
        "value": value,
        "error": _over_limit(rules) if refused else error,
        "approval": {"errors": [str(refused)] if str(refused) else []} if refused else None,
        "note": earns % {"tier": tier, "rate": rate, "unit": unit},
        "fields": fields(request),
        "url": reverse("counter-purchases", args=[wallet.public_id]),
        "action": _("Add points"),
        "data": {
            "preview": _("Add {points} points"),
            "group": get_group_symbol(shown.language()),
            "rate": str(rules.terms.rate),
            "factor": str(factor),
            "rounding": rules.terms.rounding,
            "minimum": str(rules.terms.minimum_spend),
            "cap": "" if cap is None else cap,
            "rules": json.dumps(applying),
            "worth": str(rules.point_value),
            "decimals": money.decimals(rules.currency),
        },
    }


def part_payment(rules: Rules, wallet: Wallet, *, value: str = "", error: str = "") -> Context | None:
    """Paying a part of the bill with points; none where there are none, or where they are worth nothing."""
    if wallet.balance <= 0 or not rules.point_value:
        return None
    worth = purchases.worth(rules=rules, points=wallet.balance)
    words = ngettext("%(points)s point is worth %(worth)s.", "%(points)s points are worth %(worth)s.", wallet.balance)
    shown_worth = money.show_amount(worth, rules.currency, shown.language())
    return {
        "value": value,
        "error": error,
        "hint": words % {"points": shown.number(wallet.balance), "worth": shown_worth},
    }


def _counting_now(rules: Rules, wallet: Wallet) -> tuple[list[dict[str, Any]], int | None]:
    """The rules that this customer's next sale goes by, as the page's script reads them, and the most it may earn."""
    caps = [rules.terms.points_cap]
    if not rules.earning and rules.terms.points_cap_day is None:
        return [], caps[0]
    facts, past = situations.known(rules=rules, who=Who("customer", str(wallet.public_id)))
    moment = facts.read_at if facts else timezone.now()
    now = situations.of(rules=rules, facts=facts, past=past, moment=moment)
    if rules.terms.points_cap_day is not None:
        caps.append(max(0, rules.terms.points_cap_day - now.given_today))
    applying = [
        {
            "kind": rule.kind,
            "value": str(rule.value - 1 if rule.kind == RuleKind.MULTIPLY else rule.value),
            "minimum": str(rule.minimum_spend),
            "room": None if (room := rule.room(now.given.get(rule.id, Given()))) is None else str(room),
            "alone": rule.exclusive,
        }
        for rule in situations.rules_now(rules=rules, situation=now)
    ]
    return applying, min((cap for cap in caps if cap is not None), default=None)


def _over_limit(rules: Rules) -> str:
    limit = money.show_amount(rules.purchase_limit or Decimal(0), rules.currency, shown.language())
    return _("That is over your %(limit)s limit. Ask a manager to approve it.") % {"limit": limit}


def points_pad(
    request: StaffRequest, rules: Rules, wallet: Wallet, point_value: Decimal, *, value: str = "", error: str = ""
) -> Context:
    """The pad for points to spend."""
    worth = money.show_amount(wallet.balance * point_value, rules.currency, shown.language())
    return {
        "label": _("Points to spend"),
        "value": value,
        "error": error,
        "note": _("%(points)s points are worth %(worth)s.") % {"points": shown.number(wallet.balance), "worth": worth},
        "fields": fields(request),
        "url": reverse("counter-redemptions", args=[wallet.public_id]),
        "action": _("Spend points"),
        "data": {
            "preview": _("Spend {points} points"),
            "group": get_group_symbol(shown.language()),
            "rate": "1",
            "factor": "1",
            "rounding": "floor",
            "minimum": "0",
            "cap": "",
        },
    }


def receipt(request: StaffRequest, rules: Rules, operation: Operation, *, error: str = "") -> Context:
    """What has just happened, and the way back."""
    last = parts.refunds(operation).first()
    undone = last is not None and not _stands(operation)
    moved = (last or operation).owed_delta
    at = shown.clock(operation.occurred_at.astimezone(ZoneInfo(rules.time_zone)))
    amount = operation.purchase.amount if hasattr(operation, "purchase") else None
    waits = pending.when(operation, ZoneInfo(rules.time_zone), timezone.now()) if last is None else ""
    what = _what(amount, operation.redemption.description if amount is None else "", rules)
    return {
        "title": _title(operation, last, rules),
        "detail": f"{what} · {at}",
        "note": " · ".join(filter(None, [parts.in_words(operation, rules.currency), _approved(operation), waits])),
        "error": error,
        "undone": undone,
        "undo_url": reverse("counter-undo", args=[operation.public_id]) if may_undo(request, rules, operation) else "",
        "part_url": reverse("counter-refund", args=[operation.public_id])
        if amount and not undone and may_undo(request, rules, operation)
        else "",
        "fields": fields(request),
        "why": trail.sentences(operation.trail or [], rules),
        "effects": _told(rules, operation, last),
        "reached": _reached(operation),
        "owed": shown.number(moved) if moved > 0 else "",
        "collected": shown.number(-moved) if moved < 0 else "",
    }


def _what(amount: Decimal | None, description: str, rules: Rules) -> str:
    """The amount of a sale, or what points were spent on; the words for nothing said are the reader's."""
    if amount is not None:
        return money.show_amount(amount, rules.currency, shown.language())
    return description or _("Spent at the counter")


def _approved(operation: Operation) -> str:
    if not hasattr(operation, "approval"):
        return ""
    return _("Approved by %(name)s") % {"name": operation.approval.staff.user.short_name}


def _stands(operation: Operation) -> bool:
    """Whether something of a sale is left that came back in part."""
    return hasattr(operation, "purchase") and operation.purchase.refunded < operation.purchase.amount


def _reached(operation: Operation) -> str:
    """The tier that a sale brought; undoing the sale does not take it."""
    change = TierChange.objects.filter(operation_id=operation.pk).select_related("after").first()
    return change.after.name if change and change.after else ""


def _told(rules: Rules, operation: Operation, last: Operation | None) -> list[str]:
    """What coupons did in a sale and in its last refund."""
    operations = [operation.pk, *([last.pk] if last else [])]
    told = effects.tell(rules=rules, operations=operations)
    return [effects.say(rules, each) for pk in operations for each in told[pk]]


def _title(operation: Operation, last: Operation | None, rules: Rules) -> str:
    points = shown.signed(operation.given)
    if last is not None and _stands(operation):
        refunded = money.show_amount(last.refund.amount, rules.currency, shown.language())
        taken = max(last.owed_delta, 0) - last.given
        words = ngettext(
            "%(amount)s refunded, %(points)s point taken back",
            "%(amount)s refunded, %(points)s points taken back",
            taken,
        )
        return words % {"amount": refunded, "points": shown.number(taken)}
    if last is not None:
        return _("Undone: %(points)s points") % {"points": points}
    if operation.points < 0:
        return ngettext("%(points)s point spent", "%(points)s points spent", -operation.points) % {"points": points}
    return ngettext("%(points)s point added", "%(points)s points added", operation.given) % {"points": points}


def may_undo(request: StaffRequest, rules: Rules, operation: Operation) -> bool:
    return undoing.may(staff=request.staff, operation=operation, rules=rules, at=timezone.now())
