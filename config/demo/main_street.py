"""Six independent shops of Harare that share their customers; each sets its own rate."""

from datetime import time
from decimal import Decimal

from businesses.models import Category, Role, TierBasis
from config.demo.preset import Level, Names, Place, Preset, Reward, Season, Shop, Worker
from loyalty.models import Occasion, RewardIcon, RuleKind

CAFE = Shop(
    slug="jacaranda-coffee",
    name="Jacaranda Coffee House",
    colour="#6d28d9",
    category=Category.CAFE,
    earn_rate=Decimal(5),
    ticket=6.5,
    spread=0.4,
    draw=2.6,
    open_from=7,
    open_until=17,
    places=(
        Place("Avondale", "12 King George Road, Avondale", "Mon–Fri 6:30–17:30, Sat–Sun 7:00–16:00"),
        Place("First Street", "Corner First Street and Speke Avenue", "Mon–Sat 6:30–17:00"),
    ),
    workers=(
        Worker(Role.OWNER, "Rumbi Chikore", "owner@jacaranda.example"),
        Worker(Role.MANAGER, "Farai Mutasa", "manager@jacaranda.example"),
        Worker(Role.CASHIER, "Nyasha Gumbo", "cashier@jacaranda.example"),
    ),
    rewards=(
        Reward(150, "Flat white", RewardIcon.COFFEE),
        Reward(320, "Breakfast roll and coffee", RewardIcon.COFFEE),
        Reward(600, "Lunch for one"),
    ),
    rules=(
        {
            "name": "Quiet afternoons",
            "kind": RuleKind.MULTIPLY,
            "value": 2,
            "weekdays": [0, 1, 2],
            "from_time": time(14),
            "until_time": time(17),
        },
        {"name": "Welcome", "kind": RuleKind.BONUS, "value": 50, "occasion": Occasion.FIRST_PURCHASE},
    ),
    offers=(
        {"name": "Spring at the window", "kind": "percentage", "value": 10, "code": "SPRING", "most_discount": 5},
        {"name": "See you again", "kind": "amount", "value": 2, "given_from": 12, "lasts_days": 21, "budget": 400},
        {"name": "Sorry about that", "kind": "gift", "gift": "A flat white", "lasts_days": 60},
    ),
)
GROCER = Shop(
    slug="mupfure-market",
    name="Mupfure Market",
    colour="#15703c",
    category=Category.GROCERY,
    earn_rate=Decimal(1),
    ticket=24,
    spread=0.7,
    draw=2.4,
    open_until=19,
    places=(
        Place("Mbare", "45 Ardbennie Road, Mbare", "Daily 7:00–19:00"),
        Place("Belgravia", "8 Sandringham Drive, Belgravia", "Daily 7:30–19:30"),
        Place("Chisipite", "Shop 4, Chisipite Shopping Centre, Enterprise Road", "Daily 7:30–19:30"),
    ),
    workers=(
        Worker(Role.OWNER, "Tafadzwa Moyo", "owner@mupfure.example"),
        Worker(Role.CASHIER, "Chipo Dube", "cashier@mupfure.example"),
    ),
    rewards=(Reward(200, "Basket of fruit", RewardIcon.SHOPPING_BAG), Reward(500, "$5 off groceries", RewardIcon.TAG)),
)
BAKERY = Shop(
    slug="highfield-oven",
    name="The Highfield Oven",
    colour="#9a3412",
    category=Category.BAKERY,
    earn_rate=Decimal("2.5"),
    ticket=5,
    spread=0.45,
    draw=1.7,
    open_from=6,
    open_until=15,
    places=(Place("Highfield", "231 Willowvale Road, Highfield", "Mon–Sat 5:30–15:30, Sun 6:00–12:00"),),
    workers=(
        Worker(Role.OWNER, "Joseph Marufu", "owner@highfield-oven.example"),
        Worker(Role.CASHIER, "Memory Sibanda", "cashier@highfield-oven.example"),
    ),
    rewards=(
        Reward(100, "Loaf of sourdough", RewardIcon.SHOPPING_BAG),
        Reward(260, "Six cinnamon buns", RewardIcon.CAKE),
    ),
)
HARDWARE = Shop(
    slug="msasa-hardware",
    name="Msasa Hardware & Timber",
    colour="#a16207",
    category=Category.HARDWARE,
    earn_rate=Decimal("0.5"),
    ticket=48,
    spread=0.9,
    draw=0.5,
    minimum_spend=Decimal(5),
    places=(Place("Msasa", "77 Mutare Road, Msasa", "Mon–Fri 7:30–17:00, Sat 8:00–13:00"),),
    workers=(
        Worker(Role.OWNER, "Simbarashe Ndlovu", "owner@msasa-hardware.example"),
        Worker(Role.CASHIER, "Tinashe Banda", "cashier@msasa-hardware.example"),
    ),
    rewards=(Reward(400, "Key cutting and a padlock"), Reward(900, "$10 off tools", RewardIcon.TAG)),
)
PHARMACY = Shop(
    slug="fife-avenue-pharmacy",
    name="Fife Avenue Pharmacy",
    colour="#0f766e",
    category=Category.PHARMACY,
    earn_rate=Decimal("1.5"),
    ticket=15,
    spread=0.6,
    draw=0.9,
    places=(
        Place("Fife Avenue", "Fife Avenue Shops, Corner Sixth Street", "Mon–Sat 8:00–20:00, Sun 9:00–18:00"),
        Place("Borrowdale", "Sam Levy's Village, Borrowdale", "Daily 8:30–18:00"),
    ),
    workers=(
        Worker(Role.OWNER, "Dr Anesu Makoni", "owner@fife-pharmacy.example"),
        Worker(Role.CASHIER, "Precious Zulu", "cashier@fife-pharmacy.example"),
    ),
    rewards=(Reward(250, "Blood pressure check and vitamins"), Reward(500, "$5 off toiletries", RewardIcon.TAG)),
)
SALON = Shop(
    slug="kopje-hair-studio",
    name="Kopje Hair Studio",
    colour="#be185d",
    category=Category.BEAUTY,
    earn_rate=Decimal(3),
    ticket=22,
    spread=0.35,
    draw=0.7,
    open_from=9,
    places=(Place("Kopje", "19 Rotten Row, Kopje", "Tue–Sat 9:00–18:00"),),
    workers=(
        Worker(Role.OWNER, "Vimbai Hove", "owner@kopje-hair.example"),
        Worker(Role.CASHIER, "Rudo Phiri", "cashier@kopje-hair.example"),
    ),
    rewards=(Reward(300, "Wash and blow-dry", RewardIcon.SPARKLES), Reward(700, "Cut and style", RewardIcon.SPARKLES)),
)

