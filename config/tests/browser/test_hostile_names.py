"""Names of the longest kind, from right to left, full of markup: shown as they are, and a phone holds them."""

import pytest
from playwright.sync_api import BrowserContext, Page

from businesses.models import Branch, Business, Invitation, Role, User
from businesses.tests.conftest import hire
from config.tests.browser.conftest import enter
from conftest import NOON, Shop
from customers.models import Profile
from loyalty.tests.conftest import buy, wallet

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_db", "books")]

NAMES = {
    "markup": '<b>Nar</b><script>document.title="taken"</script><img src=x onerror=alert(1)>',
    "long": "Ə" * 120,
    "right to left": "مقهى النار الكبير " * 7,
    "an entity": "&lt;b&gt; Nar &amp; {{ business }} {% now %}",
}
PHONE_SIZE = {"width": 390, "height": 844}


def pages(shop: Shop) -> list[str]:
    staff = shop.business.staff.get(role=Role.CASHIER).public_id
    person, branch = wallet().public_id, shop.branch.public_id
    settings = ("", "branches/", f"branches/{branch}/", f"branches/{branch}/closure/", "staff/", f"staff/{staff}/")
    return [
        *("/counter/", f"/counter/{person}/", "/counter/today/", "/customers/", "/activity/", "/switch/"),
        *(f"/customers/{person}/{rest}" for rest in ("", "history/", "adjustment/")),
        *(f"/settings/{rest}" for rest in (*settings, f"staff/{staff}/end/", "look/", f"poster/{branch}/")),
        f"/join/{branch}/",
    ]


@pytest.mark.parametrize("kind", NAMES)
def test_any_name_is_shown_as_it_is_and_fits_a_phone(
    kind: str, shop: Shop, server: str, page: Page, context: BrowserContext
) -> None:
    name = NAMES[kind].strip()[:120]
    buy(shop, 12)
    Business.objects.filter(pk=shop.business.pk).update(name=name)
    Branch.objects.filter(pk=shop.branch.pk).update(name=name, city=name, address=name, hours=name)
    Branch.objects.create(business=shop.business, name="Second")
    Profile.objects.update_or_create(program=shop.business.program, customer=wallet().customer, defaults={"name": name})
    ann = hire(shop.business, Role.CASHIER, f"{'a' * 60}@{'b' * 60}.test")
    User.objects.filter(pk__in=[ann.user_id, shop.owner.pk]).update(first_name=name[:80], last_name=name[:80])
    Invitation.objects.create(
        business=shop.business,
        email=f"{'c' * 60}@{'d' * 60}.test",
        invited_by=shop.staff,
        expires_at=NOON.replace(year=2100),
    )
    shop.owner.refresh_from_db()
    enter(shop.owner, context, server)
    page.set_viewport_size(PHONE_SIZE)
    wide = []
    for address in pages(shop):
        answer = page.goto(server + address)
        assert answer
        assert answer.status == 200, address
        assert page.url == server + address
        assert page.title() != "taken"
        assert page.locator("main img[src=x], header img[src=x]").count() == 0
        width = page.evaluate("document.documentElement.scrollWidth")
        wide += [f"{address} {width} px"] if width > PHONE_SIZE["width"] else []
        text = page.locator("body").inner_text()
        assert (
            " ".join(name.split())[:20] in " ".join(text.split()) or page.locator(f'[value*="{name[:5]}"]').count()
        ), address
    assert not wide, "\n".join(wide)
