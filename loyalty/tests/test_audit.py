"""The audit sees every cached figure that is wrong. Corruption goes round the guards: they are switched off for it."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from businesses.models import Program
from conftest import NOON, Shop
from loyalty import audit, earning_rules, ledger, redemptions, rewards, shared_costs
from loyalty.models import Approval, Lot, Wallet
from loyalty.tests.conftest import adjust, buy, cancel, make_tiers, redeem, refund

pytestmark = pytest.mark.django_db

CORRUPTIONS = {
    "balance_is_its_entries": "UPDATE loyalty_wallet SET balance = balance + 1",
    "balance_is_its_entries: owed": "UPDATE loyalty_wallet SET owed = owed + 1",
    "balance_is_its_entries: lifetime": "UPDATE loyalty_wallet SET lifetime = lifetime + 1",
    "debts_come_first": "UPDATE loyalty_wallet SET owed = owed + 1 WHERE balance > 0",
    "balance_is_its_lots": "UPDATE loyalty_lot SET remaining = remaining - 1 WHERE remaining > 0",
    "lot_is_credit_minus_draws": "UPDATE loyalty_draw SET points = points - 1",
    "entry_is_lots_minus_draws": "UPDATE loyalty_lot SET credit = credit + 1, remaining = remaining + 1",
    "no_prefix_is_negative": "UPDATE loyalty_entry SET balance_after = balance_after + 1 WHERE kind = 'earn'",
    "operation_is_its_entries": "UPDATE loyalty_operation SET points = points + 1 WHERE kind = 'purchase'",
    "operation_is_its_entries: balance": "UPDATE loyalty_operation SET balance_after = balance_after + 1",
    "operation_is_its_entries: refused": "UPDATE loyalty_operation SET refusal = '{}' WHERE kind = 'purchase'",
    "entry_has_its_operation": "DELETE FROM loyalty_operation WHERE kind = 'redemption'",
    "purchase_is_its_operation": "DELETE FROM loyalty_purchase WHERE refunded = 0",
    "purchase_is_its_operation: day": "UPDATE loyalty_purchase SET local_on = local_on + 1",
    "redemption_is_its_operation": "UPDATE loyalty_redemption SET points = points + 1",
    "cancelled_once": "UPDATE loyalty_operation SET points = points - 1 WHERE kind = 'cancellation'",
    "refunds_are_parts": "UPDATE loyalty_operation SET points = points - 1 WHERE kind = 'refund'",
    "refunds_are_parts: amount": "UPDATE loyalty_purchase SET refunded = 0",
    "refunds_are_parts: share": "UPDATE loyalty_refund SET share = share / 2",
    "refunds_are_parts: spent": "UPDATE loyalty_operation SET spent = spent - 1 WHERE kind = 'refund'",
    "cancelled_is_marked": "UPDATE loyalty_redemption SET status = 'confirmed'",
    "claims_are_counted": "UPDATE loyalty_reward SET claimed = claimed + 1",
    "claims_are_counted: elsewhere": "UPDATE loyalty_reward SET business_id = business_id + 1000",
    "hold_is_collected_once": "UPDATE loyalty_redemption SET confirmed_by_id = NULL WHERE confirmed_by_id IS NOT NULL",
    "hold_is_collected_once: still held": "UPDATE loyalty_redemption SET status = 'held' WHERE confirmed_by_id > 0",
    "hold_is_collected_once: no code": "UPDATE loyalty_redemption SET code = NULL, held_until = NULL WHERE code > ''",
    "hold_is_collected_once: undone": "UPDATE loyalty_operation SET refusal = '{}' WHERE kind = 'confirmation'",
    "caps_count_what_was_given": "UPDATE loyalty_rulegiven SET points = points + 1",
    "caps_count_what_was_given: gone": "DELETE FROM loyalty_rulegiven WHERE points > 1",
    "membership_is_its_purchases": "UPDATE loyalty_membership SET visits = visits + 1",
    "membership_is_its_purchases: days": "UPDATE loyalty_membership SET visit_days = visit_days + 1",
    "membership_is_its_purchases: spend": "UPDATE loyalty_membership SET spend = spend + 1",
    "membership_is_its_purchases: last": "UPDATE loyalty_membership SET last_at = last_at + interval '1 day'",
    "membership_is_its_purchases: gone": "DELETE FROM loyalty_membership",
    "draw_is_of_its_wallet": "UPDATE loyalty_draw SET issuer_id = issuer_id + 1",
    "wallet_was_active": "UPDATE loyalty_wallet SET active_at = active_at - interval '10 years'",
    "pending_is_settled_once": "UPDATE loyalty_wallet SET pending = pending + 1",
    "lot_expires_once": "UPDATE loyalty_lot SET expires_at = NULL",
    "tier_is_its_last_change": "UPDATE loyalty_wallet SET tier_id = NULL",
    "tier_is_its_last_change: programme": "UPDATE loyalty_tier SET program_id = program_id + 1",
    "tier_is_its_last_change: gap in the chain": "UPDATE loyalty_tierchange SET before_id = after_id",
    "tier_is_its_last_change: purchase": "UPDATE loyalty_tierchange SET operation_id = operation_id + 1000",
    "tier_gap_is_a_lower_bound": "UPDATE loyalty_wallet SET tier_gap = tier_gap + 1000",
    "tier_gap_is_a_lower_bound: none": "UPDATE loyalty_wallet SET tier_gap = NULL",
    "clearing_nets_to_zero": "UPDATE loyalty_draw SET point_value = point_value * 2 WHERE points < 0",
    "spending_is_cleared": "DELETE FROM loyalty_clearingline",
    "spending_is_cleared: amount": "UPDATE loyalty_clearingline SET amount = amount * 2",
    "spending_is_cleared: day": "UPDATE loyalty_clearingline SET local_on = local_on - 40",
    "spending_is_cleared: nowhere": (
        "UPDATE loyalty_draw SET business_id = NULL WHERE entry_id IN"
        " (SELECT id FROM loyalty_entry WHERE kind = 'redeem')"
    ),
    "shared_costs_follow_their_sales": "UPDATE loyalty_sharedcost SET local_on = local_on - 1",
    "shared_costs_follow_their_sales: amount": "UPDATE loyalty_sharedcost SET amount = amount - 1 WHERE amount < 0",
    "shared_costs_follow_their_sales: gone": "DELETE FROM loyalty_sharedcost WHERE amount < 0",
    "adjustment_is_its_operation": "DELETE FROM loyalty_adjustment",
    "adjustment_is_its_operation: reason": "UPDATE loyalty_adjustment SET reason = ''",
    "adjustment_is_its_operation: draw": (
        "UPDATE loyalty_draw SET issuer_id = issuer_id + 1 WHERE entry_id IN"
        " (SELECT id FROM loyalty_entry WHERE kind = 'adjust')"
    ),
    "bonus_is_given_and_taken_whole": "UPDATE loyalty_operation SET reverses_id = NULL WHERE kind = 'bonus'",
    "bonus_is_given_and_taken_whole: entry": "UPDATE loyalty_entry SET kind = 'adjust' WHERE kind = 'bonus'",
    "approval_is_of_a_sale": "UPDATE loyalty_approval SET operation_id = operation_id + 1000",
    "wallet_of_its_owner": "UPDATE loyalty_lot SET customer_id = customer_id + 1",
    "branch_of_its_business": "UPDATE loyalty_operation SET branch_id = branch_id + 1000 WHERE branch_id IS NOT NULL",
}


@pytest.fixture
def history(shop: Shop, new_shop: Callable[..., Shop]) -> None:
    """One of everything: earned, expired, spent elsewhere, cancelled, refunded."""
    make_tiers(shop, ("Bronze", 0), ("Silver", 5000))
    program = Program.objects.get()
    program.points_last_months = 1
    program.save()
    buy(shop, 7)
    program.points_last_months = None
    program.save()
    refunded = buy(shop, 20)
    buy(shop, 30)
    other = new_shop("other")
    cancelled = redeem(other, 8)
    redeem(other, 5)
    cancel(other, cancelled)
    refund(shop, refunded)
    bonus = {"name": "Bonus", "kind": "bonus", "value": 5, "most_per_customer": 50}
    earning_rules.make(program=program, business=shop.business, values=bonus, by=shop.owner, at=NOON)
    paid = buy(shop, 20, points=7)
    refund(shop, paid, amount=Decimal(10))
    values = {"name": "Coffee", "points": 3, "stock": 9}
    coffee = rewards.make(program=program, business=shop.business, values=values)
    for _ in range(2):
        held = redeem(shop, 3, reward_id=coffee.pk, hold=True)
    redemptions.confirm(rules=shop.rules, actor=shop.actor, operation_id=held.id, key="collected")
    adjust(shop, 9)
    adjust(shop, -4)
    bonus_of = {"rules": shop.rules, "staff_id": None, "wallet_id": Wallet.objects.get().pk, "at": NOON}
    given = [ledger.give_bonus(key=f"bonus:{n}", points=6, **bonus_of) for n in range(2)]
    ledger.take_bonus(rules=shop.rules, key="bonus:back", operation_id=given[0].id)
    Approval.objects.create(operation_id=buy(shop, 40).id, staff=shop.staff)
    shared = buy(shop, 25)
    shared_costs.book(posted=shared, owes_id=other.business.pk, amount=Decimal(2))
    shared_costs.take_back(posted=refund(shop, shared), sale=shared.id)


def audit_exit() -> tuple[int, dict[str, object]]:
    out = StringIO()
    try:
        call_command("audit_ledger", "--json", stdout=out)
    except SystemExit as stop:
        return int(str(stop.code)), json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


@pytest.mark.usefixtures("history")
def test_an_honest_history_passes() -> None:
    code, said = audit_exit()
    assert (code, said["agree"]) == (0, True)
    assert len(said["checks"]) == len(audit.CHECKS)


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corrupted_figure_is_found_by_name_with_exit_status_1(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(CORRUPTIONS[name])
        assert cursor.rowcount > 0
    code, said = audit_exit()
    assert code == 1
    broken = {check["name"]: check["examples"] for check in said["checks"] if check["breaches"]}
    assert broken.get(name.partition(":")[0])


def test_every_promise_has_a_corruption_that_breaks_it() -> None:
    assert {name.partition(":")[0] for name in CORRUPTIONS} == audit.CHECKS.keys()


@pytest.mark.usefixtures("history")
def test_the_command_names_the_broken_promise_and_a_row() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE loyalty_wallet SET balance = balance + 1")
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("audit_ledger", stdout=out)
    assert "BROKEN  A wallet's balance is what remains in its lots. 1 rows" in out.getvalue()


@pytest.mark.usefixtures("history")
def test_each_promise_is_a_line_with_its_rows_and_seconds_and_beside_the_json_a_line_elsewhere() -> None:
    out, beside = StringIO(), StringIO()
    call_command("audit_ledger", stdout=out)
    call_command("audit_ledger", "--json", stdout=StringIO(), stderr=beside)
    for said in (out.getvalue(), beside.getvalue()):
        lines = re.findall(r"^ok      (.+) \((\d+) rows, \d+\.\d s\)$", said, re.MULTILINE)
        assert [promise for promise, _ in lines] == [promise for promise, _ in audit.CHECKS.values()]
        assert dict(lines)["A wallet's balance is what remains in its lots."] == str(
            Wallet.objects.count() + Lot.objects.count()
        )


@pytest.mark.usefixtures("history")
def test_the_json_names_what_it_always_named() -> None:
    _, said = audit_exit()
    assert {tuple(check) for check in said["checks"]} == {("name", "promise", "breaches", "examples")}
