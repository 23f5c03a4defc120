"""Something is wrong with a purchase: the customer says so, its business answers, and both read it where it belongs."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from businesses.models import BusinessStatus, Program, Role, Staff
from businesses.tests.conftest import cashier, hire, manager, owner, signed_in
from conftest import NOON, Shop
from customers import consents
from customers.models import Channel, Message
from loyalty import disputes
from loyalty.models import Dispute, DisputeReason, Operation, Wallet
from loyalty.tests.conftest import PHONE, buy, redeem, wallet
from loyalty.tests.test_points_page import NASTY, sign_in, text

__all__ = ["cashier", "manager", "owner"]  # fixtures
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


@pytest.fixture
def sale(shop: Shop) -> Operation:
    return Operation.objects.get(pk=buy(shop, 40, at=NOON).id)


@pytest.fixture
def mine(sale: Operation, client: Client) -> Wallet:
    sign_in(client)
    return wallet()


def ask(client: Client, mine: Wallet, operation: object, **said: Any) -> HttpResponse:
    body = {"reason": "amount", "text": "It was 4.00, not 40.00"} | said
    return client.post(reverse("points-dispute", args=[mine.public_id, operation]), body)


def line(client: Client, mine: Wallet, operation: object) -> str:
    return text(client.get(reverse("points-entry", args=[mine.public_id, operation])))


def make(operation: Operation, at: Any = NOON) -> Dispute:
    return disputes.make(operation=operation, reason=DisputeReason.AMOUNT, text="?", at=at)


# --- Asking -------------------------------------------------------------------------------------------------


def test_what_is_wrong_is_asked_answered_and_read_on_the_line_it_is_about(
    sale: Operation, mine: Wallet, client: Client, manager: Client
) -> None:
    assert "Something is wrong here" in line(client, mine, sale.public_id)
    assert ask(client, mine, sale.public_id).status_code == 302
    waiting = line(client, mine, sale.public_id)
    assert "The amount is wrong Open It was 4.00, not 40.00 Nar has your question." in waiting
    assert "Something is wrong here" not in waiting
    assert "Questions 1" in text(manager.get("/counter/"))
    assert "The amount is wrong" in text(manager.get("/disputes/"))
    page = reverse("dispute", args=[Dispute.objects.get().public_id])
    shown = text(manager.get(page))
    assert "It was 4.00, not 40.00" in shown
    assert "40.00 ₼" in shown.replace("\xa0", " ")
    assert reverse("counter-receipt", args=[sale.public_id]) in manager.get(page).content.decode()
    assert manager.post(page, {"text": "You are right, we have undone it."}).url == "/disputes/"
    told = line(client, mine, sale.public_id)
    assert "Answered It was 4.00, not 40.00 Nar You are right, we have undone it." in told
    assert "Something is wrong here" in told  # and may be asked again
    assert "Questions 1" not in text(manager.get("/counter/"))
    assert "Questions" in text(manager.get("/counter/")), "where its answer is found again"
    assert "You are right" in text(manager.get(page))


def test_the_same_question_twice_is_one_question(sale: Operation, mine: Wallet, client: Client) -> None:
    for _ in range(2):
        assert ask(client, mine, sale.public_id).status_code == 302
    assert Dispute.objects.count() == 1


def test_words_are_sealed_in_the_database(sale: Operation, mine: Wallet, client: Client) -> None:
    ask(client, mine, sale.public_id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM loyalty_dispute")
        assert "4.00" not in cursor.fetchone()[0]


@pytest.mark.parametrize(
    "said", [{"reason": ""}, {"reason": "odd"}, {"reason": "other", "text": " "}, {"text": "x" * 501}, {"text": "\0"}]
)
def test_what_cannot_be_sent_is_kept_and_explained(
    sale: Operation, mine: Wallet, client: Client, said: dict[str, str]
) -> None:
    page = ask(client, mine, sale.public_id, **said)
    assert page.status_code == 422
    assert "errorlist" in page.content.decode()
    assert Dispute.objects.count() == 0


@pytest.mark.parametrize("words", [word for word in NASTY if "\0" not in word and len(word) < 500])
def test_words_come_out_as_they_went_in(sale: Operation, mine: Wallet, client: Client, words: str) -> None:
    ask(client, mine, sale.public_id, text=words)
    assert Dispute.objects.get().text == words
    page = client.get(reverse("points-entry", args=[mine.public_id, sale.public_id]))
    assert "<script>alert" not in page.content.decode()


def test_five_a_day_and_the_next_day_again(shop: Shop, mine: Wallet, client: Client) -> None:
    now = timezone.now()
    for _ in range(5):
        make(Operation.objects.get(pk=buy(shop, 3).id), at=now)
    last = Operation.objects.get(pk=buy(shop, 3).id)
    page = ask(client, mine, last.public_id)
    assert page.status_code == 422
    assert "Come back tomorrow" in text(page)
    Dispute.objects.update(made_at=now - timedelta(days=1, minutes=1))
    assert ask(client, mine, last.public_id).status_code == 302


def test_nobody_asks_about_what_is_not_theirs_or_what_the_calendar_did(
    shop: Shop, mine: Wallet, client: Client
) -> None:
    theirs = buy(shop, 5, phone="+994507654321")
    assert ask(client, mine, theirs.public_id).status_code == 404
    shop.business.program.points_last_months = 12
    shop.business.program.save()
    buy(shop, 30, at=NOON - timedelta(days=500))
    redeem(shop, 1)
    expired = Operation.objects.get(kind="expiry")
    assert "Something is wrong here" not in line(client, mine, expired.public_id)
    assert ask(client, mine, expired.public_id).status_code == 404
    assert Dispute.objects.count() == 0


def test_the_database_holds_one_open_question_per_purchase_and_no_answer_of_nobody(sale: Operation) -> None:
    fields = {"operation": sale, "customer_id": sale.customer_id, "business": sale.business, "reason": "other"}
    Dispute.objects.create(**fields, made_at=NOON)
    with pytest.raises(IntegrityError, match="one_open_dispute"), transaction.atomic():
        Dispute.objects.create(**fields, made_at=NOON)
    with pytest.raises(IntegrityError, match="dispute_answered_by_somebody"), transaction.atomic():
        Dispute.objects.update(answered_at=NOON)


@pytest.mark.django_db(transaction=True)
def test_the_limit_holds_for_those_who_ask_at_the_same_moment(shop: Shop) -> None:
    sales = [Operation.objects.get(pk=buy(shop, 3).id) for _ in range(9)]

    def one(operation: Operation) -> bool:
        try:
            make(operation)
        except disputes.TooMany:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(9) as at_once:
        assert sum(at_once.map(one, sales)) == disputes.MOST_A_DAY


# --- Answering ----------------------------------------------------------------------------------------------


def test_of_two_who_answer_the_second_is_told(shop: Shop, sale: Operation, owner: Client) -> None:
    asked = make(sale)
    other = hire(shop.business, Role.MANAGER, "mina@nar.test")
    disputes.answer(dispute=asked, staff=other, text="Sorry!", at=NOON)
    page = owner.post(reverse("dispute", args=[asked.public_id]), {"text": "No."}, follow=True)
    assert "mina has answered already. Nothing was changed." in text(page)
    assert "Sorry!" in text(page)
    asked.refresh_from_db()
    assert (asked.answer, asked.answered_by) == ("Sorry!", other)


def test_the_same_answer_twice_is_one_answer(shop: Shop, sale: Operation) -> None:
    asked = make(sale)
    for minute in range(2):
        at = NOON + timedelta(minutes=minute)
        disputes.answer(dispute=asked, staff=shop.staff, text="Sorry!", at=at)
    assert Dispute.objects.get().answered_at == NOON


@pytest.mark.parametrize("said", ["", " ", "x" * 501, "\0"])
def test_an_answer_needs_words(sale: Operation, owner: Client, said: str) -> None:
    page = owner.post(reverse("dispute", args=[make(sale).public_id]), {"text": said})
    assert page.status_code == 422
    assert Dispute.objects.get().answered_at is None


def test_a_business_reads_only_what_it_was_asked(
    sale: Operation, new_shop: Callable[..., Shop], cashier: Client
) -> None:
    asked = make(sale)
    tea = signed_in(new_shop("tea").owner)
    assert "Nobody waits for an answer" in text(tea.get("/disputes/"))
    assert tea.get(reverse("dispute", args=[asked.public_id])).status_code == 404
    assert cashier.get("/disputes/").status_code == 404
    assert "Questions" not in text(cashier.get("/counter/"))


def test_staff_see_no_name_and_no_phone_of_who_asked_in_full(sale: Operation, mine: Wallet, owner: Client) -> None:
    page = owner.get(reverse("dispute", args=[make(sale).public_id])).content.decode()
    assert "•• 45 67" in page
    assert "+99450" not in page


def test_many_questions_have_pages_and_those_answered_a_tab(shop: Shop, owner: Client) -> None:
    sales = [Operation.objects.get(pk=buy(shop, 3).id) for _ in range(53)]
    made = [make(each, at=NOON + timedelta(days=day)) for day, each in enumerate(sales)]
    for asked in made[:3]:
        disputes.answer(dispute=asked, staff=shop.staff, text="Sorry!", at=NOON)
    links = [reverse("dispute", args=[asked.public_id]) for asked in made]
    seen = []
    for page, between in (("1", "1–20 of 50"), ("2", "21–40 of 50"), ("3", "41–50 of 50")):
        shown = owner.get("/disputes/", {"page": page})
        assert between in text(shown)
        assert "Waiting · 50 Answered · 3" in text(shown)
        seen += [link for link in links if link in shown.content.decode()]
    assert seen == links[3:]
    answered = owner.get("/disputes/", {"answered": "1"}).content.decode()
    assert [link for link in links if link in answered] == links[:3]
    assert owner.get("/disputes/", {"page": "x\0"}).status_code == 200


def test_words_of_any_script_run_their_own_way(shop: Shop, sale: Operation, mine: Wallet, client: Client) -> None:
    ask(client, mine, sale.public_id, text="المبلغ خاطئ")
    asked = Dispute.objects.get()
    boss = signed_in(shop.owner)
    asking = boss.get(reverse("dispute", args=[asked.public_id])).content.decode()
    assert '<blockquote class="card" dir="auto">المبلغ' in asking
    disputes.answer(dispute=asked, staff=shop.staff, text="عذرا", at=NOON)
    page = client.get(reverse("points-entry", args=[mine.public_id, sale.public_id])).content.decode()
    assert page.count('<blockquote dir="auto">') == 2
    form = client.get(reverse("points-dispute", args=[mine.public_id, sale.public_id])).content.decode()
    assert 'dir="auto"' in form.split("<textarea")[1].split(">")[0]


def test_a_business_that_has_closed_is_asked_nothing_more_and_nobody_waits_for_its_answer(
    shop: Shop, sale: Operation, mine: Wallet, client: Client, owner: Client
) -> None:
    ask(client, mine, sale.public_id)
    asked = Dispute.objects.get()
    shop.business.status = BusinessStatus.CLOSED
    shop.business.save()
    assert owner.post(reverse("dispute", args=[asked.public_id]), {"text": "Sorry!"}).status_code == 404
    assert "Nar has closed. Nobody there can answer any more." in line(client, mine, sale.public_id)
    assert "Something is wrong here" not in line(client, mine, sale.public_id)
    assert ask(client, mine, sale.public_id).status_code == 404


# --- Telling of the answer ----------------------------------------------------------------------------------


def test_who_agreed_is_told_once_that_there_is_an_answer_and_not_what_it_says(shop: Shop, sale: Operation) -> None:
    asked = make(sale)
    ids = {"customer_id": sale.customer_id, "business_id": shop.business.pk}
    consents.give(**ids, channel=Channel.SMS, source="points", at=NOON)
    for _ in range(2):
        disputes.answer(dispute=asked, staff=shop.staff, text="You were right", at=NOON)
    told = Message.objects.get()
    assert told.text == f"Nar: your question has been answered. Read it on {settings.PUBLIC_BASE_URL}/points/"
    assert (told.kind, told.to, told.business_id) == ("question_answered", PHONE, shop.business.pk)


def test_who_did_not_agree_is_told_on_their_page_only(shop: Shop, sale: Operation) -> None:
    disputes.answer(dispute=make(sale), staff=shop.staff, text="You were right", at=NOON)
    assert not Message.objects.exists()


def test_a_confidential_business_tells_of_its_answer_as_its_programme(new_shop: Callable[..., Shop]) -> None:
    clinic = new_shop("clinic", confidential=True, category="medical")
    asked = make(Operation.objects.get(pk=buy(clinic, 5).id))
    ids = {"customer_id": asked.customer_id, "business_id": clinic.business.pk}
    consents.give(**ids, channel=Channel.SMS, source="points", at=NOON)
    disputes.answer(dispute=asked, staff=clinic.staff, text="You were right", at=NOON)
    assert Message.objects.get().text.startswith("Circle: your question")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_answer_at_the_same_moment_one_counts_and_the_customer_is_told_once(shop: Shop) -> None:
    asked = make(Operation.objects.get(pk=buy(shop, 5).id))
    ids = {"customer_id": asked.customer_id, "business_id": shop.business.pk}
    consents.give(**ids, channel=Channel.SMS, source="points", at=NOON)
    managers = [Staff.objects.get(user=hire(shop.business, Role.MANAGER, f"m{n}@nar.test").user) for n in range(4)]

    def one(staff: Staff) -> bool:
        try:
            disputes.answer(dispute=asked, staff=staff, text=f"From {staff.pk}", at=NOON)
        except disputes.AlreadyAnswered:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as at_once:
        assert sum(at_once.map(one, managers)) == 1
    asked.refresh_from_db()
    assert asked.answer == f"From {asked.answered_by_id}"
    assert Message.objects.count() == 1


# --- Finding the answer again -------------------------------------------------------------------------------


def test_an_answer_is_news_until_it_has_been_opened_and_is_found_afterwards(
    shop: Shop, sale: Operation, mine: Wallet, client: Client
) -> None:
    home, questions = (reverse(name, args=[mine.public_id]) for name in ("points-wallet", "points-questions"))
    assert questions not in client.get(home).content.decode(), "who never asked has nothing to find"
    asked = make(sale, timezone.now())
    assert questions in client.get(home).content.decode()
    assert "The amount is wrong Nar" in text(client.get(questions))
    assert "Open" in text(client.get(questions))
    line(client, mine, sale.public_id)
    disputes.answer(dispute=asked, staff=shop.staff, text="Sorry!", at=timezone.now())
    for _ in range(2):
        assert "Your question has been answered. Read it" in text(client.get(home))
        assert "New answer" in text(client.get(questions)), "a look at the list is not a look at the answer"
    assert "Sorry!" in line(client, mine, sale.public_id)
    assert "has been answered" not in text(client.get(home))
    assert "New answer" not in text(client.get(questions))
    found = client.get(questions)
    assert "Answered" in text(found)
    assert reverse("points-entry", args=[mine.public_id, sale.public_id]) in found.content.decode()


def test_questions_about_other_points_stand_on_their_own_page(
    sale: Operation, mine: Wallet, client: Client, new_shop: Callable[..., Shop]
) -> None:
    far = new_shop("far", program=Program.objects.create(slug="far", name="Far", currency="USD", join_code="FAR"))
    make(Operation.objects.get(pk=buy(far, 5).id))
    assert "Nothing asked yet" in text(client.get(reverse("points-questions", args=[mine.public_id])))


def test_a_business_finds_its_answers_again_when_nothing_waits(shop: Shop, sale: Operation, owner: Client) -> None:
    assert "Questions" not in text(owner.get("/counter/"))
    disputes.answer(dispute=make(sale), staff=shop.staff, text="Sorry!", at=NOON)
    page = owner.get("/counter/")
    assert "Questions" in text(page)
    assert 'class="count"' not in page.content.decode()
