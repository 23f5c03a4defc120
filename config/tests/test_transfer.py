"""Files into and out of the panel: looked at first, all or nothing, through the road that people take by hand."""

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from businesses import sheets, transfer
from businesses.models import Branch, Business, Program, Staff, User
from businesses.tests.conftest import signed_in
from conftest import Shop
from customers import consents, profiles
from customers.models import Channel, Customer
from loyalty.models import Operation, Wallet
from loyalty.tests.conftest import PHONE, buy

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

CUSTOMERS, BUSINESSES, BRANCHES = (
    "/admin/customers/customer/",
    "/admin/businesses/business/",
    "/admin/businesses/branch/",
)


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("operator@nar.test", "correct horse battery")


@pytest.fixture
def operator(root: User) -> Client:
    return signed_in(root)


def csv_file(*rows: tuple[Any, ...], delimiter: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode()


def xlsx_file(*rows: tuple[Any, ...]) -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def look(operator: Client, where: str, data: bytes, name: str = "people.csv") -> Any:
    return operator.post(f"{where}import/", {"import_file": SimpleUploadedFile(name, data), "format": ""})


def press(operator: Client, where: str, looked: Any) -> Any:
    return operator.post(f"{where}process_import/", looked.context["confirm_form"].initial, follow=True)


def bring(operator: Client, where: str, data: bytes) -> dict[str, int]:
    looked = look(operator, where, data)
    assert looked.status_code == 200, looked.text
    assert press(operator, where, looked).status_code == 200
    return {kind: number for kind, number in looked.context["result"].totals.items() if number}


def wrong(looked: Any) -> list[str]:
    """The sentences about rows."""
    assert looked.status_code == 422
    assert "confirm_form" not in looked.context
    return [row.non_field_specific_errors[0] for row in looked.context["result"].invalid_rows]


def refused(looked: Any) -> str:
    """The sentence about the file."""
    assert looked.status_code == 422
    result = looked.context.get("result")
    return str(result.base_errors[0].error) if result else looked.context["form"].errors["import_file"][0]


PEOPLE = (
    ("phone", "business", "name", "birthday", "email", "language", "consent"),
    ("050 123 45 67", "nar", "Aysel", "1990-12-31", "aysel@example.com", "az", "yes"),
    ("+7 912 345-67-89", "nar", "", "", "", "", ""),
)


# --- Customers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_customers_come_in_as_if_they_were_enrolled(make: Callable[..., bytes], operator: Client, shop: Shop) -> None:
    assert bring(operator, CUSTOMERS, make(*PEOPLE)) == {"new": 2}
    wallet = Wallet.objects.get(customer__phone=PHONE)
    assert wallet.balance == 0
    told = profiles.told(program_id=shop.business.program_id, customer_id=wallet.customer_id)
    assert (told.name, told.birthday, told.email) == ("Aysel", date(1990, 12, 31), "aysel@example.com")
    agrees = {
        customer.phone: consents.agreed(customer_id=customer.pk, business_id=shop.business.pk, channel=Channel.SMS)
        for customer in Customer.objects.all()
    }
    assert agrees == {PHONE: True, "+79123456789": False}
    assert not Operation.objects.exists()
    buy(shop, 10)  # and the counter finds them


def test_looking_at_a_file_changes_nothing(operator: Client, shop: Shop) -> None:
    assert look(operator, CUSTOMERS, csv_file(*PEOPLE)).status_code == 200
    assert not Customer.objects.exists()


def test_an_import_twice_changes_nothing(operator: Client, shop: Shop) -> None:
    bring(operator, CUSTOMERS, csv_file(*PEOPLE))
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM customers_customer_id_seq")
        last = cursor.fetchone()
    assert bring(operator, CUSTOMERS, csv_file(*PEOPLE)) == {"skip": 2}
    assert Customer.objects.count() == Wallet.objects.count() == 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM customers_customer_id_seq")
        assert cursor.fetchone() == last, "no sequence is set back or on"


def test_what_is_known_is_filled_and_never_overwritten(operator: Client, shop: Shop) -> None:
    buy(shop, 10)
    wallet = Wallet.objects.get()
    told = profiles.Told(name="Leyla")
    profiles.save(program_id=shop.business.program_id, customer_id=wallet.customer_id, told=told)
    assert bring(operator, CUSTOMERS, csv_file(*PEOPLE[:2])) == {"update": 1}
    after = profiles.told(program_id=shop.business.program_id, customer_id=wallet.customer_id)
    assert (after.name, after.email) == ("Leyla", "aysel@example.com")


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"phone": "12"}, "“12” is no phone number."),
        ({"phone": ""}, "“phone” is empty."),
        ({"phone": "+994 50 123 45 67 ext. 3"}, "“+994 50 123 45 67 ext. 3” is no phone number."),
        ({"business": "nobody"}, "There is no business “nobody”."),
        ({"business": "gone"}, "There is no business “gone”."),
        ({"country": "XX"}, "“XX” is no country."),
        ({"name": "\u202egnp"}, "signs that cannot be shown"),
        ({"name": "a" * 121}, "longer than 120"),
        ({"birthday": "31.12.1990"}, "Write it as 1990-12-31."),
        ({"birthday": "2990-12-31"}, "no birthday of anybody alive"),
        ({"email": "aysel@"}, "“aysel@” is no e-mail address."),
        ({"language": "fr"}, "“fr” is no language of ours."),
        ({"consent": "maybe"}, "“maybe” is no consent"),
    ],
)
def test_a_wrong_row_stops_the_file_with_a_sentence(
    row: dict[str, str], sentence: str, operator: Client, shop: Shop, new_shop: Callable[..., Shop]
) -> None:
    new_shop("gone", status="closed")
    whole = {"phone": "0551112233", "business": "nar"} | row
    good = ("0507654321", "nar", *[""] * (len(whole) - 2))
    looked = look(operator, CUSTOMERS, csv_file(tuple(whole), good, tuple(whole.values())))
    (said,) = wrong(looked)
    assert sentence in said
    assert sentence.replace("“", "") in looked.text.replace("“", "")
    assert next(iter(looked.context["result"].invalid_rows[0].values)) == "3", "the row of the file"
    assert not Customer.objects.exists()


