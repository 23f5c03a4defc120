"""A grocery chain alone in its programme: sixteen hundred branches all over Azerbaijan, and baskets with lines."""

from decimal import Decimal

from businesses.models import Category, Role
from config.demo.oba.places import PLACES
from config.demo.oba.products import PRODUCTS
from config.demo.preset import Level, Names, Preset, Reward, Season, Shop, Worker
from loyalty.models import RewardIcon, RuleKind

CHAIN = Shop(
    slug="oba",
    name="Oba Market",
    colour="#0b7a3b",
    category=Category.GROCERY,
    earn_rate=Decimal(1),
    products=PRODUCTS,
    basket=5,
    open_until=23,
    rules=(
        {
            "name": "Həftəsonu meyvə və tərəvəz",
            "kind": RuleKind.MULTIPLY,
            "value": 2,
            "categories": ["Meyvə", "Tərəvəz və göyərti"],
            "weekdays": [5, 6],
        },
    ),
    places=PLACES,
    workers=(
        Worker(Role.OWNER, "Kamran Rzayev", "owner@oba.example"),
        Worker(Role.MANAGER, "Sevinc Quliyeva", "manager@oba.example"),
        Worker(Role.CASHIER, "Aysel Hüseynova", "cashier@oba.example", place=0),
    ),
    rewards=(
        Reward(150, "Pulsuz təndir çörəyi", RewardIcon.SHOPPING_BAG),
        Reward(300, "3 AZN endirim", RewardIcon.TAG),
        Reward(500, "Azərçay Buket 250 q", RewardIcon.COFFEE),
        Reward(1000, "10 AZN endirim", RewardIcon.TAG),
    ),
)

MEN = """
Elvin Rəşad Tural Orxan Vüsal Ramil Elçin Anar Kamran Samir Fərid Murad Emin Nicat İlqar Rauf Zaur Cavid Tofiq Vaqif
Əli Hüseyn Ruslan Eldar Mahir Natiq Səməd Yusif İbrahim Fuad
"""
WOMEN = """
Aysel Günel Leyla Nigar Sevinc Aynur Könül Gülnar Lalə Nərmin Fidan Türkan Ülviyyə Səbinə Nuranə Aytən Samirə Xədicə
Zəhra Pərvanə Arzu Mehriban Kəmalə Şəbnəm Vəfa Təranə Rəna Gülşən Esmira Aygün
"""
LAST = """
Məmmədov Əliyev Hüseynov Həsənov Quliyev İsmayılov Abbasov Rzayev Cəfərov Kərimov Mustafayev Nəsirov Səfərov Qasımov
Vəliyev İbrahimov Babayev Orucov Bağırov Axundov Sultanov Rüstəmov Şükürov Zeynalov Hacıyev Əhmədov Novruzov Mirzəyev
"""
LAST_OF_BOTH = "Məmmədli Əlizadə Qurbanlı Kazımzadə Nəbizadə Həsənli Rəhimli Əsgərli"


def phone(number: int) -> str:
    """Well-formed mobile numbers from the very beginning of a range, which nobody is given."""
    return f"+99450{number:07}"


PRESET = Preset(
    slug="oba",
    name="Oba Klub",
    currency="AZN",
    join_code="OBA",
    country="AZ",
    city="Bakı",
    time_zone="Asia/Baku",
    language="az",
    points_last_months=18,
    shops=(CHAIN,),
    people=2_000,
    tiers=(Level("Bronze", 0), Level("Silver", 300, "1.25"), Level("Gold", 900, "1.5")),
    phone=phone,
    names=(
        Names(tuple(MEN.split()), (*LAST.split(), *LAST_OF_BOTH.split())),
        Names(tuple(WOMEN.split()), (*(f"{name}a" for name in LAST.split()), *LAST_OF_BOTH.split())),
    ),
    gap=1.35,
    week=(0.85, 0.85, 0.9, 0.95, 1.1, 1.25, 1.1),
    seasons=(
        Season((3, 8), (3, 21), often=1.9, more=1.4),  # Novruz
        Season((12, 22), (12, 31), often=1.8, more=1.4),  # New Year
    ),
    claims=0.1,
)
