"""How a business comes aboard: registered by its owner, alone or into a programme whose operator then decides."""

import secrets
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext, override

from businesses import names, places
from businesses.models import Branch, Business, BusinessStatus, Category, Program, Role, Staff, User

CODE_SIGNS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
CODE_LENGTH = 10
# Some 300 US dollars, roundly: what a cashier may ring up alone until the owner decides. Where we do not know what
# the money is worth there is no limit, because a wrong one would stop every sale.
PURCHASE_LIMITS = {
    currency: limit
    for limit, group in {
        500: "AZN AUD BGN CAD CHF EUR GBP GEL NZD SGD USD",
        1_000: "AED BRL BYN ILS MYR PLN QAR RON SAR TMT",
        5_000: "CNY CZK DKK EGP HKD MDL MXN NOK SEK THB TJS TRY UAH ZAR",
        30_000: "INR KGS PHP RSD RUB",
        50_000: "ISK JPY PKR",
        150_000: "AMD HUF KZT",
        500_000: "KRW",
        5_000_000: "IDR UZS VND",
    }.items()
    for currency in group.split()
}


class UnknownJoinCode(LookupError):
    """No programme has this code."""


@dataclass
class OtherCurrency(ValueError):
    """The programme counts in a currency that the business's country does not use."""

    currency: str


@dataclass
class AlreadyRegistered(ValueError):
    """This owner has a business of this name in this country: the form was sent twice."""

    staff: Staff


def register(*, user: User, name: str, country: str, category: str, earn_rate: Decimal, join_code: str = "") -> Staff:
    """A business with its first branch, owned by `user`; returns the ownership.

    With a code it waits for the operator of that programme, without one it gets a programme of its own.
    Raises `UnknownJoinCode`, `OtherCurrency`, `AlreadyRegistered`.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # a second press waits here, and then finds the first
        _refuse_a_second_one(user, name, country)
        program = _joined(join_code, country) if join_code else _own_program(name, country)
        business = names.create_with_slug(
            Business,
            name,
            program=program,
            status=BusinessStatus.WAITING if join_code else BusinessStatus.ACTIVE,
            category=category,
            confidential=category == Category.MEDICAL,
            country=country,
            time_zone=places.time_zones(country)[0],
            language=places.language(country),
            earn_rate=earn_rate,
            purchase_limit=PURCHASE_LIMITS.get(program.currency),
        )
        with override(business.language):
            Branch.objects.create(business=business, name=gettext("Main"))
        return Staff.objects.create(business=business, user=user, role=Role.OWNER)


def accept(*, business: Business) -> bool:
    """The operator lets a waiting business into the programme; False if it no longer waits."""
    return _decide(business, BusinessStatus.ACTIVE)


def decline(*, business: Business) -> bool:
    """The operator turns a waiting business away; False if it no longer waits."""
    return _decide(business, BusinessStatus.DECLINED)


def declined(user: User) -> Business | None:
    """The last one of theirs that was turned away."""
    mine = Staff.objects.filter(user=user, role=Role.OWNER, ended_at=None, business__status=BusinessStatus.DECLINED)
    last = mine.select_related("business__program").order_by("id").last()
    return last.business if last else None


def send_decision(business: Business) -> None:
    """Tells each owner what the operator decided, in the language of the business."""
    owners = business.staff.filter(role=Role.OWNER, ended_at=None, user__is_active=True).order_by("id")
    names_in_text = {"business": business.name, "program": business.program.name}
    with override(business.language):
        if business.status == BusinessStatus.ACTIVE:
            subject, letter = gettext("%(business)s is in %(program)s now"), "businesses/letters/accepted.txt"
        else:
            subject, letter = gettext("%(program)s did not take %(business)s in"), "businesses/letters/declined.txt"
        text = render_to_string(letter, names_in_text | {"link": settings.PUBLIC_BASE_URL})
        for email in owners.values_list("user__email", flat=True):
            send_mail(subject % names_in_text, text, None, [email])


def _refuse_a_second_one(user: User, name: str, country: str) -> None:
    mine = Staff.objects.working().filter(user=user, role=Role.OWNER)
    first = mine.filter(business__name__iexact=name, business__country=country).first()
    if first:
        raise AlreadyRegistered(first)


def _joined(join_code: str, country: str) -> Program:
    program = Program.objects.filter(join_code=join_code).first()
    if program is None:
        raise UnknownJoinCode(join_code)
    if program.currency not in places.currencies(country):
        raise OtherCurrency(program.currency)
    return program


def _own_program(name: str, country: str) -> Program:
    code = "".join(secrets.choice(CODE_SIGNS) for _ in range(CODE_LENGTH))
    return names.create_with_slug(Program, name, currency=places.currencies(country)[0], join_code=code)


def _decide(business: Business, status: BusinessStatus) -> bool:
    # One statement, so that two operators pressing at once decide once, and one letter goes out.
    with transaction.atomic():
        decided = Business.objects.filter(pk=business.pk, status=BusinessStatus.WAITING).update(status=status) == 1
        if decided:
            # Robust: what was decided stands while the mail server is away, and the log says who was not told.
            told = Business.objects.select_related("program").get(pk=business.pk)
            transaction.on_commit(lambda: send_decision(told), robust=True)
    return decided
