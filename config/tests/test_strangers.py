"""Strangers at every address: what belongs to somebody does not exist for anybody else.

Every address of the platform has its line in DOORS, which says who may use it and, where it names something by
id, makes that something for the business `nar`. Everybody who may not then tries every method. An address
without a line fails by its name.
"""

import itertools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

import promotions.running
import referrals.running
from businesses import api_keys, brands, staffing
from businesses.catalogue import products
from businesses.models import ApiKey, Business, Program, Role, Staff, User
from businesses.tests.conftest import PASSWORD, hire, signed_in
from conftest import QUICK, Shop
from customers import cards, sessions
from customers.models import Customer, ExternalId
from loyalty import disputes, earning_rules, rewards, rules
from loyalty.importing import work
from loyalty.models import DisputeReason, Operation, RuleKind, Wallet
from loyalty.tests.conftest import PHONE, buy, redeem, wallet
from promotions import offers
from promotions.tests.conftest import agreed, proposed
from promotions.tests.nudged import a_nudge
from referrals import codes
from referrals.models import ReferralTerms
from referrals.tests.conftest import bring, join

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
FORM = "application/x-www-form-urlencoded"
MANAGERS = (Role.OWNER, Role.MANAGER)
STAFF = tuple(Role)
LOGIN, START, POINTS, ADMIN = "/accounts/login/", "/start/", "/points/", "/admin/"

# Whole branches of addresses that others keep, and why they need no lines here.
NOT_OURS = {
    "admin/": "Django's own permissions keep it; that nobody but a superadmin gets in is tested below",
    "accounts/": "allauth's pages: each acts on who is signed in and names nothing of a business",
}


# --- Who knocks -------------------------------------------------------------------------------------------


@dataclass
class Visitor:
    """Somebody with a browser or a program. At most one of user, customer, key and token is theirs."""

    name: str
    browser: Callable[[], Client]
    user: User | None = None
    staff: Staff | None = None
    customer: Customer | None = None
    key: ApiKey | None = None
    token_of: Business | None = None  # where its owner works

    @cached_property
    def client(self) -> Client:
        """Made when it is first needed: signing everybody in takes longer than a test."""
        return self.browser()

    def send(self, method: str, url: str, body: dict[str, Any]) -> HttpResponse:
        as_json = url.startswith("/api/")
        data = json.dumps(body) if as_json else urlencode(body, doseq=True)
        content_type = "application/json" if as_json else FORM
        answer: HttpResponse = self.client.generic(method, url, "" if method == "GET" else data, content_type)
        return answer


class World:
    """`nar` owns everything; `tea` is of the same programme, `far` of another one."""

    def __init__(self, new_shop: Callable[..., Shop]) -> None:
        other = Program.objects.create(slug="other", name="Other", currency="AZN", join_code="OTHER")
        self.nar, self.tea, self.far = new_shop("nar"), new_shop("tea"), new_shop("far", program=other)
        brands.change_logo(business_id=self.nar.business.pk, picture=b"logo", staff=self.nar.staff, at=timezone.now())
        self.nar.business.refresh_from_db()
        self.sale, self.spent = buy(self.nar, 40), redeem(self.nar, 5)
        self.reward = rewards.make(
            program=self.nar.business.program,
            business=self.nar.business,
            values={"name": "Tea", "points": 5, "stock": 9},
        )
        rewards.set_picture(reward=self.reward, picture=b"picture", at=timezone.now(), staff=self.nar.staff)
        self.offer = offers.make(
            program=self.nar.business.program,
            business=self.nar.business,
            values={"name": "Ten off", "kind": "percentage", "value": 10, "lasts_days": 7},
            by=self.nar.owner,
            at=timezone.now(),
        )
        # With a third one, so that `tea`, of the same programme, is a stranger to both.
        third = new_shop("spa")
        self.chain, self.proposal = agreed(self.nar, third), proposed(third, self.nar)
        self.product, _new = products.put(
            business=self.nar.business, sku="TEA-1", told={"name": "Tea", "category": "Drinks"}
        )
        self.importing = work.bring(
            business=self.nar.business,
            kind="customers",
            file_name="people.csv",
            content=b"phone\n0501234567\n",
            at=timezone.now(),
        )
        ReferralTerms.objects.create(program=self.nar.business.program)
        join(self.nar, "+994501119988")
        self.referral = bring(self.nar, "+994501119988", PHONE, business=self.nar.business)
        self.referral_code = codes.of(
            program_id=self.referral.program_id, customer_id=self.referral.inviter_id, at=timezone.now()
        )
        self.nudge = a_nudge(self.nar, self.offer, PHONE)
        self.held = redeem(self.nar, 5, reward_id=self.reward.pk, hold=True)
        # The customer is a member elsewhere too: their id of one programme names nobody in the other.
        for phone in (PHONE, "+994507654321"):
            buy(self.far, 7, phone=phone)
        self.wallet = Wallet.objects.get(customer__phone=PHONE, program=self.nar.business.program)
        self.far_wallet = wallet("+994507654321")
        self.customer, self.stranger = self.wallet.customer, self.far_wallet.customer
        self.card = cards.current(
            program_id=self.wallet.program_id, customer_id=self.customer.pk, at=timezone.now()
        ).token
        ExternalId.objects.create(business=self.nar.business, customer=self.customer, external_id="till-1")
        self.dispute = disputes.make(
            operation=Operation.objects.get(pk=self.spent.id), reason=DisputeReason.OTHER, text="?", at=timezone.now()
        )
        self.rule = earning_rules.make(
            program=self.nar.business.program,
            business=self.nar.business,
            values={"name": "No points", "kind": RuleKind.EXCLUDE, "categories": ["Tobacco"]},
            by=self.nar.owner,
            at=timezone.now(),
        )
        self.invitation = staffing.invite(by=self.nar.staff, email="new@nar.test", role=Role.CASHIER, at=timezone.now())
        self.visitors = {visitor.name: visitor for visitor in self._visitors()}
        self.cashier, self.key = self._of("cashier of nar").staff, self._of("key of nar").key

    def _of(self, name: str) -> Visitor:
        return self.visitors[name]

    def _visitors(self) -> Iterator[Visitor]:
        yield Visitor("anybody", Client)
        for shop in (self.nar, self.tea, self.far):
            yield from self._people(shop)
            yield self._program(f"key of {shop.business.slug}", shop.business, list(ApiKey.SCOPES))
            owner = hire(shop.business, Role.OWNER, f"app@{shop.business.slug}.test").user
            yield Visitor(f"token of {shop.business.slug}", partial(by_token, owner), token_of=shop.business)
        for scope in ApiKey.SCOPES:
            yield self._program(f"key of nar for {scope}", self.nar.business, [scope])
        yield _unkeyed(self._program("revoked key", self.nar.business, list(ApiKey.SCOPES)))
        yield a_customer("the customer", self.customer)
        yield a_customer("another customer", self.stranger)
        yield a_user("the invited", User.objects.create_user("new@nar.test"))
        yield a_user("a user who works nowhere", User.objects.create_user("nobody@example.com"))
        yield a_user("the superadmin", User.objects.create_superuser("root@example.com"))

    def _people(self, shop: Shop) -> Iterator[Visitor]:
        slug = shop.business.slug
        yield a_user(f"owner of {slug}", shop.owner, shop.staff)
        for role in (Role.MANAGER, Role.CASHIER):
            staff = hire(shop.business, role, f"{role}@{slug}.test")
            yield a_user(f"{role} of {slug}", staff.user, staff)

    def _program(self, name: str, business: Business, scopes: list[str]) -> Visitor:
        key, text = api_keys.create(business=business, name=name, scopes=scopes)
        ApiKey.objects.filter(pk=key.pk).update(last_used_on=timezone.now().date())  # else the first use notes it
        headers = {"Authorization": f"Bearer {text}", "Idempotency-Key": "theirs"}
        return Visitor(name, lambda: Client(headers=headers), key=key)


