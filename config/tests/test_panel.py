"""The superadmin's panel: lists that stay quick, records that nobody edits, and what must not be read there."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from businesses import api_keys, panel
from businesses.catalogue import products
from businesses.models import ApiKey, Branch, Business, Program, Role, SettingChange, Staff, User
from businesses.panel import ReadOnly, first_id
from businesses.tests.conftest import hire, signed_in
from config.models import TaskRun
from conftest import NOON, Shop
from customers import consents, messages, profiles
from customers.conversations import incoming
from customers.conversations.incoming import Heard
from customers.models import Channel, Customer, ExternalId, Message, MessageKind
from customers.profiles import Told
from loyalty import adjustments, disputes, earning_rules, rewards
from loyalty.importing import work
from loyalty.models import (
    Adjustment,
    Approval,
    ChurnModel,
    DisputeReason,
    EarningRule,
    Entry,
    ExpiryWarning,
    Operation,
    Purchase,
    PurchaseLine,
    Redemption,
    Reward,
    RewardChange,
    Tier,
    Wallet,
)
from loyalty.outcomes import CustomerBlocked
from loyalty.tests.conftest import PHONE, buy, redeem, refund
from loyalty.tests.test_points_page import text
from promotions import coupons, offers
from promotions.models import Assignment, Coupon, Nudge, Source
from promotions.nudging import experiments
from promotions.tests.conftest import agreed, sell
from referrals import awards
from referrals.models import Referral, ReferralTerms
from reports.models import Breadth, Economy, Passage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

LISTS = list(admin.site._registry)
HISTORY = [model for model, shown in admin.site._registry.items() if isinstance(shown, ReadOnly)]
BY_NAME = {"ids": lambda model: model.__name__}


def address(model: Any, page: str = "") -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/{page}"


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("operator@nar.test", "correct horse battery")


@pytest.fixture
def operator(root: User) -> Client:
    return signed_in(root)


def one_more_of_everything(root: User, new_shop: Callable[..., Shop], n: int) -> Shop:
    """A row more in every list, with everything that a row can name."""
    shop = new_shop(
        f"shop-{n}", program=Program.objects.create(slug=f"p{n}", name=f"P{n}", currency="AZN", join_code=n)
    )
    tier = Tier.objects.create(program=shop.business.program, name="Gold", position=1)
    Program.objects.filter(pk=shop.business.program_id).update(tier_basis="spend")
    phone = f"+99450123{n:04}"
    bought = buy(shop, 20, phone=phone, reference=f"R-{n}")
    buy(shop, 30, phone=phone)
    redeem(shop, 5, phone=phone)
    redeem(new_shop(f"beside-{n}", program=shop.business.program), 4, phone=phone)
    refund(shop, bought)
    customer_id = bought.customer_id
    PurchaseLine.objects.create(purchase_id=bought.id, customer_id=customer_id, position=1, name="Tea", unit_price=20)
    Approval.objects.create(operation_id=bought.id, staff=shop.staff)
    ExternalId.objects.create(business=shop.business, customer_id=customer_id, external_id=f"till-{n}")
    key, _text = api_keys.create(business=shop.business, name="Till", scopes=["read"])
    adjustments.adjust(
        rules=shop.rules, wallet=Wallet.objects.get(customer=customer_id), points=1, reason="Sorry", by=root,
        staff=None, key=f"sorry-{n}", at=NOON,
    )  # fmt: skip
    SettingChange.objects.create(business=shop.business, api_key=key, field="earn_rate", before="1", after="2", at=NOON)
    SettingChange.objects.create(
        business=shop.business, staff=shop.staff, field="earn_rate", before="2", after="1", at=NOON
    )
    SettingChange.objects.create(
        business=shop.business, operator=root, field="earn_rate", before="1", after="1.5", at=NOON
    )
    consents.give(customer_id=customer_id, business_id=shop.business.pk, channel=Channel.SMS, source="counter", at=NOON)
    messages.queue(
        kind=MessageKind.POINTS_EARNED, to=phone, text="20 points", language="en", customer_id=customer_id,
        business_id=shop.business.pk, at=NOON,
    )  # fmt: skip
    incoming.receive(Heard(Channel.SMS, f"SM{n}", phone, "STOP"), at=NOON)
    TaskRun.objects.create(name="audit-ledger", task_id=uuid4(), asked_by=root, asked_at=NOON, started_at=NOON)
    disputes.make(operation=Operation.objects.get(pk=bought.id), reason=DisputeReason.OTHER, text="?", at=NOON)
    Program.objects.filter(pk=shop.business.program_id).update(pending_days=14)
    buy(shop, 50, phone=phone, at=timezone.now())
    ExpiryWarning.objects.create(
        wallet_id=bought.wallet_id, days=30, points=5, first_at=NOON, message=Message.objects.last()
    )
    work.bring(
        business=shop.business, kind="customers", file_name="people.csv", content=b"phone\n0501234567\n", at=NOON
    )
    products.put(business=shop.business, sku=f"TEA-{n}", told={"name": "Tea", "category": "Drinks / Hot", "price": 3})
    for business in (shop.business, None):
        earning_rules.make(
            program=shop.business.program, business=business, by=root, at=NOON,
            values={"name": "Friday", "kind": "multiply", "value": 2, "weekdays": [4], "tiers": [tier.pk]},
        )  # fmt: skip
    for business in (shop.business, None):
        offered = rewards.make(
            program=shop.business.program, business=business,
            values={"name": "Coffee", "points": 5, "stock": 9, "tier": tier, "limit_per_customer": 2},
        )  # fmt: skip
        rewards.change(reward=offered, values={"points": 4}, at=NOON, operator=root)
    for business in (shop.business, None):
        offered = offers.make(
            program=shop.business.program, business=business, by=root, at=NOON,
            values={"name": "Ten off", "kind": "percentage", "value": 10, "lasts_days": 7, "categories": ["Tea"]},
        )  # fmt: skip
        offers.change(offer=offered, values={"total_limit": 5}, at=NOON, operator=root)
        coupons.issue(
            offer=offered, wallet=Wallet.objects.get(customer=customer_id), source=Source.PROMOTION, at=timezone.now()
        )
    partner = Shop(shop.business.program, f"partner-{n}")
    agreed(shop, partner)
    brought = sell(shop, 40, phone=phone).effects[0]["coupon"]
    sell(partner, 20, brought, phone=phone)
    ReferralTerms.objects.create(program=shop.business.program, friend_offer=offered)
    friend = Customer.objects.create(phone=f"+99450199{n:04}").pk
    Wallet.objects.create(program=shop.business.program, customer_id=friend)
    brought = Referral.objects.create(
        program=shop.business.program, inviter_id=customer_id, friend_id=friend, source="counter", state="completed",
        business=shop.business, won_by=shop.business, staff=shop.staff, made_at=NOON, ends_at=NOON, settled_at=NOON,
    )  # fmt: skip
    awards.promise(referral=brought, business_id=shop.business.pk, at=timezone.now())
    awards.settle_due()
    Economy.objects.create(
        business=shop.business, issued=9, redeemed=4, expired=2, reversed=0, outstanding=3, settled=6,
        settled_redeemed=4, settled_expired=2, counted_at=NOON,
    )  # fmt: skip
    model = ChurnModel.objects.create(
        business=shop.business, version="mbg", parameters={"c0": 1}, prior={}, horizon=30, customers=400,
        log_likelihood=-1, mean_gap=9, fitted_on=NOON.date(), scored_on=NOON.date(),
    )  # fmt: skip
    experiment = experiments.begin(
        business=shop.business, terms={"threshold_percent": 60, "offer": offered, "texts": {"en": "Come back"}},
        staff=shop.staff, at=NOON,
    )  # fmt: skip
    drawn = Assignment.objects.create(
        experiment=experiment, customer_id=customer_id, arm="treatment", bucket=9_000, trigger="night", churn=0.7,
        model=model.label, assigned_at=NOON, until_at=NOON + timedelta(days=30),
    )  # fmt: skip
    Nudge.objects.create(
        assignment=drawn, business=shop.business, customer_id=customer_id, shown="sms", coupon=Coupon.objects.last(),
        made_at=NOON, due_at=NOON, expires_at=NOON + timedelta(days=7),
    )  # fmt: skip
    Passage.objects.create(origin=shop.business, business=partner.business, customers=5, amount=50, counted_at=NOON)
    for discreet in (False, True):
        Breadth.objects.create(
            program=shop.business.program, discreet=discreet, eligible=4, broad=1, active=2, active_broad=0,
            counted_at=NOON,
        )  # fmt: skip
    LogEntry.objects.log_actions(root.pk, [shop.business], CHANGE, "decided", single_object=True)
    return shop


def test_a_list_asks_the_database_as_often_for_twenty_rows_as_for_one(
    root: User, operator: Client, new_shop: Callable[..., Shop]
) -> None:
    def asked() -> dict[str, int]:
        counts = {}
        for model in LISTS:
            operator.get(address(model))  # what is asked once per process, such as content types
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert operator.get(address(model)).status_code == 200
            counts[model.__name__] = len(queries)
        return counts

    one_more_of_everything(root, new_shop, 0)
    few = asked()
    for n in range(1, 10):
        one_more_of_everything(root, new_shop, n)
    assert asked() == few


@pytest.mark.parametrize("model", LISTS, **BY_NAME)
def test_every_record_has_a_page(model: Any, root: User, operator: Client, new_shop: Callable[..., Shop]) -> None:
    one_more_of_everything(root, new_shop, 0)
    records = model._default_manager.order_by("pk")
    page = operator.get(address(model, f"{records.last().pk}/change/"))
    assert page.status_code == 200
    assert "(&#x27;" not in page.text, "a value of Python, where words should stand"


@pytest.mark.parametrize("model", HISTORY, **BY_NAME)
def test_history_is_written_by_nobody(model: Any, root: User, operator: Client, new_shop: Callable[..., Shop]) -> None:
    one_more_of_everything(root, new_shop, 0)
    pk = model._default_manager.first().pk
    pages = ("add/",) if model is not EarningRule else ()  # the operator makes those of a programme
    for page in (*pages, f"{pk}/change/", f"{pk}/delete/"):
        assert operator.post(address(model, page), {"post": "yes"}).status_code == 403, page
    operator.post(address(model), {"action": "delete_selected", "_selected_action": [pk], "post": "yes"})
    assert model._default_manager.filter(pk=pk).exists()


def test_all_of_the_ledger_is_history() -> None:
    ledger = {model for model in LISTS if model._meta.app_label == "loyalty"} - {Tier, Reward}
    assert ledger <= set(HISTORY)


def test_the_operator_makes_changes_and_ends_a_reward_of_a_whole_programme(
    root: User, operator: Client, shop: Shop
) -> None:
    program = shop.business.program
    asked = {
        "program": program.pk, "name": "Trip", "points": "5000", "icon": "ticket", "stock": "2", "limit_period": "ever"
    }  # fmt: skip
    assert operator.post(address(Reward, "add/"), asked).status_code == 302
    made = Reward.objects.get()
    assert (made.business, made.points, made.stock) == (None, 5000, 2)
    assert operator.post(address(Reward, f"{made.pk}/change/"), asked | {"points": "6000"}).status_code == 302
    change = RewardChange.objects.get()
    assert (change.field, change.after, change.operator) == ("points", "6000", root)
    Reward.objects.update(claimed=2)
    refused = operator.post(address(Reward, f"{made.pk}/change/"), asked | {"stock": "1"})
    assert "stock" in refused.context["adminform"].form.errors
    assert operator.post(address(Reward, f"{made.pk}/end/")).status_code == 302
    made.refresh_from_db()
    assert made.archived_at
    Reward.objects.update(claimed=0)


def test_a_businesss_own_reward_is_changed_in_its_portal_alone(operator: Client, shop: Shop) -> None:
    own = rewards.make(program=shop.business.program, business=shop.business, values={"name": "Tea", "points": 5})
    assert operator.post(address(Reward, f"{own.pk}/change/"), {"points": "1"}).status_code == 403
    own.refresh_from_db()
    assert own.points == 5


RULE = {
    "name": "Birthday",
    "kind": "bonus",
    "value": "100",
    "occasion": "birthday",
    "minimum_spend": "0",
    "priority": "0",
}


def test_the_operator_makes_a_rule_of_a_whole_programme_and_ends_it(root: User, operator: Client, shop: Shop) -> None:
    program = shop.business.program
    gold = Tier.objects.create(program=program, name="Gold", position=1)
    asked = RULE | {"program": program.pk, "weekdays": ["1"], "tiers": [gold.pk], "categories": "Tea, Cakes"}
    assert operator.post(address(EarningRule, "add/"), asked).status_code == 302
    made = EarningRule.objects.get()
    assert (made.business, made.weekdays, made.tiers, made.categories) == (None, [1], [gold.pk], ["Tea", "Cakes"])
    assert made.made_by == root
    said = "100 points more: on Tea, Cakes; Tuesday; for Gold; the customer’s birthday"
    assert said in text(operator.get(address(EarningRule)))
    end = address(EarningRule, f"{made.pk}/end/")
    assert operator.post(end).status_code == 302
    assert EarningRule.objects.get().ended_by == root
    answer = operator.post(end)
    assert (answer.status_code, "It has ended already." in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"value": "0"}, "value"),
        ({"kind": "multiply", "value": "1000"}, "value"),
        ({"starts_on": "2026-12-24", "ends_on": "2026-12-01"}, "ends_on"),
        ({"from_time": "10:00"}, "until_time"),
        ({"program": ""}, "program"),
    ],
)
def test_a_rule_of_a_programme_that_cannot_be_meant_is_refused(
    operator: Client, shop: Shop, wrong: dict[str, str], field: str
) -> None:
    answer = operator.post(address(EarningRule, "add/"), RULE | {"program": shop.business.program_id} | wrong)
    assert field in answer.context["adminform"].form.errors
    assert not EarningRule.objects.exists()


def test_a_rule_asks_for_tiers_of_its_own_programme(operator: Client, shop: Shop) -> None:
    other = Program.objects.create(slug="o", name="O", currency="AZN", join_code="O")
    theirs = Tier.objects.create(program=other, name="Gold", position=1)
    asked = RULE | {"program": shop.business.program_id, "tiers": [theirs.pk]}
    assert "tiers" in operator.post(address(EarningRule, "add/"), asked).context["adminform"].form.errors


@pytest.mark.parametrize("model", [Program, Business, Branch, Tier], **BY_NAME)
def test_what_the_ledger_names_is_not_deleted(
    model: Any, root: User, operator: Client, new_shop: Callable[..., Shop]
) -> None:
    one_more_of_everything(root, new_shop, 0)
    pk = model._default_manager.first().pk
    assert operator.post(address(model, f"{pk}/delete/"), {"post": "yes"}).status_code == 403


def test_tables_of_libraries_are_not_shown(operator: Client) -> None:
    page = operator.get("/admin/").text
    assert "django_celery_beat" not in page
    assert operator.get("/admin/django_celery_beat/solarschedule/").status_code == 404
    assert operator.get("/admin/mfa/authenticator/").status_code == 404


# --- What must not be read --------------------------------------------------------------------------------


def test_texts_of_messages_are_read_by_nobody(operator: Client, shop: Shop) -> None:
    messages.queue(kind=MessageKind.CODE, to=PHONE, text="Your code is 482913", language="en", at=NOON)
    message = Message.objects.get()
    for page in (address(Message), address(Message, f"{message.pk}/change/")):
        assert "482913" not in operator.get(page).text


def test_a_key_shows_no_digest(operator: Client, shop: Shop) -> None:
    key, text = api_keys.create(business=shop.business, name="Till", scopes=["read"])
    for page in (address(ApiKey), address(ApiKey, f"{key.pk}/change/")):
        answer = operator.get(page).text
        assert key.prefix in answer
        assert text not in answer
        assert bytes(key.digest).hex() not in answer


def test_a_birthday_stands_on_the_customer_s_own_page_only(operator: Client, shop: Shop) -> None:
    customer = Customer.objects.get(pk=buy(shop, 10).customer_id)
    told = Told(name="Aysel", email="aysel@example.com")
    profiles.save(program_id=shop.business.program_id, customer_id=customer.pk, told=told)
    assert "aysel@example.com" in operator.get(address(Customer, f"{customer.pk}/change/")).text
    for model in LISTS:
        assert "aysel@example.com" not in operator.get(address(model)).text


def test_staff_without_the_rights_of_a_superadmin_press_nothing(shop: Shop) -> None:
    helper = User.objects.create_user("helper@nar.test", "correct horse battery", is_staff=True)
    page = address(User, f"{shop.owner.pk}/disable/")
    assert signed_in(helper).post(page).status_code == 403
    assert User.objects.get(pk=shop.owner.pk).is_active


# --- Correcting a balance, blocking a customer ------------------------------------------------------------


def correction(shop: Shop, **other: Any) -> dict[str, Any]:
    return {"business": shop.business.pk, "points": "50", "reason": "Sorry for the wait", "key": "press-1"} | other


def test_a_balance_is_corrected_once_however_often_it_is_pressed(root: User, operator: Client, shop: Shop) -> None:
    buy(shop, 10)
    wallet = Wallet.objects.get()
    page = address(Wallet, f"{wallet.pk}/adjust/")
    assert 'name="key"' in operator.get(page).text
    for _again in range(2):
        assert operator.post(page, correction(shop)).status_code == 302
    wallet.refresh_from_db()
    assert wallet.balance == 60
    adjustment = Adjustment.objects.get()
    assert (adjustment.reason, adjustment.by) == ("Sorry for the wait", root)
    assert LogEntry.objects.filter(object_id=str(wallet.pk), user=root).exists()
    assert "Sorry for the wait" in operator.get(address(Operation, f"{adjustment.pk}/change/")).text


def test_a_refused_correction_says_what_is_left_and_may_be_pressed_again(operator: Client, shop: Shop) -> None:
    buy(shop, 10)
    wallet = Wallet.objects.get()
    page = address(Wallet, f"{wallet.pk}/adjust/")
    answer = operator.post(page, correction(shop, points="-11"))
    assert answer.status_code == 422
    form = answer.context["form"]
    assert "Only 10 points are left" in form.errors["points"][0]
    assert form["reason"].value() == "Sorry for the wait"
    assert form["key"].value() != "press-1"
    assert operator.post(page, correction(shop, points="-10", key=form["key"].value())).status_code == 302
    wallet.refresh_from_db()
    assert wallet.balance == 0


def test_another_correction_under_the_same_key_is_refused(operator: Client, shop: Shop) -> None:
    buy(shop, 10)
    wallet = Wallet.objects.get()
    page = address(Wallet, f"{wallet.pk}/adjust/")
    operator.post(page, correction(shop))
    assert operator.post(page, correction(shop, points="51")).status_code == 422
    wallet.refresh_from_db()
    assert wallet.balance == 60


def test_a_correction_needs_points_a_reason_and_a_business_of_the_programme(
    operator: Client, shop: Shop, new_shop: Callable[..., Shop]
) -> None:
    buy(shop, 10)
    foreign = new_shop("far", program=Program.objects.create(slug="far", name="Far", currency="USD", join_code="FAR"))
    page = address(Wallet, f"{Wallet.objects.get().pk}/adjust/")
    for wrong in ({"points": "0"}, {"points": "x"}, {"reason": " "}, {"business": foreign.business.pk}):
        assert operator.post(page, correction(shop, **wrong)).status_code == 422, wrong
    assert not Adjustment.objects.exists()


def test_a_customer_is_blocked_with_a_reason_until_it_is_lifted(root: User, operator: Client, shop: Shop) -> None:
    customer = Customer.objects.get(pk=buy(shop, 10).customer_id)
    page = address(Customer, f"{customer.pk}/block/")
    assert operator.post(page).status_code == 422
    assert operator.post(page, {"reason": "A stolen phone"}).status_code == 302
    customer.refresh_from_db()
    assert customer.blocked_at
    assert customer.blocked_reason == "A stolen phone"
    with pytest.raises(CustomerBlocked):
        buy(shop, 10)
    assert "A stolen phone" in LogEntry.objects.get(object_id=str(customer.pk), user=root).get_change_message()
    assert operator.post(page, {"reason": "Again"}).status_code == 422
    record = operator.get(address(Customer, f"{customer.pk}/change/")).text
    assert "/lift/" in record
    assert "/block/" not in record
    assert operator.post(address(Customer, f"{customer.pk}/lift/")).status_code == 302
    buy(shop, 10)


def test_the_operator_s_change_of_a_business_is_kept_with_its_author(root: User, operator: Client, shop: Shop) -> None:
    page = address(Business, f"{shop.business.pk}/change/")
    form = operator.get(page).context["adminform"].form
    fields = {
        name: "" if form[name].value() is None else form[name].value()
        for name in form.fields
        if form[name].value() is not False
    }
    answer = operator.post(page, fields | {"earn_rate": "3", "name": "Nar & Co"})
    assert answer.status_code == 302, answer.context["errors"]
    shop.business.refresh_from_db()
    assert (shop.business.earn_rate, shop.business.name) == (3, "Nar & Co")
    kept = SettingChange.objects.order_by("field").values_list("field", "before", "after", "operator")
    assert list(kept) == [("earn_rate", "1.0000", "3", root.pk), ("name", "Nar", "Nar & Co", root.pk)]
    assert "operator" in operator.get(address(SettingChange)).text
    operator.post(page, fields | {"earn_rate": "3", "name": "Nar & Co"})
    assert SettingChange.objects.count() == 2, "what is the same is no change"


def test_a_setting_is_changed_by_one(root: User, shop: Shop) -> None:
    for wrong in ({}, {"staff": shop.staff, "operator": root}):
        with pytest.raises(IntegrityError), transaction.atomic():
            SettingChange.objects.create(business=shop.business, field="name", before="a", after="b", at=NOON, **wrong)


# --- Finding ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["+994501234567", "050 123 45 67", "50 123-45-67", "994 50 123 45 67"])
def test_a_customer_is_found_by_the_number_as_people_write_it(text: str, operator: Client, shop: Shop) -> None:
    buy(shop, 10)
    buy(shop, 10, phone="+994559998877")
    for model in (Customer, Wallet, Operation, Entry, Purchase):
        found = operator.get(address(model), {"q": text}).context["cl"].result_count
        assert found == 1, model.__name__


def test_an_operation_is_found_by_id_key_and_receipt_number(operator: Client, shop: Shop) -> None:
    bought = buy(shop, 10, key="till-1:77", reference="R-77")
    buy(shop, 10)
    for sought in (str(bought.public_id), "till-1:77", "R-77"):
        for model in (Operation, Purchase, Entry):
            found = operator.get(address(model), {"q": sought}).context["cl"].queryset
            assert found.count() == 1, (sought, model.__name__)


def test_what_nobody_is_called_finds_nothing(operator: Client, shop: Shop) -> None:
    buy(shop, 10)
    for model in LISTS:
        if admin.site._registry[model].get_search_fields(None):
            assert operator.get(address(model), {"q": "nobody %_"}).context["cl"].result_count == 0, model


def test_a_redemption_and_a_used_up_lot_are_found_by_phone(operator: Client, shop: Shop) -> None:
    buy(shop, 10)
    redeem(shop, 10)
    for model in (Redemption, Entry._meta.apps.get_model("loyalty.Lot")):
        assert operator.get(address(model), {"q": PHONE}).context["cl"].result_count == 1


# --- A million rows ---------------------------------------------------------------------------------------


def test_a_list_counts_no_further_than_anybody_pages(
    operator: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panel, "MOST_COUNTED", 2)
    for n in range(4):
        buy(shop, 10, phone=f"+99450123456{n}")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE customers_customer")
    shown = operator.get(address(Customer))
    assert shown.context["cl"].result_count == 2
    assert "about 4" in shown.text
    assert "more than 2" in operator.get(address(Purchase), {"operation__business": shop.business.pk}).text


def test_a_day_is_found_through_the_primary_key(operator: Client, shop: Shop) -> None:
    now = timezone.now()
    with connection.cursor() as cursor:
        for n in range(40):
            cursor.execute(
                "INSERT INTO customers_customer (phone, created_at) VALUES (%s::text, %s::timestamptz)",
                [f"+99450000{n:04}", now - timedelta(days=40 - n)],
            )
        cursor.execute("DELETE FROM customers_customer WHERE phone LIKE '%%5'")
    for days in (39, 20, 1):
        since = now - timedelta(days=days, minutes=1)
        right = Customer.objects.filter(created_at__gte=since).order_by("pk").first()
        assert first_id(Customer, "created_at", since) == right.pk or days == 0
    assert first_id(Customer, "created_at", now + timedelta(days=1)) > Customer.objects.aggregate(n=Max("pk"))["n"]
    week = operator.get(address(Customer), {"recorded": "week"}).context["cl"].queryset
    assert {row.created_at.date() for row in week} <= {(now - timedelta(days=n)).date() for n in range(7)}
    assert week.count() in (5, 6)


# --- Pages that explain themselves ------------------------------------------------------------------------


def test_an_operation_tells_why_and_what_corrected_it(operator: Client, shop: Shop) -> None:
    bought = buy(shop, 20)
    refunded = refund(shop, bought)
    page = operator.get(address(Operation, f"{bought.id}/change/")).text
    assert "Each ₼1.00 earns 1 points." in page.replace("\u00a0", " ") or "earns 1 points." in page
    assert f"/admin/loyalty/operation/{refunded.id}/change/" in page
    assert "Olga" in page or shop.owner.email in page
    undone = operator.get(address(Operation, f"{refunded.id}/change/")).text
    assert f"/admin/loyalty/operation/{bought.id}/change/" in undone


# --- Presses ----------------------------------------------------------------------------------------------


def test_a_disabled_user_is_out_with_the_next_request(operator: Client, shop: Shop) -> None:
    browser = signed_in(shop.owner)
    assert browser.get("/settings/").status_code == 200
    page = address(User, f"{shop.owner.pk}/disable/")
    assert operator.get(page).status_code == 200
    assert browser.get("/settings/").status_code == 200, "looking at the question disables nobody"
    assert operator.post(page).status_code == 302
    assert browser.get("/settings/").url.startswith("/accounts/login/")
    assert LogEntry.objects.filter(object_id=str(shop.owner.pk)).exists()
    operator.post(address(User, f"{shop.owner.pk}/enable/"))
    assert User.objects.get(pk=shop.owner.pk).is_active


def test_the_last_superadmin_stays(root: User, operator: Client) -> None:
    other = User.objects.create_superuser("second@nar.test", "correct horse battery")
    assert operator.post(address(User, f"{other.pk}/disable/")).status_code == 302
    answer = operator.post(address(User, f"{root.pk}/disable/"))
    assert answer.status_code == 422
    assert "last superadmin" in answer.text
    assert User.objects.get(pk=root.pk).is_active


def test_a_membership_is_ended_but_not_that_of_the_last_owner(operator: Client, shop: Shop) -> None:
    cashier = hire(shop.business, Role.CASHIER, "cashier@nar.test")
    assert operator.post(address(Staff, f"{cashier.pk}/end/")).status_code == 302
    assert Staff.objects.get(pk=cashier.pk).ended_at
    assert operator.post(address(Staff, f"{shop.staff.pk}/end/")).status_code == 422
    assert Staff.objects.get(pk=shop.staff.pk).ended_at is None


@pytest.mark.parametrize(("press", "status"), [("accept", "active"), ("decline", "declined")])
def test_a_business_that_waits_is_decided_on_its_page(
    press: str, status: str, operator: Client, new_shop: Callable[..., Shop]
) -> None:
    waiting = new_shop("waiting", status="waiting").business
    assert f"/{press}/" in operator.get(address(Business, f"{waiting.pk}/change/")).text
    assert operator.post(address(Business, f"{waiting.pk}/{press}/")).status_code == 302
    waiting.refresh_from_db()
    assert waiting.status == status
    again = operator.post(address(Business, f"{waiting.pk}/{press}/"))
    assert again.status_code == 422


def test_a_record_that_is_not_there_is_not_found(operator: Client) -> None:
    for pk in ("999999", "x"):
        assert operator.get(address(User, f"{pk}/disable/")).status_code == 404


@pytest.mark.parametrize(
    ("asked", "kept", "wrong"),
    [
        ({"expiry_kind": "months", "points_last_months": "12"}, ("months", 12, None, None), ""),
        ({"expiry_kind": "inactivity", "points_last_months": ""}, ("inactivity", None, None, None), ""),
        (
            {"expiry_kind": "yearly", "points_last_months": "", "expires_on_day": "31", "expires_in_month": "12"},
            ("yearly", 0, 31, 12),
            "",
        ),
        (
            {"expiry_kind": "month_end", "points_last_months": "1", "expires_on_day": "31", "expires_in_month": "12"},
            ("month_end", 1, None, None),
            "",
        ),
        ({"expiry_kind": "yearly", "expires_on_day": "31", "expires_in_month": "6"}, None, "expires_on_day"),
        ({"expiry_kind": "yearly", "expires_on_day": "31", "expires_in_month": "13"}, None, "expires_in_month"),
        ({"expiry_kind": "yearly"}, None, "expires_in_month"),
        ({"expiry_kind": "months", "points_last_months": "0"}, None, "points_last_months"),
        ({"expiry_kind": "never"}, None, "expiry_kind"),
    ],
)
def test_a_policy_of_expiry_is_whole_or_refused(
    operator: Client, program: Program, asked: dict[str, str], kept: tuple[Any, ...] | None, wrong: str
) -> None:
    form = {
        "name": "Circle",
        "join_code": "CIRCLE",
        "rounding": "floor",
        "point_value": "0.01",
        "pending_days": "0",
        "tier_window": "year",
        "tier_notice_days": "30",
    } | asked
    answer = operator.post(address(Program, f"{program.pk}/change/"), form)
    program.refresh_from_db()
    now = (program.expiry_kind, program.points_last_months, program.expires_on_day, program.expires_in_month)
    if wrong:
        assert list(answer.context["adminform"].form.errors) == [wrong]
        assert now == ("months", None, None, None)
    else:
        assert (answer.status_code, now) == (302, kept)
