"""The first page of the panel: what waits is there as soon as it waits, figures are right and cheap."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from businesses.models import Program, User
from businesses.tests.conftest import signed_in
from config.models import TaskRun
from conftest import Shop
from customers import messages
from customers.models import Message, MessageKind
from loyalty import disputes
from loyalty.models import DisputeReason, Operation, OperationKind
from loyalty.tests.conftest import PHONE, buy, redeem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


@pytest.fixture
def operator(db: None) -> Client:
    cache.clear()
    client = signed_in(User.objects.create_superuser("operator@nar.test", "correct horse battery"))
    ran(*settings.CELERY_BEAT_SCHEDULE)  # else what is due each minute is late where the tests take longer than two
    return client


def ran(*names: str, error: str = "") -> None:
    now = timezone.now()
    for name in names:
        TaskRun.objects.create(name=name, task_id=uuid4(), started_at=now, finished_at=now, error=error)


def waits(operator: Client) -> list[str]:
    return [each.text for each in operator.get("/admin/").context["waits"]]


def tile(operator: Client, label: str) -> str:
    return next(each["figure"] for each in operator.get("/admin/").context["tiles"] if each["label"] == label)


def fails(shop: Shop, *, at: Any) -> None:
    messages.queue(kind=MessageKind.CODE, to=PHONE, text="1", language="en", at=at)
    Message.objects.update(status="failed")


# --- What waits -------------------------------------------------------------------------------------------


def test_where_nothing_waits_the_page_says_so(operator: Client, shop: Shop) -> None:
    buy(shop, 10)
    assert waits(operator) == []
    assert "Nothing waits for a decision" in operator.get("/admin/").text


def test_a_business_that_asks_to_join_waits_until_it_is_decided(
    operator: Client, new_shop: Callable[..., Shop]
) -> None:
    business = new_shop("tea", status="waiting").business
    page = operator.get("/admin/")
    assert waits(operator) == ["Tea asks to join Circle (just now)."]
    assert f'href="/admin/businesses/business/{business.pk}/change/"' in page.text
    operator.post(f"/admin/businesses/business/{business.pk}/accept/")
    assert waits(operator) == []


def test_of_many_who_ask_five_are_named(operator: Client, new_shop: Callable[..., Shop]) -> None:
    for n in range(7):
        new_shop(f"shop-{n}", status="waiting")
    assert len(waits(operator)) == 6
    assert waits(operator)[-1] == "2 more businesses ask to join."


def test_a_question_waits_for_the_operator_after_three_days(operator: Client, shop: Shop) -> None:
    bought = buy(shop, 10)
    now = timezone.now()
    asked = disputes.make(
        operation=Operation.objects.get(pk=bought.id), reason=DisputeReason.AMOUNT, text="secret", at=now
    )
    assert waits(operator) == []
    type(asked).objects.update(made_at=now - timedelta(days=4))
    assert waits(operator) == ["1 customer's question is unanswered for more than 3 days."]
    listed = operator.get("/admin/loyalty/dispute/?waits=long")
    assert listed.context["cl"].result_count == 1
    assert "secret" not in listed.text + operator.get(f"/admin/loyalty/dispute/{asked.pk}/change/").text
    disputes.answer(dispute=asked, staff=shop.staff, text="Sorry", at=now)
    assert waits(operator) == []
    assert operator.get("/admin/loyalty/dispute/?waits=open").context["cl"].result_count == 0


def test_breached_books_are_told_until_they_are_proved_again(operator: Client) -> None:
    ran("audit-ledger", error="BooksDisagree: balance_is_its_entries: 1")
    assert waits(operator) == ["The books do not agree: BooksDisagree: balance_is_its_entries: 1"]
    ran("audit-ledger", error="OperationalError: gone")  # which proves nothing
    assert len(waits(operator)) == 2
    assert tile(operator, "Books") == "Do not agree"
    ran("audit-ledger")
    assert (waits(operator), tile(operator, "Books")) == ([], "Agree")


def test_a_task_that_failed_or_is_late_waits(operator: Client) -> None:
    ran("expire-points", error="OperationalError: gone")
    TaskRun.objects.filter(name="forget-codes").update(started_at=timezone.now() - timedelta(hours=3))
    assert waits(operator) == ["2 scheduled tasks are late or failed: expire-points, forget-codes"]


def test_messages_that_failed_this_week_wait_and_are_listed(operator: Client, shop: Shop) -> None:
    fails(shop, at=timezone.now() - timedelta(days=8))
    assert waits(operator) == []
    fails(shop, at=timezone.now() - timedelta(days=2))
    cache.clear()
    page = operator.get("/admin/")
    (failed,) = page.context["waits"]
    assert failed.text == "1 message of the last 7 days could not be delivered."
    assert operator.get(failed.link).context["cl"].result_count == 1


# --- Figures ----------------------------------------------------------------------------------------------


def test_the_figures_are_those_of_the_books(operator: Client, shop: Shop) -> None:
    Program.objects.update(point_value="0.05")
    now = timezone.now()
    buy(shop, 30, at=now - timedelta(days=40))
    buy(shop, 20, at=now - timedelta(days=3), phone="+994551112233")
    buy(shop, 10, at=now)
    redeem(shop, 10)
    context = operator.get("/admin/").context
    assert tile(operator, "Operations today") == "2"
    assert context["in_all"] == "3"
    assert [column.value for column in context["chart"].columns if column.value] == [1, 2]
    (row,) = context["programs"]
    assert (row["wallets"], row["points"], row["worth"]) == ("2", "50", "2.50\xa0₼")
    assert tile(operator, "Customers") == "2"


def test_slow_figures_are_counted_every_few_minutes(operator: Client, shop: Shop) -> None:
    assert tile(operator, "Customers") == "0"
    buy(shop, 10, at=timezone.now())
    assert tile(operator, "Customers") == "0"
    assert tile(operator, "Operations today") == "1", "today is always counted"
    assert "Customers and points counted: just now" in operator.get("/admin/").text
    with CaptureQueriesContext(connection) as queries:
        operator.get("/admin/")
    assert not [query for query in queries if "SUM(" in query["sql"]]


def test_who_may_enter_the_panel_and_is_no_superadmin_reads_no_figures(shop: Shop) -> None:
    helper = User.objects.create_user("helper@nar.test", "correct horse battery", is_staff=True)
    page = signed_in(helper).get("/admin/")
    assert page.status_code == 200
    assert "tiles" not in page.context


def test_operations_of_a_rare_kind_are_found_through_an_index(shop: Shop) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        found = Operation.objects.filter(kind=OperationKind.ADJUSTMENT).order_by("-id")[:50].explain()
    assert "operation_rare_kind" in found
