"""The model of churn against figures computed by hand and published ones; its scores in the database."""

import csv
import gzip
import json
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from math import exp, isfinite, log
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from businesses.models import Business, BusinessStatus
from conftest import NOON, Shop
from loyalty import ledger
from loyalty.churn import evaluating, fitting, histories, mbg, measures, scorer, scoring
from loyalty.churn.mbg import History, Parameters
from loyalty.models import ChurnModel, ChurnScore, Membership
from loyalty.tests.conftest import buy, refund

TODAY = NOON.date()
AS_OF = date(1997, 9, 30)


def sample(name: str) -> Path:
    folder = os.environ.get("SAMPLE_DATA")
    if not folder or not Path(folder, name).exists():
        pytest.skip(f"SAMPLE_DATA names no folder with {name}")
    return Path(folder, name)


@pytest.fixture
def record_shop() -> Mapping[History, int]:
    """The customers of the paper after 39 weeks, as it counts them: a free purchase is a visit too."""
    days = defaultdict(set)
    with gzip.open(sample("cdnow_sample.csv.gz"), "rt", newline="") as rows:
        for row in csv.DictReader(rows):
            days[row["customer_id"]].add(date.fromisoformat(row["date"]))
    came = [sorted(on for on in each if on <= AS_OF) for each in days.values()]
    return Counter(History(len(on) - 1, (on[-1] - on[0]).days, (AS_OF - on[0]).days) for on in came)


def test_the_worked_figures_come_out() -> None:
    worked = Path(sample("cdnow_sample.csv.gz").parent.parent, "metrics", "expected.json")
    if not worked.exists():
        pytest.skip("there are no worked figures beside the samples")
    by = Parameters(0.52, 43, 0.89, 1.6)
    examples = {name: value for name, value in json.loads(worked.read_text())["mbg_examples"].items() if "tx=" in name}
    assert len(examples) == 6
    for name, (churn, alive) in examples.items():
        given = dict(part.split("=") for part in name.split(","))
        of = History(int(given["x"]), int(given["tx"]), int(given["T"]))
        assert mbg.churn(of, by, horizon=int(given["H"])) == pytest.approx(churn, abs=1e-6), name
        assert mbg.alive(of, by) == pytest.approx(alive, abs=1e-6), name


def test_the_maximum_likelihood_is_the_published_one(record_shop: Mapping[History, int]) -> None:
    found = fitting.fit(record_shop, prior=None)
    r, alpha, a, b = found.parameters
    assert (sum(record_shop.values()), r, alpha / 7, a, b) == (
        2357,
        pytest.approx(0.5248, abs=0.0005),
        pytest.approx(6.183, abs=0.002),
        pytest.approx(0.8914, abs=0.0005),
        pytest.approx(1.614, abs=0.001),
    )
    # In days each visit is seven times less likely than in weeks.
    visits = sum(of.x * count for of, count in record_shop.items())
    assert found.log_likelihood + visits * log(7) == pytest.approx(-9582.136, abs=0.01)


def test_of_few_customers_little_is_learnt() -> None:
    none, few = fitting.fit({}), fitting.fit({History(2, 10, 40): 3})
    assert none.parameters == pytest.approx(mbg.PRIOR, rel=1e-3)
    assert few.parameters != pytest.approx(mbg.PRIOR, rel=1e-2)
    assert all(abs(log(value / usual)) < 2 for value, usual in zip(few.parameters, mbg.PRIOR, strict=True))


def test_equal_customers_count_once_each() -> None:
    by, of, other = mbg.PRIOR, History(3, 20, 50), History(0, 0, 9)
    counted = mbg.log_likelihood({of: 5, other: 2}, by)
    assert counted == pytest.approx(5 * mbg.log_likelihood({of: 1}, by) + 2 * mbg.log_likelihood({other: 1}, by))


@pytest.mark.parametrize("of", [History(5000, 6000, 6000), History(5000, 5001, 20000), History(0, 0, 0)])
def test_no_customer_is_too_frequent_or_too_long_gone(of: History) -> None:
    assert isfinite(mbg.log_likelihood({of: 1}, mbg.PRIOR))
    assert 0 <= mbg.churn(of, mbg.PRIOR, horizon=30) <= 1
    assert 0 <= mbg.alive(of, mbg.PRIOR) <= 1


