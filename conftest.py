"""What tests of every app start from: a programme with businesses, and the proof that the books agree."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from businesses.models import Branch, Business, Program, Role, Staff, User
from loyalty import audit, rules
from loyalty.ledger import Actor
from loyalty.rules import Rules

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


class Shop:
    """A business with one branch and an owner, and short words for acting as it."""

    def __init__(self, program: Program, slug: str, **fields: object) -> None:
        values: dict[str, object] = {
            "name": slug.title(),
            "category": "cafe",
            "country": "AZ",
            "time_zone": "Asia/Baku",
            "earn_rate": Decimal(1),
        }
        self.business = Business.objects.create(program=program, slug=slug, **(values | fields))
        self.branch = Branch.objects.create(business=self.business, name="Main")
        self.owner = User.objects.create_user(f"owner@{slug}.test", "correct horse battery", first_name="Olga")
        self.staff = Staff.objects.create(business=self.business, user=self.owner, role=Role.OWNER)

    @property
    def rules(self) -> Rules:
        return rules.of(self.business.pk, Program.objects.get(pk=self.business.program_id).rules_version)

    @property
    def actor(self) -> Actor:
        return Actor(branch_id=self.branch.pk, staff_id=self.staff.pk)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """A request leaves its language behind in the thread; the next test starts afresh."""
    with translation.override("en"):
        yield


QUICK = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """Argon2 is slow on purpose; these tests make hundreds of users."""
    settings.PASSWORD_HASHERS = QUICK


@pytest.fixture
def program(db: None) -> Program:
    return Program.objects.create(slug="circle", name="Circle", currency="AZN", join_code="CIRCLE")


@pytest.fixture
def new_shop(program: Program) -> Callable[..., Shop]:
    return lambda slug, **fields: Shop(fields.pop("program", program), slug, **fields)


@pytest.fixture
def shop(new_shop: Callable[..., Shop]) -> Shop:
    return new_shop("nar")


@pytest.fixture
def books() -> Iterator[None]:
    """Ends the test with the proof that every cached figure of the ledger is right."""
    yield
    assert_books_agree()


def assert_books_agree() -> None:
    broken = [(finding.promise, finding.examples) for finding in audit.run() if finding.breaches]
    assert broken == []
