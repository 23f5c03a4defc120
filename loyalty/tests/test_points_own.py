"""What the customer's page says about themselves: what is known, whether they are blocked, and in their language."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from businesses.models import Business
from conftest import NOON, Shop
from customers import blocking, profiles
from customers.profiles import Told
from loyalty import disputes
from loyalty.models import Dispute, DisputeReason, Operation, Wallet
from loyalty.tests.conftest import adjust, buy, wallet
from loyalty.tests.test_points_page import sign_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]


@pytest.fixture
def mine(shop: Shop, client: Client) -> Wallet:
    buy(shop, 40, at=NOON)
    sign_in(client)
    return wallet()


def page(client: Client, mine: Wallet, name: str = "points-wallet") -> str:
    return text(client.get(reverse(name, args=[mine.public_id])))


def tell(mine: Wallet, **told: object) -> None:
    profiles.save(program_id=mine.program_id, customer_id=mine.customer_id, told=Told(**told))  # type: ignore[arg-type]


def test_who_is_blocked_reads_that_their_points_are_safe_and_whom_to_ask(
    shop: Shop, mine: Wallet, client: Client
) -> None:
    shop.business.support_phone = "*2255"
    shop.business.save()
    assert "paused" not in page(client, mine)
    blocking.block(customer=mine.customer, reason="Shares the card", at=NOON)
    told = page(client, mine)
    assert "Your card is paused: your points are safe" in told
    assert "Ask at Nar about it. *2255" in told
    assert "Shares the card" not in told  # the operator's own note
    blocking.lift(customer=mine.customer)
    assert "paused" not in page(client, mine)


def test_in_a_coalition_one_asks_at_any_of_its_places(
    shop: Shop, mine: Wallet, client: Client, new_shop: Callable[..., Shop]
) -> None:
    new_shop("tea")
    blocking.block(customer=mine.customer, reason="?", at=NOON)
    assert "Ask at any place of Circle about it." in page(client, mine)
    assert "Ask at any place of Circle." in page(client, mine, "points-privacy")


def test_the_privacy_page_tells_what_is_known_and_how_to_be_forgotten(mine: Wallet, client: Client) -> None:
    assert "Name – Birthday – E-mail – Language – Purchases 1" in page(client, mine, "points-privacy")
    tell(mine, name="Aysel", birthday=NOON.date(), email="aysel@example.com", language="az")
    client.cookies["django_language"] = "en"
    known = page(client, mine, "points-privacy")
    assert "Phone +994 50 ••• •• 67 Name Aysel Birthday 3 March 2026 E-mail aysel@example.com Language Azer" in known
    assert "Do you want to be forgotten? Ask at Nar" in known


def test_the_copy_that_a_phone_keeps_tells_no_balance_and_no_past(shop: Shop, mine: Wallet, client: Client) -> None:
    buy(shop, 4281)
    tell(mine, name="Aysel")
    copy = client.get(reverse("points-copy", args=[mine.public_id]))
    assert "Aysel" in text(copy)
    assert not re.search("4,?[23][28]1", text(copy))
    assert "/history/" not in copy.content.decode()


def test_the_first_page_tells_the_next_expiry_on_the_card_and_warns_when_it_is_near(
    shop: Shop, mine: Wallet, client: Client
) -> None:
    assert 'class="note"' not in client.get(reverse("points-wallet", args=[mine.public_id])).content.decode()
    shop.business.program.points_last_months = 12
    shop.business.program.save()
    for age, in_card in ((5, True), (350, False)):
        buy(shop, 10, at=timezone.now() - timedelta(days=age))
        shown = client.get(reverse("points-wallet", args=[mine.public_id])).content.decode()
        assert ('class="note"' in shown, "banner warning" in shown) == (in_card, not in_card)
        assert shown.count(reverse("points-expiry", args=[mine.public_id])) == 2


def test_a_new_phone_speaks_the_language_that_its_owner_told_once(mine: Wallet, client: Client) -> None:
    tell(mine, language="ru")
    home = reverse("points-wallet", args=[mine.public_id])
    assert '<html lang="ru"' in client.get(home, follow=True).content.decode()
    client.post("/language/", {"language": "az", "next": home})
    assert '<html lang="az"' in client.get(home).content.decode()  # pressed here, so it stays


def test_a_fresh_answer_is_told_on_the_first_page(shop: Shop, mine: Wallet, client: Client) -> None:
    sale = Operation.objects.get()
    asked = disputes.make(operation=sale, reason=DisputeReason.OTHER, text="?", at=NOON)
    assert "has been answered" not in page(client, mine)
    disputes.answer(dispute=asked, staff=shop.staff, text="Sorry!", at=timezone.now())
    assert "Your question has been answered." in page(client, mine)
    Dispute.objects.update(answered_at=timezone.now() - timedelta(days=15))
    assert "has been answered" not in page(client, mine)


def test_a_correction_tells_its_reason(shop: Shop, mine: Wallet, client: Client) -> None:
    corrected = adjust(shop, 15)
    address = reverse("points-entry", args=[mine.public_id, corrected.public_id])
    told = text(client.get(address))
    assert "+15 points" in told
    assert f"Reason {Operation.objects.get(pk=corrected.id).adjustment.reason}" in told
    assert "These 15 points do not expire." in told
    assert "+15" in text(client.get(reverse("points-history", args=[mine.public_id]), {"kind": "other"}))


def test_a_corrections_reason_stands_in_the_lists_as_the_business_wrote_it(
    shop: Shop, mine: Wallet, client: Client
) -> None:
    adjust(shop, 15, reason="Cake was <b>off</b>, sorry")
    for name in ("points-wallet", "points-history"):
        assert (
            "Cake was &lt;b&gt;off&lt;/b&gt;, sorry"
            in client.get(reverse(name, args=[mine.public_id])).content.decode()
        )


def test_the_reason_of_a_confidential_business_stands_on_the_opened_line_only(
    shop: Shop, mine: Wallet, client: Client
) -> None:
    Business.objects.update(confidential=True, category="medical")
    corrected = adjust(shop, 15, reason="Second blood test")
    for name in ("points-wallet", "points-history"):
        assert "blood" not in page(client, mine, name)
    opened = client.get(reverse("points-entry", args=[mine.public_id, corrected.public_id]))
    assert "Reason Second blood test" in text(opened)