FIRST_NAMES = """
Tendai Rudo Tatenda Chiedza Farai Nyasha Kudzai Rutendo Tapiwa Ruvimbo Blessing Munashe Anesu Tinotenda Vimbai
Takudzwa Shamiso Simba Makanaka Tawanda Nokuthula Sipho Thandiwe Themba Nomsa Bongani Lindiwe Mandla Sibongile
Grace Joseph Patience Emmanuel Beauty Clever Ruth Brian Memory David Fadzai Peter Gamu
"""
LAST_NAMES = """
Moyo Ncube Dube Sibanda Ndlovu Mpofu Chikore Mutasa Gumbo Marufu Banda Phiri Makoni Hove Zulu Chirwa Shumba
Mhlanga Nyathi Khumalo Chiweshe Mapfumo Muchena Nyoni Tshuma Zvobgo Madziva Chigumba Mlambo Nkomo Manyika
Gwatidzo Musarurwa Tafirenyika Mushonga Kaseke Chinyoka Dhliwayo Bvuma Matongo
"""


def phone(number: int) -> str:
    """Well-formed mobile numbers from the very beginning of a range, which nobody is given."""
    return f"+26377{number:07}"


PRESET = Preset(
    rewards=(Reward(2_000, "Picnic basket from all of us"),),
    slug="main-street",
    name="Main Street",
    currency="USD",
    join_code="MAINSTREET",
    country="ZW",
    city="Harare",
    time_zone="Africa/Harare",
    points_last_months=12,
    shops=(CAFE, GROCER, BAKERY, HARDWARE, PHARMACY, SALON),
    people=360,
    tiers=(Level("Neighbour", 0), Level("Friend", 12, "1.1"), Level("Local hero", 30, "1.25", categories=3)),
    tiers_count=TierBasis.VISITS,
    rules=(
        {
            "name": "Happy birthday",
            "kind": RuleKind.BONUS,
            "value": 100,
            "occasion": Occasion.BIRTHDAY,
            "most_per_day": 100,
        },
    ),
    referrals={"inviter_points": 50, "friend_points": 50, "minimum_purchase": Decimal(5)},
    phone=phone,
    names=(Names(tuple(FIRST_NAMES.split()), tuple(LAST_NAMES.split())),),
    seasons=(Season((12, 1), (12, 31), often=1.7, more=1.2),),
)