def a_user(name: str, user: User, staff: Staff | None = None) -> Visitor:
    return Visitor(name, lambda: signed_in(user), user=user, staff=staff)


def a_customer(name: str, customer: Customer) -> Visitor:
    def browser() -> Client:
        answer, client = HttpResponse(), Client()
        sessions.begin(answer, customer=customer, at=timezone.now())
        client.cookies = answer.cookies
        return client

    return Visitor(name, browser, customer=customer)


def _unkeyed(visitor: Visitor) -> Visitor:
    assert visitor.key
    api_keys.revoke(key=visitor.key, at=timezone.now())
    return Visitor(visitor.name, visitor.browser)


def pair_of(user: User) -> dict[str, str]:
    answer = Client().post("/api/v1/auth/token", password_of(user), content_type="application/json")
    pair: dict[str, str] = answer.json()
    return pair


def password_of(user: User) -> dict[str, str]:
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    return {"email": user.email, "password": PASSWORD}


def by_token(owner: User) -> Client:
    """A program in which an owner has signed in for the first time, when the second factor may wait."""
    return Client(headers={"Authorization": f"Bearer {pair_of(owner)['access_token']}", "Idempotency-Key": "theirs"})


# --- Who may ----------------------------------------------------------------------------------------------

Made = Callable[[World], Any]
NOTHING: dict[str, Made] = {}
# What a form of ours might say: whoever got in by mistake would change something with it.
FORM_BODY = {
    "key": "stranger", "amount": "10", "points": "5", "description": "Tea", "phone": "+994505556677", "name": "Changed",
    "role": Role.MANAGER, "email": "friend@example.com", "channel": "sms", "granted": "yes", "scopes": ["admin"],
    "pin": "482915", "again": "482915", "reason": "other", "text": "Wrong",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Door:
    """An address: what its ids name, whether that belongs to the business or to its whole programme, and how the
    rightful use it."""

    rightful: ClassVar[str] = "owner of nar"
    answered: ClassVar[int] = 399  # at most
    ids: dict[str, Made] = field(default_factory=dict)
    programmes: bool = False
    method: str = "GET"
    body: Any = field(default_factory=lambda: FORM_BODY)  # or a function that makes it

    def refusal(self, visitor: Visitor, world: World, method: str) -> int | str | None:
        """The status or the place to be sent to; None for the welcome."""
        raise NotImplementedError

    def is_of(self, business: Business, world: World) -> bool:
        nar = world.nar.business
        return not self.ids or business == nar or (self.programmes and business.program_id == nar.program_id)


class Everybody(Door):
    def refusal(self, visitor: Visitor, world: World, method: str) -> None:
        return None


class Nobody(Door):
    def refusal(self, visitor: Visitor, world: World, method: str) -> int:
        return 404


class Superadmins(Door):
    rightful = "the superadmin"

    def refusal(self, visitor: Visitor, world: World, method: str) -> int | None:
        return None if visitor.user and visitor.user.is_superuser else 404


class SignedIn(Door):
    def refusal(self, visitor: Visitor, world: World, method: str) -> str | None:
        return None if visitor.user else LOGIN


class Invited(Door):
    """Whoever holds the letter may look; only its address may accept."""

    rightful = "the invited"

    def refusal(self, visitor: Visitor, world: World, method: str) -> int | None:
        return 403 if visitor.user and visitor.user.email != world.invitation.email else None


@dataclass(frozen=True)
class AtWork(Door):
    roles: tuple[Role, ...]

    def refusal(self, visitor: Visitor, world: World, method: str) -> int | str | None:
        if visitor.user is None:
            return LOGIN
        if visitor.staff is None:
            home = ADMIN if visitor.user.is_superuser else START
            return home if method == "GET" else 404
        welcome = visitor.staff.role in self.roles and self.is_of(visitor.staff.business, world)
        return None if welcome else 404


class Customers(Door):
    rightful = "the customer"

    def refusal(self, visitor: Visitor, world: World, method: str) -> int | str | None:
        if visitor.customer is None:
            return POINTS
        return None if not self.ids or visitor.customer == world.customer else 404


@dataclass(frozen=True)
class Keys(Door):
    rightful = "key of nar"
    scope: str
    others: dict[str, str] = field(default_factory=dict)  # methods that need another scope
    body: dict[str, Any] = field(default_factory=dict, kw_only=True)

    def refusal(self, visitor: Visitor, world: World, method: str) -> int | None:
        if visitor.token_of:
            return None if self.is_of(visitor.token_of, world) else 404
        if visitor.key is None:
            return 401
        if self.others.get(method, self.scope) not in visitor.key.scopes:
            return 403
        return None if self.is_of(visitor.key.business, world) else 404


class OwnNames(Keys):
    """By a name that each business gives for itself: what a stranger puts under it is the stranger's own."""

    def refusal(self, visitor: Visitor, world: World, method: str) -> int | None:
        found = super().refusal(visitor, world, method)
        return None if found == 404 and method == "PUT" else found


@dataclass(frozen=True)
class Files(Keys):
    """A form with a file, which `send` does not make: the rightful are told what is missing."""

    answered = 422


class Tokens(Door):
    rightful = "token of nar"

    def refusal(self, visitor: Visitor, world: World, method: str) -> int | None:
        return None if visitor.token_of else 401


class SigningIn(Everybody):
    rightful = "anybody"


def a_password(world: World) -> dict[str, str]:
    return password_of(world.cashier.user)


def a_refresh_token(world: World) -> dict[str, str]:
    # Whose authenticator app is asked for gets none, and sends none.
    return {"refresh_token": pair_of(world.cashier.user).get("refresh_token", "")}


def branch(world: World) -> Any:
    return world.nar.branch.public_id


def member(world: World) -> Any:
    return world.wallet.public_id


def sale(world: World) -> Any:
    return world.sale.public_id


def spent(world: World) -> Any:
    return world.spent.public_id


def held(world: World) -> Any:
    return world.held.public_id


def reward(world: World) -> Any:
    return world.reward.public_id


def an_import(world: World) -> Any:
    return world.importing.public_id


def product(world: World) -> Any:
    return world.product.public_id


def sku(world: World) -> Any:
    return world.product.sku


def category(world: World) -> Any:
    assert world.product.category
    return world.product.category.public_id


def an_offer(world: World) -> Any:
    return world.offer.public_id


def a_chain(world: World) -> Any:
    return world.chain.public_id


def a_proposal(world: World) -> Any:
    return world.proposal.public_id


def a_referral(world: World) -> Any:
    return world.referral.public_id


def a_referral_code(world: World) -> Any:
    return world.referral_code.code


def nudge(world: World) -> Any:
    return world.nudge.public_id


def experiment(world: World) -> Any:
    return world.nudge.assignment.experiment.public_id


def reward_picture(world: World) -> Any:
    world.reward.refresh_from_db()
    return world.reward.picture_digest


def cashier(world: World) -> Any:
    assert world.cashier
    return world.cashier.public_id


def invitation(world: World) -> Any:
    return world.invitation.public_id


def dispute(world: World) -> Any:
    return world.dispute.public_id


def rule(world: World) -> Any:
    return world.rule.public_id


def key(world: World) -> Any:
    assert world.key
    return world.key.public_id


WHO = {"phone": PHONE}

DOORS: dict[str, Door] = {
    "": Everybody(),
    "demo/progress/": Everybody(),
    "help/": AtWork(STAFF),
    "how-it-works/": Everybody(),
    "health/live": Everybody(),
    "health/ready": Everybody(),
    "language/": Everybody(method="POST"),
    "styleguide/": Superadmins(),
    "styleguide/counter/": Superadmins(),
    "styleguide/points/": Superadmins(),
    "styleguide/code/": Superadmins(),
    "developer/messages/": Superadmins(),
    # A business: beginning, choosing, settings
    "start/": SignedIn(),
    "switch/": SignedIn(),
    "accounts/name/": SignedIn(),
    "invitations/<uuid:token>/": Invited(ids={"token": invitation}),
    "settings/": AtWork(MANAGERS),
    "settings/messages/": AtWork(MANAGERS),
    "settings/recommendations/": AtWork(MANAGERS),
    "settings/look/": AtWork((Role.OWNER,)),
    "settings/look/logo/": AtWork((Role.OWNER,)),
    "settings/look/logo/removal/": AtWork((Role.OWNER,)),
    "brands/<str:colour>.css": Everybody(ids={"colour": lambda world: "9f1239"}),
    "logos/<str:digest>.webp": Everybody(ids={"digest": lambda world: world.nar.business.logo_digest}),
    "rewards/": AtWork(MANAGERS),
    "rewards/new/": AtWork(MANAGERS),
    "rewards/<uuid:reward>/": AtWork(MANAGERS, ids={"reward": reward}),
    "rewards/<uuid:reward>/picture/removal/": AtWork(MANAGERS, ids={"reward": reward}),
    "rewards/<uuid:reward>/end/": AtWork(MANAGERS, ids={"reward": reward}),
    "reward-pictures/<str:digest>.webp": Everybody(ids={"digest": reward_picture}),
    "reports/": AtWork(MANAGERS),
    "reports/customers/": AtWork(MANAGERS),
    "reports/points/": AtWork(MANAGERS),
    "reports/partners/": AtWork(MANAGERS),
    "reports/export/": AtWork(MANAGERS),
    "offers/": AtWork(MANAGERS),
    "offers/new/": AtWork(MANAGERS),
    "offers/preview/": AtWork(MANAGERS, method="POST"),
    "offers/<uuid:offer>/": AtWork(MANAGERS, ids={"offer": an_offer}),
    "offers/<uuid:offer>/limits/": AtWork(MANAGERS, ids={"offer": an_offer}),
    "offers/<uuid:offer>/pause/": AtWork(MANAGERS, ids={"offer": an_offer}, method="POST"),
    "offers/<uuid:offer>/end/": AtWork(MANAGERS, ids={"offer": an_offer}),
    "chains/": AtWork(MANAGERS),
    "chains/new/": AtWork(MANAGERS),
    "chains/preview/": AtWork(MANAGERS, method="POST"),
    "chains/<uuid:chain>/": AtWork(MANAGERS, ids={"chain": a_chain}),
    "chains/<uuid:chain>/answer/": AtWork(MANAGERS, ids={"chain": a_proposal}, method="POST"),
    "chains/<uuid:chain>/withdrawal/": AtWork(MANAGERS, ids={"chain": a_chain}),
    "nudges/": AtWork(MANAGERS),
    "nudges/terms/": AtWork(MANAGERS),
    "nudges/terms/preview/": AtWork(MANAGERS, method="POST"),
    "nudges/<uuid:experiment>/": AtWork(MANAGERS, ids={"experiment": experiment}),
    "nudges/<uuid:experiment>/end/": AtWork(MANAGERS, ids={"experiment": experiment}),
    "customers/<uuid:customer>/coupons/": AtWork(MANAGERS, ids={"customer": member}, programmes=True),
    "referrals/": AtWork(MANAGERS),
    "referrals/new/": AtWork(MANAGERS),
    "referrals/part/": AtWork(MANAGERS, method="POST"),
    "referrals/<uuid:referral>/completion/": AtWork(MANAGERS, ids={"referral": a_referral}),
    "referrals/<uuid:referral>/rejection/": AtWork(MANAGERS, ids={"referral": a_referral}),
    "points/<uuid:wallet>/friends/": Customers(ids={"wallet": member}),
    "r/<str:code>/": Everybody(ids={"code": a_referral_code}),
    "r/<str:code>/code/": Everybody(ids={"code": a_referral_code}),
    "r/<str:code>/member/": Everybody(ids={"code": a_referral_code}, method="POST"),
    "settings/rules/": AtWork(MANAGERS),
    "settings/rules/new/": AtWork(MANAGERS),
    "settings/rules/<uuid:rule>/": AtWork(MANAGERS, ids={"rule": rule}),
    "settings/rules/<uuid:rule>/end/": AtWork(MANAGERS, ids={"rule": rule}),
    "settings/branches/": AtWork(MANAGERS),
    "settings/branches/new/": AtWork(MANAGERS),
    "settings/branches/<uuid:branch>/": AtWork(MANAGERS, ids={"branch": branch}),
    "settings/branches/<uuid:branch>/closure/": AtWork(MANAGERS, ids={"branch": branch}),
    "settings/branches/<uuid:branch>/reopening/": AtWork(MANAGERS, ids={"branch": branch}),
    "settings/poster/<uuid:branch>/": AtWork(MANAGERS, ids={"branch": branch}),
    "settings/staff/": AtWork(MANAGERS),
    "settings/staff/invitations/": AtWork(MANAGERS),
    "settings/staff/invitations/<uuid:token>/withdrawal/": AtWork(MANAGERS, ids={"token": invitation}),
    "settings/staff/<uuid:staff>/": AtWork(MANAGERS, ids={"staff": cashier}),
    "settings/staff/<uuid:staff>/end/": AtWork(MANAGERS, ids={"staff": cashier}),
    "settings/pin/": AtWork(MANAGERS),
    "settings/keys/": AtWork((Role.OWNER,)),
    "settings/keys/new/": AtWork((Role.OWNER,)),
    "settings/keys/pages/": AtWork((Role.OWNER,)),
    "settings/keys/<uuid:key>/revocation/": AtWork((Role.OWNER,), ids={"key": key}),
    # The counter. A customer is the whole programme's; a receipt is the business's, and a cashier's if it is their own,
    # which this one is not.
    "counter/": AtWork(STAFF),
    "counter/find/": AtWork(STAFF, method="POST", body=WHO),
    "counter/members/": AtWork(STAFF, method="POST"),
    "counter/today/": AtWork(STAFF),
    "counter/<uuid:customer>/": AtWork(STAFF, ids={"customer": member}, programmes=True),
    "counter/<uuid:customer>/spend/": AtWork(STAFF, ids={"customer": member}, programmes=True),
    "counter/<uuid:customer>/price/": AtWork(STAFF, ids={"customer": member}, programmes=True, method="POST"),
    "counter/<uuid:customer>/purchases/": AtWork(STAFF, ids={"customer": member}, programmes=True, method="POST"),
    "counter/<uuid:customer>/redemptions/": AtWork(STAFF, ids={"customer": member}, programmes=True, method="POST"),
    "counter/codes/": AtWork(STAFF),
    "counter/holds/<uuid:operation>/": AtWork(STAFF, ids={"operation": held}),
    "counter/holds/<uuid:operation>/confirmation/": AtWork(STAFF, ids={"operation": held}, method="POST"),
    "counter/<uuid:customer>/rewards/<uuid:reward>/": AtWork(STAFF, ids={"customer": member, "reward": reward}),
    "counter/<uuid:customer>/rewards/<uuid:reward>/claims/": AtWork(
        STAFF, ids={"customer": member, "reward": reward}, method="POST"
    ),
    "counter/receipts/<uuid:operation>/": AtWork(MANAGERS, ids={"operation": sale}),
    "counter/receipts/<uuid:operation>/refund/": AtWork(MANAGERS, ids={"operation": sale}),
    "counter/receipts/<uuid:operation>/undo/": AtWork(MANAGERS, ids={"operation": sale}, method="POST"),
    # The customers of a business, among those of its programme.
    "activity/": AtWork(STAFF),
    "activity/export/": AtWork(MANAGERS),
    "customers/": AtWork(MANAGERS),
    "customers/<uuid:customer>/": AtWork(MANAGERS, ids={"customer": member}, programmes=True),
    "customers/<uuid:customer>/history/": AtWork(MANAGERS, ids={"customer": member}, programmes=True),
    "customers/<uuid:customer>/tier/": AtWork(MANAGERS, ids={"customer": member}, programmes=True),
    "customers/<uuid:customer>/adjustment/": AtWork(MANAGERS, ids={"customer": member}, programmes=True),
    "customers/<uuid:customer>/consents/<slug:channel>/withdrawal/": AtWork(
        MANAGERS, ids={"customer": member, "channel": lambda world: "sms"}, programmes=True
    ),
    "products/": AtWork(MANAGERS),
    "products/new/": AtWork(MANAGERS),
    "products/sold/": AtWork(MANAGERS),
    "products/categories/": AtWork(MANAGERS),
    "products/categories/<uuid:category>/": AtWork(MANAGERS, ids={"category": category}),
    "products/<uuid:product>/": AtWork(MANAGERS, ids={"product": product}),
    "imports/": AtWork(MANAGERS),
    "imports/new/": AtWork(MANAGERS),
    "imports/<uuid:importing>/": AtWork(MANAGERS, ids={"importing": an_import}),
    "imports/<uuid:importing>/columns/": AtWork(MANAGERS, ids={"importing": an_import}),
    "imports/<uuid:importing>/progress/": AtWork(MANAGERS, ids={"importing": an_import}),
    "imports/<uuid:importing>/run/": AtWork(MANAGERS, ids={"importing": an_import}, method="POST"),
    "imports/<uuid:importing>/drop/": AtWork(MANAGERS, ids={"importing": an_import}, method="POST"),
    "imports/<uuid:importing>/refused/": AtWork(MANAGERS, ids={"importing": an_import}),
    "clearing/": AtWork(MANAGERS),
    "clearing/export/": AtWork(MANAGERS),
    "disputes/": AtWork(MANAGERS),
    "disputes/<uuid:dispute>/": AtWork(MANAGERS, ids={"dispute": dispute}),
    # Customers. A poster hangs in the street: its address is for everybody.
    "points/": Everybody(),
    "points/code/": Everybody(),
    "points/none/": Customers(),
    "points/manifest.webmanifest": Everybody(),
    "points/worker.js": Everybody(),
    "points/sign-out/": Everybody(method="POST"),
    "points/sign-out/everywhere/": Customers(method="POST"),
    "points/<uuid:wallet>/": Customers(ids={"wallet": member}),
    "points/<uuid:wallet>/history/": Customers(ids={"wallet": member}),
    "points/<uuid:wallet>/history/<uuid:operation>/": Customers(ids={"wallet": member, "operation": sale}),
    "points/<uuid:wallet>/history/<uuid:operation>/dispute/": Customers(ids={"wallet": member, "operation": sale}),
    "points/<uuid:wallet>/questions/": Customers(ids={"wallet": member}),
    "points/<uuid:wallet>/recommendations/": Customers(ids={"wallet": member}),
    "points/<uuid:wallet>/rewards/": Customers(ids={"wallet": member}),
    "points/<uuid:wallet>/rewards/<uuid:reward>/": Customers(ids={"wallet": member, "reward": reward}),
    "points/<uuid:wallet>/holds/<uuid:operation>/": Customers(ids={"wallet": member, "operation": held}),
    "points/<uuid:wallet>/holds/<uuid:operation>/cancellation/": Customers(
        ids={"wallet": member, "operation": held}, method="POST"
    ),
    "points/<uuid:wallet>/nudges/": Customers(ids={"wallet": member}),
    "points/<uuid:wallet>/nudges/<uuid:nudge>/dismissal/": Customers(
        ids={"wallet": member, "nudge": nudge}, method="POST"
    ),
    "points/<uuid:wallet>/coupons/": Customers(ids={"wallet": member}),
    "points/<uuid:wallet>/pay/": Customers(ids={"wallet": member}),
    "points/<uuid:wallet>/expiry/": Customers(ids={"wallet": member}),
    "points/<uuid:wallet>/tiers/": Customers(ids={"wallet": member}),
    "points/<uuid:wallet>/figures/": Customers(ids={"wallet": member}),
    "points/<uuid:wallet>/profile/": Customers(ids={"wallet": member}),
    "points/<uuid:wallet>/privacy/": Customers(ids={"wallet": member}),
    "points/<uuid:wallet>/consent/": Customers(
        ids={"wallet": member}, method="POST", body={"business": "nar", "channel": "sms", "granted": "yes"}
    ),
    "points/<uuid:wallet>/card/": Customers(ids={"wallet": member}),
    "points/<uuid:wallet>/card/copy/": Customers(ids={"wallet": member}),
    "points/<uuid:wallet>/card/picture/": Customers(ids={"wallet": member}),
    "join/<uuid:branch>/": Everybody(ids={"branch": branch}),
    "join/<uuid:branch>/code/": Everybody(ids={"branch": branch}),
    "join/<uuid:branch>/member/": Everybody(ids={"branch": branch}, method="POST"),
    "join/<uuid:branch>/welcome/": Customers(),
    # Where providers tell what came in: without an account there is nothing; signatures are tested beside them.
    "telegram/updates/": Nobody(),
    "twilio/messages/": Nobody(),
    "twilio/status/": Nobody(),
    # The API
    "api/v1/openapi.json": Everybody(),
    "api/v1/docs/": Everybody(),
    "api/v1/guide/": Everybody(),
    "api/v1/": Nobody(),  # whatever is no call
    "api/v1/businesses": Tokens(method="POST", body={"name": "New", "country": "AZ", "category": "cafe"}),
    "api/v1/auth/me": Tokens(),
    "api/v1/auth/register": Everybody(method="POST", body={"email": "a@nar.test", "password": "correct horse battery"}),
    "api/v1/auth/token": SigningIn(method="POST", body=a_password),
    "api/v1/auth/token/refresh": SigningIn(method="POST", body=a_refresh_token),
    "api/v1/auth/logout": Everybody(method="POST", body={"refresh_token": "none"}),
    "api/v1/business": Keys("read", {"PATCH": "admin"}),
    "api/v1/purchases": Keys("earn", {"GET": "read"}, method="POST", body={**WHO, "amount": "10"}),
    "api/v1/purchases/<uuid:purchase>": Keys("read", ids={"purchase": sale}),
    "api/v1/purchases/<uuid:purchase>/receipt": Keys("read", ids={"purchase": sale}),
    "api/v1/purchases/<uuid:purchase>/refunds": Keys("earn", ids={"purchase": sale}, method="POST"),
    "api/v1/branches": Keys("read"),
    "api/v1/categories": Keys("read"),
    "api/v1/products": Keys("read"),
    "api/v1/products/search": Keys("read", method="GET"),
    "api/v1/products/<path:sku>": OwnNames("read", {"PUT": "promote"}, ids={"sku": sku}),
    "api/v1/imports": Files("admin", method="POST"),
    "api/v1/imports/<uuid:importing>": Keys("admin", ids={"importing": an_import}),
    "api/v1/rewards": Keys("read"),
    "api/v1/reports/summary": Keys("read"),
    "api/v1/reports/points-issued": Keys("read"),
    "api/v1/reports/redemptions": Keys("read"),
    "api/v1/reports/customer-count": Keys("read"),
    "api/v1/reports/top-customers": Keys("read"),
    "api/v1/reports/sales": Keys("read"),
    "api/v1/reports/products": Keys("read"),
    "api/v1/reports/customers": Keys("read"),
    "api/v1/reports/churn": Keys("read"),
    "api/v1/referrals": Keys("read", {"POST": "promote"}),
    "api/v1/referrals/<uuid:referral>/complete": Keys("promote", ids={"referral": a_referral}, method="POST"),
    "api/v1/referrals/complete": Keys("promote", method="POST", body={"phone": "+994501119988"}),
    "api/v1/consents": Keys("redeem", method="POST", body={**WHO, "points": 5}),
    "api/v1/redemptions": Keys(
        "redeem", {"GET": "read"}, method="POST", body={**WHO, "points": 5, "description": "Tea"}
    ),
    "api/v1/redemptions/<uuid:redemption>": Keys("read", ids={"redemption": spent}),
    "api/v1/redemptions/<uuid:redemption>/confirm": Keys("redeem", ids={"redemption": held}, method="POST"),
    "api/v1/redemptions/<uuid:redemption>/cancel": Keys("redeem", ids={"redemption": spent}, method="POST"),
    "api/v1/customers": Keys("earn", method="POST", body=WHO),
    "api/v1/customers/lookup": Keys("read", method="POST", body=WHO),
    "api/v1/customers/<uuid:customer>": Keys("read", ids={"customer": member}, programmes=True),
    "api/v1/customers/<uuid:customer>/balance": Keys("read", ids={"customer": member}, programmes=True),
    "api/v1/customers/<uuid:customer>/purchases": Keys("read", ids={"customer": member}, programmes=True),
    "api/v1/customers/<uuid:customer>/coupons": Keys("read", ids={"customer": member}, programmes=True),
    "api/v1/carts/price": Keys("read", method="POST", body={"lines": [{"unit_price": "10"}], "coupons": ["TEN"]}),
    "api/v1/offers": Keys("read"),
    "api/v1/coupons/validate": Keys("read", method="POST", body={"code": "TEN"}),
    "api/v1/coupons/history": Keys("read"),
    "api/v1/customers/<uuid:customer>/recommendations": Keys("read", ids={"customer": member}, programmes=True),
    "api/v1/behaviour-events": Keys("promote", method="POST", body={"events": [{**WHO, "kind": "page_view"}]}),
    "api/v1/customers/<uuid:customer>/sign-ins": Keys(
        "promote", ids={"customer": member}, programmes=True, method="POST"
    ),
    "api/v1/customers/<uuid:customer>/nudges": Keys("read", ids={"customer": member}, programmes=True),
    "api/v1/nudges/<uuid:nudge>/responses": Keys(
        "promote", ids={"nudge": nudge}, method="POST", body={"response": "viewed"}
    ),
    "api/v1/customers/<uuid:customer>/rewards": Keys("read", ids={"customer": member}, programmes=True),
    "api/v1/customers/<uuid:customer>/entries": Keys("read", ids={"customer": member}, programmes=True),
    "api/v1/customers/<uuid:customer>/why": Keys("read", ids={"customer": member}, programmes=True),
}


# --- The tests --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def one_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Made once for a module, in a transaction around its tests: each of them is a savepoint that is taken back."""
    around = transaction.atomic()
    with django_db_blocker.unblock(), override_settings(PASSWORD_HASHERS=QUICK):
        around.__enter__()
        program = Program.objects.create(slug="circle", name="Circle", currency="AZN", join_code="CIRCLE")
        made = World(lambda slug, **fields: Shop(fields.pop("program", program), slug, **fields))
    yield made
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


@pytest.fixture
def world(one_world: World, caplog: pytest.LogCaptureFixture) -> World:
    caplog.set_level("ERROR", "django.request")  # refusals are what we came for
    for visitor in one_world.visitors.values():
        visitor.__dict__.pop("client", None)  # their sessions were taken back with the test before
    for module in (rules, promotions.running, referrals.running):
        module._cache.clear()  # so were the terms that are kept here by their version
    return one_world


def routes() -> Iterator[str]:
    def walk(patterns: list[Any], before: str) -> Iterator[str]:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver) and route not in NOT_OURS:
                yield from walk(pattern.url_patterns, route)
            elif isinstance(pattern, URLPattern):
                yield route

    return walk(get_resolver().url_patterns, "")


