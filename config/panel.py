"""The superadmin's panel: django-unfold in our words and colours, with its own content policy.

The pages themselves stand in the `admin.py` of the app whose records they show.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from unfold.sites import UnfoldAdminSite

OURS = ("businesses.", "customers.", "loyalty.", "promotions.", "referrals.", "reports.", "config.")

# What unfold says, which speaks English alone: named here, so that whoever translates finds it beside our own words.
UNFOLDS = (
    gettext_noop("Light"),
    gettext_noop("Dark"),
    gettext_noop("System"),
    gettext_noop("Type to search"),
    gettext_noop("No results found"),
    gettext_noop("No results matching your query"),
    gettext_noop("Loading more results..."),
    gettext_noop("Recent searches"),
    gettext_noop("No recent searches"),
    gettext_noop("Go back"),
    gettext_noop("More actions"),
    gettext_noop("Filters"),
    gettext_noop("Apply Filters"),
    gettext_noop("Reset filters"),
    gettext_noop("Select record"),
    gettext_noop("Select all rows"),
    gettext_noop("Select action"),
    gettext_noop("Select action to run"),
    gettext_noop("Run"),
    gettext_noop("Select value"),
    gettext_noop("Expand row"),
    gettext_noop("True"),
    gettext_noop("False"),
    gettext_noop("Date from"),
    gettext_noop("Date to"),
    gettext_noop("Choose file to upload"),
    gettext_noop("No data"),
    gettext_noop("This page yielded into no results. Create a new item or reset your filters."),
)

# Alpine, with which unfold's menus open, reads expressions out of attributes; its colours are an inline style.
POLICY = {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]}


class Panel(UnfoldAdminSite):
    """Shows what is ours: libraries register tables of theirs, of which nobody here would want to edit a row."""

    index_title = gettext_lazy("Home")
    empty_value_display = "–"

    def register(self, model_or_iterable: Any, admin_class: type[ModelAdmin] | None = None, **options: Any) -> None:
        if admin_class is not None and admin_class.__module__.startswith(OURS):
            super().register(model_or_iterable, admin_class, **options)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The first page: what waits for a decision, and how the installation does."""
        from config import pulse  # by then there are models

        figures = pulse.home(timezone.now()) if request.user.is_superuser else {}  # type: ignore[union-attr]
        page: HttpResponse = super().index(request, {**figures, **(extra_context or {})})
        return page

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Where everybody changes theirs: Django's page would ask for no second factor and send no letter."""
        return redirect("account_change_password")


def own_content_policy(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: the panel's pages, and they alone, may do what unfold needs."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.startswith(reverse("admin:index")):
            response._csp_update = POLICY  # type: ignore[attr-defined]  # what django-csp's own decorator does
        return response

    return middleware


def subheader(request: HttpRequest) -> str:
    return _("Operator · times in UTC")


def icon(request: HttpRequest) -> str:
    return static("icons/favicon.svg")


def style(request: HttpRequest) -> str:
    return static("css/panel.css")


def account_links(request: HttpRequest) -> list[dict[str, str]]:
    return [
        {"title": _("Password"), "link": reverse("account_change_password")},
        {"title": _("Two-factor sign-in"), "link": reverse("mfa_index")},
        {"title": _("Front page"), "link": reverse("front")},
    ]


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of the sidebar, in the order of a day's work."""
    return [
        _group("", [(_("Home"), "home", "admin:index")]),
        _group(
            _("Programmes"),
            [
                (_("Programmes"), "loyalty", _list("businesses", "program")),
                (_("Businesses"), "storefront", _list("businesses", "business")),
                (_("Branches"), "location_on", _list("businesses", "branch")),
                (_("Staff"), "badge", _list("businesses", "staff")),
                (_("People who sign in"), "person", _list("businesses", "user")),
                (_("Tiers"), "military_tech", _list("loyalty", "tier")),
                (_("Earning rules"), "rule", _list("loyalty", "earningrule")),
                (_("Rewards"), "redeem", _list("loyalty", "reward")),
                (_("Offers"), "sell", _list("promotions", "offer")),
                (_("Coupons"), "confirmation_number", _list("promotions", "coupon")),
                (_("Chains"), "link", _list("promotions", "chain")),
                (_("Products"), "inventory", _list("businesses", "product")),
                (_("Product categories"), "account_tree", _list("businesses", "productcategory")),
                (_("Imports"), "upload_file", _list("loyalty", "import")),
                (_("Terms of bringing friends"), "diversity_3", _list("referrals", "referralterms")),
                (_("API keys"), "key", _list("businesses", "apikey")),
            ],
        ),
        _group(
            _("Customers"),
            [
                (_("Customers"), "groups", _list("customers", "customer")),
                (_("Wallets"), "account_balance_wallet", _list("loyalty", "wallet")),
                (_("Memberships"), "card_membership", _list("loyalty", "membership")),
                (_("Referrals"), "person_add", _list("referrals", "referral")),
                (_("Thanks for friends"), "volunteer_activism", _list("referrals", "award")),
            ],
        ),
        _group(
            _("Points"),
            [
                (_("Operations"), "swap_vert", _list("loyalty", "operation")),
                (_("Entries"), "list_alt", _list("loyalty", "entry")),
                (_("Lots"), "inventory_2", _list("loyalty", "lot")),
                (_("Pending points"), "hourglass", _list("loyalty", "pending")),
                (_("Expiry warnings"), "notification_important", _list("loyalty", "expirywarning")),
                (_("Changes of tier"), "trending_up", _list("loyalty", "tierchange")),
                (_("Purchases"), "shopping_bag", _list("loyalty", "purchase")),
                (_("Redemptions"), "redeem", _list("loyalty", "redemption")),
                (_("Adjustments"), "edit_note", _list("loyalty", "adjustment")),
                (_("Approvals"), "verified_user", _list("loyalty", "approval")),
                (_("Questions"), "contact_support", _list("loyalty", "dispute")),
                (_("Clearing"), "handshake", "admin:loyalty_clearingline_months"),
                (_("Shared costs"), "call_split", _list("loyalty", "sharedcost")),
            ],
        ),
        _group(
            _("Winning back"),
            [
                (_("Models of churn"), "monitoring", _list("loyalty", "churnmodel")),
                (_("Experiments"), "science", _list("promotions", "experiment")),
                (_("Nudges"), "campaign", _list("promotions", "nudge")),
            ],
        ),
        _group(
            _("Reports"),
            [
                (_("Liability"), "account_balance", _list("reports", "economy")),
                (_("What partners bring each other"), "compare_arrows", _list("reports", "passage")),
                (_("Several categories"), "category", _list("reports", "breadth")),
            ],
        ),
        _group(
            _("Messages"),
            [
                (_("Messages"), "sms", _list("customers", "message")),
                (_("Incoming messages"), "forum", _list("customers", "incoming")),
                (_("Consents"), "task_alt", _list("customers", "consent")),
                (_("Said STOP"), "block", _list("customers", "optout")),
            ],
        ),
        _group(
            _("Installation"),
            [
                (_("Scheduled tasks"), "schedule", "admin:config_taskrun_tasks"),
                (_("Changed settings"), "tune", _list("businesses", "settingchange")),
                (_("Log"), "history", _list("admin", "logentry")),
            ],
        ),
    ]


def _group(title: str, items: Iterable[tuple[str, str, str]]) -> dict[str, Any]:
    return {
        "title": title,
        "separator": bool(title),
        "items": [{"title": name, "icon": symbol, "link": reverse(route)} for name, symbol, route in items],
    }


def _list(app: str, model: str) -> str:
    return f"admin:{app}_{model}_changelist"
