"""Who is drawn into an experiment, what they get, what they do with it, and what stands against it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from businesses.models import Business
from conftest import NOON, Shop
from customers import consents, daylight, messages, opt_outs
from customers.models import Channel, Customer, Message, MessageStatus, Profile
from loyalty import forgetting, ledger
from loyalty.churn import scoring
from loyalty.models import ChurnModel, ChurnScore
from loyalty.tests.conftest import buy, refund, wallet_of
from promotions import coupons, offers
from promotions.models import Arm, Assignment, Coupon, Experiment, Nudge, Shown, Source, State, Trigger
from promotions.nudging import drawing, experiments, measuring, responses
from promotions.nudging.experiments import ChangedMeanwhile, Confidential
from promotions.tests.conftest import offer, sell
from promotions.tests.nudged import LATER, agree, begin, clock, left, night, phone, state

__all__ = ["clock", "left"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]
DAY = timedelta(days=1)


def first_nudge() -> Nudge:
    return Nudge.objects.select_related("message", "coupon", "assignment").order_by("pk")[0]


def test_who_left_is_drawn_and_gets_a_coupon_and_a_message(shop: Shop, left: list[int]) -> None:
    ten = offer(shop, lasts_days=14)
    experiment = begin(shop, ten)
    assert night(shop) == len(left)
    drawn = {each.customer_id: each for each in Assignment.objects.select_related("nudge__coupon", "nudge__message")}
    assert drawn.keys() == set(left)
    model = ChurnModel.objects.get()
    for customer_id, each in drawn.items():
        assert each.bucket == experiments.bucket(experiment.key, customer_id)
        assert (each.arm == Arm.CONTROL) == (each.bucket < 1000)
        score = ChurnScore.objects.get(membership__customer=customer_id)
        assert (each.churn, each.model) == (pytest.approx(score.churn), model.label)
        assert (each.assigned_at, each.until_at) == (LATER, LATER + timedelta(days=30))
    treated = [each for each in drawn.values() if each.arm == Arm.TREATMENT]
    assert treated
    nudge = treated[0].nudge
    assert nudge.coupon.because == {"churn": round(treated[0].churn, 4), "model": model.label}
    assert nudge.coupon.source == "nudge"
    assert nudge.expires_at == nudge.coupon.expires_at
    assert nudge.message.text.startswith(f"Nar: Come back for Ten off: {nudge.coupon.code} until 16 May")
    assert nudge.message.text.endswith("STOP ends these messages.")
    ten.refresh_from_db()
    assert ten.issued == Coupon.objects.count() == Nudge.objects.count() == Message.objects.count() == len(treated)


def test_without_an_offer_the_words_alone_are_sent_in_the_customer_s_language(shop: Shop, left: list[int]) -> None:
    Profile.objects.update_or_create(
        program=shop.business.program, customer_id=left[0], defaults={"language": "az", "name": "Aysel"}
    )
    begin(shop, texts={"en": "Come back to {business}!", "az": "{business} sizi gözləyir!"}, control_percent=1)
    assert night(shop) == len(left)
    assert not Coupon.objects.exists()
    nudge = first_nudge()
    assert nudge.expires_at == nudge.assignment.until_at
    texts = {message.customer_id: message.text for message in Message.objects.all()}
    for customer_id, said in texts.items():  # one in a hundred of them hears nothing
        words = "Nar sizi gözləyir!" if customer_id == left[0] else "Come back to Nar!"
        assert said.startswith(f"Nar: {words}")


def test_a_night_that_runs_twice_draws_nobody_twice(shop: Shop, left: list[int]) -> None:
    begin(shop)
    assert [night(shop), night(shop), drawing.draw_due(at=LATER + timedelta(hours=3))] == [len(left), 0, 0]
    assert Experiment.objects.get().nudged_on == LATER.date()
    assert night(shop, LATER + DAY) == 0  # once in an experiment
    assert Assignment.objects.count() == len(left)


def test_a_night_that_was_killed_goes_on_where_it_stopped(
    shop: Shop, left: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(shop, offer(shop, lasts_days=14))
    monkeypatch.setattr(drawing, "AT_ONCE", 3)
    real, done = drawing.coupons.issue, []

    def killed(**given: object) -> Coupon:
        done.append(given)
        if len(done) == 5:
            raise KeyboardInterrupt
        return real(**given)

    monkeypatch.setattr(drawing.coupons, "issue", killed)
    with pytest.raises(KeyboardInterrupt):
        night(shop)
    half = Assignment.objects.count()
    assert 0 < half < len(left)
    assert Coupon.objects.count() == Message.objects.count() == Nudge.objects.count()
    assert half + drawing.draw_due(at=LATER) == len(left) == Assignment.objects.count()
    assert Coupon.objects.count() == Message.objects.count() == Nudge.objects.count()


def test_the_control_group_hears_nothing_and_is_known(shop: Shop, left: list[int]) -> None:
    experiment = begin(shop, offer(shop, lasts_days=14), control_percent=50)
    night(shop)
    control = Assignment.objects.filter(arm=Arm.CONTROL)
    expected = {each for each in left if experiments.bucket(experiment.key, each) < 5000}
    assert set(control.values_list("customer_id", flat=True)) == expected
    assert not Nudge.objects.filter(customer__in=expected).exists()
    assert not Message.objects.filter(customer__in=expected).exists()
    assert not Coupon.objects.filter(customer__in=expected).exists()
    assert Nudge.objects.count() == len(left) - len(expected)


def test_who_may_not_be_written_to_is_drawn_into_neither_group(shop: Shop, left: list[int]) -> None:
    withdrawn, stopped, blocked, nameless = left[:4]
    consents.withdraw(
        customer_id=withdrawn, business_id=shop.business.pk, channel=Channel.SMS, source="points", at=LATER
    )
    opt_outs.stop(channel=Channel.SMS, address=Customer.objects.get(pk=stopped).phone or "", at=LATER)
    agree(shop, stopped)  # the consent alone is not enough
    Customer.objects.filter(pk=blocked).update(blocked_at=LATER)
    Customer.objects.filter(pk=nameless).update(phone=None)
    begin(shop)
    assert night(shop) == len(left) - 4
    assert not Assignment.objects.filter(customer__in=left[:4]).exists()


def test_who_is_not_likely_to_stay_away_is_left_alone(shop: Shop, left: list[int]) -> None:
    regular = Customer.objects.get(phone=phone(0)).pk
    agree(shop, regular)
    agree(shop, buy(shop, 10, phone=phone(99), at=LATER - DAY).customer_id)  # new, and not due yet
    begin(shop, threshold_percent=1)
    night(shop)
    assert not Assignment.objects.exclude(customer__in=[*left, regular]).exists()
    strict = begin(shop, threshold_percent=99)
    drawn = night(shop, LATER + 9 * DAY)
    assert drawn == ChurnScore.objects.filter(churn__gte=0.99).count()
    assert not Assignment.objects.filter(experiment=strict).exclude(customer__in=left).exists()


def test_who_came_after_the_scores_were_made_is_left_alone(shop: Shop, left: list[int]) -> None:
    scoring.score(business=shop.business, at=LATER)
    back = Customer.objects.get(pk=left[0])
    buy(shop, 10, phone=back.phone, at=LATER)
    begin(shop)
    assert drawing.draw_due(at=LATER) == len(left) - 1
    assert not Assignment.objects.filter(customer=back).exists()


def test_nobody_is_drawn_where_nothing_is_known_of_the_customers(shop: Shop, clock: None) -> None:
    begin(shop)
    assert night(shop) == 0
    agree(shop, buy(shop, 10, at=NOON).customer_id)
    assert night(shop, LATER + DAY) == 0
    assert Experiment.objects.get().nudged_on is None


def test_on_a_day_only_so_many_are_drawn(shop: Shop, left: list[int]) -> None:
    begin(shop, most_a_day=3)
    assert [night(shop), drawing.draw_due(at=LATER), night(shop, LATER + DAY)] == [3, 0, 3]


# --- How often ------------------------------------------------------------------------------------------------


def test_a_business_nudges_a_customer_once_in_seven_days(shop: Shop, left: list[int]) -> None:
    begin(shop, control_percent=1)
    night(shop)
    nudged = list(Nudge.objects.values_list("customer_id", flat=True))  # one in a hundred is not
    begin(shop, control_percent=1, at=LATER + DAY)  # another experiment, another draw
    for day in (1, 6):
        night(shop, LATER + day * DAY)
        assert Nudge.objects.filter(customer__in=nudged).count() == len(nudged)
    night(shop, LATER + 7 * DAY)
    assert Nudge.objects.filter(customer__in=nudged).count() > len(nudged)


def test_all_businesses_together_nudge_a_customer_three_times_in_seven_days(
    shop: Shop, left: list[int], new_shop: object
) -> None:
    begin(shop, control_percent=1)
    tired, other = left[0], left[1]
    for number in range(3):
        elsewhere = new_shop(f"shop-{number}")  # type: ignore[operator]
        experiment = begin(elsewhere)
        for customer_id in [tired] if number else [tired, other]:
            drawn = Assignment.objects.create(
                experiment=experiment, customer_id=customer_id, arm=Arm.TREATMENT, bucket=5000, trigger=Trigger.NIGHT,
                churn=0.9, model="m", assigned_at=LATER - 2 * DAY, until_at=LATER + 28 * DAY,
            )  # fmt: skip
            Nudge.objects.create(
                assignment=drawn, business=elsewhere.business, customer_id=customer_id, shown=Shown.SMS,
                made_at=LATER - 2 * DAY, due_at=LATER - 2 * DAY, expires_at=LATER + 28 * DAY,
            )  # fmt: skip
    night(shop)
    mine = Assignment.objects.filter(experiment__business=shop.business)
    assert not mine.filter(customer=tired).exists()
    assert mine.filter(customer=other).exists()


# --- When -----------------------------------------------------------------------------------------------------

NEW_YORK = "America/New_York"


@pytest.mark.parametrize(
    ("moment", "zone", "expected"),
    [
        ("2026-05-02T17:59:00Z", "Asia/Baku", "2026-05-03T05:00:00Z"),  # 21:59
        ("2026-05-02T16:59:59Z", "Asia/Baku", "2026-05-02T16:59:59Z"),  # a second before 21:00
        ("2026-05-02T17:00:00Z", "Asia/Baku", "2026-05-03T05:00:00Z"),
        ("2026-05-02T04:59:59Z", "Asia/Baku", "2026-05-02T05:00:00Z"),
        ("2026-05-02T05:00:00Z", "Asia/Baku", "2026-05-02T05:00:00Z"),
        ("2026-03-08T04:30:00Z", NEW_YORK, "2026-03-08T13:00:00Z"),  # 23:30, and an hour is left out that night
        ("2026-03-07T04:30:00Z", NEW_YORK, "2026-03-07T14:00:00Z"),
        ("2026-11-01T05:30:00Z", NEW_YORK, "2026-11-01T14:00:00Z"),  # the first 01:30 of two
        ("2026-11-01T06:30:00Z", NEW_YORK, "2026-11-01T14:00:00Z"),  # the second
        ("2026-11-01T01:30:00Z", NEW_YORK, "2026-11-01T14:00:00Z"),  # 21:30 the evening before
    ],
)
def test_advertising_waits_for_the_day(moment: str, zone: str, expected: str) -> None:
    found = daylight.by_daylight(datetime.fromisoformat(moment), time_zone=zone)
    assert found == datetime.fromisoformat(expected)


def test_what_is_drawn_at_night_is_sent_in_the_morning(shop: Shop, left: list[int]) -> None:
    begin(shop, control_percent=1)
    midnight, morning = datetime(2026, 5, 2, 20, 40, tzinfo=UTC), datetime(2026, 5, 3, 5, tzinfo=UTC)
    night(shop, midnight)
    nudge = first_nudge()
    assert (nudge.made_at, nudge.due_at, nudge.message.send_after) == (midnight, morning, morning)
    assert messages.send_due(clock=lambda: midnight + timedelta(minutes=1)) == 0
    assert messages.send_due(clock=lambda: morning) == Nudge.objects.count()
    assert state(nudge, morning) == State.SENT


def test_a_sender_that_comes_late_does_not_wake_anybody(shop: Shop, left: list[int]) -> None:
    begin(shop, control_percent=1)
    night(shop)
    evening, morning = datetime(2026, 5, 2, 17, 30, tzinfo=UTC), datetime(2026, 5, 3, 5, tzinfo=UTC)
    assert messages.send_due(clock=lambda: evening) == 0
    assert set(Message.objects.values_list("status", "send_after", "attempts")) == {("queued", morning, 0)}
    assert messages.send_due(clock=lambda: morning) == Nudge.objects.count()


def test_the_consent_is_looked_at_again_when_it_is_sent(shop: Shop, left: list[int]) -> None:
    begin(shop, control_percent=1)
    night(shop)
    nudge = first_nudge()
    consents.withdraw(
        customer_id=nudge.customer_id, business_id=shop.business.pk, channel=Channel.SMS, source="points", at=LATER
    )
    messages.send_due(clock=lambda: LATER)
    nudge.message.refresh_from_db()
    assert nudge.message.status == MessageStatus.WITHHELD
    assert state(nudge) == State.NOT_SENT


# --- The offer ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["end", "pause"])
def test_while_the_offer_gives_nothing_nobody_is_drawn(shop: Shop, left: list[int], what: str) -> None:
    ten = offer(shop, lasts_days=14)
    begin(shop, ten)
    getattr(offers, what)(offer=ten, at=LATER)
    assert night(shop) == 0
    assert not Assignment.objects.exists()
    assert Experiment.objects.get().nudged_on is None  # it goes on as soon as the offer does


def test_with_the_last_of_the_offer_the_draw_ends_for_both_groups(shop: Shop, left: list[int]) -> None:
    ten = offer(shop, lasts_days=14, total_limit=3)
    begin(shop, ten)
    night(shop)
    assert Nudge.objects.count() == Coupon.objects.count() == 3
    assert Assignment.objects.filter(arm=Arm.TREATMENT).count() == 3
    assert drawing.draw_due(at=LATER) == 0


def test_who_holds_all_of_the_offer_that_one_may_is_not_drawn(shop: Shop, left: list[int]) -> None:
    ten = offer(shop, lasts_days=100, limit_per_customer=1)
    had = Customer.objects.get(pk=left[0])
    coupons.issue(offer=ten, wallet=wallet_of(shop, had.phone or ""), source=Source.PROMOTION, at=LATER)
    begin(shop, ten)
    assert night(shop) == len(left) - 1
    assert not Assignment.objects.filter(customer=had).exists()


# --- What became of it ----------------------------------------------------------------------------------------


def test_a_nudge_goes_from_waiting_to_used(shop: Shop, left: list[int]) -> None:
    begin(shop, offer(shop, lasts_days=14), control_percent=1)
    night(shop)
    nudge = first_nudge()
    assert state(nudge) == State.WAITING
    messages.send_due(clock=lambda: LATER)
    assert state(nudge) == State.SENT
    messages.report(message_id=nudge.message.pk, provider_id="SM1", delivered=True, at=LATER)
    assert state(nudge) == State.DELIVERED
    assert responses.answer(nudge=nudge, response="viewed", at=LATER) == State.VIEWED
    assert state(nudge, nudge.expires_at) == State.EXPIRED
    customer = Customer.objects.get(pk=nudge.customer_id)
    sold = sell(shop, 20, str(nudge.coupon.code), phone=customer.phone)
    assert state(nudge) == State.USED
    assert state(nudge, nudge.expires_at) == State.USED
    refund(shop, sold)
    assert state(nudge) == State.VIEWED
    assert Coupon.objects.get(pk=nudge.coupon.pk).status == "issued"


def test_without_a_coupon_a_purchase_in_its_time_uses_it(shop: Shop, left: list[int]) -> None:
    begin(shop, control_percent=1)
    night(shop)
    one, other = Nudge.objects.order_by("pk")[:2]
    bought = buy(shop, 12, phone=Customer.objects.get(pk=one.customer_id).phone, at=LATER)
    assert (state(one), state(other)) == (State.USED, State.WAITING)
    refund(shop, bought)
    assert state(one) == State.WAITING


def test_a_response_counts_from_its_first_moment_and_none_after_the_end(shop: Shop, left: list[int]) -> None:
    begin(shop, control_percent=1)
    night(shop)
    nudge = first_nudge()
    assert responses.answer(nudge=nudge, response="viewed", at=LATER) == State.VIEWED
    assert responses.answer(nudge=nudge, response="dismissed", at=LATER + DAY) == State.DISMISSED
    assert responses.answer(nudge=nudge, response="viewed", at=LATER + DAY) == State.DISMISSED
    nudge.refresh_from_db()
    assert (nudge.viewed_at, nudge.dismissed_at) == (LATER, LATER + DAY)
    assert responses.answer(nudge=nudge, response="viewed", at=nudge.expires_at) == State.DISMISSED  # told before
    with pytest.raises(responses.Expired):
        responses.answer(nudge=nudge, response="used", at=nudge.expires_at)


def test_both_groups_are_measured_once_when_their_time_is_over(shop: Shop, left: list[int]) -> None:
    begin(shop, control_percent=50, horizon_days=7)
    night(shop)
    came, came_late, refunded = (Customer.objects.get(pk=each) for each in left[:3])
    with ledger.clock_at(LATER + 8 * DAY):
        buy(shop, 12, phone=came.phone, at=LATER)
        buy(shop, 8, phone=came.phone, at=LATER + timedelta(days=6, hours=23))
        buy(shop, 9, phone=came_late.phone, at=LATER + 7 * DAY)
        refund(shop, buy(shop, 9, phone=refunded.phone, at=LATER + DAY))
    assert measuring.measure_due(at=LATER + 7 * DAY - timedelta(seconds=1)) == 0
    assert measuring.measure_due(at=LATER + 7 * DAY) == len(left)
    assert measuring.measure_due(at=LATER + 8 * DAY) == 0
    measured = {each.customer_id: (each.returned, each.revenue) for each in Assignment.objects.all()}
    assert measured.pop(came.pk) == (True, Decimal(20))
    assert set(measured.values()) == {(False, Decimal(0))}


# --- What stands ----------------------------------------------------------------------------------------------


def test_other_terms_are_another_experiment(shop: Shop, clock: None) -> None:
    first = begin(shop)
    second = begin(shop, at=LATER + DAY)
    first.refresh_from_db()
    assert (first.ended_at, first.ended_by, second.ended_at) == (LATER + DAY, shop.staff, None)
    assert first.key != second.key
    with pytest.raises(ChangedMeanwhile):
        experiments.begin(business=shop.business, terms={}, staff=shop.staff, at=LATER, seen=first.pk)
    experiments.end(experiment=second, staff=shop.staff, at=LATER + 2 * DAY)
    experiments.end(experiment=second, staff=shop.staff, at=LATER + 3 * DAY)
    second.refresh_from_db()
    assert second.ended_at == LATER + 2 * DAY
    assert drawing.draw_due(at=LATER + 4 * DAY) == 0


def test_a_confidential_business_writes_to_nobody_by_itself(shop: Shop, left: list[int]) -> None:
    begin(shop)
    Business.objects.filter(pk=shop.business.pk).update(confidential=True)
    assert night(shop) == 0
    with pytest.raises(Confidential):
        begin(shop)


@pytest.mark.parametrize(
    "wrong",
    [
        {"threshold_percent": 0}, {"threshold_percent": 100}, {"control_percent": 0}, {"control_percent": 100},
        {"horizon_days": 1}, {"most_a_day": 0},
    ],
)  # fmt: skip
def test_terms_without_sense_are_refused_by_the_database(shop: Shop, clock: None, wrong: dict[str, int]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        begin(shop, **wrong)


def test_what_somebody_was_drawn_by_is_never_changed(shop: Shop, left: list[int]) -> None:
    begin(shop, offer(shop, lasts_days=14), horizon_days=7)
    night(shop)
    measuring.measure_due(at=LATER + 7 * DAY)
    for rows, change in (
        (Experiment.objects.all(), {"control_percent": 20}),
        (Experiment.objects.all(), {"texts": {"en": "Other"}}),
        (Assignment.objects.all(), {"arm": Arm.CONTROL}),
        (Assignment.objects.all(), {"churn": 0.1}),
        (Assignment.objects.all(), {"returned": True}),
        (Nudge.objects.all(), {"due_at": LATER}),
        (Coupon.objects.all(), {"because": None}),
    ):
        with pytest.raises(IntegrityError, match="is history"), transaction.atomic():
            rows.update(**change)
    for rows in (Assignment.objects.all(), Experiment.objects.all()):
        with pytest.raises(Exception, match=r"is history|referenced|protected"), transaction.atomic():
            rows._raw_delete(rows.db)


def test_who_is_forgotten_hears_nothing_and_counts_on(shop: Shop, left: list[int]) -> None:
    begin(shop, offer(shop, lasts_days=14), control_percent=1)
    night(shop)
    nudge = first_nudge()
    forgetting.forget(customer_id=nudge.customer_id, at=LATER)
    assert not Message.objects.filter(customer=nudge.customer_id).exists()
    assert messages.send_due(clock=lambda: LATER) == Nudge.objects.count() - 1
    assert measuring.measure_due(at=LATER + 30 * DAY) == Assignment.objects.count()
