"""What the columns of a file are called: guessed from the names that tills and shops use in our three languages."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from loyalty.models import ImportKind


class Field(NamedTuple):
    """Something that a column may tell, the most telling name first."""

    name: str
    label: Any
    synonyms: str


CUSTOMER = Field(
    "customer",
    _("Your own customer number"),
    "customer_id customer external_id client_id client member_id member loyalty_id card_number user_id"
    " buyer_id account_id cust_id household_id клиент номер_клиента код_клиента müştəri müştəri_nömrəsi",
)
PHONE = Field(
    "phone",
    _("Phone number"),
    "phone phone_number mobile mobile_phone mobile_number customer_phone msisdn telephone tel cell"
    " телефон номер_телефона telefon telefon_nömrəsi mobil",
)
SKU = Field(
    "sku",
    _("Article number"),
    "sku product_id article article_number item_id item_number barcode ean upc plu артикул код_товара штрихкод"
    " artikul məhsul_kodu barkod",
)
CATEGORY = Field(
    "category",
    _("Category"),
    "category department product_category group product_group категория отдел группа kateqoriya şöbə qrup",
)

KINDS: dict[str, tuple[Field, ...]] = {
    ImportKind.PURCHASES: (
        CUSTOMER,
        PHONE,
        Field(
            "date",
            _("Date"),
            "date datetime purchased_at purchase_date transaction_date transaction_timestamp sale_date order_date"
            " timestamp occurred_at created_at дата дата_продажи tarix satış_tarixi",
        ),
        Field(
            "amount",
            _("Amount paid"),
            "amount total total_amount amount_paid order_total grand_total sale_amount sales_value sum revenue value"
            " сумма итого məbləğ cəmi",
        ),
        Field(
            "receipt",
            _("Receipt number"),
            "receipt receipt_number receipt_no receipt_id basket_id order_id order_number invoice invoice_number"
            " transaction_id check_number чек номер_чека qəbz qəbz_nömrəsi çek",
        ),
        Field(
            "branch",
            _("Branch"),
            "branch branch_name store store_id store_name shop outlet филиал магазин filial mağaza",
        ),
        SKU,
        Field(
            "name",
            _("Name of the article"),
            "product product_name item item_name description title товар название наименование məhsul məhsulun_adı",
        ),
        CATEGORY,
        Field("quantity", _("Quantity"), "quantity qty units pieces количество кол_во miqdar say ədəd"),
        Field("discount", _("Discount"), "discount discount_amount retail_disc скидка endirim"),
    ),
    ImportKind.CUSTOMERS: (
        PHONE,
        CUSTOMER._replace(synonyms=f"id {CUSTOMER.synonyms}"),
        Field("name", pgettext_lazy("person", "Name"), "name full_name customer_name имя фио ad ad_soyad"),
        Field(
            "birthday",
            _("Birthday"),
            "birthday birth_date date_of_birth dob день_рождения дата_рождения doğum_tarixi",
        ),
        Field("email", _("E-mail"), "email e_mail mail почта эл_почта e_poçt poçt"),
        Field("language", _("Language"), "language lang locale язык dil"),
    ),
    ImportKind.PRODUCTS: (
        SKU._replace(synonyms=f"{SKU.synonyms} id code код kod"),
        Field(
            "name",
            _("Name"),
            "name product product_name item title description название наименование товар ad məhsul",
        ),
        CATEGORY,
        Field("price", _("Price"), "price unit_price retail_price цена qiymət"),
        Field("image_url", _("Address of its picture"), "image_url image picture photo картинка фото şəkil"),
        Field("featured", _("Featured"), "featured highlight рекомендуем seçilmiş"),
        Field("active", _("On sale"), "active on_sale enabled available активен в_продаже satışda aktiv"),
    ),
    ImportKind.OPENINGS: (
        PHONE,
        CUSTOMER,
        Field(
            "points",
            _("Points"),
            "points balance point_balance bonus bonuses баллы бонусы остаток xal xallar bal qalıq",
        ),
        Field(
            "expires",
            _("Expires on"),
            "expires expires_on expires_at expiry expiry_date valid_until срок сгорают bitir son_tarix",
        ),
    ),
}
# Of each kind: fields that have to be there, and of which one at least has to be.
NEEDED: dict[str, tuple[str, ...]] = {
    ImportKind.PURCHASES: ("date", "amount"),
    ImportKind.CUSTOMERS: (),
    ImportKind.PRODUCTS: ("sku",),
    ImportKind.OPENINGS: ("points",),
}
NAMED_BY = ("customer", "phone")


def lacking(kind: str, columns: Mapping[str, int]) -> list[str]:
    """The fields that a file of this kind cannot do without; `customer` stands for either way to name one."""
    missing = [name for name in NEEDED[kind] if name not in columns]
    if kind != ImportKind.PRODUCTS and not any(name in columns for name in NAMED_BY):
        missing.insert(0, "customer")
    return missing


def guess(kind: str, header: Sequence[str]) -> dict[str, int]:
    """Which column tells what, as far as its name says so. No column tells two things."""
    names = [plain(name) for name in header]
    found: dict[str, int] = {}
    for field in KINDS[kind]:
        places = (names.index(name) for name in field.synonyms.split() if name in names)
        place = next((place for place in places if place not in found.values()), None)
        if place is not None:
            found[field.name] = place
    return found


def labels(header: Sequence[str]) -> list[str]:
    """The names of the columns as they are offered: what stands twice is numbered, what has no name is by its place."""
    seen: dict[str, int] = {}
    shown = []
    for place, name in enumerate(header, 1):
        label = name.strip()[:60] or f"№ {place}"
        seen[label] = seen.get(label, 0) + 1
        shown.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return shown


def plain(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.strip().lower()).strip("_")