def test_how_good_predictions_are_measured() -> None:
    found = measures.measured([0.9, 0.6, 0.6, 0.1], [True, True, False, False])
    assert found.auc == pytest.approx((1 + 1 + 1 + 0.5) / 4)
    assert found.brier == pytest.approx((0.01 + 0.16 + 0.36 + 0.01) / 4)
    assert found.ece == pytest.approx((0.1 + abs(1.2 - 1) + 0.1) / 4)
    assert found.log_loss == pytest.approx(-(log(0.9) + log(0.6) + log(0.4) + log(0.9)) / 4)
    assert measures.measured([0.2, 0.3], [True, True]).auc is None
    assert isfinite(measures.measured([0.0], [True]).log_loss)


# --- In the database ------------------------------------------------------------------------------------------


def phone(number: int) -> str:
    return f"+99450200{number:04}"


@pytest.fixture
def regulars(shop: Shop) -> Shop:
    """Thirty people who came every ten days or so, the n-th for the last time 3n days ago."""
    for number in range(30):
        for visit in range(1 + number % 4):
            buy(shop, 10, phone=phone(number), at=NOON - timedelta(days=3 * number + 10 * visit))
    return shop


def member(number: int) -> Membership:
    return Membership.objects.get(customer__phone=phone(number))


def chance(shop: Shop, number: int, at: datetime = NOON) -> scoring.Chance:
    found = scoring.chance(business=shop.business, customer_id=member(number).customer_id, at=at)
    assert found
    return found


@pytest.mark.django_db
def test_the_database_scores_as_the_formula_says(regulars: Shop) -> None:
    assert scoring.score(business=regulars.business, at=NOON)
    model = ChurnModel.objects.get()
    by = Parameters(**model.parameters)
    assert (model.customers, model.horizon, model.fitted_on, model.scored_on) == (30, 30, TODAY, TODAY)
    assert ChurnScore.objects.count() == 30
    for score in ChurnScore.objects.select_related("membership"):
        who = score.membership
        of = History(who.visit_days - 1, (who.last_on - who.first_on).days, (TODAY - who.first_on).days)
        assert score.churn == pytest.approx(mbg.churn(of, by, horizon=30), rel=1e-5)
        assert score.alive == pytest.approx(mbg.alive(of, by), rel=1e-5)
        assert score.gap == pytest.approx((model.mean_gap + of.tx) / (1 + of.x), rel=1e-5)
        assert score.last_on == who.last_on
    assert model.mean_gap == 10


@pytest.mark.django_db
def test_who_came_often_and_stays_away_is_slipping(regulars: Shop) -> None:
    scoring.score(business=regulars.business, at=NOON)
    slipping = set(ChurnScore.objects.filter(slipping=True).values_list("membership__customer__phone", flat=True))
    expected = set()
    for number in range(30):
        found = chance(regulars, number)
        if number % 4 and found.overdue >= 2 and found.churn >= 0.5:
            expected.add(phone(number))
    assert slipping == expected
    assert phone(29) in slipping
    assert phone(1) not in slipping
    assert phone(28) not in slipping, "came once"


@pytest.mark.django_db
def test_a_business_is_scored_once_a_day_and_learnt_of_once_a_week(regulars: Shop) -> None:
    assert scoring.score_due(at=NOON) == 1
    assert scoring.score_due(at=NOON + timedelta(hours=3)) == 0
    first = ChurnScore.objects.get(membership=member(3))
    assert scoring.score_due(at=NOON + timedelta(days=1)) == 1
    assert ChurnModel.objects.count() == 1
    later = ChurnScore.objects.get(membership=member(3))
    assert later.churn > first.churn
    assert later.churn == pytest.approx(chance(regulars, 3, NOON + timedelta(days=1)).churn, abs=1e-6)
    assert scoring.score_due(at=NOON + timedelta(days=7)) == 1
    assert ChurnModel.objects.count() == 2
    newest = ChurnModel.objects.latest("pk")
    assert newest.scored_on == TODAY + timedelta(days=7)
    for number in range(29):
        score, now = (
            ChurnScore.objects.get(membership=member(number)),
            chance(regulars, number, NOON + timedelta(days=7)),
        )
        assert score.churn == pytest.approx(now.churn, abs=scoring.MOVED)