def test_the_same_person_twice_in_a_file_is_told_where(operator: Client, shop: Shop) -> None:
    rows = (("phone", "business"), ("0501234567", "nar"), ("", ""), ("+994501234567", "nar"))
    assert wrong(look(operator, CUSTOMERS, csv_file(*rows))) == ["This is in row 2 already."]


def test_a_country_of_the_row_reads_a_national_number(operator: Client, shop: Shop) -> None:
    bring(operator, CUSTOMERS, csv_file(("phone", "business", "country"), ("8 912 345-67-89", "nar", "ru")))
    assert Customer.objects.get().phone == "+79123456789"


def test_numbers_and_days_of_a_spreadsheet_are_read(operator: Client, shop: Shop) -> None:
    bring(
        operator, CUSTOMERS, xlsx_file(("Phone", "business", "birthday"), (994501234567, "nar", datetime(1990, 1, 2)))
    )
    wallet = Wallet.objects.get(customer__phone=PHONE)
    told = profiles.told(program_id=wallet.program_id, customer_id=wallet.customer_id)
    assert told.birthday == date(1990, 1, 2)


def test_a_file_that_no_longer_fits_imports_nothing(operator: Client, shop: Shop) -> None:
    looked = look(operator, CUSTOMERS, csv_file(*PEOPLE))
    Business.objects.update(status="closed")
    assert "Nothing was imported" in press(operator, CUSTOMERS, looked).text
    assert not Customer.objects.exists()


def test_a_file_is_not_kept_for_long(operator: Client, shop: Shop) -> None:
    looked = look(operator, CUSTOMERS, csv_file(*PEOPLE))
    cache.clear()
    assert "choose the file again" in press(operator, CUSTOMERS, looked).text
    assert not Customer.objects.exists()


# --- Files that are none ----------------------------------------------------------------------------------


