"""Points in a conversation: what is told to whom, and that it fits a telephone."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from businesses.models import Business, BusinessStatus, Program
from conftest import NOON, Shop
from customers.models import Customer, Message
from customers.tests.test_conversations import hear
from loyalty import rewards
from loyalty.models import Wallet
from loyalty.tests.conftest import PHONE, buy, redeem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

GSM = set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
          "abcdefghijklmnopqrstuvwxyzäöñüà")  # fmt: skip


def parts(text: str) -> int:
    """How many text messages it costs (GSM 03.38): 160 signs or 153 each, and 70 or 67 beyond its alphabet."""
    one, each = (160, 153) if set(text) <= GSM else (70, 67)
    return 1 if len(text) <= one else -(-len(text) // each)


@pytest.fixture
def far(new_shop: Callable[..., Shop]) -> Shop:
    other = Program.objects.create(slug="far", name="Far", currency="USD", join_code="FAR")
    return new_shop("rose", program=other)


def test_balance_says_a_line_for_each_programme(shop: Shop, far: Shop) -> None:
    buy(shop, 1240)
    buy(far, 7)
    assert hear("BALANCE") == ["Circle: 1,240 points.\nFar: 7 points."]


def test_balance_of_somebody_else_is_never_told(shop: Shop) -> None:
    buy(shop, 40, phone="+994507654321")
    (said,) = hear("BALANCE")
    assert said == hear("BALANCE", sender="+994557654321")[0]
    assert "40" not in said


def test_balance_names_what_is_on_its_way(shop: Shop) -> None:
    Program.objects.update(pending_days=14)
    buy(shop, 40, at=timezone.now())
    assert hear("points") == ["Circle: 0 points. 40 points more are on their way."]


def test_history_says_the_newest_first(shop: Shop, far: Shop) -> None:
    buy(shop, 40)
    redeem(shop, 5)
    buy(far, 7)
    buy(shop, 10)
    day = hear("HISTORY")[0].split(" +")[0]
    assert hear("HISTORY") == [f"{day} +10 Nar\n{day} +7 Rose\n{day} -5 Coffee"]


def test_history_without_any_says_so(shop: Shop) -> None:
    Wallet.objects.create(program=shop.business.program, customer=Customer.objects.create(phone=PHONE))
    assert "Nothing has happened" in hear("HISTORY")[0]


def test_rewards_say_what_there_is_and_then_how_far_the_next_is(shop: Shop) -> None:
    buy(shop, 60)
    assert hear("REWARDS") == ["Circle: no rewards for you at the moment."]
    reward = {"program": shop.business.program, "business": shop.business}
    rewards.make(**reward, values={"name": "Trip", "points": 100})
    assert hear("REWARDS") == ["Circle: 40 points more for Trip."]
    for name, points in (("Tea", 10), ("Cake", 50), ("Soup", 20), ("Bun", 15)):
        rewards.make(**reward, values={"name": name, "points": points})
    assert hear("REWARDS") == ["Circle: you can have Cake (50), Soup (20), 2 more."]


def test_a_confidential_business_is_never_named(new_shop: Callable[..., Shop]) -> None:
    clinic = new_shop("clinic", name="Skin Clinic", confidential=True)
    buy(clinic, 60)
    redeem(clinic, 5, description="Laser")
    rewards.make(program=clinic.business.program, business=clinic.business, values={"name": "Peeling", "points": 20})
    said = " ".join(hear(text)[0] for text in ("BALANCE", "HISTORY", "REWARDS", "JOIN clinic", "HELP"))
    assert "+60 Circle" in said
    for word in ("Clinic", "Laser", "Peeling"):
        assert word not in said


def test_a_shop_that_is_confidential_is_not_joined_by_its_name(new_shop: Callable[..., Shop]) -> None:
    new_shop("clinic", confidential=True)
    assert hear("JOIN clinic") == hear("JOIN nothing-of-this-name", sender="+994507654321")
    assert not Wallet.objects.exists()


@pytest.mark.parametrize("text", ["JOIN nar", "join Nar!", "Вступить Nar", "QOŞUL nar", "JOIN circle", "JOIN"])
def test_join_opens_an_account_for_the_number_that_wrote(text: str, shop: Shop) -> None:
    (said,) = hear(text)
    assert "Nar" in said
    wallet = Wallet.objects.get()
    assert (wallet.customer.phone, wallet.program) == (PHONE, shop.business.program)
    assert Message.objects.get().customer == wallet.customer


def test_join_finds_a_shop_by_its_name_in_other_letters(new_shop: Callable[..., Shop]) -> None:
    new_shop("chaykhana", name="Чайхана")
    new_shop("nar")
    hear("вступить Чайхана")
    assert Wallet.objects.count() == 1


def test_join_again_says_the_balance(shop: Shop) -> None:
    buy(shop, 40)
    assert hear("JOIN nar") == ["You are a member already. Circle: 40 points."]


def test_join_asks_which_shop_where_there_are_several(shop: Shop, far: Shop) -> None:
    assert "name of the shop" in hear("JOIN")[0]
    Business.objects.filter(pk=far.business.pk).update(status=BusinessStatus.CLOSED)
    assert "name of the shop" in hear("JOIN rose", sender="+994507654321")[0]
    assert not Wallet.objects.exists()


def test_who_joined_by_sms_agreed_to_no_messages(shop: Shop) -> None:
    hear("JOIN nar")
    assert not Customer.objects.get().consents.exists()


def test_a_paused_card_says_so(shop: Shop) -> None:
    buy(shop, 60)
    Customer.objects.update(blocked_at=NOON)
    assert hear("REWARDS") == ["Circle: your card is paused. Ask at the counter."]
    assert hear("BALANCE") == ["Circle: 60 points."]


WORDS = [
    ("BALANCE", "HISTORY", "REWARDS", "HELP", "JOIN nar", "STOP", "START"),
    ("БАЛАНС", "ИСТОРИЯ", "НАГРАДЫ", "ПОМОЩЬ", "ВСТУПИТЬ nar", "СТОП", "СТАРТ"),
    ("BALANS", "TARİXÇƏ", "HƏDİYYƏLƏR", "KÖMƏK", "QOŞUL nar", "DAYAN", "BAŞLA"),
]


@pytest.mark.parametrize("words", WORDS)
def test_an_answer_costs_no_more_than_two_text_messages(words: tuple[str, ...], shop: Shop, settings: object) -> None:
    settings.PUBLIC_BASE_URL = "https://loyalty.example.com"
    buy(shop, 12400)
    redeem(shop, 120, description="A cup of coffee with a very long name")
    buy(shop, 80)
    for name in ("Espresso with cardamom and cream", "Breakfast for two on a Sunday", "Tea"):
        rewards.make(program=shop.business.program, business=shop.business, values={"name": name, "points": 100})
    for word in words:
        for said in hear(word):
            assert parts(said) <= 2, said


def test_nothing_of_a_conversation_is_shown_to_staff(shop: Shop) -> None:
    buy(shop, 40)
    hear("BALANCE")
    message = Message.objects.get()
    assert message.business is None
