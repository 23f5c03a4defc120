"""Which members of a business its list shows, and in what order; as quick for a million members as for ten.

No index follows what every purchase changes. Who is slipping away was written down last night, see `loyalty/churn/`;
whoever has come since is left out. Otherwise the list holds the REACH members who came last, which in most businesses
is everybody, and sorts those. A search reaches everybody. The figures are in docs/decisions/0006-customers-list.md.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

import phonenumbers
from django.db import connection
from django.db.models import F, QuerySet, TextChoices, Value
from django.db.models.functions import Lower, Reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from businesses.models import Business
from customers import phones
from customers.models import Customer, Profile, last_word
from loyalty.models import ChurnScore, Membership

REACH = 5_000
PAGE = 25
FOUND = 50
FEWEST_DIGITS = 3
LONGEST = 120
PHONE_SIGNS = re.compile(r"[0-9+*#()./\s\u00a0\-]+")


class Sort(TextChoices):
    LAST = "last", _("Last visit")
    NAME = "name", pgettext_lazy("person", "Name")
    BALANCE = "balance", _("Balance")
    VISITS = "visits", _("Visits")
    SPEND = "spend", _("Spend")
    NEWEST = "newest", _("Newest")
    SLIPPING = "slipping", _("Slipping away")


@dataclass(frozen=True)
class Page:
    """`all` counts the members within reach; `beyond`: there are more of them."""

    members: list[Membership]
    number: int
    all: int
    beyond: bool

    @property
    def first(self) -> int:
        return (self.number - 1) * PAGE + 1

    @property
    def last(self) -> int:
        return self.first + len(self.members) - 1


@dataclass(frozen=True)
class Found:
    members: list[Membership]
    more: bool = False


class TooShort(Exception):
    """Fewer than FEWEST_DIGITS digits of a phone would find half of everybody."""


def page(*, business: Business, sort: Sort, number: int) -> Page:
    """One page of the list. A number beyond the last page gives the last."""
    counted = _count(business, sort)
    held = min(counted, REACH)
    number = max(1, min(number, -(-held // PAGE)))
    start = (number - 1) * PAGE
    return Page(_held(business, sort, start), number, held, counted > REACH)


def search(*, business: Business, text: str) -> Found:
    """By the beginning of a name or of its last word, or by a phone: whole, its beginning or its end.

    Of those found, who came last stands first. Raises `TooShort`.
    """
    text = " ".join(text.replace("\0", "").split())[:LONGEST]
    people = _by_phone(business, text) if PHONE_SIGNS.fullmatch(text) else _by_name(business, text)
    if not text:
        return Found([])
    few = Membership.objects.filter(business=business).values("customer_id")[: REACH + 1]
    if few.count() <= REACH:
        people = [each.filter(customer_id__in=few) for each in people]
    else:
        # A word that names half of everybody is looked up no further than this; more of the word finds the rest.
        people = [each[:REACH] for each in people]
    ids = people[0].union(*people[1:], all=True)
    rows = list(Membership.objects.filter(business=business, customer_id__in=ids)[: FOUND + 1])
    rows.sort(key=lambda row: (row.last_on or date.min, row.pk), reverse=True)
    return Found(rows[:FOUND], len(rows) > FOUND)


def _count(business: Business, sort: Sort) -> int:
    """Up to one more than the list reaches."""
    if sort is Sort.SLIPPING:
        slipping = ChurnScore.objects.filter(business=business, slipping=True, membership__last_on=F("last_on"))
        return slipping[: REACH + 1].count()
    return Membership.objects.filter(business=business)[: REACH + 1].count()


# Written out, so that those who came last are read once (as `id IN (…)` they were read twice), and so that the wallets
# and profiles of these few are looked up one by one (joined, the database read a million of them).
HELD = """
SELECT m.id FROM (
  SELECT id, customer_id, visits, spend, first_on, last_on FROM loyalty_membership
   WHERE business_id = %(business)s::bigint
   ORDER BY last_on DESC NULLS LAST, id DESC LIMIT %(reach)s::integer) m
 ORDER BY {by} NULLS LAST, m.id DESC LIMIT %(page)s::integer OFFSET %(start)s::integer"""
OF_THEM = "WHERE customer_id = m.customer_id AND program_id = %(program)s::bigint"
# Put together from constants; every value is a parameter.
SORTED = {
    Sort.LAST: HELD.format(by="m.last_on DESC"),
    Sort.NAME: HELD.format(by=f"(SELECT nullif(lower(name), '') FROM customers_profile {OF_THEM})"),  # noqa: S608
    Sort.BALANCE: HELD.format(by=f"(SELECT balance FROM loyalty_wallet {OF_THEM}) DESC"),  # noqa: S608
    Sort.VISITS: HELD.format(by="m.visits DESC"),
    Sort.SPEND: HELD.format(by="m.spend DESC"),
    Sort.NEWEST: HELD.format(by="m.first_on DESC"),
    # Those who have only begun to stay away first: they are the easiest to win back.
    Sort.SLIPPING: """
SELECT m.id FROM loyalty_churnscore s JOIN loyalty_membership m ON m.id = s.membership_id AND m.last_on = s.last_on
 WHERE s.business_id = %(business)s::bigint AND s.slipping ORDER BY s.last_on DESC, s.membership_id
 LIMIT %(page)s::integer OFFSET %(start)s::integer""",
}


def _held(business: Business, sort: Sort, start: int) -> list[Membership]:
    values = {
        "business": business.pk,
        "program": business.program_id,
        "reach": REACH,
        "page": PAGE,
        "start": start,
    }
    with connection.cursor() as cursor:
        cursor.execute(SORTED[sort], values)
        ids = [pk for (pk,) in cursor.fetchall()]
    rows = Membership.objects.in_bulk(ids)
    return [rows[pk] for pk in ids]


def _by_name(business: Business, text: str) -> list[QuerySet[Any]]:
    told = Profile.objects.filter(program=business.program_id)
    begins = Lower(Value(text))
    return [
        told.alias(lowered=lowered).filter(lowered__startswith=begins).values("customer_id")
        for lowered in (Lower("name"), last_word())
    ]


def _by_phone(business: Business, text: str) -> list[QuerySet[Any]]:
    digits = re.sub(r"\D", "", text)
    if len(digits) < FEWEST_DIGITS:
        raise TooShort
    people = Customer.objects.annotate(customer_id=F("pk")).values("customer_id")
    with suppress(phones.InvalidPhone):
        return [people.filter(phone=phones.parse(text, business.country))]
    if text.startswith("+"):
        return [people.filter(phone__startswith=f"+{digits}")]
    code = phonenumbers.country_code_for_region(business.country)
    at_home = f"+{code}{digits.lstrip('0')}"  # the 0 in front of a number is dialled at home only
    ends = people.alias(backwards=Reverse("phone")).filter(backwards__startswith=digits[::-1])
    return [people.filter(phone__startswith=each) for each in (f"+{digits}", at_home)] + [ends]
