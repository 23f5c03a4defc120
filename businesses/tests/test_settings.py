"""The settings of a business."""

from decimal import Decimal

import pytest
from django.test import Client

from businesses import api_keys
from businesses.models import ApiKey, Branch, Business, Role, SettingChange, Staff
from businesses.tests.conftest import hire
from conftest import NOON, Shop

ANSWERS = {
    "name": "Nar", "earn_rate": "2", "minimum_spend": "1,50", "points_cap": "100", "purchase_limit": "1 000",
    "contact_person": "Günel", "support_email": "help@nar.test", "support_phone": "*2255",
    "time_zone": "Asia/Baku", "language": "az",
}  # fmt: skip


def version(shop: Shop) -> int:
    shop.business.program.refresh_from_db()
    return shop.business.program.rules_version


def test_the_rules_of_points_count_from_the_next_purchase_on(shop: Shop, owner: Client) -> None:
    before = version(shop)
    assert owner.post("/settings/", ANSWERS).url == "/settings/"
    assert version(shop) > before
    now = shop.rules
    assert (now.terms.rate, now.terms.minimum_spend, now.terms.points_cap) == (2, Decimal("1.5"), 100)
    assert now.purchase_limit == 1000


def test_a_business_changes_its_name_and_it_is_remembered(shop: Shop, owner: Client) -> None:
    owner.post("/settings/", ANSWERS | {"name": "  Nar & Nar  "})
    assert Business.objects.get().name == "Nar & Nar"
    assert SettingChange.objects.filter(field="name", before="Nar", after="Nar & Nar").count() == 1
    assert b"Nar &amp; Nar" in owner.get("/settings/").content


@pytest.mark.parametrize("rate", ["-1", "abc", "1.23456", "99999999999"])
def test_a_wrong_rate_is_told_in_our_words(owner: Client, rate: str) -> None:
    answer = owner.post("/settings/", ANSWERS | {"earn_rate": rate})
    assert answer.status_code == 422
    assert "Write a number of 0 or more, with at most four decimals." in answer.text


def test_saving_without_a_change_moves_nothing(shop: Shop, owner: Client) -> None:
    owner.post("/settings/", ANSWERS)
    before = version(shop)
    owner.post("/settings/", ANSWERS)
    assert version(shop) == before


def test_what_is_shown_can_be_saved_as_it_is(shop: Shop, owner: Client) -> None:
    owner.post("/settings/", ANSWERS)
    before = Business.objects.values().get()
    form = owner.get("/settings/").context["form"]
    shown = {field.name: field.value() for field in form if field.value() not in (None, False)}
    assert shown["minimum_spend"] == "1.50"
    owner.post("/settings/", shown)
    assert Business.objects.values().get() == before


def test_amounts_are_shown_as_the_reader_writes_them(owner: Client) -> None:
    owner.post("/settings/", ANSWERS)
    assert 'value="1,50"' in owner.get("/settings/", headers={"Accept-Language": "ru"}).text


def test_empty_limits_are_no_limits(shop: Shop, owner: Client) -> None:
    owner.post("/settings/", ANSWERS | {"points_cap": "", "purchase_limit": ""})
    shop.business.refresh_from_db()
    assert (shop.business.points_cap, shop.business.purchase_limit) == (None, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("earn_rate", text) for text in ("", "-1", "1e9", "NaN", "1.23456", "9999999", "\x00")),
        *(("minimum_spend", text) for text in ("", "-1", "1e9", "1.505", "1000000000", "9" * 10_000, "x\x00")),
        *(("points_cap", text) for text in ("0", "-5", "1.5", "1e3", "9" * 30, "9" * 10_000)),
        *(("purchase_limit", text) for text in ("-1", "abc", "12,345")),
        *(("contact_person", text) for text in ("a\x00", "x" * 121, "\u202e")),
        *(("support_email", text) for text in ("nobody", "a@b\x00.test", "x" * 10_000 + "@nar.test")),
        *(("support_phone", text) for text in ("call me", "<b>1234</b>", "1" * 33, "12\n34")),
        *(("time_zone", text) for text in ("", "Mars/Olympus", "Europe/Paris")),
        *(("language", text) for text in ("", "de")),
    ],
)
def test_a_mistake_is_shown_beside_its_field_and_changes_nothing(
    shop: Shop, owner: Client, field: str, value: str
) -> None:
    before = Business.objects.values().get()
    answer = owner.post("/settings/", ANSWERS | {field: value})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert Business.objects.values().get() == before


