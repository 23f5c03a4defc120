"""What a confidential business is never told of, and what one programme never tells another.

A clinic of the programme keeps its name, its category and whatever its staff wrote to itself: every page, fragment, API
answer, export and message that anybody else can get is read for them. Who may open which address stands in DOORS of
test_strangers.py; links and forms found on the way are followed too. The customer sees all that is theirs.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial
from html import unescape
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail
from django.db import transaction
from django.http import HttpResponse
from django.urls import Resolver404, resolve
from django.utils import timezone

from businesses.models import Business
from businesses.tests.conftest import signed_in
from config.tests.test_strangers import DOORS, Visitor, World, address, said_at
from conftest import NOON, Shop
from customers import consents
from customers.models import Channel, Customer, ExternalId, Message, Profile
from loyalty import ledger, rewards
from loyalty.clearing.positions import FEW
from loyalty.models import Wallet
from loyalty.tests.conftest import adjust, buy, cancel, redeem, refund
from promotions import coupons
from promotions.models import Offer, Source
from promotions.tests.conftest import sell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

SECRET = "zyxqo"  # in every name that the clinic has, and in every word that it wrote
CATEGORY = "medical"
POINTS = "733144"  # of one sale there: not even its line shows
BESIDE = "wvqxo"  # in the name of another shop of the programme, and in what it wrote: that is "elsewhere"
FAR = "qwxvo"  # the same for the shop of another programme, and for the name that the customer goes by there
OF_A_KIND = 3
BY_CHANCE = r"[0-9a-f]{8}-[0-9a-f-]{27}|[A-Za-z0-9]{64}|[0-9a-f]{32}"


class Watched(World):
    """`nar` and `tea` share a customer with a clinic; `far` knows the same phone under another name."""

    def __init__(self, new_shop: Callable[..., Shop]) -> None:
        super().__init__(new_shop)
        told = {"name": "Zyxqomed Heart Clinic", "contact_person": "Zyxqoova", "support_email": "help@zyxqo.test"}
        self.clinic = new_shop("zyxqo", category=CATEGORY, confidential=True, earn_rate=Decimal(3), **told)
        self.clinic.branch.name, self.clinic.branch.city = "Zyxqoward", "Zyxqoville"
        self.clinic.branch.save()
        for shop in (self.nar, self.clinic):
            who = {"customer_id": self.customer.pk, "business_id": shop.business.pk, "channel": Channel.SMS}
            consents.give(**who, source="test", at=NOON)
        Business.objects.filter(pk=self.tea.business.pk).update(name="Wvqxotea")
        Business.objects.filter(pk=self.far.business.pk).update(name="Qwxvofar")
        lines = [{"sku": "wvqxo-7", "name": "Wvqxotea", "category": "Wvqxoteas", "unit_price": Decimal("4.70")}]
        buy(self.tea, "4.70", reference="wvqxo-till", lines=lines)
        redeem(self.tea, 2, description="Wvqxocup", reference="wvqxo-return")
        adjust(self.tea, 3, reason="Wvqxotea was cold")
        self.live_at_the_clinic()
        check = rewards.make(
            program=self.clinic.business.program,
            business=self.clinic.business,
            values={"name": "Zyxqocheck", "points": 3, "description": "At the Zyxqoward"},
        )
        redeem(self.clinic, 3, reward_id=check.pk, description="Zyxqocheck")
        self.hold_a_coupon_of_the_clinic()
        ExternalId.objects.create(business=self.far.business, customer=self.customer, external_id="qwxvo-1")
        for program, name in ((self.far.business.program, "Qwxvoana"), (self.nar.business.program, "Aysel Quliyeva")):
            Profile.objects.update_or_create(program=program, customer=self.customer, defaults={"name": name})

    def hold_a_coupon_of_the_clinic(self) -> None:
        """One that is ready and one that was used."""
        care = Offer.objects.create(
            program=self.clinic.business.program,
            business=self.clinic.business,
            name="Zyxqocare",
            kind="gift",
            gift="A Zyxqotooth brush",
            lasts_days=7,
            made_at=NOON,
        )
        mine = Wallet.objects.get(customer=self.customer, program=self.clinic.business.program)
        used, _ready = (
            coupons.issue(offer=care, wallet=mine, source=Source.CHAIN, at=timezone.now()) for _each in range(2)
        )
        sell(self.clinic, 9, str(used.code))

    def live_at_the_clinic(self) -> None:
        """One of everything that leaves a trace."""
        lines = [{"sku": "zyxqo-7", "name": "Zyxqopill", "category": "Zyxqoines", "unit_price": Decimal("77.70")}]
        buy(self.clinic, "77.70", reference="zyxqo-till", lines=lines)
        refund(self.clinic, buy(self.clinic, 9))
        buy(self.clinic, 8, key="zyxqo-key")
        cancel(self.clinic, redeem(self.clinic, 4, reference="zyxqo-return"))
        redeem(self.clinic, 60)  # from points of nar too
        adjust(self.clinic, 6, reason="Zyxqoray repeated")
        self.clear_last_month()
        buy(self.clinic, "244381.50")

    def clear_last_month(self) -> None:
        """So many customers that each partner would stand alone, were none of them confidential."""
        with ledger.clock_at(timezone.now().replace(day=1) - timedelta(days=10)):
            for number in range(FEW):
                phone = f"+9945033300{number:02}"
                for shop in (self.nar, self.tea, self.clinic):
                    buy(shop, 30, phone=phone)
                for shop in (self.clinic, self.nar, self.tea):
                    redeem(shop, 40, phone=phone)


@pytest.fixture
def world(new_shop: Callable[..., Shop], caplog: pytest.LogCaptureFixture) -> Watched:
    caplog.set_level("ERROR", "django.request")
    return Watched(new_shop)


WATCHERS = [f"{who} of {slug}" for slug in ("nar", "tea", "far") for who in ("owner", "manager", "cashier", "key")]
WATCHERS += ["anybody", "another customer", "the invited", "a user who works nowhere"]


@pytest.mark.parametrize("name", WATCHERS)
def test_nobody_else_reads_of_the_clinic_nor_of_what_another_programme_knows(name: str, world: Watched):
    words = [SECRET, CATEGORY, POINTS, *([] if "tea" in name else [BESIDE])]
    words += [] if "far" in name or name == "another customer" else [FAR]
    read = 0
    for url, text in answers(world, world.visitors[name]):
        read += 1
        # The document of the API lists all categories, and names nobody.
        told = [word for word in words if word != CATEGORY] if "openapi.json" in url else words
        assert_silent(text, told, f"{url} for {name}")
    assert read > 5


def test_a_phone_that_only_another_programme_knows_looks_like_nobody_s(world: Watched):
    known, unknown = "+994507654321", "+994507654322"  # the first is a customer of far
    assert Customer.objects.filter(phone=known).exists()
    at_counter, by_key = world.visitors["cashier of nar"], world.visitors["key of nar"]
    for visitor, url in ((at_counter, "/counter/find/"), (by_key, "/api/v1/customers/lookup")):
        first, second = (visitor.send("POST", url, {"phone": phone}) for phone in (known, unknown))
        assert first.status_code == second.status_code, url
        assert same_but_for_the_phone(first, known) == same_but_for_the_phone(second, unknown), url
    enrolled = by_key.send("POST", "/api/v1/customers", {"phone": known})
    assert enrolled.status_code == 201  # as for somebody new


def test_messages_name_the_clinic_to_nobody(world: Watched):
    texts = [message.text for message in Message.objects.all()]
    assert len(texts) > 2
    for text in [*texts, *(f"{letter.subject} {letter.body}" for letter in mail.outbox)]:
        assert_silent(text, [SECRET, CATEGORY], "a message")


@pytest.mark.parametrize("path", ["/clearing/", "/clearing/export/"])
@pytest.mark.parametrize("who", ["owner", "manager"])
def test_clearing_names_nobody_beside_the_clinic_and_to_the_clinic_the_others(who: str, path: str, world: Watched):
    for slug in ("nar", "tea"):
        said = content(world.visitors[f"{who} of {slug}"].client.get(path))
        assert "2.00" in said  # what others, the clinic among them, owe
        assert not any(shop.business.name.lower() in told(said) for shop in (world.nar, world.tea, world.clinic))
    clinic = signed_in(world.clinic.owner)
    assert "Wvqxotea" in content(clinic.get(path))


def told(page: str) -> str:
    """What the page says below its bar, which names the business itself."""
    return page.partition("<main")[2].partition("</main>")[0].lower() or page.lower()


def test_the_clinic_and_its_customer_see_it(world: Watched):
    """Else the others would find nothing because there is nothing."""
    own = " ".join(text for _url, text in answers(world, world.visitors["the customer"]))
    assert "Zyxqomed Heart Clinic" in own
    assert "733,144" in own
    page = world.visitors["the customer"].client.get(f"/points/{world.wallet.public_id}/history/")
    assert "Zyxqomed Heart Clinic" in page.content.decode()


# --- Reading ----------------------------------------------------------------------------------------------


def answers(world: World, visitor: Visitor) -> Iterator[tuple[str, str]]:
    """All that the visitor can get: every address of DOORS with what a form there might say, and what those link to."""
    found: list[str] = []
    seen: dict[tuple[str, tuple[str, ...]], set[str]] = defaultdict(set)
    for route, door in DOORS.items():
        url = address(route, world)
        for method in {"GET", door.method}:
            text = read(visitor, method, url, partial(said_at, door, world))
            yield f"{method} {url}", text
            found += links(text)
    while found:
        url = found.pop()
        alike = seen[kind(url)]
        if url in alike or len(alike) == OF_A_KIND:
            continue
        alike.add(url)
        text = read(visitor, "GET", url, dict)
        yield f"GET {url}", text
        found += links(text)


def read(visitor: Visitor, method: str, url: str, body: Callable[[], dict[str, Any]]) -> str:
    """The whole answer as text; whatever it changed is taken back."""
    cookies = visitor.client.cookies
    visitor.client.cookies = SimpleCookie(cookies.output(header="", sep=";"))
    with transaction.atomic():
        answer = visitor.send(method, url, body())
        text = content(answer)
        transaction.set_rollback(True)
    visitor.client.cookies = cookies
    return f"{dict(answer.headers)} {text}"


def content(answer: HttpResponse) -> str:
    whole = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return unescape(whole.decode(errors="replace"))


def links(text: str) -> list[str]:
    found = re.findall(r'(?:href|hx-get|src|action)="(/[^"#]*)', text)
    return [url for url in found if not url.startswith(("/static/", "/accounts/logout", "/admin/"))]


def kind(url: str) -> tuple[str, tuple[str, ...]]:
    """Addresses of one page with the same filters are of a kind: of a long list some lines stand for all."""
    path = urlsplit(url)
    try:
        route = resolve(path.path).route
    except Resolver404:
        route = path.path
    return route, tuple(sorted(parse_qs(path.query)))


def assert_silent(text: str, words: list[str], where: str) -> None:
    # A form lists every category there is, which says nothing of who has which; tokens and ids are letters by chance.
    bare = re.sub(rf"<option.*?</option>|{BY_CHANCE}", "", text, flags=re.DOTALL).lower()
    bare = re.sub(r"(?<=\d)[,\s](?=\d{3})", "", bare)  # 1,000 is 1000
    for word in words:
        assert word not in bare, f"{where}: {around(bare, word)}"


def around(text: str, word: str) -> str:
    at = text.find(word)
    return text[max(0, at - 80) : at + 80]


def same_but_for_the_phone(answer: HttpResponse, phone: str) -> str:
    text = re.sub(BY_CHANCE, "", content(answer))
    return re.sub(r"[\d ]*".join(phone[4:]), "", text.replace(phone, ""))
