"""Businesses and branches from files, and the same as files."""

from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from businesses import branches, names, onboarding, places
from businesses.models import GONE, Branch, Business, BusinessStatus, Category, Program, Role, Staff, User
from businesses.transfer import CHANGED, NEW, SAME, BadRow, Export, Import

MOST_RATE = Decimal(100_000)


class Opening(NamedTuple):
    """A business that a file opens."""

    name: str
    owner_email: str
    country: str
    category: str
    program: Program | None
    earn_rate: Decimal


class BusinessImport(Import):
    """Opened as if the owner had registered it and the operator accepted it. One that the owner has already is left."""

    columns: ClassVar[Any] = ("name", "owner_email", "country", "category", "programme", "earn_rate")
    required: ClassVar[Any] = ("name", "owner_email", "country", "category")

    @cached_property
    def programs(self) -> dict[str, Program]:
        return {program.slug: program for program in Program.objects.all()}

    def read(self, row: dict[str, str]) -> Opening:
        country = row["country"].upper()
        if country not in known_countries():
            raise BadRow(_("“%(country)s” is no country. Write AZ, RU, US …") % {"country": row["country"][:40]})
        if row["category"] not in Category.values:
            said = {"category": row["category"][:40], "known": ", ".join(Category.values)}
            raise BadRow(_("“%(category)s” is no category. There are: %(known)s.") % said)
        return Opening(
            name=name_in(row["name"], most=120),
            owner_email=self._owner(row["owner_email"]),
            country=country,
            category=row["category"],
            program=self._program(row["programme"], country),
            earn_rate=_rate(row["earn_rate"]),
        )

    def name_of(self, record: Opening) -> Any:
        return record.name.lower(), record.country, record.owner_email

    def news(self, record: Opening) -> Any:
        mine = Staff.objects.working().filter(user__email=record.owner_email, role=Role.OWNER)
        there = mine.filter(business__name__iexact=record.name, business__country=record.country).exists()
        return SAME if there else NEW

    def write(self, record: Opening) -> None:
        user = User.objects.filter(email=record.owner_email).first() or User.objects.create_user(record.owner_email)
        owner = onboarding.register(
            user=user,
            name=record.name,
            country=record.country,
            category=record.category,
            earn_rate=record.earn_rate,
            join_code=record.program.join_code if record.program else "",
        )
        onboarding.accept(business=owner.business)

    def _owner(self, text: str) -> str:
        email = text.lower()
        try:
            validate_email(email)
        except ValidationError as error:
            raise BadRow(_("“%(email)s” is no e-mail address.") % {"email": text[:80]}) from error
        if User.objects.filter(email=email, is_active=False).exists():
            raise BadRow(_("%(email)s may not sign in.") % {"email": email})
        return email

    def _program(self, slug: str, country: str) -> Program | None:
        if not slug:
            return None
        program = self.programs.get(slug)
        if program is None:
            raise BadRow(_("There is no programme “%(slug)s”.") % {"slug": slug[:60]})
        if program.currency not in places.currencies(country):
            said = {"currency": program.currency, "country": country}
            raise BadRow(_("The programme counts in %(currency)s, which is not the money of %(country)s.") % said)
        return program


class Place(NamedTuple):
    """A branch as a file tells it. An empty word changes nothing."""

    business: Business
    name: str
    told: dict[str, str]
    there: Branch | None


class BranchImport(Import):
    """Opens branches, and describes those that are there."""

    columns: ClassVar[Any] = ("business", "name", "city", "address", "hours")
    required: ClassVar[Any] = ("business", "name")

    @cached_property
    def businesses(self) -> dict[str, Business]:
        return {business.slug: business for business in Business.objects.exclude(status__in=GONE)}

    def read(self, row: dict[str, str]) -> Place:
        business = self.businesses.get(row["business"])
        if business is None:
            raise BadRow(unknown_business(row["business"]))
        lengths = {"city": 120, "address": 250, "hours": 250}
        told = {part: name_in(row[part], most=most) for part, most in lengths.items() if row[part]}
        name = name_in(row["name"], most=120)
        return Place(business, name, told, Branch.objects.filter(business=business, name=name).first())

    def name_of(self, record: Place) -> Any:
        return record.business.pk, record.name

    def news(self, record: Place) -> Any:
        if record.there is None:
            return NEW
        return CHANGED if any(getattr(record.there, part) != word for part, word in record.told.items()) else SAME

    def write(self, record: Place) -> None:
        if record.there is None:
            branches.add(Branch(business=record.business, name=record.name, **record.told))
        else:
            branches.change(branch=record.there, values=record.told, seen={})


class BusinessExport(Export):
    columns: ClassVar[Any] = {
        "name": lambda business: business.name,
        "slug": lambda business: business.slug,
        "programme": lambda business: business.program.slug,
        "status": lambda business: business.status,
        "category": lambda business: business.category,
        "country": lambda business: business.country,
        "earn_rate": lambda business: f"{business.earn_rate.normalize():f}",
        "created_at": lambda business: business.created_at,
    }


class BranchExport(Export):
    """What is not closed comes in again as it went out."""

    columns: ClassVar[Any] = {
        "business": lambda branch: branch.business.slug,
        "name": lambda branch: branch.name,
        "city": lambda branch: branch.city,
        "address": lambda branch: branch.address,
        "hours": lambda branch: branch.hours,
        "closed_at": lambda branch: branch.closed_at,
    }


def known_countries() -> set[str]:
    return {code for code, _name in places.countries("en")}


def name_in(text: str, *, most: int) -> str:
    """A name or a line of text as a form would take it. Raises `BadRow`."""
    try:
        name = names.clean(text)
    except names.InvalidName as error:
        raise BadRow(str(error)) from error
    if len(name) > most:
        raise BadRow(_("“%(text)s…” is longer than %(most)s characters.") % {"text": name[:20], "most": most})
    return name


def unknown_business(slug: str) -> str:
    return _("There is no business “%(slug)s”. Write its slug, as the export of businesses does.") % {"slug": slug[:60]}


def working_businesses() -> dict[str, Business]:
    return {each.slug: each for each in Business.objects.filter(status=BusinessStatus.ACTIVE).select_related("program")}


def _rate(text: str) -> Decimal:
    try:
        rate = Decimal(text.replace(",", ".") or "1")
    except InvalidOperation:
        rate = Decimal(-1)
    exponent = rate.as_tuple().exponent
    if not (isinstance(exponent, int) and exponent >= -4 and 0 <= rate <= MOST_RATE):
        said = {"rate": text[:40]}
        raise BadRow(_("“%(rate)s” is no earn rate. Write points per unit of money, such as 0.5.") % said)
    return rate
