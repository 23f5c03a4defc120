"""Customers in files: they come in as if somebody enrolled them at the counter, and nothing about points goes along."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from businesses.importing import known_countries, name_in, unknown_business, working_businesses
from businesses.models import Business
from businesses.transfer import CHANGED, NEW, SAME, BadRow, Export, Import, Transfers
from customers import admin as people
from customers import consents, phones, profiles
from customers.models import Channel, Customer
from customers.profiles import Told
from loyalty import enrolment
from loyalty.models import Wallet

YES = ("yes", "true", "1", "bəli", "да")
NO = ("", "no", "false", "0", "xeyr", "нет")
OLDEST = 1900


@dataclass(frozen=True)
class Person:
    """A customer that a file brings to a business."""

    business: Business
    phone: str
    told: Told
    agrees: bool


class CustomerImport(Import):
    """What is told fills what is not known yet. A consent is the operator's word that the customer gave it."""

    columns: ClassVar[Any] = ("phone", "business", "country", "name", "birthday", "email", "language", "consent")
    required: ClassVar[Any] = ("phone", "business")

    @cached_property
    def businesses(self) -> dict[str, Business]:
        return working_businesses()

    def read(self, row: dict[str, str]) -> Person:
        business = self.businesses.get(row["business"])
        if business is None:
            raise BadRow(unknown_business(row["business"]))
        told = Told(
            name=name_in(row["name"], most=120) if row["name"] else "",
            birthday=self._birthday(row["birthday"]),
            email=_email(row["email"]),
            language=_language(row["language"]),
        )
        phone = _phone(row["phone"], row["country"] or business.country)
        return Person(business, phone, told, _consent(row["consent"]))

    def name_of(self, record: Person) -> Any:
        return record.phone, record.business.pk

    def news(self, record: Person) -> Any:
        known = Wallet.objects.filter(customer__phone=record.phone, program=record.business.program_id)
        customer_id = known.values_list("customer_id", flat=True).first()
        if customer_id is None:
            return NEW
        before = profiles.told(program_id=record.business.program_id, customer_id=customer_id).columns()
        fills = any(value and not before[name] for name, value in record.told.columns().items())
        agreed = consents.agreed(customer_id=customer_id, business_id=record.business.pk, channel=Channel.SMS)
        return CHANGED if fills or (record.agrees and not agreed) else SAME

    def write(self, record: Person) -> None:
        enrolment.enrol(
            program_id=record.business.program_id,
            business_id=record.business.pk,
            phone=record.phone,
            told=record.told,
            agreed_to=(Channel.SMS,) if record.agrees else (),
            source="import",
            at=self.at,
        )

    def _birthday(self, text: str) -> date | None:
        if not text:
            return None
        try:
            birthday = date.fromisoformat(text)
        except ValueError as error:
            raise BadRow(_("“%(text)s” is no birthday. Write it as 1990-12-31.") % {"text": text[:40]}) from error
        if birthday.year < OLDEST or birthday > self.at.date():
            raise BadRow(_("“%(text)s” is no birthday of anybody alive.") % {"text": text[:40]})
        return birthday


class CustomerExport(Export):
    """What the list shows. What people told a programme about themselves stays there."""

    columns: ClassVar[Any] = {
        "phone": lambda customer: customer.phone,
        "known_since": lambda customer: customer.created_at,
        "blocked_since": lambda customer: customer.blocked_at,
        "blocked_reason": lambda customer: customer.blocked_reason,
    }


@admin.register(Customer)
class CustomerAdmin(Transfers, people.CustomerAdmin):
    """Registered here, because whoever comes in gets a wallet."""

    imports, exports = CustomerImport, CustomerExport


def _phone(text: str, country: str) -> str:
    if country.upper() not in known_countries():
        raise BadRow(_("“%(country)s” is no country. Write AZ, RU, US …") % {"country": country[:40]})
    try:
        return phones.parse(text, country.upper())
    except phones.InvalidPhone as error:
        raise BadRow(_("“%(phone)s” is no phone number.") % {"phone": text[:40]}) from error


def _email(text: str) -> str:
    try:
        if text:
            validate_email(text)
    except ValidationError as error:
        raise BadRow(_("“%(email)s” is no e-mail address.") % {"email": text[:80]}) from error
    return text


def _language(text: str) -> str:
    known = [code for code, _name in settings.LANGUAGES]
    if text and text.lower() not in known:
        said = {"language": text[:20], "known": ", ".join(known)}
        raise BadRow(_("“%(language)s” is no language of ours. There are: %(known)s.") % said)
    return text.lower()


def _consent(text: str) -> bool:
    if text.lower() not in (*YES, *NO):
        raise BadRow(_("“%(text)s” is no consent: write yes or no.") % {"text": text[:20]})
    return text.lower() in YES
