"""An online shop: known by its own customer numbers, with carts of a small catalogue and one branch, its site."""

from decimal import Decimal

from businesses.models import Category, Role, TierBasis, TierWindow
from config.demo.preset import Level, Names, Place, Preset, Reward, Season, Shop, WinBack, Worker
from config.demo.quickmart.products import PRODUCTS
from loyalty.models import Occasion, RewardIcon, RuleKind

SHOP = Shop(
    slug="quickmart",
    name="QuickMart",
    colour="#c2410c",
    category=Category.ONLINE,
    earn_rate=Decimal(2),
    products=PRODUCTS,
    basket=2.4,
    open_from=7,
    open_until=24,
    rules=(
        {"name": "First order", "kind": RuleKind.BONUS, "value": 100, "occasion": Occasion.FIRST_PURCHASE},
        {"name": "No points on sale items", "kind": RuleKind.EXCLUDE, "value": 0, "discounted": True},
    ),
    places=(Place("Online shop", "quickmart.example", "Always"),),
    workers=(
        Worker(Role.OWNER, "Maya Feldman", "owner@quickmart.example"),
        Worker(Role.MANAGER, "Chris Okafor", "manager@quickmart.example"),
        Worker(Role.CASHIER, "Dana Reyes", "cashier@quickmart.example"),
    ),
    rewards=(
        Reward(200, "Free delivery"),
        Reward(500, "$5 off the next order", RewardIcon.TAG),
        Reward(1_000, "$10 off the next order", RewardIcon.TAG),
    ),
    offers=({"name": "We miss you", "kind": "gift", "gift": "A canvas tote with your order", "lasts_days": 21},),
    win_back=WinBack(
        offer="We miss you",
        text="It has been a while! A canvas tote comes with your next order: {code}, until {day}.",
        control_percent=20,
        horizon_days=21,
    ),
)

FIRST = """
Ava Noah Emma Liam Sophia Mason Olivia Ethan Isabella Lucas Mia Henry Amelia Jack Harper Leo Ella Owen Grace Daniel
Chloe Samuel Zoe Aaron Nora Julian Ruby Theo
"""
LAST = """
Thompson Garcia Nguyen Patel Robinson Kim Martinez Walker Chen Adams Rivera Hughes Foster Bennett Coleman Ortiz Price
Simmons Ward Brooks Sanders Murphy Cruz Bailey
"""


def phone(number: int) -> str | None:
    """From the numbers kept for fiction. Every fourth customer left none."""
    return f"+141555501{number:02}" if number % 4 else None


def external_id(number: int) -> str:
    return f"QM-{1000 + number}"


PRESET = Preset(
    slug="quickmart",
    name="QuickMart Rewards",
    currency="USD",
    join_code="QUICKMART",
    country="US",
    city="San Francisco, CA",
    time_zone="America/Los_Angeles",
    points_last_months=24,
    shops=(SHOP,),
    people=64,
    tiers=(Level("Member", 0), Level("Plus", 500, "1.1"), Level("Pro", 1_500, "1.3")),
    tiers_count=TierBasis.POINTS,
    tiers_window=TierWindow.EVER,
    phone=phone,
    external_id=external_id,
    email_host="mail.example",
    names=(Names(tuple(FIRST.split()), tuple(LAST.split())),),
    gap=1.5,
    seasons=(
        Season((11, 21), (12, 1), often=4, more=1.5),  # Black Friday to Cyber Monday
        Season((12, 2), (12, 20), often=1.5, more=1.2),
    ),
)