@pytest.mark.django_db
def test_a_usual_gap_that_a_new_model_moves_is_written_although_the_chance_stands_still(regulars: Shop) -> None:
    scoring.score_due(at=NOON)
    ChurnScore.objects.filter(membership=member(3)).update(gap=1)
    ChurnModel.objects.update(scored_on=TODAY - timedelta(days=1))
    scoring.score_due(at=NOON)
    assert ChurnScore.objects.get(membership=member(3)).gap == pytest.approx(chance(regulars, 3).gap, rel=1e-5)


@pytest.mark.django_db
def test_a_business_says_how_far_ahead_it_looks(regulars: Shop) -> None:
    scoring.score_due(at=NOON)
    Business.objects.update(churn_days=90)
    assert scoring.score_due(at=NOON + timedelta(days=1)) == 1
    model = ChurnModel.objects.latest("pk")
    assert (model.horizon, ChurnModel.objects.count()) == (90, 2)
    who = member(3)
    of = History(who.visit_days - 1, (who.last_on - who.first_on).days, (TODAY - who.first_on).days + 1)
    by = Parameters(**model.parameters)
    score = ChurnScore.objects.get(membership=who)
    assert score.churn == pytest.approx(mbg.churn(of, by, horizon=90), rel=1e-5)
    assert score.churn < mbg.churn(of, by, horizon=30)


@pytest.mark.django_db
def test_its_day_begins_at_its_own_midnight(regulars: Shop) -> None:
    scoring.score_due(at=NOON)
    assert scoring.score_due(at=datetime(2026, 3, 3, 19, 59, tzinfo=UTC)) == 0
    assert scoring.score_due(at=datetime(2026, 3, 3, 20, 1, tzinfo=UTC)) == 1  # four hours ahead


@pytest.mark.django_db
def test_who_comes_for_the_first_time_later_is_scored_too(regulars: Shop) -> None:
    scoring.score_due(at=NOON)
    buy(regulars, 10, at=NOON + timedelta(hours=1))
    buy(regulars, 10, phone=phone(29), at=NOON + timedelta(hours=1))
    scoring.score_due(at=NOON + timedelta(days=1))
    assert ChurnScore.objects.count() == 31
    back = ChurnScore.objects.get(membership=member(29))
    assert (back.last_on, back.slipping) == (TODAY, False)


@pytest.mark.django_db
def test_of_few_customers_nothing_is_said(shop: Shop) -> None:
    for number in range(29):
        buy(shop, 10, phone=phone(number), at=NOON - timedelta(days=20))
        buy(shop, 10, phone=phone(number), at=NOON - timedelta(days=10))
    assert scoring.score_due(at=NOON) == 0
    assert scoring.chance(business=shop.business, customer_id=member(1).customer_id, at=NOON) is None
    buy(shop, 10, phone=phone(30), at=NOON)
    assert scoring.score_due(at=NOON) == 1


@pytest.mark.django_db
def test_a_closed_business_is_left_alone(regulars: Shop) -> None:
    regulars.business.status = BusinessStatus.CLOSED
    regulars.business.save()
    assert scoring.score_due(at=NOON) == 0


@pytest.mark.django_db
def test_another_business_of_the_programme_neither_teaches_nor_is_scored(
    regulars: Shop, new_shop: Callable[..., Shop]
) -> None:
    alma = new_shop("alma")
    buy(alma, 10, phone=phone(1), at=NOON)
    scoring.score_due(at=NOON)
    assert set(ChurnScore.objects.values_list("business_id", flat=True)) == {regulars.business.pk}
    assert ChurnModel.objects.get().customers == 30


class Coin:
    """Another model."""

    version = "coin-2"
    alive = "%(heads)s::float8"
    churn = "1 - alive * least(x, 1)"

    def fit(self, histories: Mapping[History, int]) -> scorer.Fitted:
        return scorer.Fitted({"heads": 0.25}, {}, 0.0)


@pytest.mark.django_db
def test_a_better_model_may_take_its_place(regulars: Shop, settings: Any) -> None:
    scoring.score_due(at=NOON)
    settings.CHURN_SCORER = f"{__name__}.Coin"
    assert scoring.score_due(at=NOON) == 1, "parameters of the other mean nothing to it"
    assert ChurnModel.objects.latest("pk").version == "coin-2"
    assert ChurnScore.objects.get(membership=member(4)).churn == 1
    assert chance(regulars, 3).churn == 0.75
    assert chance(regulars, 3).model == ChurnModel.objects.latest("pk").label