def test_only_an_owner_makes_a_business_confidential(shop: Shop, owner: Client, manager: Client) -> None:
    manager.post("/settings/", ANSWERS | {"confidential": "on"})
    shop.business.refresh_from_db()
    assert not shop.business.confidential
    owner.post("/settings/", ANSWERS | {"confidential": "on"})
    manager.post("/settings/", ANSWERS)
    shop.business.refresh_from_db()
    assert shop.business.confidential


def test_nobody_lifts_the_confidence_of_a_medical_business(shop: Shop, owner: Client) -> None:
    Business.objects.update(category="medical", confidential=True)
    owner.post("/settings/", ANSWERS)
    shop.business.refresh_from_db()
    assert shop.business.confidential


# --- Branches ---------------------------------------------------------------------------------------------


def test_a_branch_is_added_changed_and_closed(shop: Shop, owner: Client) -> None:
    before = version(shop)
    owner.post("/settings/branches/new/", {"name": "Nizami street", "city": "Baku"})
    branch = Branch.objects.get(name="Nizami street")
    assert branch.pk in shop.rules.branches.values()
    owner.post(f"/settings/branches/{branch.public_id}/", {"name": "Nizami 5", "city": "Baku", "hours": "9–21"})
    branch.refresh_from_db()
    assert (branch.name, branch.hours, branch.business) == ("Nizami 5", "9–21", shop.business)
    address = f"/settings/branches/{branch.public_id}/closure/"
    assert owner.get(address).status_code == 200
    assert owner.post(address).url == "/settings/branches/"
    assert owner.post(address).status_code == 404
    assert branch.pk not in shop.rules.branches.values()
    assert version(shop) > before


def test_a_chain_pages_through_its_branches_and_finds_one(shop: Shop, owner: Client) -> None:
    assert b'type="search"' not in owner.get("/settings/branches/").content
    Branch.objects.bulk_create(
        Branch(business=shop.business, name=f"Nizami {n:03}", city="Bakı", address="Təbriz küç.") for n in range(120)
    )
    first = owner.get("/settings/branches/").content.decode()
    assert "Nizami 048" in first
    assert "Nizami 049" not in first
    assert "1–50 of 121" in first
    last = owner.get("/settings/branches/?page=3").content.decode()
    assert "Nizami 119" in last
    found = owner.get("/settings/branches/", {"q": " bakı təbriz 07"}).content.decode()
    assert "Nizami 077" in found
    assert "Nizami 011" not in found
    assert 'value="bakı təbriz 07"' in found
    assert "?q=Nizami&amp;page=2" in owner.get("/settings/branches/", {"q": "Nizami"}).content.decode()
    assert b"No branch has these words." in owner.get("/settings/branches/", {"q": "Gəncə"}).content


def test_the_last_open_branch_is_not_closed(shop: Shop, owner: Client) -> None:
    answer = owner.post(f"/settings/branches/{shop.branch.public_id}/closure/")
    assert answer.status_code == 422
    assert "only open branch" in answer.text
    shop.branch.refresh_from_db()
    assert shop.branch.closed_at is None


def test_a_closed_branch_is_opened_again(shop: Shop, owner: Client, client: Client) -> None:
    branch = Branch.objects.create(business=shop.business, name="Nizami", closed_at=NOON)
    page, address = f"/settings/branches/{branch.public_id}/", f"/settings/branches/{branch.public_id}/reopening/"
    assert "Closed since 3 March 2026" in owner.get(page).text
    assert address in owner.get(page).text
    assert "QR poster works again" in owner.get(address).text
    assert branch.pk not in shop.rules.branches.values()
    for _press in range(2):
        assert owner.post(address).url == "/settings/branches/"
    assert branch.pk in shop.rules.branches.values()
    assert client.get(f"/join/{branch.public_id}/").status_code == 200
    assert address not in owner.get(page).text


