"""A wallet that somebody else holds: whoever waits for it gives up after a while and has written nothing."""

from collections.abc import Callable

import psycopg
import pytest
from django.db import OperationalError, close_old_connections, connection

from conftest import Shop
from loyalty import ledger, outcomes
from loyalty.models import Operation
from loyalty.outcomes import Posted
from loyalty.tests.conftest import PHONE, buy, cancel, redeem, refund
from loyalty.tests.parallel import held_wallets, kernel_patience
from loyalty.tests.test_api import Till, problem

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
    with held_wallets(), pytest.raises(outcomes.Busy):
        ACTS[act](shop, bought, spent)
    assert Operation.objects.count() == 2
    ACTS[act](shop, bought, spent)
    assert Operation.objects.count() == 3


def test_it_gives_up_after_four_seconds() -> None:
    assert kernel_patience() == dict.fromkeys(
        (
            "loyalty_adjust",
            "loyalty_cancel",
            "loyalty_confirm",
            "loyalty_give_bonus",
            "loyalty_take_bonus",
            "loyalty_purchase",
            "loyalty_redeem",
            "loyalty_refund",
            "loyalty_release",
        ),
        "4s",
    )


def test_a_till_whose_database_goes_away_is_told_to_send_the_same_again(shop: Shop) -> None:
    till, sale = Till(shop), {"phone": PHONE, "amount": "10"}
    till.get("business")  # a connection that was good until now
    with psycopg.connect(**connection.get_connection_params()) as other:  # type: ignore[arg-type]
        other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    answer = till.post("purchases", sale, key="same")
    assert problem(answer) == (503, "unavailable")
    assert answer["Retry-After"] == "1"
    close_old_connections()  # as at the end of each request
    assert till.post("purchases", sale, key="same").status_code == 201
    assert Operation.objects.count() == 1


def test_a_mistake_of_ours_is_no_absence_of_the_database(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(**words: object) -> None:
        raise OperationalError("a sort that found no room")

    monkeypatch.setattr(ledger, "purchase", wrong)
    with pytest.raises(OperationalError):
        Till(shop).post("purchases", {"phone": PHONE, "amount": "10"})
