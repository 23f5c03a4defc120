"""What was agreed to, when, and under which words."""

from datetime import timedelta

import pytest

from conftest import NOON, Shop
from customers import consents
from customers.models import Channel, Consent, Customer
from customers.tests.conftest import PHONE

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids(shop: Shop) -> dict[str, int]:
    return {"customer_id": Customer.objects.create(phone=PHONE).pk, "business_id": shop.business.pk}


def test_nobody_has_agreed_until_asked(ids: dict[str, int]) -> None:
    assert not consents.agreed(**ids, channel=Channel.SMS)


def test_a_consent_keeps_its_words_its_place_and_its_moment(ids: dict[str, int]) -> None:
    consents.give(**ids, channel=Channel.SMS, source="join", at=NOON)
    row = Consent.objects.get()
    assert (row.granted, row.text_version, row.source, row.at) == (True, consents.CURRENT, "join", NOON)
    assert "Nar" in consents.text(business="Nar", version=row.text_version)


def test_the_newest_answer_counts_and_the_history_stays(ids: dict[str, int]) -> None:
    for days, answer in enumerate([consents.give, consents.withdraw, consents.give]):
        answer(**ids, channel=Channel.SMS, source="points", at=NOON + timedelta(days=days))
        assert consents.agreed(**ids, channel=Channel.SMS) == (answer is consents.give)
    assert list(Consent.objects.order_by("id").values_list("granted", flat=True)) == [True, False, True]
    assert [(each.granted, each.at) for each in consents.current(customer_id=ids["customer_id"])] == [
        (True, NOON + timedelta(days=2))
    ]


def test_the_same_answer_twice_is_one_answer(ids: dict[str, int]) -> None:
    consents.give(**ids, channel=Channel.SMS, source="points", at=NOON)
    consents.give(**ids, channel=Channel.SMS, source="points", at=NOON + timedelta(days=1))
    assert Consent.objects.get().at == NOON


def test_a_yes_to_newer_words_is_a_new_answer(ids: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    consents.give(**ids, channel=Channel.SMS, source="points", at=NOON)
    monkeypatch.setattr(consents, "CURRENT", "2027-01")
    consents.give(**ids, channel=Channel.SMS, source="points", at=NOON)
    assert list(Consent.objects.order_by("id").values_list("text_version", flat=True)) == ["2026-11", "2027-01"]


def test_channels_and_businesses_are_asked_apart(ids: dict[str, int], new_shop: object) -> None:
    consents.give(**ids, channel=Channel.SMS, source="points", at=NOON)
    other = {**ids, "business_id": new_shop("rose").business.pk}
    assert not consents.agreed(**ids, channel=Channel.EMAIL)
    assert not consents.agreed(**other, channel=Channel.SMS)