def test_closing_tells_what_it_means_and_is_not_offered_for_the_last_branch(shop: Shop, owner: Client) -> None:
    page, closure = (f"/settings/branches/{shop.branch.public_id}/{end}" for end in ("", "closure/"))
    assert closure not in owner.get(page).text
    assert "only open branch" in owner.get(page).text
    Branch.objects.create(business=shop.business, name="Second")
    assert closure in owner.get(page).text
    text = owner.get(closure).text
    for meaning in ("Nobody sells there", "poster stops working", "begin at another branch", "open it again"):
        assert meaning in text


@pytest.mark.parametrize("name", ["", "Main", "a\x00", "x" * 10_000, "\u200b"])
def test_a_branch_needs_a_name_of_its_own(shop: Shop, owner: Client, name: str) -> None:
    answer = owner.post("/settings/branches/new/", {"name": name, "city": "Baku"})
    assert answer.status_code == 422
    assert 'value="Baku"' in answer.text
    assert shop.business.branches.count() == 1


# --- Staff ------------------------------------------------------------------------------------------------


def test_an_owner_changes_a_role_and_ends_somebody(shop: Shop, owner: Client) -> None:
    ann = hire(shop.business, Role.CASHIER, "ann@nar.test")
    assert owner.post(f"/settings/staff/{ann.public_id}/", {"role": "manager"}).url == "/settings/staff/"
    ann.refresh_from_db()
    assert ann.role == Role.MANAGER
    address = f"/settings/staff/{ann.public_id}/end/"
    owner.get(address)
    assert Staff.objects.get(pk=ann.pk).ended_at is None
    assert owner.post(address).url == "/settings/staff/"
    assert owner.post(address).status_code == 404
    assert Staff.objects.get(pk=ann.pk).ended_at is not None


def test_the_last_owner_is_told_that_one_must_stay(shop: Shop, owner: Client) -> None:
    member = f"/settings/staff/{shop.staff.public_id}/"
    for answer in (owner.post(member, {"role": "cashier"}), owner.post(f"{member}end/")):
        assert answer.status_code == 422
        assert "needs an owner" in answer.text
    assert owner.get("/settings/keys/").status_code == 200


@pytest.mark.parametrize("answers", [{"email": "x", "role": "cashier"}, {"email": "a@b.test", "role": "king"}])
def test_a_wrong_invitation_is_not_sent(shop: Shop, owner: Client, answers: dict[str, str]) -> None:
    assert owner.post("/settings/staff/invitations/", answers).status_code == 422
    assert shop.business.invitations.count() == 0


# --- Keys -------------------------------------------------------------------------------------------------


def test_a_key_is_shown_once_and_only_its_hmac_is_kept(shop: Shop, owner: Client) -> None:
    answer = owner.post("/settings/keys/new/", {"name": "Till", "scopes": ["read", "earn"]})
    text = answer.context["text"]
    assert text in answer.text
    assert text not in owner.get("/settings/keys/").text
    key = ApiKey.objects.get()
    assert text.startswith(key.prefix)
    assert bytes(key.digest) == api_keys.digest(text)
    secret = text.removeprefix(key.prefix)
    assert all(secret not in str(value) for value in ApiKey.objects.values().get().values())


def test_a_key_is_replaced_without_a_gap(shop: Shop, owner: Client) -> None:
    for name in ("Old", "New"):
        owner.post("/settings/keys/new/", {"name": name, "scopes": ["read"]})
    old = ApiKey.objects.get(name="Old")
    for _time in range(2):
        assert owner.post(f"/settings/keys/{old.public_id}/revocation/").url == "/settings/keys/"
    assert list(ApiKey.objects.filter(revoked_at=None).values_list("name", flat=True)) == ["New"]


@pytest.mark.parametrize(
    "answers", [{"name": "Till"}, {"scopes": ["read"]}, {"name": "Till", "scopes": ["root"]}, {"name": "x" * 81}]
)
def test_a_key_needs_a_name_and_known_scopes(shop: Shop, owner: Client, answers: dict[str, object]) -> None:
    assert owner.post("/settings/keys/new/", answers).status_code == 422
    assert not ApiKey.objects.exists()
