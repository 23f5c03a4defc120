"""The points page in a browser's hands: the phone, the code, the balance; and what nobody else may see."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from businesses.models import Program
from conftest import NOON, Shop
from customers import codes, consents, profiles
from customers.models import Card, Channel, Code, Consent, Customer, Message, MessageStatus, Profile
from customers.tests.conftest import other_than, sent_code
from loyalty import lookup
from loyalty.lookup import Who
from loyalty.models import Tier, Wallet
from loyalty.tests.conftest import PHONE, buy, give_tier, redeem, refund, wallet

pytestmark = pytest.mark.django_db
# Nobody has this number, and it looks like PHONE under its mask.
STRANGER = "+994501111167"
NASTY = ["\0", "Aysel\0", "😀" * 40, "x" * 10_000, "\u202eevil", "<script>alert(1)</script>", "ё ə 中"]


def text(response: HttpResponse) -> str:
    """What the page says, without its markup."""
    body = re.sub(r"<(script|template|style)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def ask(client: Client, phone: str = PHONE) -> HttpResponse:
    return client.post(reverse("points"), {"phone": phone})


def answer(client: Client, code: str) -> HttpResponse:
    return client.post(reverse("points-code"), {"code": code})


def sign_in(client: Client, phone: str = PHONE) -> None:
    ask(client, phone)
    assert answer(client, sent_code(phone)).status_code == 302
    Code.objects.all().delete()  # so that the next test step need not wait


def pages(public_id: object) -> list[str]:
    names = ["points-wallet", "points-history", "points-profile", "points-privacy", "points-card"]
    return [reverse(name, args=[public_id]) for name in names]


@pytest.fixture
def member(shop: Shop, client: Client) -> Wallet:
    """Somebody with 100 points, signed in on `client`."""
    buy(shop, 100)
    sign_in(client)
    return wallet()


# --- Signing in ---------------------------------------------------------------------------------------------


def test_phone_code_balance(shop: Shop, client: Client) -> None:
    buy(shop, "1240")
    assert client.get(reverse("points")).status_code == 200
    assert ask(client, "050 123 45 67").url == reverse("points-code")
    assert "+994 50 ••• •• 67" in text(client.get(reverse("points-code")))
    home = answer(client, f" {sent_code()[:3]} {sent_code()[3:]} ")
    assert home.url == reverse("points-wallet", args=[wallet().public_id])
    page = client.get(home.url)
    assert "1,240 points" in text(page)
    assert "ending 45 67" in text(page)
    assert PHONE not in page.content.decode()
    assert client.get(reverse("points")).url == home.url


@pytest.mark.parametrize("phone", ["", "12", "050 123", "hello", "050 123 45 67 ext. 3", *NASTY])
def test_what_is_no_phone_is_kept_and_explained(client: Client, phone: str) -> None:
    page = ask(client, phone)
    assert page.status_code == 422
    assert "errorlist" in page.content.decode()
    assert Code.objects.count() == 0


def test_a_foreign_number_is_welcome(client: Client) -> None:
    assert ask(client, "+7 912 345-67-89").status_code == 302


def test_a_wrong_a_late_and_a_sixth_code_each_hear_why(shop: Shop, client: Client) -> None:
    buy(shop, 10)
    ask(client)
    wrong = other_than(sent_code())
    for left in (4, 3, 2, 1):
        page = answer(client, wrong)
        assert page.status_code == 422
        assert f"You have {left} attempt" in text(page)
    assert "not right either" in text(answer(client, wrong))
    assert "Too many wrong attempts" in text(answer(client, sent_code()))
    Code.objects.update(attempts=0, expires_at=timezone.now())
    assert "That code has expired" in text(answer(client, sent_code()))
    assert client.get(reverse("points")).status_code == 200


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", *NASTY])
def test_what_cannot_be_a_code_costs_no_attempt(client: Client, code: str) -> None:
    ask(client)
    assert answer(client, code).status_code == 422
    assert Code.objects.get().attempts == 0


def test_a_code_opens_one_browser_once(shop: Shop, client: Client) -> None:
    buy(shop, 10)
    ask(client)
    other = Client()
    assert answer(other, sent_code()).url == reverse("points")
    assert answer(client, sent_code()).status_code == 302
    client.cookies.pop("customer")
    assert answer(client, sent_code()).url == reverse("points")  # the question is forgotten with its answer


def test_asking_twice_leads_to_the_code_that_is_on_its_way(client: Client) -> None:
    ask(client)
    assert ask(client).url == reverse("points-code")
    assert Code.objects.count() == 1


def test_another_browser_that_asks_too_soon_hears_when_to_come_back(client: Client) -> None:
    ask(client)
    page = ask(Client())
    assert page.status_code == 429
    assert 1 <= int(page["Retry-After"]) <= 45
    assert re.search(r"new code in 0:\d\d\.", text(page))
    assert PHONE in page.content.decode()


def test_a_new_code_may_be_asked_for_on_the_code_page(client: Client, shop: Shop) -> None:
    buy(shop, 10)
    ask(client)
    old = sent_code()
    assert client.post(reverse("points-code"), {"again": "1"}).status_code == 429
    Code.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    assert client.post(reverse("points-code"), {"again": "1"}).url == reverse("points-code")
    assert Code.objects.count() == 2
    if old != sent_code():
        assert answer(client, old).status_code == 422
    assert answer(client, sent_code()).status_code == 302


def test_the_code_page_without_a_question_leads_back(client: Client) -> None:
    assert client.get(reverse("points-code")).url == reverse("points")
    client.cookies["asked"] = "forged"
    assert client.get(reverse("points-code")).url == reverse("points")


# --- Nobody learns who is a customer ------------------------------------------------------------------------


def seen(response: HttpResponse) -> tuple[int, dict[str, str], str, dict[str, tuple[object, ...]]]:
    """All that a browser gets, but for what is random in cookies and in the form's token."""
    body = re.sub(r'(csrfmiddlewaretoken" value="|X-CSRFToken": ")[^"]*', r"\1", response.content.decode())
    jar = {
        name: (len(each.value), *(each[key] for key in ("max-age", "httponly", "samesite", "path", "secure")))
        for name, each in response.cookies.items()
    }
    # Expires is the second of the answer, which a busy machine may pass between two visits.
    headers = {name: value for name, value in response.headers.items() if name not in ("Set-Cookie", "Expires")}
    return response.status_code, headers, body, jar


