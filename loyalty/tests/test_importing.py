"""Files in the portal: brought, looked through, taken in; what is wrong with them, and workers that die."""

import csv
import gzip
import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from businesses.models import Branch, Product
from businesses.tests.conftest import cashier, manager, owner, stranger
from conftest import Shop
from customers.models import Customer, ExternalId, Profile
from loyalty import bulk
from loyalty.importing import files, work
from loyalty.models import (
    Import,
    ImportFile,
    ImportRow,
    Lot,
    Operation,
    Purchase,
    PurchaseLine,
    Wallet,
)
from loyalty.tables import UnreadableFile
from loyalty.tests.conftest import PHONE, buy
from loyalty.tests.parallel import crew

__all__ = ["cashier", "manager", "owner", "stranger"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

SALES = "phone,date,amount\n0501234567,2025-03-01,12.50\n0502222222,2025-03-01,3\n0501234567,2025-03-02,4.99\n"
LINES = (
    "customer_id,date,receipt,store,sku,product,category,quantity,amount\n"
    "7,2025-03-01 10:00,A1,Nizami,TEA,Green tea,Drinks,2,6.00\n"
    "8,2025-03-01 10:05,A2,Sahil,BUN,Bun,Bakery,1,1.50\n"
    "7,2025-03-01 10:00,A1,Nizami,BUN,Bun,Bakery,3,4.50\n"
)


def bring(shop: Shop, content: str | bytes, kind: str = "purchases", **more: Any) -> Import:
    data = content if isinstance(content, bytes) else content.encode()
    choices = {"staff": shop.staff, "at": timezone.now()} | more
    return work.bring(business=shop.business, kind=kind, file_name="file.csv", content=data, **choices)


def look(importing: Import, **choices: Any) -> Import:
    work.look_through(importing=importing, columns=importing.columns, at=timezone.now(), **choices)
    work.work(import_id=importing.pk, clock=timezone.now)
    importing.refresh_from_db()
    return importing


def come_in(importing: Import) -> Import:
    work.come_in(importing=importing, at=timezone.now())
    work.work(import_id=importing.pk, clock=timezone.now)
    importing.refresh_from_db()
    return importing


def figures(importing: Import, *names: str) -> list[int]:
    return [importing.tally.get(name, 0) for name in names]


def contents() -> dict[str, int]:
    with connection.cursor() as cursor:
        names = [name for name in connection.introspection.table_names() if not name.startswith("loyalty_import")]
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in names))
        return dict(cursor.fetchall())


def test_a_look_through_says_what_would_come_in_and_writes_nothing(shop: Shop) -> None:
    buy(shop, 5)
    before = contents()
    looked = look(bring(shop, SALES + "nobody,2025-03-01,1\n"), earns=True)
    assert looked.state == "checked"
    assert figures(looked, "rows", "posted", "new_customers", "points", "refused") == [4, 3, 1, 19, 1]
    assert Decimal(looked.tally["amount"]) == Decimal("20.49")
    assert contents() == before
    done = come_in(looked)
    assert done.state == "done"
    assert figures(done, "rows", "posted", "new_customers", "points", "refused") == [4, 3, 1, 19, 1]
    assert Purchase.objects.count() == 4
    assert not ImportFile.objects.exists()
    (refused,) = ImportRow.objects.all()
    assert (refused.line, refused.column, refused.text) == (5, "phone", "nobody")
    assert "no phone number" in refused.reason


def test_purchases_of_before_earn_nothing_unless_that_is_chosen(shop: Shop) -> None:
    done = come_in(look(bring(shop, SALES)))
    assert figures(done, "posted", "points") == [3, 0]
    assert not Lot.objects.exists()
    assert Wallet.objects.get(customer__phone=PHONE).balance == 0
    operation = Operation.objects.filter(kind="purchase").first()
    assert operation
    assert operation.trail == [{"rule": "import", "operation": "exclude", "value": "0"}]


def test_the_same_file_again_is_recognised_and_counts_nothing_twice(shop: Shop, owner: Client) -> None:
    come_in(look(bring(shop, SALES), earns=True))
    again = bring(shop, SALES)
    assert "This very file was imported on" in owner.get(f"/imports/{again.public_id}/").text
    assert figures(look(again, earns=True), "posted", "already_there", "new_customers") == [0, 3, 0]
    assert "Let it come in" not in owner.get(f"/imports/{again.public_id}/").text
    done = come_in(again)
    assert figures(done, "posted", "already_there", "points") == [0, 3, 0]
    assert Purchase.objects.count() == 3