@pytest.mark.parametrize("route", sorted({*routes(), *DOORS}))
def test_every_address_has_its_door(route: str) -> None:
    assert route in DOORS, f"Say in DOORS who may use “{route}”."
    assert route in set(routes()), f"“{route}” is gone. Take its line out of DOORS."
    assert set(re.findall(r"<(?:\w+:)?(\w+)>", route)) == set(door_ids(route)), "its ids have to be made"


def door_ids(route: str) -> dict[str, Made]:
    door = DOORS[route]
    # Not a stranger's affair: the customer's own session decides, and the branch is on the poster.
    return door.ids or ({"branch": branch} if route.startswith("join/") else NOTHING)


def address(route: str, world: World) -> str:
    ids = {name: str(make(world)) for name, make in door_ids(route).items()}
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: ids[found[1]], route)


def said_at(door: Door, world: World) -> dict[str, Any]:
    """What the rightful one sends."""
    return door.body(world) if callable(door.body) else door.body  # type: ignore[no-any-return]


@pytest.mark.parametrize("route", sorted(DOORS))
def test_the_rightful_get_in(route: str, world: World) -> None:
    """Else a door that is shut for everybody would pass for a safe one."""
    door = DOORS[route]
    if isinstance(door, Nobody):
        return
    visitor = world.visitors[door.rightful]
    assert visitor.client
    answer = visitor.send(door.method, address(route, world), said_at(door, world))
    assert answer.status_code <= door.answered, getattr(answer, "content", b"")[-500:]
    assert not answer.headers.get("Location", "").startswith((LOGIN, START))