def walk(phone: str) -> list[object]:
    """Everything a nosy person can do with a number."""
    client = Client(REMOTE_ADDR=f"203.0.113.{phone[-3:-2]}")
    steps = [ask(client, phone), client.get(reverse("points-code"))]
    steps += [answer(client, "000008") for _ in range(6)]
    steps += [client.post(reverse("points-code"), {"again": "1"})]
    return [seen(step) for step in steps]


def test_known_and_unknown_numbers_look_the_same_byte_for_byte(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    buy(shop, 10)
    monkeypatch.setattr(timezone, "now", lambda: NOON)  # else the seconds to wait may differ
    monkeypatch.setattr(codes.secrets, "randbelow", lambda most: 7)
    known, unknown = walk(PHONE), walk(STRANGER)
    assert len(known) == 9
    for one, other in zip(known, unknown, strict=True):
        assert one == other
    assert not Customer.objects.filter(phone=STRANGER).exists()
    statuses = Message.objects.order_by("id").values_list("to", "status")
    assert list(statuses) == [(PHONE, MessageStatus.QUEUED), (STRANGER, MessageStatus.WITHHELD)]


def test_known_and_unknown_numbers_cost_the_same_statements(shop: Shop, client: Client) -> None:
    buy(shop, 10)
    shapes = []
    for phone in (PHONE, STRANGER):
        with CaptureQueriesContext(connection) as log:
            ask(Client(REMOTE_ADDR=f"203.0.113.{phone[-3:-2]}"), phone)
        shapes.append([re.sub(r"[\s-]*\d+", "", query["sql"])[:50] for query in log])
    assert shapes[0] == shapes[1]


def test_not_even_the_digits_that_were_drawn_let_a_stranger_in(client: Client) -> None:
    ask(client, STRANGER)
    assert answer(client, sent_code(STRANGER)).status_code == 422


# --- The page ------------------------------------------------------------------------------------------------


def test_the_page_tells_tier_debt_and_what_expires_next(shop: Shop, client: Client) -> None:
    program = shop.business.program
    program.points_last_months = 12
    program.save()
    gold = Tier.objects.create(program=program, name="Gold", position=1, multiplier="1.5")
    buy(shop, 100, at=timezone.now())
    redeem(shop, 40)
    sign_in(client)
    give_tier(gold)
    Wallet.objects.update(owed=7)
    page = text(client.get(pages(wallet().public_id)[0]))
    Wallet.objects.update(owed=0)
    assert "Gold · earns ×1.5" in page
    assert re.search(r"60 points expire on \d+ \w+ \d{4}\.", page)
    assert "7 points are owed" in page


def test_history_names_what_happened_where(shop: Shop, member: Wallet, client: Client) -> None:
    bought = buy(shop, "24.80", at=NOON)
    redeem(shop, 30)
    refund(shop, bought)
    page = text(client.get(pages(member.public_id)[0]))
    for words in (r"Nar 24\.80.₼ · 3 Mar( 2026)? \+24 ", r"Coffee Nar · [^+]* −30 ", r"Refund Nar · [^+]* −24 "):
        assert re.search(words, page), (words, page)


def test_history_comes_in_pages_of_twenty(shop: Shop, member: Wallet, client: Client) -> None:
    for _ in range(24):
        buy(shop, 3)
    address = pages(member.public_id)[1]
    assert "1–20 of 25" in text(client.get(address))
    assert text(client.get(f"{address}?page=1")).count("+3") == 20
    last = text(client.get(f"{address}?page=2"))
    assert (last.count("+3"), last.count("+100")) == (4, 1)
    for odd in ("0", "-1", "x", "9" * 400, "\0"):
        assert client.get(address, {"page": odd}).status_code == 200


def test_a_customer_of_several_programmes_chooses_among_them(
    shop: Shop, member: Wallet, client: Client, new_shop: Callable[..., Shop]
) -> None:
    other = Program.objects.create(slug="own", name="Own Circle", currency="RUB", join_code="OWN")
    buy(new_shop("rose", program=other), 700)
    second = Wallet.objects.get(program=other)
    assert client.get(reverse("points")).url == pages(member.public_id)[0]
    page = client.get(pages(member.public_id)[0])
    assert pages(second.public_id)[0] in page.content.decode()
    assert "700 points" in text(client.get(pages(second.public_id)[0]))


def test_a_confidential_place_shows_to_its_own_customer(client: Client, new_shop: Callable[..., Shop]) -> None:
    buy(new_shop("clinic", confidential=True), 5)
    sign_in(client)
    assert "Clinic" in text(client.get(pages(wallet().public_id)[1]))


def test_the_wallet_of_a_stranger_does_not_exist(shop: Shop, member: Wallet, client: Client) -> None:
    buy(shop, 10, phone=STRANGER)
    theirs = wallet(STRANGER).public_id
    for address in pages(theirs):
        assert client.get(address).status_code == 404
    for name in ("points-profile", "points-consent", "points-card"):
        assert client.post(reverse(name, args=[theirs]), {"token": "x", "name": "Eve"}).status_code == 404
    assert Profile.objects.count() == 0


def test_signed_out_every_page_asks_for_the_phone(shop: Shop) -> None:
    buy(shop, 10)
    for address in [*pages(wallet().public_id), reverse("points-none")]:
        assert Client().get(address).url == reverse("points")


def test_the_pages_of_a_customer_are_kept_by_nobody(member: Wallet, client: Client) -> None:
    for address in pages(member.public_id):
        assert "no-store" in client.get(address)["Cache-Control"]


@pytest.mark.parametrize(("language", "words"), [("az", "1.240"), ("ru", "1\u00a0240"), ("en", "1,240")])
def test_figures_are_written_as_the_language_writes_them(shop: Shop, client: Client, language: str, words: str) -> None:
    buy(shop, 1240)
    sign_in(client)
    client.post(reverse("set_language"), {"language": language})
    assert words in unescape(client.get(pages(wallet().public_id)[0]).content.decode())


# --- Profile, consents, card ---------------------------------------------------------------------------------


def test_the_profile_is_kept_and_greets(shop: Shop, member: Wallet, client: Client) -> None:
    told = {"name": "Aysel Məmmədova", "birthday": "1990-02-28", "email": "aysel@example.com", "language": "ru"}
    home, _history, profile = pages(member.public_id)[:3]
    assert client.post(profile, told).url == home
    assert client.post(profile, told).url == home
    kept = profiles.told(program_id=member.program_id, customer_id=member.customer_id)
    assert kept.columns() == told
    client.post(reverse("set_language"), {"language": "en"})
    assert "Hi, Aysel " in text(client.get(home))
    assert "aysel@example.com" in client.get(profile).content.decode()


@pytest.mark.parametrize("field", ["name", "birthday", "email", "language"])
@pytest.mark.parametrize("nasty", NASTY)
def test_nothing_typed_into_the_profile_breaks_it(member: Wallet, client: Client, field: str, nasty: str) -> None:
    profile = pages(member.public_id)[2]
    page = client.post(profile, {"name": "", "birthday": "", "email": "", "language": "en", field: nasty})
    assert page.status_code in (302, 422)
    assert client.get(pages(member.public_id)[0]).status_code == 200
    assert "<script>alert" not in client.get(profile).content.decode()


@pytest.mark.parametrize("day", ["1899-12-31", "2999-01-01", "28.02.", "0000-00-00"])
def test_an_impossible_birthday_is_refused_and_kept(member: Wallet, client: Client, day: str) -> None:
    page = client.post(pages(member.public_id)[2], {"birthday": day, "language": "en", "name": "Aysel"})
    assert page.status_code == 422
    assert day in page.content.decode()
    assert Profile.objects.count() == 0


def test_the_customer_decides_who_may_write(shop: Shop, member: Wallet, client: Client) -> None:
    address = reverse("points-consent", args=[member.public_id])
    yes = {"business": shop.business.slug, "channel": "sms", "granted": "yes"}
    for _ in range(2):
        assert client.post(address, yes).url == pages(member.public_id)[3]
    assert consents.agreed(customer_id=member.customer_id, business_id=shop.business.pk, channel=Channel.SMS)
    client.post(address, {**yes, "granted": "no"})
    rows = Consent.objects.order_by("id").values_list("granted", "source", "text_version")
    assert list(rows) == [(True, "points", consents.CURRENT), (False, "points", consents.CURRENT)]


@pytest.mark.parametrize(
    "change", [{"business": "rose"}, {"business": "\0"}, {"channel": "fax"}, {"channel": "telegram"}]
)
def test_only_a_place_of_the_customers_own_is_answered(
    member: Wallet, client: Client, new_shop: Callable[..., Shop], change: dict[str, str]
) -> None:
    new_shop("rose")
    form = {"business": "nar", "channel": "sms", "granted": "yes", **change}
    assert client.post(reverse("points-consent", args=[member.public_id]), form).status_code == 404
    assert Consent.objects.count() == 0


def test_the_card_is_kept_as_a_picture_with_a_name(member: Wallet, client: Client) -> None:
    address = reverse("points-picture", args=[member.public_id])
    assert (
        f'href="{address}" download' in client.get(reverse("points-wallet", args=[member.public_id])).content.decode()
    )
    picture = client.get(address)
    assert picture.content.startswith(b"\x89PNG")
    assert picture["Content-Type"] == "image/png"
    assert picture["Content-Disposition"] == 'attachment; filename="regulars-circle.png"'
    assert "no-store" in picture["Cache-Control"]


def test_a_replaced_card_names_nobody_at_the_counter(shop: Shop, member: Wallet, client: Client) -> None:
    home, card = pages(member.public_id)[0], pages(member.public_id)[4]
    client.get(home)
    old = Card.objects.get().token
    for _ in range(2):
        assert client.post(card, {"token": old}).url == home
    new = Card.objects.get(revoked_at=None).token
    ids = {"program_id": member.program_id, "business_id": shop.business.pk}
    found = lookup.facts(**ids, who=Who("card", new))
    assert found is not None
    assert found.customer_id == member.customer_id
    assert lookup.facts(**ids, who=Who("card", old)) is None
    assert Card.objects.count() == 2


# --- Signing out ---------------------------------------------------------------------------------------------


def test_signing_out_ends_this_browser_only(shop: Shop, member: Wallet, client: Client) -> None:
    phone = Client()
    sign_in(phone)
    assert client.post(reverse("points-sign-out")).url == reverse("points")
    assert client.get(pages(member.public_id)[0]).status_code == 302
    assert phone.get(pages(member.public_id)[0]).status_code == 200


def test_signing_out_everywhere_ends_all_browsers(shop: Shop, member: Wallet, client: Client) -> None:
    phone = Client()
    sign_in(phone)
    assert client.get(reverse("points-sign-out-everywhere")).status_code == 405
    client.post(reverse("points-sign-out-everywhere"))
    assert client.get(pages(member.public_id)[0]).status_code == 302
    assert phone.get(pages(member.public_id)[0]).status_code == 302


def test_staff_and_customers_are_signed_in_apart(shop: Shop, member: Wallet, client: Client) -> None:
    client.force_login(shop.owner)
    client.post(reverse("points-sign-out"))
    assert client.session.get("_auth_user_id") == str(shop.owner.pk)


def test_forms_are_refused_without_their_token(shop: Shop) -> None:
    buy(shop, 10)
    careful = Client(enforce_csrf_checks=True)
    assert ask(careful).status_code == 403
    assert careful.post(reverse("points-sign-out-everywhere")).status_code == 403
