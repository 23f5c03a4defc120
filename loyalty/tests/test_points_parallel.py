"""What customers do with many real connections at once."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest

from conftest import NOON, Shop
from customers import cards, codes, messages
from customers.models import Card, Code, Customer, Message, MessageKind, MessageStatus
from customers.tests.conftest import ask, other_than, sent_code
from loyalty.models import Wallet
from loyalty.tests.conftest import PHONE
from loyalty.tests.parallel import crew
from loyalty.tests.test_enrolment import enrol

pytestmark = pytest.mark.django_db(transaction=True)

taken: list[int] = []


def gateway(message: Message) -> None:
    taken.append(message.pk)


def kinds(results: list[object]) -> Counter[str]:
    return Counter(type(result).__name__ for result in results)


def test_20_attempts_at_once_are_five_attempts() -> None:
    with crew(20) as hands:
        asked = ask()
        wrong = other_than(sent_code())
        results = hands.all_at_once([partial(codes.check, asked=asked, code=wrong, at=NOON)] * 20)
        assert kinds(results) == {"WrongCode": 5, "TooManyAttempts": 15}
    assert Code.objects.get().attempts == 5
    assert len(hands.backends) == 20


def test_the_right_code_sent_8_times_at_once_counts_once() -> None:
    with crew(8) as hands:
        for round_ in range(5):
            asked = ask(at=NOON + timedelta(hours=round_))
            call = partial(codes.check, asked=asked, code=sent_code(), at=NOON + timedelta(hours=round_))
            assert kinds(hands.all_at_once([call] * 8)) == {"NoneType": 1, "UsedCode": 7}


def test_8_requests_for_a_code_at_once_send_one() -> None:
    with crew(8) as hands:
        assert kinds(hands.all_at_once([ask] * 8)) == {"Asked": 1, "TooSoon": 7}
    assert Code.objects.count() == Message.objects.count() == 1


def test_one_client_cannot_pass_the_limit_by_asking_for_30_phones_at_once() -> None:
    with crew(30) as hands:
        calls = [partial(ask, phone=f"+99450111{n:04}") for n in range(30)]
        assert kinds(hands.all_at_once(calls)) == {"Asked": 20, "TooSoon": 10}


def test_8_senders_at_once_send_every_message_once(settings: object) -> None:
    settings.MESSAGE_GATEWAY = f"{__name__}.gateway"
    taken.clear()
    for number in range(60):
        messages.queue(kind=MessageKind.POINTS_EARNED, to=PHONE, text=f"number {number}", language="en", at=NOON)
    with crew(8) as hands:
        sent = hands.all_at_once([partial(messages.send_due, clock=lambda: NOON)] * 8)
    assert sum(sent) == 60
    assert len(taken) == len(set(taken)) == 60
    assert not Message.objects.exclude(status=MessageStatus.SENT).exists()


@pytest.mark.parametrize("who", [{"phone": PHONE}, {"phone": None, "external_id": "C-7"}])
def test_8_enrolments_at_once_open_one_account(shop: Shop, who: dict[str, str]) -> None:
    with crew(8) as hands:
        members = hands.all_at_once([partial(enrol, shop, **who)] * 8)
    assert sum(member.enrolled for member in members) == 1
    assert len({member.public_id for member in members}) == 1
    assert Customer.objects.count() == Wallet.objects.count() == 1


def test_8_requests_for_a_card_at_once_give_the_same_one(shop: Shop) -> None:
    member = enrol(shop)
    ids = {"program_id": shop.business.program_id, "customer_id": member.customer_id, "at": NOON}
    with crew(8) as hands:
        tokens = {card.token for card in hands.all_at_once([partial(cards.current, **ids)] * 8)}
        assert len(tokens) == 1
        replaced = hands.all_at_once([partial(cards.replace, **ids, token=tokens.pop())] * 8)
    assert len({card.token for card in replaced}) == 1
    assert Card.objects.count() == 2
