"""What the superadmin's panel says: our words, days and figures, and nothing of columns."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client

from businesses.models import Business, Program, SettingChange, Staff, User
from businesses.tests.conftest import signed_in
from config.tests.test_panel import BY_NAME, LISTS, address, one_more_of_everything
from conftest import NOON, Shop
from customers.models import Consent, Message, MessageStatus
from loyalty.models import Draw, Entry, Lot, Membership, Purchase, Tier, Wallet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

TECHNICAL = re.compile(
    r"\b(Program|Slug|Sku|Public id|Join code|Created at|Xid|ISO 3166|Designates|purchases above zero"
    r"|[A-Z]\w+ object \(\d+\)|\w+_at)\b"
)
RAW_DATES = re.compile(r"\d{4}-\d\d-\d\d|[ap]\.m\.|[A-Z][a-z]+\.? \d{1,2}, \d{4}")


@pytest.fixture
def operator(new_shop: Callable[..., Shop]) -> Client:
    root = User.objects.create_superuser("operator@nar.test", "correct horse battery", first_name="Sam", last_name="Op")
    one_more_of_everything(root, new_shop, 0)
    return signed_in(root)


def words(page: str) -> str:
    """What a person reads of it."""
    inside = page[page.index('<div id="content"') if '<div id="content"' in page else page.index("<body") :]
    inside = re.sub(r"(?s)<(script|style|template)\b.*?</\1>", " ", inside)
    return " ".join(re.sub(r"<[^>]+>", " ", inside).split())


@pytest.mark.parametrize("model", LISTS, **BY_NAME)
def test_a_list_and_a_record_speak_to_people(model: Any, operator: Client) -> None:
    record = model._default_manager.order_by("pk").last()
    for page in (address(model), address(model, f"{record.pk}/change/")):
        said = words(operator.get(page).text)
        if model is Consent:
            said = said.replace("2026-11", "")  # which wording they agreed to
        assert not TECHNICAL.search(said), TECHNICAL.search(said)
        assert not RAW_DATES.search(said), RAW_DATES.search(said)


@pytest.mark.parametrize("model", [Program, Business, Tier], **BY_NAME)
def test_a_form_speaks_to_people(model: Any, operator: Client) -> None:
    page = address(model, "add/" if model is not Business else f"{Business.objects.earliest('pk').pk}/change/")
    said = words(operator.get(page).text)
    assert not TECHNICAL.search(said), TECHNICAL.search(said)


def test_days_and_figures_are_written_as_everywhere(operator: Client) -> None:
    lots = operator.get(address(Lot)).text
    assert re.search(r"\d{1,2} [A-Z][a-z]{2} \d{4}, \d\d:\d\d", words(lots))
    programmes = words(operator.get(address(Program)).text)
    assert "0.01" in programmes
    assert "0.010000" not in programmes
    form = operator.get(address(Program, f"{Program.objects.first().pk}/change/")).text
    assert 'value="0.01"' in form


@pytest.mark.parametrize("model", [Wallet, Lot, Entry, Membership, Purchase, Draw, Tier, Program], **BY_NAME)
def test_figures_stand_under_each_other(model: Any, operator: Client) -> None:
    page = operator.get(address(model)).text
    assert "column-figure_" in page
    assert "field-figure_" in page


def test_what_is_not_there_is_one_dash_and_a_nought_of_what_is_rare_too(operator: Client) -> None:
    assert admin.site.empty_value_display == "–"
    lines = re.findall(r"(?s)field-figure_refunded.*?>(.*?)</td>", operator.get(address(Purchase)).text)
    assert "–" in {re.sub(r"<[^>]+>", "", line).strip() for line in lines}
    assert not any(re.match(r"\s*0\.00", line) for line in lines)


def test_people_are_called_by_their_names(operator: Client, new_shop: Callable[..., Shop]) -> None:
    owner = Staff.objects.earliest("pk").user
    owner.first_name, owner.last_name = "Olga", "Rzayeva"
    owner.save()
    assert "Olga Rzayeva" in words(operator.get(address(Staff)).text)
    assert str(Staff.objects.earliest("pk")) == "Olga Rzayeva · Owner"


def test_an_empty_list_says_so_and_offers_only_what_is_possible(operator: Client) -> None:
    said = words(operator.get(address(User), {"q": "nobody-is-called-this"}).text)
    assert "Nothing matches" in said
    assert "See the whole list" in said
    with connection.cursor() as cursor:
        cursor.execute("UPDATE loyalty_reward SET tier_id = NULL")
        cursor.execute("DELETE FROM loyalty_tier")  # no constraint binds the hot tables
    said = words(operator.get(address(Tier)).text)
    assert "Nothing here yet" in said
    assert "Add the first" in said
    assert "yielded" not in said


@pytest.mark.parametrize("model", LISTS, **BY_NAME)
def test_the_first_column_opens_the_record(model: Any, operator: Client) -> None:
    """A link inside that link would be taken out of it by the browser, and leave an empty one."""
    first = re.search(r'(?s)<th class="field-.*?</th>', operator.get(address(model)).text)
    assert first
    assert first[0].count("<a ") == 1


def test_a_search_says_what_it_looks_through(operator: Client) -> None:
    for model in LISTS:
        page = operator.get(address(model)).text
        assert page.count("Type to search") <= 1, f"{model.__name__}: besides that of unfold's own palette"


def test_a_count_fits_every_language(operator: Client) -> None:
    count = Business.objects.count()
    operator.cookies["django_language"] = "ru"
    assert f"{count} бизнесы" not in words(operator.get(address(Business)).text)
    operator.cookies["django_language"] = "en"
    assert f"In all: {count}" in words(operator.get(address(Business)).text)


def test_a_changed_setting_is_told_as_people_say_it(operator: Client) -> None:
    business = Business.objects.earliest("pk")
    author = {"business": business, "staff": business.staff.first(), "at": NOON}
    SettingChange.objects.create(field="earn_rate", before="1.0000", after="1.5000", **author)
    SettingChange.objects.create(field="tells_points_earned", before="True", after="False", **author)
    SettingChange.objects.create(field="category", before="cafe", after="bakery", **author)
    said = words(operator.get(address(SettingChange)).text)
    assert "earn rate 1 1.5" in said
    assert "writes when points are added Yes No" in said
    assert "category Café Bakery" in said


def test_the_log_says_what_was_decided(operator: Client, new_shop: Callable[..., Shop]) -> None:
    waiting = new_shop("waiting", status="waiting").business
    operator.post(address(Business), {"action": "accept", "_selected_action": [waiting.pk]})
    assert f"{waiting.name}: Active" in words(operator.get(address(LogEntry)).text)


def test_why_a_message_was_not_sent_is_a_sentence(operator: Client) -> None:
    Message.objects.update(status=MessageStatus.WITHHELD, error="the consent was withdrawn")
    assert "The consent was withdrawn." in words(operator.get(address(Message)).text)


def test_a_file_is_taken_with_one_press(operator: Client) -> None:
    form = operator.get(address(Business, "export/")).context["form"]
    assert form["format"].value() == "0"
    assert [label for _value, label in form.fields["format"].choices] == ["csv", "xlsx"]


def test_a_filter_has_a_title_of_ours_and_counts_no_table(operator: Client) -> None:
    operator.cookies["django_language"] = "ru"
    for model in LISTS:
        shown = operator.get(address(model)).context["cl"]
        for each in shown.filter_specs:
            assert not re.search("[a-z]", str(each.title)), f"{model.__name__}: {each.title}"
        assert "Apply Filters" not in operator.get(address(model)).text
        assert not shown.add_facets
        assert shown.model_admin.show_facets == admin.ShowFacets.NEVER