def test_rows_of_a_receipt_are_one_sale_wherever_they_stand(shop: Shop) -> None:
    looked = look(bring(shop, LINES), makes_branches=True)
    assert figures(looked, "rows", "posted", "branches", "lines", "refused") == [3, 2, 2, 3, 0]
    assert Branch.objects.count() == 1
    done = come_in(looked)
    assert figures(done, "rows", "posted", "branches", "lines", "refused") == [3, 2, 2, 3, 0]
    seven = ExternalId.objects.get(external_id="7").customer
    sale = Purchase.objects.get(customer=seven)
    assert (sale.amount, sale.branch.name) == (Decimal("10.5"), "Nizami")
    lines = PurchaseLine.objects.filter(purchase_id=sale.pk).order_by("position")
    rows = lines.values_list("sku", "name", "category", "quantity", "unit_price", "discount")
    assert list(rows) == [
        ("TEA", "Green tea", "Drinks", 2, 3, 0),
        ("BUN", "Bun", "Bakery", 3, Decimal("1.5"), 0),
    ]


def test_an_export_that_says_more_of_the_same_receipt_never_doubles_it(shop: Shop) -> None:
    come_in(look(bring(shop, LINES), makes_branches=True))
    more = LINES + "9,2025-03-02,A3,Sahil,BUN,Bun,Bakery,1,1.50\n"
    assert figures(come_in(look(bring(shop, more))), "posted", "already_there") == [1, 2]
    other = LINES.replace("6.00", "7.00")
    done = come_in(look(bring(shop, other)))
    assert figures(done, "posted", "already_there", "refused") == [0, 1, 2]
    assert Purchase.objects.count() == 3


def test_a_receipt_with_one_wrong_row_stays_out_whole(shop: Shop) -> None:
    content = LINES.replace("4.50", "-4.50").replace("8,2025", "9,2025") + "10,2025-03-01,A2,Sahil,X,X,X,1,1\n"
    looked = look(bring(shop, content), makes_branches=True)
    rows = {row.line: (row.column, row.reason) for row in ImportRow.objects.filter(importing=looked)}
    assert figures(looked, "posted", "refused") == [0, 4]
    assert "negative" in rows[4][1]
    assert rows[2] == ("receipt", "Row 4 of the same receipt cannot come in.")
    assert rows[5] == ("customer", "Another row of this receipt names another customer.")


def test_an_unknown_branch_is_refused_or_opened_as_was_chosen(shop: Shop) -> None:
    content = "phone,date,amount,branch\n0501234567,2025-03-01,5,MAIN\n0501234567,2025-03-01,6,Elsewhere\n"
    refused = look(bring(shop, content))
    assert figures(refused, "posted", "refused") == [1, 1]
    assert ImportRow.objects.get().text == "Elsewhere"
    opened = come_in(look(refused, makes_branches=True))
    assert figures(opened, "posted", "refused", "branches") == [2, 0, 1]
    assert sorted(Branch.objects.values_list("name", flat=True)) == ["Elsewhere", "Main"]


def test_customers_come_in_with_what_they_told_and_nothing_is_written_over(shop: Shop) -> None:
    buy(shop, 5)
    Profile.objects.create(program=shop.business.program, customer=Customer.objects.get(), name="Aysel")
    content = (
        "Phone;Full name;Birthday;E-mail;Language\n"
        "050 123 45 67;Somebody Else;1990-02-28;aysel@example.com;az\n"
        "0502222222;Rauf Əliyev;;;\n"
        "0503333333;;2999-01-01;;\n0504444444;;;not an address;\n0505555555;;;;xx\n;Nobody;;;\n"
    )
    looked = look(bring(shop, content, "customers"))
    assert figures(looked, "rows", "posted", "already_there", "refused") == [6, 1, 1, 4]
    assert Customer.objects.count() == 1
    assert figures(come_in(looked), "posted", "already_there", "refused") == [1, 1, 4]
    rows = Profile.objects.order_by("pk").values_list("name", "birthday", "email", "language")
    assert list(rows) == [("Aysel", "1990-02-28", "aysel@example.com", "az"), ("Rauf Əliyev", "", "", "")]


def test_products_come_in_and_a_number_twice_is_refused(shop: Shop) -> None:
    content = (
        "артикул;название;категория;цена;active\n"
        "T1;Чай;Напитки / Горячие;3,50;да\nT2;Кофе;;4;нет\n"
        "T1;Другой;;1;да\n;Без номера;;1;да\nT3;X;;-1;да\nT4;X;;1;maybe\n"
    )
    looked = look(bring(shop, content.encode("cp1251"), "products"))
    assert looked.encoding == "cp1251"
    assert figures(looked, "posted", "refused") == [2, 4]
    assert not Product.objects.exists()
    come_in(looked)
    rows = Product.objects.order_by("sku").values_list("sku", "name", "category__name", "price", "active")
    assert list(rows) == [("T1", "Чай", "Горячие", Decimal("3.5"), True), ("T2", "Кофе", None, 4, False)]
    assert "row 2 already" in ImportRow.objects.get(line=4).reason


