"""Every page of the platform under one eye: on a phone and on a desk, light and dark, none may break the rules of
accessibility, complain in the console, breach the content policy or be wider than the phone.

The pages are those of DOORS, so that a new one is looked at without a word here. What DOORS leaves out (one's account,
refusals, the admin) and what a page shows only after something was done there stands below.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from axe_playwright_python.base import AXE_SCRIPT
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import BrowserContext, Page, expect

from businesses.models import Role, User
from businesses.tests.conftest import PASSWORD, hire, signed_in
from config.styleguide import STATES
from config.tests.test_strangers import DOORS, Everybody, Keys, Nobody, Tokens, Visitor, World, a_customer, address
from conftest import NOON, Shop
from customers.models import Customer
from loyalty import enrolment
from loyalty.models import Tier, Wallet
from loyalty.tests.conftest import PHONE, buy, give_tier

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_db", "books")]

SIZES = {"desk": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "rules": {"aria-allowed-role": {"enabled": True}},
    "resultTypes": ["violations"],
}
# What looks at colours: all else is the same in every theme.
COLOURS = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
}
# The dark desk has the same colours as the dark phone, but for the rail, which the counter's own test looks at.
LOOKS = {("desk", "light"): RULES, ("phone", "light"): RULES, ("phone", "dark"): COLOURS}
MOST_SIGHTS = 35  # of one walk
# Whatever would move although the device asks for stillness.
MOVING = """() => [...document.querySelectorAll("*")].flatMap((each) =>
  [null, "::before", "::after", "::backdrop"]
    .map((part) => [part ?? "", getComputedStyle(each, part)])
    .filter(([, style]) => style.animationName !== "none" || style.transitionProperty !== "none"
      && style.transitionDuration.split(", ").some((time) => time !== "0s"))
    .map(([part]) => `<${each.localName} class="${each.className}">${part} moves`))"""

Does = Callable[[Page], object]
Where = Callable[[World], str]


# --- What is done on a page before it is looked at ----------------------------------------------------------


def sent(words: str, name: str, *, shows: str) -> Does:
    """Sends a form with these words in one field, and waits for what that shows."""

    def does(page: Page) -> None:
        page.evaluate(
            """([name, words]) => {
              const field = document.querySelector(`main [name=${name}]:not([type=hidden])`);
              field.value = words;
              field.form.requestSubmit();
            }""",
            [name, words],
        )
        expect(page.locator(shows).first).to_be_visible()

    return does


def opened(selector: str) -> Does:
    def does(page: Page) -> None:
        page.locator(selector).first.click()
        expect(page.locator(":is(dialog, details)[open]").first).to_be_visible()

    return does


def sent_wrong(page: Page) -> None:
    """Sends the form of the page with nonsense in every field."""
    page.evaluate(
        """() => {
          const form = document.querySelector("main form:has(.field)");
          for (const input of form.querySelectorAll("input:is(:not([type]), [type=text], [type=tel], [type=email])")) {
            input.value = "?";
          }
          form.noValidate = true;
          form.requestSubmit();
        }"""
    )
    expect(page.locator("main .errorlist").first).to_be_visible()


def sent_too_late(page: Page) -> None:
    page.context.clear_cookies()
    page.locator(".languages button").first.click()
    expect(page.locator("main form, .languages + form")).to_have_count(0)


def undone(page: Page) -> None:
    sent("1.20", "amount", shows=".receipt")(page)
    page.locator(".receipt button").click()
    expect(page.locator(".receipt.undone")).to_be_visible()


def scanning(page: Page) -> None:
    page.keyboard.press("F2")
    expect(page.get_by_role("dialog")).to_be_visible()


# --- All there is to see ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sight:
    """What somebody sees who comes to an address and does something there. Without `ends` they stay where they are."""

    name: str
    who: str
    begins: Where
    does: Does | None = None
    ends: Where | None = None
    status: int = 200
    ours: bool = True  # else the page was written by others, and its accessibility is theirs


def at(route: str) -> Where:
    return lambda world: address(route, world) if route in DOORS else f"/{route}"


# What answers GET and shows nothing.
NO_PAGES = {
    "health/live": "for machines",
    "health/ready": "for machines",
    "api/v1/openapi.json": "for machines",
    "api/v1/guide/": "a text",
    "imports/<uuid:importing>/refused/": "a file to keep",
    "imports/<uuid:importing>/progress/": "a piece of other pages",
    "demo/progress/": "a piece of other pages",
    "activity/export/": "a file to keep",
    "clearing/export/": "a file to keep",
    "reports/export/": "a file to keep",
    "brands/<str:colour>.css": "a style sheet",
    "logos/<str:digest>.webp": "a picture",
    "reward-pictures/<str:digest>.webp": "a picture",
    "points/<uuid:wallet>/card/picture/": "a picture to keep",
    "points/manifest.webmanifest": "for machines",
    "points/worker.js": "for machines",
    "accounts/login/code/confirm/": "nobody signs in by a mailed code",
    "accounts/2fa/recovery-codes/download/": "a text file",
}
CONFIRM = r"accounts/^confirm-email/(?P<key>[-:\w]+)/$"
RESET = r"accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$"
POSTER = "join/<uuid:branch>/"
FRIENDS_LINK = "r/<str:code>/"

# Pages that need more than DOORS says.
SPECIAL = {
    "points/code/": Sight("points/code/", "anybody", at("points/"), sent(PHONE, "phone", shows=".code")),
    POSTER + "code/": Sight(POSTER + "code/", "anybody", at(POSTER), sent("501112233", "phone", shows=".code")),
    FRIENDS_LINK + "code/": Sight(
        FRIENDS_LINK + "code/", "anybody", at(FRIENDS_LINK), sent("502223344", "phone", shows=".code")
    ),
    "api/v1/docs/": Sight("api/v1/docs/", "anybody", at("api/v1/docs/"), ours=False),
    "accounts/2fa/authenticate/": Sight("the second step", "somebody half-way in", at("accounts/2fa/authenticate/")),
    CONFIRM: Sight("a dead link to confirm", "anybody", lambda world: "/accounts/confirm-email/gone/"),
    RESET: Sight("a dead link to a password", "anybody", lambda world: "/accounts/password/reset/key/1-gone/"),
    "admin/": Sight("admin/", "the superadmin", at("admin/")),
    "admin/login/": Sight("admin/login/", "anybody", at("admin/login/"), ends=at("accounts/login/")),
}
ACCOUNT = {
    "anybody": "login/ inactive/ signup/ confirm-email/ password/reset/ password/reset/done/ password/reset/key/done/",
    "owner of nar": "logout/ reauthenticate/ email/ password/change/ sessions/ 2fa/ 2fa/reauthenticate/ "
    "2fa/totp/deactivate/ 2fa/recovery-codes/ 2fa/recovery-codes/generate/",
    "somebody new": "password/set/ 2fa/totp/activate/",
}
FILLED_IN_WRONG = {
    "anybody": ("points/", "accounts/login/", "accounts/signup/"),
    "the customer": ("points/<uuid:wallet>/profile/",),
    "owner of nar": (
        "settings/", "settings/branches/new/", "settings/staff/invitations/", "settings/keys/new/",
        "accounts/password/change/",
    ),
    "somebody new": ("start/", "accounts/2fa/totp/activate/"),
    "somebody half-way in": ("accounts/2fa/authenticate/",),
}  # fmt: skip


def pages() -> dict[str, Sight]:
    """One sight for each route that has a page."""
    seen = dict(SPECIAL)
    for route, door in DOORS.items():
        if door.method == "GET" and not isinstance(door, Keys | Nobody | Tokens) and route not in {*SPECIAL, *NO_PAGES}:
            who = "anybody" if isinstance(door, Everybody) else door.rightful
            seen[route] = Sight(route, who, at(route))
    for who, steps in ACCOUNT.items():
        for route in [f"accounts/{step}" for step in steps.split()]:
            seen[route] = Sight(route, who, at(route))
    return seen


def states() -> Iterator[Sight]:
    """What pages show only after something was done, or only to some."""
    cashier, counter, customer = "cashier of nar", at("counter/"), at("counter/<uuid:customer>/")
    yield Sight("the counter of a cashier", cashier, counter)
    yield Sight("nobody's number", cashier, counter, sent("505556677", "phone", shows="[data-state=unknown]"))
    yield Sight("no number", cashier, counter, sent("111111111", "phone", shows="[role=alert]"), status=422)
    yield Sight("the scanner", cashier, counter, scanning)
    yield Sight("a refused amount", cashier, customer, sent("1.234", "amount", shows="[role=alert]"), status=422)
    yield Sight("a receipt", cashier, customer, sent("12.30", "amount", shows=".receipt"))
    yield Sight("an undone receipt", cashier, customer, undone)
    yield Sight("a business that waits", "owner of a business that waits", counter)

    yield Sight("points without a history", "a new customer", home)
    yield Sight("a history without a line", "a new customer", lambda world: f"{home(world)}history/")
    yield Sight("privacy without a question", "a new customer", lambda world: f"{home(world)}privacy/")
    yield Sight("replacing the card", "the customer", at("points/<uuid:wallet>/privacy/"), opened("[data-opens]"))
    yield Sight("joining with one press", "another customer", at(POSTER))
    yield Sight("a poster out of use", "anybody", lambda world: f"/join/{world.wallet.public_id}/", status=404)

    yield Sight("the menu of the account", "owner of nar", at("settings/"), opened(".top-bar summary"))
    yield Sight("an invitation to others", "owner of far", at("invitations/<uuid:token>/"), status=403)
    yield Sight("two-factor sign-in before it is set up", "somebody new", at("accounts/2fa/"))
    for name, page in PANEL.items():
        yield Sight(f"the panel: {name}", "the superadmin", in_panel(page))
    for state in STATES:
        yield Sight(f"the style guide: {state}", "the superadmin", at(f"styleguide/counter/?state={state}"))
    for who, routes in FILLED_IN_WRONG.items():
        for route in routes:
            yield Sight(f"{route} filled in wrong", who, at(route), sent_wrong, status=422)
    yield Sight("a form that waited too long", "anybody", at(""), sent_too_late, status=403)
    yield Sight("nothing", "anybody", at("nothing/"), status=404)


# Of the superadmin's panel: one page of each kind. `{model}` stands for the id of the newest record of a model.
PANEL = {
    "a list": "loyalty/operation/",
    "a record": "loyalty/operation/{loyalty.Operation}/change/",
    "a wallet": "loyalty/wallet/{loyalty.Wallet}/change/",
    "a form": "businesses/business/{businesses.Business}/change/",
    "a press": "businesses/staff/{businesses.Staff}/end/",
    "a correction": "loyalty/wallet/{loyalty.Wallet}/adjust/",
    "a customer": "customers/customer/{customers.Customer}/change/",
    "scheduled tasks": "config/taskrun/tasks/",
    "clearing": f"loyalty/clearingline/months/?month={NOON:%Y-%m}",
    "files in": "customers/customer/import/",
    "files out": "customers/customer/export/",
}


def in_panel(page: str) -> Where:
    def newest(found: re.Match[str]) -> str:
        return str(apps.get_model(found[1])._default_manager.order_by("pk").last().pk)

    return lambda world: "/admin/" + re.sub(r"{([\w.]+)}", newest, page)


def home(world: World) -> str:
    return f"/points/{Wallet.objects.get(customer=world.visitors['a new customer'].customer).public_id}/"


SIGHTS = [*pages().values(), *states()]


@pytest.fixture
def world(transactional_db: None, new_shop: Callable[..., Shop]) -> World:
    """That of the strangers, with people for whom pages look different."""
    world = World(new_shop)
    waiting = new_shop("waiting", status="pending")
    careful = hire(world.nar.business, Role.CASHIER, "careful@nar.test")
    newcomer = User.objects.create_user("new@example.com")
    joined = enrolment.enrol(
        program_id=world.nar.business.program_id, business_id=world.nar.business.pk, phone="+994509998877",
        source="join", at=NOON,
    )  # fmt: skip
    more = [
        Visitor("somebody new", lambda: signed_in(newcomer, mfa=False), user=newcomer),
        Visitor("somebody half-way in", lambda: half_way_in(careful.user)),
        Visitor("owner of a business that waits", lambda: signed_in(waiting.owner), user=waiting.owner),
        a_customer("a new customer", Customer.objects.get(pk=joined.customer_id)),
    ]
    world.visitors |= {visitor.name: visitor for visitor in more}
    for amount in range(1, 25):
        buy(world.nar, amount)  # a history of two pages
    give_tier(Tier.objects.create(program=world.nar.business.program, name="Gold", position=1, multiplier="1.5"))
    RecoveryCodes.activate(world.nar.owner)
    return world


def half_way_in(user: User) -> Client:
    """Their password was right; the code of the second factor is asked for."""
    signed_in(user)
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return client


def cookies_of(visitor: Visitor, server: str) -> list[Any]:
    if visitor.user:  # what one's account asks the password for once more is open
        session = visitor.client.session
        session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
        session.save()
    cookies = visitor.client.cookies
    return [{"name": name, "value": cookies[name].value, "url": server} for name in cookies]


# --- The tests ----------------------------------------------------------------------------------------------


def routes() -> set[str]:
    def walk(patterns: list[Any], before: str) -> Iterator[str]:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver) and route != "admin/":
                yield from walk(pattern.url_patterns, route)
            elif isinstance(pattern, URLPattern):
                yield route

    return {*walk(get_resolver().url_patterns, ""), "admin/", "admin/login/"}


def test_every_address_is_a_page_that_is_looked_at_or_says_why_it_is_none() -> None:
    not_read = {
        route for route, door in DOORS.items() if door.method != "GET" or isinstance(door, Keys | Nobody | Tokens)
    }
    assert routes() - set(pages()) - set(NO_PAGES) == not_read
    assert set(pages()) & set(NO_PAGES) == set()


def walks() -> Iterator[Any]:
    """The sights of one visitor, some at a time, so that two workers share the longest walk."""
    for who in sorted({sight.who for sight in SIGHTS}):
        mine = [sight for sight in SIGHTS if sight.who == who]
        for begins in range(0, len(mine), MOST_SIGHTS):
            yield pytest.param(mine[begins : begins + MOST_SIGHTS], id=f"{who}, from {begins + 1}")


@pytest.mark.parametrize("mine", walks())
def test_every_page_is_faultless(
    mine: list[Sight], world: World, server: str, page: Page, context: BrowserContext, complaints: list[str]
) -> None:
    faults, looked = list[str](), 0
    for sight in mine:
        visit(sight, world, page, context, server)
        faults += [f"{sight.name}, {fault}" for fault in faults_of(page, sight)]
        faults += [f"{sight.name}: {text}" for text in complaints if f"status of {sight.status} " not in text]
        complaints.clear()
        looked += 1
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)
    assert looked == len(mine)


@pytest.mark.parametrize(("error", "status"), [(PermissionDenied, 403), (RuntimeError, 500)])
def test_a_refusal_and_a_failure_are_faultless(
    error: type[Exception], status: int, world: World, server: str, page: Page, context: BrowserContext,
    complaints: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    def fail(*args: object) -> None:
        raise error

    caplog.set_level("CRITICAL", "django.request")
    monkeypatch.setattr("config.front.render", fail)
    sight = Sight(str(status), "anybody", at(""), status=status)
    visit(sight, world, page, context, server)
    assert "\n".join(faults_of(page, sight)) == ""
    assert [text for text in complaints if f"status of {status} " not in text] == []
    complaints.clear()


def test_no_page_is_wider_than_a_phone_in_the_language_of_the_longest_words(
    world: World, server: str, page: Page, context: BrowserContext, complaints: list[str]
) -> None:
    wide = []
    for sight in SIGHTS:
        if sight.ours and "style" not in sight.name:  # the style guide speaks English
            visit(sight, world, page, context, server, language="ru")
            page.set_viewport_size(SIZES["phone"])
            wide += [f"{sight.name}: {fault}" for fault in too_wide(page)]
    complaints.clear()
    assert wide == []


def visit(sight: Sight, world: World, page: Page, context: BrowserContext, server: str, language: str = "en") -> None:
    context.clear_cookies()
    context.add_cookies(cookies_of(world.visitors[sight.who], server))
    context.add_cookies([{"name": "django_language", "value": language, "url": server}])
    page.emulate_media(reduced_motion="reduce")
    page.set_viewport_size(SIZES["desk"])
    answer = page.goto(server + sight.begins(world))
    assert answer
    assert answer.status in (200, sight.status), sight.name
    assert answer.headers["content-type"].startswith("text/html"), sight.name
    if sight.does:
        sight.does(page)
    if sight.ends or sight.name in DOORS or not sight.does:
        ends = sight.ends or (at(sight.name) if sight.name in DOORS else sight.begins)
        assert page.url.split("?")[0] == (server + ends(world)).split("?")[0], sight.name


def faults_of(page: Page, sight: Sight) -> Iterator[str]:
    if not sight.ours:
        return
    page.evaluate(AXE_SCRIPT)
    for (size, theme), rules in LOOKS.items():
        page.set_viewport_size(SIZES[size])
        page.emulate_media(color_scheme=theme)
        for rule in page.evaluate("async (rules) => (await axe.run(rules)).violations", rules):
            yield f"{size}, {theme}: {rule['nodes'][0]['target']} {rule['nodes'][0]['failureSummary']}"
        yield from (f"{size}: {fault}" for fault in too_wide(page))
    yield from page.evaluate(MOVING)


def too_wide(page: Page) -> Iterator[str]:
    if (width := page.evaluate("document.documentElement.scrollWidth")) > page.evaluate("innerWidth"):
        yield f"{width} px wide"
