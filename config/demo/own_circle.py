"""Five houses of Moscow that share their guests: beauty, wellness, a restaurant, fashion, and a clinic that nobody
outside it hears of. Points are roubles: 5 to 10 per cent of a bill come back."""

from decimal import Decimal

from businesses.models import Category, Role
from config.demo.preset import Agreement, Level, Names, Place, Preset, Reward, Season, Shop, Worker
from loyalty.models import Occasion, RewardIcon, RuleKind

FIFTY = Decimal(50)

SALON = Shop(
    slug="lavanda",
    name="Студия красоты «Лаванда»",
    colour="#7c4fa3",
    category=Category.BEAUTY,
    earn_rate=Decimal("0.07"),
    ticket=6_200,
    spread=0.5,
    price_step=FIFTY,
    draw=1.5,
    open_from=10,
    open_until=21,
    places=(
        Place("Патриаршие", "Малая Бронная ул., 24", "Ежедневно 10:00–22:00"),
        Place("Хамовники", "ул. Льва Толстого, 18", "Ежедневно 10:00–21:00"),
    ),
    workers=(
        Worker(Role.OWNER, "Марина Соколова", "owner@lavanda.example"),
        Worker(Role.MANAGER, "Ольга Зайцева", "manager@lavanda.example"),
        Worker(Role.CASHIER, "Юлия Громова", "cashier@lavanda.example"),
    ),
    rewards=(
        Reward(1_500, "Уход за руками", RewardIcon.SPARKLES),
        Reward(3_500, "Укладка", RewardIcon.SPARKLES),
        Reward(6_000, "Стрижка и укладка"),
    ),
)
SPA = Shop(
    slug="tishina",
    name="Термы «Тишина»",
    colour="#2f6b68",
    category=Category.WELLNESS,
    earn_rate=Decimal("0.08"),
    ticket=9_500,
    spread=0.4,
    price_step=FIFTY,
    draw=0.8,
    open_from=9,
    open_until=22,
    places=(Place("Остоженка", "1-й Обыденский пер., 10", "Ежедневно 9:00–23:00"),),
    workers=(
        Worker(Role.OWNER, "Дмитрий Лебедев", "owner@tishina.example"),
        Worker(Role.MANAGER, "Инна Белова", "manager@tishina.example"),
        Worker(Role.CASHIER, "Артём Фомин", "cashier@tishina.example"),
    ),
    rewards=(Reward(2_500, "Травяной чай и хаммам", RewardIcon.COFFEE), Reward(7_000, "Массаж, 60 минут")),
)
RESTAURANT = Shop(
    slug="brusnika-restaurant",
    name="Брусничный дом",
    colour="#9f1239",
    category=Category.RESTAURANT,
    earn_rate=Decimal("0.05"),
    ticket=4_800,
    spread=0.6,
    price_step=Decimal(10),
    draw=2.6,
    open_from=12,
    open_until=23,
    places=(
        Place("Покровка", "ул. Покровка, 16", "Ежедневно 12:00–00:00"),
        Place("Цветной бульвар", "Цветной бульвар, 21, стр. 1", "Ежедневно 12:00–00:00"),
    ),
    workers=(
        Worker(Role.OWNER, "Алексей Воронцов", "owner@brusnika.example"),
        Worker(Role.MANAGER, "Светлана Крылова", "manager@brusnika.example"),
        Worker(Role.CASHIER, "Никита Орлов", "cashier@brusnika.example"),
    ),
    rewards=(
        Reward(700, "Десерт дня", RewardIcon.CAKE),
        Reward(1_500, "Бокал вина и закуска"),
        Reward(4_000, "Ужин на двоих"),
    ),
)
BOUTIQUE = Shop(
    slug="nit",
    name="Бутик «Нить»",
    colour="#374151",
    category=Category.FASHION,
    earn_rate=Decimal("0.05"),
    ticket=14_000,
    spread=0.7,
    price_step=Decimal(100),
    draw=0.6,
    open_from=11,
    open_until=21,
    places=(Place("Кузнецкий Мост", "ул. Кузнецкий Мост, 19", "Ежедневно 11:00–21:00"),),
    workers=(
        Worker(Role.OWNER, "Екатерина Дорохова", "owner@nit.example"),
        Worker(Role.MANAGER, "Полина Жукова", "manager@nit.example"),
        Worker(Role.CASHIER, "Кира Романова", "cashier@nit.example"),
    ),
    rewards=(Reward(2_000, "Шёлковый платок"), Reward(5_000, "Подгонка по фигуре")),
)
CLINIC = Shop(
    slug="klinika-na-prechistenke",
    name="Клиника на Пречистенке",
    colour="#1d5fa8",
    category=Category.MEDICAL,
    confidential=True,
    earn_rate=Decimal("0.1"),
    ticket=7_800,
    spread=0.5,
    price_step=FIFTY,
    draw=0.7,
    open_from=8,
    open_until=20,
    places=(Place("Пречистенка", "ул. Пречистенка, 31", "Пн–Сб 8:00–21:00"),),
    workers=(
        Worker(Role.OWNER, "Андрей Мельников", "owner@klinika.example"),
        Worker(Role.MANAGER, "Наталья Гусева", "manager@klinika.example"),
        Worker(Role.CASHIER, "Вера Тихонова", "cashier@klinika.example"),
    ),
    rewards=(Reward(3_000, "Повторная консультация"),),
)

