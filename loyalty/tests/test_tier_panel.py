"""The operator makes tiers that rise, and gives one by hand or by invitation."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from businesses.models import Program, TierBasis, User
from businesses.tests.conftest import signed_in
from conftest import Shop
from loyalty.models import Tier, TierChange
from loyalty.tests.conftest import buy, make_tiers, tier, wallet
from loyalty.tests.test_points_page import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]
LIST = "/admin/loyalty/tier/"


@pytest.fixture
def operator() -> Client:
    return signed_in(User.objects.create_superuser("operator@nar.test", "correct horse battery"))


@pytest.fixture
def metals(shop: Shop) -> list[Tier]:
    return make_tiers(shop, ("Bronze", 0), ("Silver", 100, 1), ("Gold", 500, 2))


def save(operator: Client, tier: Tier | None, shop: Shop, **answers: Any) -> tuple[int, str]:
    page = f"{LIST}{tier.pk}/change/" if tier else f"{LIST}add/"
    known = {"program": shop.business.program_id, "multiplier": "1", "categories": 0, "threshold": 0}
    if tier:
        known |= {name: getattr(tier, name) for name in ("name", "position", "threshold", "categories", "multiplier")}
    answer = operator.post(page, known | answers)
    return answer.status_code, text(answer) if answer.status_code == 200 else ""


def test_a_ladder_is_made_rung_by_rung(operator: Client, shop: Shop) -> None:
    Program.objects.update(tier_basis=TierBasis.SPEND)
    for position, (name, threshold) in enumerate((("Bronze", 0), ("Silver", 100), ("Gold", 500)), 1):
        assert save(operator, None, shop, name=name, position=position, threshold=threshold)[0] == 302
    assert save(operator, None, shop, name="Circle", position=4, threshold=500, invitation_only="on")[0] == 302
    assert list(Tier.objects.order_by("position").values_list("name", "threshold")) == [
        ("Bronze", 0),
        ("Silver", 100),
        ("Gold", 500),
        ("Circle", 500),
    ]


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"position": 5}, "No tier stands at position 4. They are counted from 1, without a gap."),
        ({"position": 0}, "Two tiers cannot stand at position 0."),
        ({"position": 3}, "Two tiers cannot stand at position 3."),
        ({"threshold": 400}, "Gold stands below Platinum, and asks for more."),
        ({"categories": 1}, "Gold stands below Platinum, and asks for more."),
        ({"threshold": 500}, "Platinum has to ask for more than Gold, which stands below it."),
        ({"threshold": -1}, "0 or more."),
        ({"multiplier": 0}, "More than 0, and at most 20."),
        ({"multiplier": 999}, "More than 0, and at most 20."),
        ({"multiplier": 1000}, "no more than 3 digits before the decimal point"),
        ({"name": ""}, "This field is required."),
    ],
)
def test_what_is_no_ladder_is_refused_by_name(
    operator: Client, shop: Shop, metals: list[Tier], answers: dict[str, Any], error: str
) -> None:
    sent = {"name": "Platinum", "position": 4, "threshold": 1000, "categories": 2} | answers
    status, said = save(operator, None, shop, **sent)
    assert (status, Tier.objects.count()) == (200, 3)
    assert error in said


def test_a_rung_cannot_be_taken_out_of_its_place(operator: Client, shop: Shop, metals: list[Tier]) -> None:
    _bronze, silver, gold = metals
    assert "No tier stands at position 2" in save(operator, silver, shop, position=4)[1]
    assert "Silver stands below Gold, and asks for more." in save(operator, silver, shop, threshold=600)[1]
    assert "Silver stands below Gold, and asks for more." in save(operator, gold, shop, threshold=50)[1]
    assert save(operator, silver, shop, threshold=200)[0] == 302


def test_tiers_by_hand_need_no_thresholds_until_the_programme_counts(operator: Client, shop: Shop) -> None:
    for position, name in enumerate(("Friend", "Best friend"), 1):
        assert save(operator, None, shop, name=name, position=position)[0] == 302
    program = shop.business.program
    page = f"/admin/businesses/program/{program.pk}/change/"
    sent = {
        "name": program.name, "join_code": program.join_code, "rounding": "floor", "point_value": "0.01",
        "pending_days": 0, "expiry_kind": "months", "tier_window": "year", "tier_notice_days": 30,
    }  # fmt: skip
    refused = operator.post(page, sent | {"tier_basis": "spend"})
    assert "Best friend has to ask for more than Friend, which stands below it." in text(refused)
    Tier.objects.filter(name="Best friend").update(threshold=10)
    assert operator.post(page, sent | {"tier_basis": "spend"}).status_code == 302
    assert Program.objects.get().tier_basis == "spend"


def give(operator: Client, **answers: Any) -> Any:
    page = f"/admin/loyalty/wallet/{wallet().pk}/tier/"
    seen = operator.get(page).context["form"]["seen"].value()
    return operator.post(page, {"seen": seen, "reason": "An old friend", "until": ""} | answers)


def test_the_operator_invites_with_a_reason_and_until_a_day(operator: Client, shop: Shop, metals: list[Tier]) -> None:
    buy(shop, 20)
    Tier.objects.filter(name="Gold").update(invitation_only=True)
    gold = metals[2]
    assert give(operator, tier=gold.pk, reason="").status_code == 422
    assert give(operator, tier=gold.pk, until="2020-01-01").status_code == 422
    assert tier() == "Bronze"
    assert give(operator, tier=gold.pk, until="2099-12-31").status_code == 302
    assert (tier(), wallet().tier_kept_until and wallet().tier_kept_until.year) == ("Gold", 2099)
    change = TierChange.objects.latest("pk")
    assert (change.cause, change.reason, change.business, change.by.email) == (
        "invitation",
        "An old friend",
        None,
        "operator@nar.test",
    )
    assert "An old friend" in text(operator.get("/admin/loyalty/tierchange/"))


def test_what_was_earned_is_not_taken_by_hand(operator: Client, shop: Shop, metals: list[Tier]) -> None:
    buy(shop, Decimal(150))
    refused = give(operator, tier=metals[0].pk)
    assert refused.status_code == 422
    assert "They have earned Silver, and would have it again with their next purchase." in text(refused)
    assert tier() == "Silver"


def test_a_press_that_comes_twice_counts_once(operator: Client, shop: Shop, metals: list[Tier]) -> None:
    buy(shop, 20)
    page = f"/admin/loyalty/wallet/{wallet().pk}/tier/"
    sent = {
        "seen": operator.get(page).context["form"]["seen"].value(),
        "reason": "Twice",
        "until": "",
        "tier": metals[2].pk,
    }
    assert [operator.post(page, sent).status_code for _ in range(2)] == [302, 422]
    assert TierChange.objects.filter(reason="Twice").count() == 1