def bomb() -> bytes:
    """A megabyte that unpacks to a gigabyte would look like this; a smaller one tells the same."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (sheets.MOST_UNPACKED + 1))
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (bomb, "Unpacked, the file is larger than 50 MB."),
        (lambda: b"PK\x03\x04 and then nothing", "The file cannot be read as XLSX."),
        (lambda: xlsx_file(("phone", "business"))[:-300], "The file cannot be read as XLSX."),
        (lambda: "phone,business\nгде".encode("cp1251"), "This is no CSV in UTF-8."),
        (lambda: b"phone,business\n\0,nar", "This is no CSV in UTF-8."),
        (lambda: b'phone,business\n"0501234567,nar\n', "a quotation mark has no partner"),
        (lambda: b"\n\n", "The file is empty."),
        (lambda: b"phone,phone\n1,2\n", "Two columns have the same name."),
        (lambda: b"phone,business\n1,2,3\n", "Row 2 has more than the 2 columns of the header."),
        (lambda: b"phone\n0501234567\n", "These columns are missing: business."),
        (lambda: b"phone,business,points\n0501234567,nar,900\n", "Nobody knows these columns: points."),
        (lambda: b"phone,business\n" + b"1,2\n" * (sheets.MOST_ROWS + 1), "more than 2,000 rows"),
        (lambda: b"phone,business\n" + b"1" * 1_001 + b",nar\n", "A cell holds more than 1,000 characters."),
    ],
)
def test_a_file_that_is_no_table_of_ours_is_refused_with_a_sentence(
    data: Callable[[], bytes], sentence: str, operator: Client, shop: Shop
) -> None:
    looked = look(operator, CUSTOMERS, data())
    assert sentence in refused(looked)
    assert sentence in looked.text
    assert not Customer.objects.exists()


def test_a_file_above_the_size_is_not_opened(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_BYTES", 1 << 20)
    assert refused(look(operator, CUSTOMERS, b"x" * ((1 << 20) + 1))) == "The file is larger than 1 MB."


def test_a_sheet_of_endless_rows_is_read_no_further_than_the_limit(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 3)
    assert "more than 3 rows" in refused(look(operator, CUSTOMERS, xlsx_file(*[("phone",)] * 50)))


# --- Businesses and branches ------------------------------------------------------------------------------

OPENINGS = (
    ("name", "owner_email", "country", "category", "programme", "earn_rate"),
    ("Nar Tea", "Olga@Tea.example", "az", "cafe", "circle", "0,5"),
    ("Alone", "olga@tea.example", "RU", "bakery", "", ""),
)


def test_businesses_are_opened_as_if_registered_and_accepted(
    operator: Client, program: Program, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert bring(operator, BUSINESSES, csv_file(*OPENINGS, delimiter=";")) == {"new": 2}
    tea, alone = Business.objects.order_by("pk")
    assert (tea.program, tea.status, str(tea.earn_rate), tea.time_zone) == (program, "active", "0.5000", "Asia/Baku")
    assert alone.program != program
    assert [staff.user.email for staff in Staff.objects.filter(role="owner")] == ["olga@tea.example"] * 2
    assert Branch.objects.count() == 2
    assert "Nar Tea" in mail.outbox[0].subject
    assert bring(operator, BUSINESSES, csv_file(*OPENINGS, delimiter=";")) == {"skip": 2}
    assert Business.objects.count() == 2


def test_an_owner_who_came_in_a_file_chooses_a_password_by_letter(operator: Client, program: Program) -> None:
    bring(operator, BUSINESSES, csv_file(*OPENINGS[:2]))
    mail.outbox.clear()
    Client().post("/accounts/password/reset/", {"email": "olga@tea.example"})
    assert "/accounts/password/reset/key/" in mail.outbox[0].body


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"owner_email": "olga"}, "“olga” is no e-mail address."),
        ({"owner_email": "left@tea.example"}, "left@tea.example may not sign in."),
        ({"country": "Azerbaijan"}, "“Azerbaijan” is no country."),
        ({"category": "teahouse"}, "“teahouse” is no category."),
        ({"programme": "square"}, "There is no programme “square”."),
        ({"country": "RU"}, "which is not the money of RU"),
        ({"earn_rate": "-1"}, "“-1” is no earn rate."),
        ({"earn_rate": "NaN"}, "“NaN” is no earn rate."),
        ({"earn_rate": "1e9"}, "“1e9” is no earn rate."),
        ({"name": "…"}, "at least one letter"),
    ],
)
def test_a_business_that_cannot_be_opened_is_told(
    row: dict[str, str], sentence: str, operator: Client, program: Program
) -> None:
    User.objects.create_user("left@tea.example", is_active=False)
    whole = dict(zip(OPENINGS[0], OPENINGS[1], strict=True)) | row
    (said,) = wrong(look(operator, BUSINESSES, csv_file(tuple(whole), tuple(whole.values()))))
    assert sentence in said
    assert not Business.objects.exists()


def test_branches_are_opened_and_described(operator: Client, shop: Shop) -> None:
    rows = (("business", "name", "city"), ("nar", "Main", "Bakı"), ("nar", "Harbour", "Bakı"))
    assert bring(operator, BRANCHES, csv_file(*rows)) == {"new": 1, "update": 1}
    assert set(Branch.objects.values_list("name", "city")) == {("Main", "Bakı"), ("Harbour", "Bakı")}
    assert bring(operator, BRANCHES, csv_file(*rows)) == {"skip": 2}
    assert bring(operator, BRANCHES, csv_file(("business", "name", "city"), ("nar", "Main", ""))) == {"skip": 1}
    assert wrong(look(operator, BRANCHES, csv_file(*rows, rows[1]))) == ["This is in row 2 already."]
    assert "no business" in wrong(look(operator, BRANCHES, csv_file(rows[0], ("tea", "Main", ""))))[0]


# --- Out --------------------------------------------------------------------------------------------------


def export(operator: Client, where: str, format: int = 0, **filters: str) -> Any:
    return operator.post(f"{where}export/", {"format": str(format)}, query_params=filters)


def rows_of(answer: Any) -> list[list[str]]:
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.parametrize("sign", ["=", "+", "-", "@"])
def test_a_name_is_never_a_formula(sign: str, operator: Client, shop: Shop) -> None:
    Branch.objects.update(name=f"{sign}1+1", city=f"{sign}HYPERLINK(0)")
    _header, row = rows_of(export(operator, BRANCHES))
    assert row[:3] == ["nar", f"'{sign}1+1", f"'{sign}HYPERLINK(0)"]
    sheet = openpyxl.load_workbook(io.BytesIO(export(operator, BRANCHES, 1).content)).active
    assert [cell.data_type for cell in sheet[2]][:3] == ["s", "s", "s"]
    assert sheet["B2"].value == f"'{sign}1+1"


def test_what_went_out_comes_in_again(operator: Client, shop: Shop) -> None:
    buy(shop, 10)
    Branch.objects.update(city="-5th", address="'quoted")
    out = export(operator, BRANCHES).content.replace(b",closed_at", b"").replace(b",\r\n", b"\r\n")
    looked = look(operator, BRANCHES, out)
    assert looked.context["result"].totals["skip"] == 1, looked.text


def test_phones_leave_to_superadmins_only_and_the_log_says_so(root: User, operator: Client, shop: Shop) -> None:
    buy(shop, 10)
    helper = User.objects.create_user("helper@nar.test", "correct horse battery", is_staff=True)
    for who in (signed_in(helper), signed_in(shop.owner), Client()):
        for where in (CUSTOMERS, BUSINESSES, BRANCHES):
            for page in ("export/", "import/", "process_import/"):
                assert who.get(where + page).status_code in (302, 403, 405), page
                assert who.post(where + page, {"format": "0"}).status_code in (302, 403), page
    assert not LogEntry.objects.exists()
    header, row = rows_of(export(operator, CUSTOMERS))
    assert header == ["phone", "known_since", "blocked_since", "blocked_reason"]
    assert row[0] == "'+994501234567"
    said = LogEntry.objects.get()
    assert (said.user, said.get_change_message(), said.object_repr) == (root, "Exported as CSV", "customers")


def test_an_import_is_in_the_log_once(root: User, operator: Client, shop: Shop) -> None:
    bring(operator, CUSTOMERS, csv_file(*PEOPLE))
    said = LogEntry.objects.get()
    assert (said.user, said.get_change_message()) == (root, "Imported: 2 new, 0 changed, 0 were there.")


def test_an_export_has_what_the_filter_shows(operator: Client, shop: Shop, new_shop: Callable[..., Shop]) -> None:
    new_shop("tea", status="closed")
    assert [row[1] for row in rows_of(export(operator, BUSINESSES, status__exact="closed"))[1:]] == ["tea"]


def test_more_than_one_can_look_through_is_not_exported(
    operator: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "MOST_EXPORTED", 1)
    assert rows_of(export(operator, BRANCHES))
    Branch.objects.create(business=shop.business, name="Harbour")
    assert "Choose fewer by a filter" in export(operator, BRANCHES).text
    assert LogEntry.objects.count() == 1


@pytest.mark.parametrize("model", ["wallet", "operation", "entry", "lot", "purchase", "membership", "adjustment"])
def test_no_file_goes_into_the_ledger_or_out_of_it(model: str, operator: Client) -> None:
    for page in ("import/", "export/", "process_import/"):
        assert operator.get(f"/admin/loyalty/{model}/{page}").status_code in (302, 404), page