@pytest.mark.parametrize("route", sorted(DOORS))
def test_a_stranger_is_refused_by_every_method_and_changes_nothing(route: str, world: World) -> None:
    door, url = DOORS[route], address(route, world)
    visitors = [each for each in world.visitors.values() if is_stranger(each, door, world)]
    before, wrong = contents(visitors), []
    for visitor, method in itertools.product(visitors, METHODS):
        expected = door.refusal(visitor, world, method)
        if expected is None:
            continue
        answer = visitor.send(method, url, door.body)
        if not is_refused(answer, expected, unknown_method=method != door.method):
            wrong.append(f"{method} by {visitor.name}: {answer.status_code} instead of {expected}")
    assert wrong == []
    assert changes(before) == []


@pytest.mark.parametrize("route", [route for route, door in DOORS.items() if isinstance(door, Everybody)])
def test_an_open_door_stands_every_method(route: str, world: World) -> None:
    visitors = [world.visitors[name] for name in ("anybody", "owner of far", "the customer", "key of far")]
    before = contents(visitors)
    for visitor, method in itertools.product(visitors, METHODS):
        answer = visitor.send(method, address(route, world), {})
        assert answer.status_code < 500, f"{method} by {visitor.name}"
    assert changes(before) == []


@pytest.mark.parametrize("route", [route for route in DOORS if "<" in route])
def test_an_id_of_nothing_is_not_found(route: str, world: World) -> None:
    door = DOORS[route]
    url = "/" + re.sub(r"<[^>]+>", str(uuid4()), route)
    assert world.visitors[door.rightful].send(door.method, url, door.body).status_code == 404