def test_opening_balances_are_booked_once_whatever_a_later_file_says(shop: Shop) -> None:
    until = timezone.localdate() + timedelta(days=30)
    content = f"phone,points,expires\n0501234567,500,{until}\n0502222222,40,\n0501234567,7,\n"
    content += "0503333333,-5,\n0504444444,5,2020-01-01\n"
    looked = look(bring(shop, content, "openings"))
    assert figures(looked, "posted", "points", "new_customers", "refused") == [3, 547, 2, 2]
    assert not Wallet.objects.exists()
    assert figures(come_in(looked), "posted", "points", "new_customers", "refused") == [3, 547, 2, 2]
    wallet = Wallet.objects.get(customer__phone=PHONE)
    assert wallet.balance == 507
    operation = Operation.objects.filter(wallet=wallet).order_by("pk").first()
    assert operation
    assert (operation.kind, operation.points, operation.staff_id) == ("opening", 500, shop.staff.pk)
    lot = Lot.objects.filter(wallet=wallet, credit=500).get()
    assert lot.expires_at
    assert lot.expires_at.astimezone(timezone.get_fixed_timezone(240)).date() == until + timedelta(days=1)
    assert figures(come_in(look(bring(shop, content, "openings"))), "posted", "already_there") == [0, 3]
    other = content.replace(",500,", ",900,")
    assert figures(come_in(look(bring(shop, other, "openings"))), "posted", "already_there", "refused") == [0, 2, 3]
    assert Wallet.objects.get(pk=wallet.pk).balance == 507


# --- Files that are not what they seem ----------------------------------------------------------------------


def sheet(*rows: list[Any]) -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    book.save(file)
    return file.getvalue()