WOMEN = """
Анна Мария Елена Ольга Наталья Екатерина Татьяна Ирина Светлана Юлия Дарья Полина Виктория Ксения Алина Вера Софья
Маргарита Евгения Людмила Алиса Кристина Варвара Диана
"""
MEN = """
Александр Дмитрий Сергей Андрей Алексей Максим Михаил Иван Никита Павел Артём Роман Кирилл Владимир Егор Олег Илья
Константин Григорий Тимофей
"""
LAST = """
Смирнов Кузнецов Попов Васильев Петров Соколов Михайлов Новиков Фёдоров Морозов Волков Алексеев Лебедев Семёнов Егоров
Павлов Козлов Степанов Николаев Орлов Андреев Макаров Никитин Захаров Зайцев Соловьёв Борисов Яковлев Григорьев Романов
Воробьёв Сергеев Фролов Александров Гаврилов Белов Киселёв Тарасов Медведев Антонов Тихонов Крылов Ковалёв Калинин
"""


def phone(number: int) -> str:
    """Well-formed mobile numbers with a code that no operator has."""
    return f"+7943{number:07}"


PRESET = Preset(
    rewards=(Reward(10_000, "Вечер клуба для двоих", RewardIcon.TICKET),),
    slug="own-circle",
    name="Свой круг",
    currency="RUB",
    join_code="OWNCIRCLE",
    country="RU",
    city="Москва",
    time_zone="Europe/Moscow",
    language="ru",
    point_value=Decimal(1),
    points_last_months=12,
    shops=(RESTAURANT, SALON, SPA, BOUTIQUE, CLINIC),
    people=600,
    tiers=(
        Level("Insider", 0),
        Level("VIP", 60_000, "1.2", categories=2),
        Level("Elite", 200_000, "1.5", categories=3),
        Level("Inner Circle", 400_000, "2", categories=4, invitation_only=True),
    ),
    rules=(
        {
            "name": "Новое направление",
            "kind": RuleKind.BONUS,
            "value": 300,
            "occasion": Occasion.FIRST_IN_CATEGORY,
            "minimum_spend": Decimal(1000),
        },
    ),
    # The salon sends to the restaurant and the restaurant back, and on to the baths.
    chains=(
        Agreement(
            "lavanda",
            "brusnika-restaurant",
            {
                "name": "Ужин после салона",
                "kind": "percentage",
                "value": Decimal(15),
                "most_discount": Decimal(1_500),
                "minimum": Decimal(3_000),
                "lasts_days": 14,
                "every_days": 30,
                "share": 50,
                "budget": Decimal(120_000),
            },
        ),
        Agreement(
            "brusnika-restaurant",
            "lavanda",
            {
                "name": "Укладка после ужина",
                "kind": "amount",
                "value": Decimal(700),
                "most_discount": Decimal(700),
                "order_from": Decimal(3_000),
                "minimum": Decimal(5_000),
                "lasts_days": 21,
                "every_days": 45,
                "share": 40,
                "budget": Decimal(70_000),
            },
        ),
        Agreement(
            "brusnika-restaurant",
            "tishina",
            {
                "name": "Термы после ужина",
                "kind": "percentage",
                "value": Decimal(10),
                "most_discount": Decimal(2_000),
                "minimum": Decimal(4_000),
                "lasts_days": 30,
                "every_days": 60,
                "share": 30,
                "budget": Decimal(90_000),
            },
        ),
        Agreement(
            "nit",
            "brusnika-restaurant",
            {
                "name": "Бокал к новому платью",
                "kind": "amount",
                "value": Decimal(500),
                "most_discount": Decimal(500),
                "order_from": Decimal(2_000),
                "minimum": Decimal(10_000),
                "lasts_days": 10,
                "every_days": 30,
                "share": 60,
                "budget": Decimal(40_000),
            },
            accepted=False,
        ),
    ),
    phone=phone,
    names=(
        Names(tuple(WOMEN.split()), tuple(f"{name}а" for name in LAST.split())),
        Names(tuple(MEN.split()), tuple(LAST.split())),
    ),
    gap=2,
    week=(0.7, 0.8, 0.9, 1, 1.3, 1.4, 0.9),
    seasons=(
        Season((3, 1), (3, 8), often=2.2, more=1.15),  # Women's Day
        Season((12, 14), (12, 31), often=1.8, more=1.3),  # New Year
    ),
)
