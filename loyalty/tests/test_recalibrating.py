"""Where a business's past shows how the model errs, its scores are corrected; and only there."""

from datetime import timedelta
from math import exp, log
from random import Random

import pytest

from businesses.models import Business
from conftest import NOON, Shop
from loyalty.churn import evaluating, recalibrating, scoring
from loyalty.churn.recalibrating import AS_IT_IS, NAMES, Seen
from loyalty.models import ChurnModel, ChurnScore
from loyalty.tests.conftest import buy

TODAY = NOON.date()
EVERY, HORIZON = 28, 14


def drawn(numbers: tuple[float, ...], count: int = 8_000) -> list[Seen]:
    """Customers of all sorts, who stay away with the chance that these numbers make of the model's."""
    chosen, made = Random(7), []
    for _ in range(count):
        told = Seen(chosen.uniform(0.02, 0.98), chosen.uniform(0, 6), chosen.randrange(30), chosen.randrange(90), False)
        odds = sum(feature * number for feature, number in zip(told.features, numbers, strict=True))
        away = chosen.random() < 1 / (1 + exp(-odds))
        made.append(Seen(told.churn, told.overdue, told.x, told.recency, away))
    return made


@pytest.mark.parametrize("numbers", [AS_IT_IS, (0.5, 0.6, 0.4, -0.3, 0.2)])
def test_the_numbers_behind_what_happened_are_found(numbers: tuple[float, ...]) -> None:
    seen = drawn(numbers)
    found = recalibrating.fit(seen)
    assert found[1:] == pytest.approx(numbers[1:], abs=0.15)
    assert recalibrating.loss(seen, found) == pytest.approx(recalibrating.loss(seen, numbers), abs=0.001)


def test_a_correction_is_worth_what_the_model_lacks() -> None:
    skewed = drawn((1.0, 0.5, 0.0, 0.0, 0.0))
    assert recalibrating.loss(skewed, recalibrating.fit(skewed)) < recalibrating.loss(skewed, AS_IT_IS) - 0.05
    assert recalibrating.loss([Seen(0.25, 1, 1, 1, True)], AS_IT_IS) == pytest.approx(-log(0.25))


def test_of_few_everybody_alike_little_is_learnt() -> None:
    """Nothing tells the numbers apart, and each stays near to what changes nothing."""
    found = recalibrating.fit([Seen(0.5, 1, 3, 9, True)] * 5)
    assert all(abs(number - usual) < 1.5 for number, usual in zip(found, AS_IT_IS, strict=True))


@pytest.fixture
def clockwork(shop: Shop) -> Shop:
    """Everybody comes every 28 days to the day, so that who was here lately will not come within two weeks, and who was
    not will: the reverse of what the model believes."""
    Business.objects.update(churn_days=HORIZON)
    shop.business.refresh_from_db()
    for number in range(42):
        for visit in range(4):
            ago = timedelta(days=number % EVERY + EVERY * visit)
            buy(shop, 10, phone=f"+99450300{number:04}", at=NOON - ago)
    return shop


def learnt(shop: Shop, monkeypatch: pytest.MonkeyPatch, fewest: int) -> ChurnModel:
    monkeypatch.setattr(recalibrating, "FEWEST", fewest)
    assert scoring.score(business=shop.business, at=NOON)
    return ChurnModel.objects.get()


@pytest.mark.django_db
def test_a_shop_of_regulars_by_the_calendar_is_corrected(clockwork: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    model = learnt(clockwork, monkeypatch, 40)
    assert model.is_corrected
    chances = dict(ChurnScore.objects.values_list("membership__last_on", "churn"))
    lately, long_ago = chances[TODAY - timedelta(days=1)], chances[TODAY - timedelta(days=26)]
    assert lately > 0.5 > long_ago


@pytest.mark.django_db
def test_of_fewer_customers_no_correction_is_learnt(clockwork: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not learnt(clockwork, monkeypatch, 43).is_corrected


@pytest.mark.django_db
def test_what_does_not_win_in_the_last_window_is_left(clockwork: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if nobody came in the first of both windows, the opposite of what the last one shows."""
    real = recalibrating.seen

    def reversed_at_first(**asked: object) -> list[Seen] | None:
        found = real(**asked)  # type: ignore[arg-type]
        if asked["as_of"] == TODAY - timedelta(days=HORIZON):
            return found
        return [Seen(each.churn, each.overdue, each.x, each.recency, not each.stayed_away) for each in found or []]

    monkeypatch.setattr(recalibrating, "seen", reversed_at_first)
    assert not learnt(clockwork, monkeypatch, 40).is_corrected


@pytest.mark.django_db
def test_the_database_corrects_as_the_formula_says(clockwork: Shop) -> None:
    scoring.score(business=clockwork.business, at=NOON)
    plain = dict(ChurnScore.objects.values_list("membership_id", "churn"))
    numbers = (0.3, 0.7, 0.5, -0.4, 0.2)
    model = ChurnModel.objects.get()
    model.parameters |= dict(zip(NAMES, numbers, strict=True))
    model.scored_on = TODAY - timedelta(days=1)
    model.save()
    scoring.score(business=clockwork.business, at=NOON)
    for score in ChurnScore.objects.select_related("membership"):
        since, who = (TODAY - score.last_on).days, score.membership
        told = Seen(plain[score.pk], since / score.gap, who.visit_days - 1, since, False)
        odds = sum(feature * number for feature, number in zip(told.features, numbers, strict=True))
        assert score.churn == pytest.approx(1 / (1 + exp(-odds)), abs=scoring.MOVED + 1e-4)
        found = scoring.chance(business=clockwork.business, customer_id=who.customer_id, at=NOON)
        assert found
        assert found.churn == pytest.approx(1 / (1 + exp(-odds)), abs=1e-4)


@pytest.mark.django_db
def test_an_evaluation_corrects_by_what_was_known_then(clockwork: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    as_of = TODAY - timedelta(days=HORIZON)
    plain = evaluating.evaluate(business=clockwork.business, as_of=as_of, horizon=HORIZON)
    monkeypatch.setattr(recalibrating, "FEWEST", 40)
    corrected = evaluating.evaluate(business=clockwork.business, as_of=as_of, horizon=HORIZON)
    assert "c0" not in plain.parameters
    assert "c0" in corrected.parameters
    assert corrected.log_loss < plain.log_loss
