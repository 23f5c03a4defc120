"""A business comes aboard."""

import html
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from businesses import onboarding
from businesses.models import Business, BusinessStatus, Program, Role, Staff, User
from businesses.tests.conftest import PASSWORD, hire, signed_in
from conftest import NOON, Shop

ANSWERS = {"name": "Nar Coffee", "country": "AZ", "category": "cafe", "earn_rate": "1,5", "join_code": ""}


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("new@nar.test", PASSWORD)


@pytest.fixture
def newcomer(user: User) -> Client:
    return signed_in(user)


def register(user: User, **answers: object) -> Staff:
    values = {"name": "Nar", "country": "AZ", "category": "cafe", "earn_rate": Decimal(1)}
    return onboarding.register(user=user, **(values | answers))


def test_a_business_of_its_own_programme_can_sell_at_once(user: User) -> None:
    staff = register(user, name="Nar Qəhvəsi")
    business = staff.business
    assert (staff.role, business.slug, business.status) == (Role.OWNER, "nar-qehvesi", BusinessStatus.ACTIVE)
    assert (business.program.currency, business.time_zone, business.language) == ("AZN", "Asia/Baku", "az")
    assert (business.purchase_limit, business.confidential) == (Decimal(500), False)
    assert business.branches.get().closed_at is None


def test_a_medical_business_is_confidential(user: User) -> None:
    assert register(user, category="medical").business.confidential


def test_joining_by_code_waits_for_the_operator(user: User, program: Program) -> None:
    business = register(user, join_code=program.join_code).business
    assert (business.program, business.status) == (program, BusinessStatus.WAITING)
    assert onboarding.accept(business=business)
    business.refresh_from_db()
    assert business.status == BusinessStatus.ACTIVE


def test_the_operator_decides_once(user: User, program: Program) -> None:
    business = register(user, join_code=program.join_code).business
    assert onboarding.decline(business=business)
    assert not onboarding.accept(business=business)
    business.refresh_from_db()
    assert business.status == BusinessStatus.DECLINED


def test_an_unknown_code_registers_nothing(user: User) -> None:
    with pytest.raises(onboarding.UnknownJoinCode):
        register(user, join_code="NOPE")
    assert not Business.objects.exists()


def test_a_programme_of_another_currency_is_refused(user: User, program: Program) -> None:
    with pytest.raises(onboarding.OtherCurrency) as refusal:
        register(user, join_code=program.join_code, country="US")
    assert refusal.value.currency == "AZN"
    assert not Business.objects.exists()


def test_a_country_of_two_currencies_may_join_a_programme_of_either(user: User) -> None:
    dollars = Program.objects.create(slug="d", name="D", currency="USD", join_code="D")
    assert register(user, country="PA", join_code="D").business.program == dollars


def test_the_same_form_twice_registers_once(user: User) -> None:
    first = register(user)
    with pytest.raises(onboarding.AlreadyRegistered) as refusal:
        register(user, name="NAR")
    assert refusal.value.staff == first
    assert Business.objects.count() == Program.objects.count() == 1


def test_two_owners_of_the_same_name_are_two_businesses(user: User) -> None:
    register(user)
    register(User.objects.create_user("second@nar.test", PASSWORD))
    assert Business.objects.count() == 2


def test_the_limit_without_a_manager_suits_the_currency_or_is_left_open(user: User) -> None:
    assert register(user, country="UZ").business.purchase_limit == 5_000_000
    assert register(user, country="LA").business.purchase_limit is None


# --- The page ---------------------------------------------------------------------------------------------


def test_the_page_asks_five_things_at_most(newcomer: Client) -> None:
    assert len(newcomer.get("/start/").context["form"].fields) <= 5


def test_a_newcomer_registers_and_lands_on_the_counter(newcomer: Client) -> None:
    answer = newcomer.post("/start/", ANSWERS)
    assert (answer.status_code, answer.url) == (302, "/counter/")
    business = Business.objects.get()
    assert (business.name, business.earn_rate) == ("Nar Coffee", Decimal("1.5"))
    assert newcomer.get("/switch/").context["business"] == business


def test_pressing_twice_registers_once(newcomer: Client) -> None:
    for _press in range(2):
        assert newcomer.post("/start/", ANSWERS).url == "/counter/"
    assert Business.objects.count() == 1


def test_a_code_is_read_in_any_notation(newcomer: Client, program: Program) -> None:
    newcomer.post("/start/", ANSWERS | {"join_code": " cir-cle "})
    assert Business.objects.get().program == program


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("name", text) for text in ("", " ", "a\x00b", "x" * 10_000, "\u202eevil", "\u200b")),
        *(("country", text) for text in ("", "XX", "AQ", "az", "\x00")),
        *(("category", text) for text in ("", "bank")),
        *(("earn_rate", text) for text in ("", "-1", "NaN", "1e9", "1,23456", "9" * 10_000, "1\x00", "abc")),
        *(("join_code", text) for text in ("NOPE", "CIRCLE", "x" * 10_000, "a\x00")),
    ],
)
def test_a_mistake_is_shown_beside_its_field_and_the_rest_is_kept(
    newcomer: Client, new_shop: Callable[..., Shop], field: str, value: str
) -> None:
    new_shop("elsewhere")  # of the programme CIRCLE, which counts in AZN
    country = "US" if value == "CIRCLE" else "AZ"
    answer = newcomer.post("/start/", ANSWERS | {"country": country} | {field: value})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    if field != "name":
        assert 'value="Nar Coffee"' in answer.text
    assert not Business.objects.filter(name="Nar Coffee").exists()


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "🍎 Alma", "O'Brien & Söhne"])
def test_an_unusual_name_is_stored_and_shown_as_text(newcomer: Client, name: str) -> None:
    newcomer.post("/start/", ANSWERS | {"name": name})
    assert Business.objects.get().name == name
    page = newcomer.get("/switch/").text
    assert html.escape(name) in page
    assert "<script>alert" not in page