def with_entry(content: bytes, name: str, data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.infolist():
            if each.filename != name:
                new.writestr(each, old.read(each))
        new.writestr(name, data)
    return file.getvalue()


def laughing() -> bytes:
    entities = '<!ENTITY a "ha">' + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    xml = (
        f'<?xml version="1.0"?><!DOCTYPE worksheet [{entities}]>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
        '<c t="inlineStr"><is><t>&j;</t></is></c></row></sheetData></worksheet>'
    )
    return with_entry(sheet(["phone"], ["1"]), "xl/worksheets/sheet1.xml", xml.encode())


UNREADABLE: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "empty"),
    "only a header": (lambda: b"phone,date,amount\n", "no rows"),
    "blank lines": (lambda: b"phone,date,amount\n\n\n", "no rows"),
    "200 columns": (lambda: (",".join(f"c{n}" for n in range(200)) + "\n1\n").encode(), "more than 100 columns"),
    "a ZIP bomb": (
        lambda: with_entry(sheet(["phone"], ["1"]), "xl/bomb.xml", b"0" * 60 * 1024 * 1024),
        "Unpacked, the file is larger",
    ),
    "a gzip bomb": (
        lambda: gzip.compress(b"phone,date,amount\n" + b"1" * 70 * 1024 * 1024),
        "Unpacked, the file is larger",
    ),
    "a billion laughs": (laughing, "cannot be read as XLSX"),
    "half an XLSX": (lambda: sheet(["phone"], ["1"])[:900], "cannot be read as XLSX"),
    "half a gzip": (lambda: gzip.compress(SALES.encode())[:30], "damaged"),
    "no sheet": (lambda: with_entry(sheet(["a"]), "[Content_Types].xml", b"<x/>"), "cannot be read as XLSX"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_table_is_refused_with_a_sentence_and_kept_nowhere(name: str, shop: Shop, owner: Client) -> None:
    make, sentence = UNREADABLE[name]
    file = SimpleUploadedFile("file.xlsx", make())
    answer = owner.post("/imports/new/", {"kind": "purchases", "file": file})
    assert answer.status_code == 422
    assert sentence in answer.text or (name == "empty" and "empty" in answer.text)
    assert not Import.objects.exists()


def test_a_file_over_the_limit_is_refused(shop: Shop) -> None:
    with pytest.raises(UnreadableFile, match="larger than 10 MB"):
        bring(shop, b"x" * (files.MOST_BYTES + 1))


def test_a_spreadsheet_is_read_as_people_see_it(shop: Shop) -> None:
    day = timezone.now().replace(year=2025, month=3, day=1, hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    content = sheet(
        ["phone", "date", "amount"], [501234567, day, 12.5], [None, None, None], ["0502222222", "2025-03-02", 3]
    )
    done = come_in(look(bring(shop, content), earns=True))
    assert figures(done, "posted", "refused", "points") == [2, 0, 15]


def test_two_columns_of_one_name_are_told_apart(shop: Shop, owner: Client) -> None:
    brought = bring(shop, "phone,date,amount,amount\n0501234567,2025-03-01,5,99\n")
    assert brought.columns["amount"] == 2
    assert "amount (2)" in owner.get(f"/imports/{brought.public_id}/").text


BAD = {
    "negative": ("0501234567,2025-03-01,-5", "amount", "negative"),
    "tomorrow": (f"0501234567,{timezone.now() + timedelta(days=2):%Y-%m-%d},5", "date", "future"),
    "no date": ("0501234567,soon,5", "date", "cannot be read"),
    "no phone": ("12,2025-03-01,5", "phone", "no phone number"),
    "a formula": ("=1+1,2025-03-01,5", "phone", "no phone number"),
    "nobody": (",2025-03-01,5", "phone", "names no customer"),
    "too short": ("0501234567,2025-03-01", "", "has 2 columns"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_row_is_told_by_number_column_and_reason_and_the_good_ones_come_in(
    name: str, shop: Shop, owner: Client
) -> None:
    bad, column, sentence = BAD[name]
    done = come_in(look(bring(shop, f"phone,date,amount\n0502222222,2025-03-01,1\n{bad}\n0503333333,2025-03-01,2\n")))
    assert figures(done, "posted", "refused") == [2, 1]
    refused = ImportRow.objects.get()
    assert (refused.line, refused.column) == (3, column)
    assert sentence in refused.reason
    saved = b"".join(owner.get(f"/imports/{done.public_id}/refused/").streaming_content).decode()  # type: ignore[attr-defined]
    assert sentence in saved
    (_head, (line, _column, told, _reason)) = csv.reader(saved.splitlines())
    assert line == "3"
    assert not told.startswith("=")


# --- Workers ------------------------------------------------------------------------------------------------


def many(count: int) -> str:
    return "phone,date,amount\n" + "".join(f"05012300{n % 7:02},2025-03-01,{n}\n" for n in range(count))


def test_a_worker_that_dies_loses_the_chunk_in_its_hands_and_nothing_doubles(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "CHUNK_ROWS", 10)
    looked = look(bring(shop, many(35)), earns=True)
    post_many, calls = bulk.post_many, []

    def dying(**options: Any) -> Any:
        yield from post_many(**options)
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(bulk, "post_many", dying)
    work.come_in(importing=looked, at=timezone.now())
    with pytest.raises(KeyboardInterrupt):
        work.work(import_id=looked.pk, clock=timezone.now)
    looked.refresh_from_db()
    assert (looked.state, looked.done, Purchase.objects.count()) == ("running", 20, 20)
    assert work.waiting(at=timezone.now()) == []
    assert work.waiting(at=timezone.now() + timedelta(minutes=2)) == [looked.pk]
    work.work(import_id=looked.pk, clock=timezone.now)
    looked.refresh_from_db()
    assert (looked.state, Purchase.objects.count()) == ("done", 35)
    assert figures(looked, "rows", "posted", "already_there") == [35, 35, 0]


def test_a_worker_that_was_thought_dead_finds_its_turn_over(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "CHUNK_ROWS", 10)
    looked = look(bring(shop, many(35)), earns=True)
    work.come_in(importing=looked, at=timezone.now())
    take, overtaken = work._held, []

    def slow(importing: Import) -> Import | None:
        if not overtaken:
            overtaken.append(1)
            work.work(import_id=looked.pk, clock=timezone.now)  # the other does all of it meanwhile
        return take(importing)

    monkeypatch.setattr(work, "_held", slow)
    work.work(import_id=looked.pk, clock=timezone.now)
    looked.refresh_from_db()
    assert figures(looked, "rows", "posted", "already_there") == [35, 35, 0]
    assert Purchase.objects.count() == 35


def test_dropping_it_stops_the_worker_and_keeps_what_came_in(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "CHUNK_ROWS", 10)
    looked = look(bring(shop, many(35)))
    work.come_in(importing=looked, at=timezone.now())
    post_many = bulk.post_many

    def dropped_meanwhile(**options: Any) -> Any:
        work.drop(importing=looked, at=timezone.now())
        return post_many(**options)

    monkeypatch.setattr(bulk, "post_many", dropped_meanwhile)
    work.work(import_id=looked.pk, clock=timezone.now)
    looked.refresh_from_db()
    assert (looked.state, Purchase.objects.count()) == ("dropped", 10)
    assert not ImportFile.objects.exists()
    with pytest.raises(work.OtherState):
        work.come_in(importing=looked, at=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_four_workers_at_one_file_bring_it_in_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "CHUNK_ROWS", 10)
    looked = look(bring(shop, many(95)), earns=True)
    work.come_in(importing=looked, at=timezone.now())
    with crew(4) as hands:
        results = hands.all_at_once([lambda: work.work(import_id=looked.pk, clock=timezone.now)] * 4)
    assert results == [None] * 4
    looked.refresh_from_db()
    assert looked.state == "done"
    assert figures(looked, "rows", "posted", "already_there") == [95, 95, 0]
    assert Purchase.objects.count() == 95


def test_a_file_that_nobody_can_finish_is_given_up_with_a_word(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "MOST_TURNS", 1)
    looked = look(bring(shop, SALES))
    assert come_in(looked).state == "failed"
    assert "What came in stays" in looked.problem


def test_one_business_does_not_fill_the_house_with_files(shop: Shop) -> None:
    for _n in range(work.MOST_OPEN):
        bring(shop, SALES)
    with pytest.raises(work.TooManyOpen):
        bring(shop, SALES)


# --- People -------------------------------------------------------------------------------------------------


def test_an_owner_brings_a_file_looks_at_it_and_lets_it_come_in(shop: Shop, owner: Client) -> None:
    first = owner.get("/imports/").text
    assert "Nothing was brought yet" in first
    assert "API keys" in first, "the tabs of an owner"
    page = owner.post("/imports/new/", {"kind": "purchases", "file": SimpleUploadedFile("till.csv", SALES.encode())})
    (brought,) = Import.objects.all()
    assert page["Location"] == f"/imports/{brought.public_id}/"
    own = page["Location"]
    assert "0501234567" in owner.get(own).text
    wrong = owner.post(own, {"column_date": "1", "column_amount": "", "encoding": "utf-8"})
    assert wrong.status_code == 422
    columns = {"column_phone": "0", "column_date": "1", "column_amount": "2", "encoding": "utf-8"}
    assert owner.post(own, columns | {"column_phone": ""}).status_code == 422
    assert owner.post(own, columns).status_code == 302
    assert "hx-get" in owner.get(own).text
    work.work(import_id=brought.pk, clock=timezone.now)
    over = owner.get(f"{own}progress/", headers={"HX-Request": "true"})
    assert over["HX-Refresh"] == "true"
    assert "Let it come in" in owner.get(own).text
    for _press in range(2):
        assert owner.post(f"{own}run/").status_code == 302
    work.work(import_id=brought.pk, clock=timezone.now)
    assert Purchase.objects.count() == 3
    assert "till.csv" in owner.get("/imports/").text
    assert owner.post(f"{own}run/").status_code == 302
    brought.refresh_from_db()
    assert brought.state == "done"


def test_another_encoding_is_read_anew(shop: Shop, owner: Client) -> None:
    brought = bring(shop, "sku;name\n1;Çay dəsti\n".replace("ə", "e").encode("cp1254"), "products")
    own = f"/imports/{brought.public_id}/"
    assert "Çay desti" in owner.get(own).text
    assert "Зay desti" in owner.post(own, {"reread": "1", "encoding": "cp1251"}).text


def test_opening_balances_are_an_owner_s(shop: Shop, manager: Client, owner: Client) -> None:
    assert "openings" in owner.get("/imports/new/").text
    assert "openings" not in manager.get("/imports/new/").text
    file = SimpleUploadedFile("file.csv", b"phone,points\n0501234567,5\n")
    assert manager.post("/imports/new/", {"kind": "openings", "file": file}).status_code == 422
    brought = bring(shop, "phone,points\n0501234567,5\n", "openings")
    assert manager.get(f"/imports/{brought.public_id}/").status_code == 404
    assert manager.post(f"/imports/{brought.public_id}/run/").status_code == 404


def test_a_cashier_and_a_stranger_find_no_import(shop: Shop, cashier: Client, stranger: Client) -> None:
    own = f"/imports/{bring(shop, SALES).public_id}/"
    for client in (cashier, stranger):
        for page in ("", "columns/", "progress/", "refused/"):
            assert client.get(own + page).status_code == 404
        for press in ("run/", "drop/"):
            assert client.post(own + press).status_code == 404
    assert cashier.get("/imports/").status_code == 404
