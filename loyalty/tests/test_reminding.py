"""Customers hear before their points expire: 30 days ahead and 7, once, by daylight, from whom they agreed to hear."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from businesses.models import Business, ExpiryKind, Program
from conftest import NOON, Shop
from customers import consents, messages
from customers.models import Channel, Customer, Message, MessageKind
from loyalty import ledger, reminding
from loyalty.models import ExpiryWarning
from loyalty.tests.conftest import PHONE, buy, redeem, wallet
from loyalty.tests.parallel import crew

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

DAY = timedelta(days=1)
GONE = datetime(2027, 3, 3, 12, tzinfo=UTC)  # a year after NOON: 16:00 in Baku


@pytest.fixture
def lasting(shop: Shop) -> Shop:
    """40 points of NOON that last a year, of a customer who agreed to be written to."""
    Program.objects.update(points_last_months=12)
    with ledger.clock_at(NOON):
        buy(shop, 40, at=NOON)
    agree(shop)
    return shop


def agree(shop: Shop, phone: str = PHONE) -> None:
    customer = Customer.objects.get(phone=phone)
    consents.give(customer_id=customer.pk, business_id=shop.business.pk, channel=Channel.SMS, source="points", at=NOON)


def warn_at(moment: datetime) -> list[str]:
    """What was said then."""
    before = set(Message.objects.values_list("pk", flat=True))
    with ledger.clock_at(moment):
        assert reminding.warn() == Message.objects.exclude(pk__in=before).count()
    return [message.text for message in Message.objects.exclude(pk__in=before).order_by("pk")]


def test_it_is_said_thirty_days_ahead_and_seven_and_never_twice(lasting: Shop) -> None:
    said = {day: warn_at(GONE - day * DAY) for day in (31, 30, 29, 8, 7, 6, 1, 0, -1)}
    assert [day for day, texts in said.items() if texts] == [30, 7]
    assert said[30][0].startswith("Nar: 40 of your points expire from 3 March on. http")
    assert said[7][0].startswith("Nar: 40 of your points expire from 3 March on. http")
    assert list(ExpiryWarning.objects.order_by("pk").values_list("days", "points")) == [(30, 40), (7, 40)]


def test_a_night_that_was_missed_is_made_up_for(lasting: Shop) -> None:
    assert len(warn_at(GONE - 12 * DAY)) == 1
    assert len(warn_at(GONE - 2 * DAY)) == 1
    assert not warn_at(GONE - DAY)


def test_who_hears_it_a_week_ahead_for_the_first_time_hears_it_once(lasting: Shop) -> None:
    assert len(warn_at(GONE - 5 * DAY)) == 1
    assert not warn_at(GONE - 4 * DAY)


def test_what_is_left_counts(lasting: Shop) -> None:
    with ledger.clock_at(GONE - 40 * DAY):
        redeem(lasting, 15)
    assert warn_at(GONE - 30 * DAY)[0].startswith("Nar: 25 of your points")
    with ledger.clock_at(GONE - 20 * DAY):
        redeem(lasting, 25)
    Message.objects.all().delete()
    assert not warn_at(GONE - 7 * DAY)


def test_who_comes_every_week_hears_it_once_a_month_and_not_every_week(shop: Shop) -> None:
    Program.objects.update(points_last_months=12)
    for week in range(8):
        at = NOON + week * 7 * DAY
        with ledger.clock_at(at):
            buy(shop, 10, at=at)
    agree(shop)
    thirty = [warn_at(GONE + (day - 30) * DAY) for day in range(23)]
    assert [len(texts) for texts in thirty] == [1, *[0] * 22]
    assert thirty[0][0].startswith("Nar: 10 of your points expire from 3 March on.")
    with ledger.clock_at(GONE - 7 * DAY):
        reminding.warn()
    assert not warn_at(GONE - DAY)  # of this week it was said
    assert warn_at(GONE + DAY)[0].startswith("Nar: 10 of your points expire from 10 March on.")


def test_a_wallet_that_is_idle_for_too_long_is_told_too(lasting: Shop) -> None:
    Program.objects.update(expiry_kind=ExpiryKind.INACTIVITY, points_last_months=6)
    gone = datetime(2026, 9, 3, 12, tzinfo=UTC)
    assert not warn_at(gone - 31 * DAY)
    assert warn_at(gone - 30 * DAY)[0].startswith("Nar: 40 of your points expire from 3 September on.")
    with ledger.clock_at(gone - 20 * DAY):
        buy(lasting, 1, at=gone - 20 * DAY)
    assert not warn_at(gone - 7 * DAY)


def test_only_who_agreed_has_a_number_and_is_not_blocked_is_told(lasting: Shop) -> None:
    customer = wallet().customer
    day = GONE - 30 * DAY
    ids = {"customer_id": customer.pk, "business_id": lasting.business.pk, "channel": Channel.SMS, "source": "points"}
    consents.withdraw(**ids, at=NOON)
    assert not warn_at(day)
    consents.give(**ids, at=NOON)
    Customer.objects.update(blocked_at=NOON)
    assert not warn_at(day)
    Customer.objects.update(blocked_at=None)
    Business.objects.update(tells_points_expiring=False)
    assert not warn_at(day)
    Business.objects.update(tells_points_expiring=True)
    assert len(warn_at(day)) == 1


def test_the_business_they_came_to_last_writes_and_a_confidential_one_as_its_programme(
    lasting: Shop, new_shop: Callable[..., Shop]
) -> None:
    later, clinic = new_shop("alma"), new_shop("clinic", confidential=True)
    for n, place in enumerate((later, clinic), 1):
        with ledger.clock_at(NOON + n * DAY):
            buy(place, 5, at=NOON + n * DAY)
    assert warn_at(GONE - 30 * DAY)[0].startswith("Nar: 40 of your points")  # the others were not allowed to
    ExpiryWarning.objects.all().delete()
    agree(later)
    assert warn_at(GONE - 30 * DAY)[0].startswith("Alma: ")
    ExpiryWarning.objects.all().delete()
    agree(clinic)
    assert warn_at(GONE - 30 * DAY)[0].startswith("Circle: ")


@pytest.mark.parametrize(
    ("hour", "sent"),
    [
        (2, "2027-02-03T05:00+00:00"),  # six in the morning: at nine
        (6, "2027-02-03T06:00+00:00"),
        (15, "2027-02-03T15:00+00:00"),  # seven in the evening
        (16, "2027-02-04T05:00+00:00"),  # eight: tomorrow
        (23, "2027-02-04T05:00+00:00"),
    ],
)
def test_nobody_is_woken_up(lasting: Shop, hour: int, sent: str) -> None:
    assert warn_at(datetime(2027, 2, 3, hour, tzinfo=UTC))
    message = Message.objects.get(kind=MessageKind.POINTS_EXPIRING)
    assert (message.send_after, message.send_before) == (datetime.fromisoformat(sent), GONE)


def test_it_waits_until_then_and_is_not_sent_when_it_is_too_late(lasting: Shop) -> None:
    assert warn_at(datetime(2027, 2, 3, 2, tzinfo=UTC))
    assert messages.send_due(clock=lambda: datetime(2027, 2, 3, 4, 59, tzinfo=UTC)) == 0
    assert messages.send_due(clock=lambda: datetime(2027, 2, 3, 5, tzinfo=UTC)) == 1
    assert warn_at(GONE - 7 * DAY)
    assert messages.send_due(clock=lambda: GONE + DAY) == 0


def test_each_reads_it_in_their_own_language(lasting: Shop) -> None:
    Business.objects.update(language="ru")
    assert "3 марта" in warn_at(GONE - 30 * DAY)[0]


@pytest.mark.django_db(transaction=True)
def test_two_who_warn_at_once_say_it_once(shop: Shop) -> None:
    Program.objects.update(points_last_months=12)
    now = timezone.now()
    for n in range(30):
        phone = f"+9945012300{n:02}"
        with ledger.clock_at(now - 340 * DAY):
            buy(shop, 10, phone=phone, at=now - 340 * DAY)
        agree(shop, phone)
    with crew(4) as hands:
        assert sum(hands.all_at_once([reminding.warn] * 4)) == 30
    assert Message.objects.count() == ExpiryWarning.objects.count() == 30