def test_registering_needs_an_account(client: Client, db: None) -> None:
    assert client.post("/start/", ANSWERS).url.startswith("/accounts/login/")
    assert not Business.objects.exists()


def test_the_operator_accepts_in_the_admin(newcomer: Client, program: Program) -> None:
    newcomer.post("/start/", ANSWERS | {"join_code": "CIRCLE"})
    business = Business.objects.get()
    operator = signed_in(User.objects.create_superuser("operator@nar.test", PASSWORD))
    press = {"action": "accept", "_selected_action": [business.pk]}
    assert operator.get("/admin/businesses/business/?status__exact=waiting").status_code == 200
    operator.post("/admin/businesses/business/", press)
    business.refresh_from_db()
    assert business.status == BusinessStatus.ACTIVE


def test_a_declined_owner_is_at_the_beginning_again(newcomer: Client, program: Program) -> None:
    newcomer.post("/start/", ANSWERS | {"join_code": "CIRCLE"})
    onboarding.decline(business=Business.objects.get())
    assert newcomer.get("/settings/").url == "/start/"


# --- What the operator decides ----------------------------------------------------------------------------


@pytest.fixture
def waiting(user: User, program: Program) -> Business:
    business = register(user, join_code=program.join_code).business
    Business.objects.filter(pk=business.pk).update(language="en")
    return business


@pytest.mark.parametrize(
    ("decide", "subject", "link"),
    [
        (onboarding.accept, "Nar is in Circle now", "http://testserver/counter/"),
        (onboarding.decline, "Circle did not take Nar in", "http://testserver/start/"),
    ],
)
def test_every_owner_hears_once_what_the_operator_decided(
    waiting: Business,
    django_capture_on_commit_callbacks: Callable[..., Any],
    decide: Callable[..., bool],
    subject: str,
    link: str,
) -> None:
    second = hire(waiting, Role.OWNER, "second@nar.test")
    hire(waiting, Role.MANAGER, "manager@nar.test")
    Staff.objects.filter(pk=hire(waiting, Role.OWNER, "gone@nar.test").pk).update(ended_at=NOON)
    with django_capture_on_commit_callbacks(execute=True):
        decide(business=waiting)
        assert mail.outbox == []  # while it could still be rolled back
    for _press in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            onboarding.accept(business=waiting)
    assert [letter.to for letter in mail.outbox] == [["new@nar.test"], [second.user.email]]
    for letter in mail.outbox:
        assert letter.subject == subject
        assert link in letter.body
        assert {"Nar", "Circle"} <= set(re.findall(r"\w+", letter.body))


@pytest.mark.django_db(transaction=True)
def test_a_decision_stands_while_the_mail_server_is_away(
    waiting: Business, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert onboarding.accept(business=waiting)
    assert "on_commit" in caplog.text
    waiting.refresh_from_db()
    assert waiting.status == BusinessStatus.ACTIVE


@pytest.mark.parametrize("language", ["az", "ru"])
def test_a_decision_is_told_in_the_language_of_the_business(waiting: Business, language: str) -> None:
    for status in (BusinessStatus.ACTIVE, BusinessStatus.DECLINED):
        waiting.status = status
        for spoken in ("en", language):
            waiting.language = spoken
            onboarding.send_decision(waiting)
        english, other = mail.outbox[-2:]
        assert english.subject != other.subject
        assert english.body.split("http")[0] != other.body.split("http")[0]


def test_an_owner_who_waits_is_told_that_a_letter_will_come(newcomer: Client, program: Program) -> None:
    newcomer.post("/start/", ANSWERS | {"join_code": "CIRCLE"})
    assert "We write to new@nar.test" in newcomer.get("/counter/").text
    manager = signed_in(hire(Business.objects.get(), Role.MANAGER, "manager@nar.test").user)
    page = manager.get("/counter/").text
    assert "Almost there" in page
    assert "We write to" not in page


def test_who_was_turned_away_reads_it_on_the_page_that_they_come_to(newcomer: Client, program: Program) -> None:
    assert "did not take" not in newcomer.get("/start/").text
    newcomer.post("/start/", ANSWERS | {"join_code": "CIRCLE"})
    onboarding.decline(business=Business.objects.get())
    page = newcomer.get("/counter/", follow=True)
    assert page.redirect_chain == [("/start/", 302)]
    assert "The operator of Circle did not take Nar Coffee in." in page.text
    newcomer.post("/start/", ANSWERS)
    assert "did not take" not in newcomer.get("/start/").text
