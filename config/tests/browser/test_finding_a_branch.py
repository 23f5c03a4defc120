"""Among many branches one is found while typing: nothing is pressed, and the field keeps its cursor."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from businesses.models import Branch, Role
from businesses.tests.conftest import hire
from config.tests.browser.conftest import enter
from conftest import Shop

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_db", "books")]


@pytest.fixture
def chain(shop: Shop) -> Shop:
    Branch.objects.bulk_create(Branch(business=shop.business, name=f"Market {n}", city="Bakı") for n in range(1, 40))
    Branch.objects.create(business=shop.business, name="Əhmədli", city="Bakı")
    return shop


def test_a_place_to_work_is_found_while_typing(chain: Shop, page: Page, server: str, context: BrowserContext) -> None:
    enter(chain.owner, context, server)
    page.goto(f"{server}/switch/")
    field = page.get_by_role("searchbox")
    field.press_sequentially("ehmed")
    expect(page.get_by_role("button", name=re.compile("Work at"))).to_have_count(1)
    expect(field).to_be_focused()
    expect(page).to_have_url(f"{server}/switch/?q=ehmed")
    page.get_by_role("button", name="Work at Əhmədli").click()
    expect(page.locator(".top-bar")).to_contain_text("Əhmədli")


def test_a_usual_branch_is_found_while_typing_and_the_role_stays_chosen(
    chain: Shop, page: Page, server: str, context: BrowserContext
) -> None:
    ann = hire(chain.business, Role.CASHIER, "ann@nar.test")
    enter(chain.owner, context, server)
    page.goto(f"{server}/settings/staff/{ann.public_id}/")
    page.get_by_label("Manager").check()
    page.get_by_role("searchbox").press_sequentially("ehmed")
    page.get_by_label("Əhmədli").check()
    expect(page.get_by_label("Manager")).to_be_checked()
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(f"{server}/settings/staff/")
    ann.refresh_from_db()
    assert (ann.role, str(ann.branch)) == (Role.MANAGER, "Əhmədli")


def test_the_activity_of_a_branch_is_found_while_typing(
    chain: Shop, page: Page, server: str, context: BrowserContext
) -> None:
    enter(chain.owner, context, server)
    page.goto(f"{server}/activity/")
    page.get_by_text("Filter", exact=True).first.click()
    page.get_by_role("searchbox").press_sequentially("ehmed")
    page.get_by_label("Əhmədli").check()
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_label("Əhmədli")).to_be_checked()
    assert str(Branch.objects.get(name="Əhmədli").public_id) in page.url