def test_nobody_but_a_superadmin_enters_the_admin(world: World) -> None:
    for visitor in world.visitors.values():
        answer = visitor.send("GET", "/admin/", {})
        assert answer.status_code == (200 if visitor.name == "the superadmin" else 302), visitor.name


# A stranger's id where a body names something: who sends it, where, what, and the answer.
NAMED = {
    "a branch of others to work at": ("owner of tea", "/switch/", lambda w: {"branch": branch(w)}, 404),
    "a role of others": ("owner of tea", "/switch/", lambda w: {"staff": w.nar.staff.public_id}, 404),
    "the card of another programme": ("cashier of far", "/counter/find/", lambda w: {"card": w.card}, 422),
    "a shop of another programme": (
        "another customer",
        lambda w: f"/points/{w.far_wallet.public_id}/consent/",
        lambda w: {"business": "nar", "channel": "sms", "granted": "yes"},
        404,
    ),
    "a sale at a branch of others": (
        "key of tea",
        "/api/v1/purchases",
        lambda w: {**WHO, "amount": "10", "branch": str(branch(w))},
        422,
    ),
    "a sale to a customer of another programme": (
        "key of far",
        "/api/v1/purchases",
        lambda w: {"customer": str(member(w)), "amount": "10"},
        404,
    ),
    "a sale to a card of another programme": (
        "key of far",
        "/api/v1/purchases",
        lambda w: {"card": w.card, "amount": "10"},
        404,
    ),
    "a spend of a customer of another programme": (
        "key of far",
        "/api/v1/redemptions",
        lambda w: {"customer": str(member(w)), "points": 1, "description": "Tea"},
        404,
    ),
    "a spend at a branch of others": (
        "key of tea",
        "/api/v1/redemptions",
        lambda w: {**WHO, "points": 1, "description": "Tea", "branch": str(branch(w))},
        422,
    ),
    "a lookup in another programme": (
        "key of far",
        "/api/v1/customers/lookup",
        lambda w: {"customer": str(member(w))},
        404,
    ),
    "a lookup by a card of another programme": (
        "key of far",
        "/api/v1/customers/lookup",
        lambda w: {"card": w.card},
        404,
    ),
    "a lookup by another shop's own number": (
        "key of tea",
        "/api/v1/customers/lookup",
        lambda w: {"external_id": "till-1"},
        404,
    ),
}