@pytest.mark.django_db
def test_the_past_is_seen_as_it_stood(shop: Shop) -> None:
    """A refund of later was not known; one of before undoes the visit, one in part does not."""
    at = NOON - timedelta(days=40)
    buy(shop, 10, at=at)
    before = buy(shop, 10, at=at + timedelta(days=2))
    in_part = buy(shop, 10, at=at + timedelta(days=4))
    later = buy(shop, 10, at=at + timedelta(days=6))
    buy(shop, 0, at=at + timedelta(days=8))
    as_of = (at + timedelta(days=9)).date()
    for sale, days, part in ((before, 3, {}), (in_part, 5, {"amount": Decimal(4)}), (later, 10, {})):
        with ledger.clock_at(at + timedelta(days=days)):
            refund(shop, sale, **part)
    assert histories.then(business_id=shop.business.pk, today=as_of) == {History(2, 6, 9): 1}
    assert histories.then(business_id=shop.business.pk, today=as_of + timedelta(days=1)) == {History(1, 4, 10): 1}
    assert histories.now(business_id=shop.business.pk, today=TODAY) == {History(1, 4, 40): 1}
    assert histories.then(business_id=shop.business.pk, today=TODAY) == {History(1, 4, 40): 1}


@pytest.mark.django_db
def test_the_sample_is_the_same_every_time(regulars: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histories, "SAMPLE", 12)
    drawn = histories.now(business_id=regulars.business.pk, today=TODAY)
    assert sum(drawn.values()) == 12
    assert drawn == histories.now(business_id=regulars.business.pk, today=TODAY)


def evaluated(*options: str) -> dict[str, Any]:
    out = StringIO()
    call_command("evaluate_churn", "--json", *options, stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


@pytest.mark.django_db
def test_the_model_predicts_a_record_shops_customers(new_shop: Callable[..., Shop], tmp_path: Path) -> None:
    """Learnt from what was known on a day, with nothing that was fitted on this file before."""
    file = sample("cdnow_sample.csv.gz")
    new_shop("records", country="US", time_zone="America/New_York", category="media")
    errors = str(tmp_path / "errors.csv")
    call_command("import_purchases", str(file), "--business", "records", "--errors", errors, stdout=StringIO())
    found = evaluated("--business", "records", "--as-of", "1997-09-30", "--horizon", "273")
    assert found["customers"] == 2349  # eight of them never paid anything
    assert found["auc"] >= 0.755
    assert found["auc"] == pytest.approx(0.7597, abs=0.0005)
    assert found["brier"] == pytest.approx(0.1618, abs=0.0005)
    assert found["log_loss"] == pytest.approx(0.5063, abs=0.0005)
    assert found["ece"] < 0.06


@pytest.mark.django_db
def test_an_evaluation_says_why_it_cannot_be_made(regulars: Shop) -> None:
    for options, problem in [
        (["--business", "nobody", "--as-of", "2026-01-01"], "no business"),
        (["--business", "nar", "--as-of", "2020-01-01"], "Too few customers"),
        (["--business", "nar", "--as-of", str(datetime.now(UTC).date())], "not over yet"),
    ]:
        with pytest.raises(CommandError, match=problem):
            evaluated(*options)
    for wrong in ("0", "x", "99999"):
        with pytest.raises(CommandError, match="days"):
            evaluated("--business", "nar", "--as-of", "2026-01-01", "--horizon", wrong)
    with pytest.raises(evaluating.TooFewCustomers):
        evaluating.evaluate(business=regulars.business, as_of=date(2020, 1, 1), horizon=30)


@pytest.mark.django_db
def test_what_happened_afterwards_is_what_is_predicted(regulars: Shop) -> None:
    """Whoever came within the horizon did not stay away; later than it, or for nothing, they did."""
    found = evaluating.evaluate(business=regulars.business, as_of=TODAY, horizon=30)
    assert found.customers == 30
    assert found.churned == 1
    assert found.auc is None
    buy(regulars, 10, phone=phone(5), at=NOON + timedelta(days=30))
    buy(regulars, 10, phone=phone(8), at=NOON + timedelta(days=31))
    buy(regulars, 0, phone=phone(6), at=NOON + timedelta(days=1))
    refund(regulars, buy(regulars, 10, phone=phone(7), at=NOON + timedelta(days=1)))
    again = evaluating.evaluate(business=regulars.business, as_of=TODAY, horizon=30)
    assert again.churned == pytest.approx(29 / 30)
    assert again.parameters == found.parameters
    assert exp(-again.log_loss) < 1
