"""A wallet that somebody else holds: whoever waits for it gives up after a while and has written nothing."""

from collections.abc import Callable

import pytest

from conftest import Shop
from loyalty import ledger
from loyalty.ledger import Posted
from loyalty.models import Operation
from loyalty.tests.conftest import buy, cancel, redeem, refund
from loyalty.tests.parallel import held_wallets, kernel_patience

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("books")]

ACTS: dict[str, Callable[[Shop, Posted, Posted], Posted]] = {
    "purchase": lambda shop, _bought, _spent: buy(shop, 10),
    "redemption": lambda shop, _bought, _spent: redeem(shop, 10),
    "refund": lambda shop, bought, _spent: refund(shop, bought),
    "cancellation": lambda shop, _bought, spent: cancel(shop, spent),
}


@pytest.mark.parametrize("act", ACTS)
def test_what_finds_the_wallet_held_gives_up_and_writes_nothing(shop: Shop, act: str) -> None:
    bought, spent = buy(shop, 40), redeem(shop, 5)
    with held_wallets(), pytest.raises(ledger.Busy):
        ACTS[act](shop, bought, spent)
    assert Operation.objects.count() == 2
    ACTS[act](shop, bought, spent)
    assert Operation.objects.count() == 3


def test_it_gives_up_after_four_seconds() -> None:
    assert kernel_patience() == dict.fromkeys(
        ("loyalty_adjust", "loyalty_purchase", "loyalty_redeem", "loyalty_reverse"), "4s"
    )