@pytest.mark.parametrize("case", NAMED)
def test_a_stranger_s_id_in_a_body_opens_nothing(case: str, world: World) -> None:
    name, url, body, status = NAMED[case]
    visitor = world.visitors[name]
    before = contents([visitor])
    answer = visitor.send("POST", url if isinstance(url, str) else url(world), body(world))
    assert answer.status_code == status
    assert changes(before) == []


def is_stranger(visitor: Visitor, door: Door, world: World) -> bool:
    return any(door.refusal(visitor, world, method) is not None for method in METHODS)


def is_refused(answer: HttpResponse, expected: int | str, *, unknown_method: bool) -> bool:
    if unknown_method and answer.status_code == 405:
        return True
    if isinstance(expected, str):
        return answer.status_code == 302 and answer["Location"].startswith(expected)
    return answer.status_code == expected


# Notes about the visit itself, not about anything of anybody's.
OF_VISITS = {"django_session", "usersessions_usersession", "django_cache"}


def contents(visitors: list[Visitor]) -> dict[str, str]:
    """Every table and a digest of all it holds, once the visitors have signed in, which is noted in some."""
    for visitor in visitors:
        assert visitor.client
    tables = sorted(set(connection.introspection.table_names()) - OF_VISITS)
    digests = [f"SELECT '{name}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {name} t"
               for name in tables]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(digests))
        return dict(cursor.fetchall())


def changes(before: dict[str, str]) -> list[str]:
    return [table for table, digest in contents([]).items() if before[table] != digest]
