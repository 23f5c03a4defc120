"""Sales from files: what shops really have, what is wrong with it, and the same file twice."""

import csv
import gzip
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from businesses.models import Program
from conftest import Shop
from customers.models import Customer, ExternalId
from loyalty import bulk, ledger
from loyalty.earning import earn
from loyalty.importing import sales as imports
from loyalty.importing.sales import match_columns
from loyalty.models import Membership, Operation, Purchase, Tier, Wallet
from loyalty.tables import UnreadableFile
from loyalty.tests.conftest import buy, give_tier, wallet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]

HEADER = "customer_id,date,amount\n"


class Import:
    """One run of the command: its report, and what it refused."""

    def __init__(self, folder: Path, content: str | bytes, *options: str, business: str = "nar") -> None:
        file = folder / "sales.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.errors_file = folder / "sales.errors.csv"
        out, err = StringIO(), StringIO()
        try:
            call_command("import_purchases", str(file), "--business", business, *options, stdout=out, stderr=err)
            self.failure = ""
        except CommandError as error:
            self.failure = str(error)
        report = dict(line.split("  ", 1) for line in out.getvalue().splitlines())
        self.report = {name.strip(): figure.strip() for name, figure in report.items()}
        self.errors: list[list[str]] = []
        if self.errors_file.exists():
            with self.errors_file.open(newline="", encoding="utf-8") as rows:
                self.errors = list(csv.reader(rows))[1:]

    def figures(self, *names: str) -> list[int]:
        return [int(self.report[name].split()[0].replace(",", "")) for name in names]


@pytest.fixture
def run(shop: Shop, tmp_path: Path) -> Callable[..., Import]:
    return lambda content, *options, **more: Import(tmp_path, content, *options, **more)


def test_a_file_is_imported_once_however_often_it_is_sent(run: Callable[..., Import], shop: Shop) -> None:
    content = HEADER + "7,2025-03-01,12.50\n8,2025-03-01,3\n7,2025-03-02,0\n7,2025-03-02,4.99\n"
    first = run(content)
    assert first.report == {
        "rows read": "4",
        "posted": "4",
        "already there": "0",
        "refused": "0",
        "customers new": "2",
        "points": "19",
    }
    again = run(content)
    assert again.figures("rows read", "posted", "already there", "refused", "customers new", "points") == [
        4,
        0,
        4,
        0,
        0,
        0,
    ]
    assert not first.errors_file.exists()
    seven = ExternalId.objects.get(business=shop.business, external_id="7").customer
    assert seven.phone is None
    member = Membership.objects.get(customer=seven)
    assert (member.visits, member.visit_days, member.spend) == (2, 2, Decimal("17.49"))
    assert Wallet.objects.get(customer=seven).balance == 16


def test_equal_rows_are_sales_of_their_own_and_a_longer_export_adds_only_the_rest(run: Callable[..., Import]) -> None:
    short = HEADER + "7,2025-03-01,5\n7,2025-03-01,5\n"
    assert run(short).figures("posted") == [2]
    assert run(short + "7,2025-03-01,5\n8,2025-03-02,5\n").figures("posted", "already there") == [2, 2]
    assert Purchase.objects.count() == 4


def test_an_import_that_was_cut_short_is_finished_by_the_next(
    run: Callable[..., Import], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "CHUNK_ROWS", 10)
    content = HEADER + "".join(f"{n % 7},2025-03-01,{n}\n" for n in range(35))
    post_many, calls = bulk.post_many, []

    def dying(**options: object) -> object:
        calls.append(options)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return post_many(**options)

    monkeypatch.setattr(bulk, "post_many", dying)
    with pytest.raises(KeyboardInterrupt):
        run(content)
    assert Purchase.objects.count() == 20
    assert run(content).figures("posted", "already there") == [15, 20]


def test_a_date_without_a_time_is_noon_in_the_zone_of_the_business(run: Callable[..., Import], shop: Shop) -> None:
    run(HEADER + "7,2025-07-01,5\n7,2025-07-01 23:30,5\n7,2025-07-01T23:30:00Z,5\n7,03.07.2025 08:15,5\n7,20250704,5\n")
    baku = ZoneInfo("Asia/Baku")
    assert list(Purchase.objects.order_by("occurred_at").values_list("occurred_at", flat=True)) == [
        datetime(2025, 7, 1, 12, tzinfo=baku),
        datetime(2025, 7, 1, 23, 30, tzinfo=baku),
        datetime(2025, 7, 1, 23, 30, tzinfo=UTC),
        datetime(2025, 7, 3, 8, 15, tzinfo=baku),
        datetime(2025, 7, 4, 12, tzinfo=baku),
    ]
    assert Membership.objects.get().visit_days == 4


def test_other_dates_need_a_format(run: Callable[..., Import]) -> None:
    content = HEADER + "7,03/04/2025,5\n"
    assert "03/04/2025" in run(content).errors[0][2]
    assert run(content, "--date-format", "%d/%m/%Y").figures("posted") == [1]
    assert Purchase.objects.get().local_on.isoformat() == "2025-04-03"


def test_a_sale_of_today_is_the_same_in_the_morning_and_in_the_evening(shop: Shop, tmp_path: Path) -> None:
    today = timezone.now().astimezone(ZoneInfo("Asia/Baku")).replace(minute=0)
    file = tmp_path / "today.csv"
    file.write_text(HEADER + f"7,{today:%Y-%m-%d},5\n")
    for hour, expected in [(8, (1, 0)), (20, (0, 1))]:
        at = today.replace(hour=hour)
        with file.open("rb") as source, ledger.clock_at(at):
            *_, tally = imports.purchases(rules=shop.rules, source=source, chosen={}, refuse=lambda *_: None, at=at)
        assert (tally.posted, tally.already_there) == expected
    assert Purchase.objects.get().occurred_at == today.replace(hour=8)


BAD = {
    "date": ("7,yesterday,5", "cannot be read"),
    "no date": ("7,,5", "cannot be read"),
    "30 February": ("7,2025-02-30,5", "cannot be read"),
    "long ago": ("7,0001-01-01,5", "before 1970"),
    "far ahead": ("7,9999-12-31T23:59:59-12:00,5", "future"),
    "tomorrow": (f"7,{timezone.now() + timedelta(days=2):%Y-%m-%d},5", "future"),
    "amount": ("7,2025-03-01,five", "Write an amount"),
    "no amount": ("7,2025-03-01,", "Write an amount"),
    "not a number": ("7,2025-03-01,NaN", "Write an amount"),
    "negative": ("7,2025-03-01,-5", "negative"),
    "true minus": ("7,2025-03-01,\u22125", "negative"),
    "three decimals": ("7,2025-03-01,5.001", "at most 2 decimals"),
    "too large": ("7,2025-03-01,100000000", "below 100000000"),
    "far too large": (f"7,2025-03-01,{'9' * 19}", "more than we can count"),
    "no customer": (" ,2025-03-01,5", "names no customer"),
    "long id": (f"{'7' * 129},2025-03-01,5", "longer than 128"),
    "too few columns": ("7,2025-03-01", "has 2 columns"),
    "too many columns": ("7,2025-03-01,5,6", "has 4 columns"),
    "decimal comma": ("7,2025-03-01,5,50", "has 4 columns"),
    "NUL": ("7,2025-03-01,5\0", "NUL"),
    "huge field": (f"{'x' * 10_000},2025-03-01,5", "longer than 8192 bytes"),
    "open quote": ('"7,2025-03-01,5', "has no partner"),
    "stray quote": ('"7"x,2025-03-01,5', "has no partner"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_row_is_refused_with_a_sentence_and_never_stops_the_rest(name: str, run: Callable[..., Import]) -> None:
    bad, sentence = BAD[name]
    done = run(HEADER + f"1,2025-03-01,1\n{bad}\n2,2025-03-01,2\n3,2025-03-01,3\n")
    assert done.figures("rows read", "posted", "refused", "points") == [4, 3, 1, 6]
    ((line, row, problem),) = done.errors
    assert line == "3"
    assert row.lstrip("'")[:12] == bad.replace("\0", "\ufffd")[:12]
    assert sentence in problem
    assert not done.failure
    assert str(done.errors_file) in done.report["refused"]


def test_bytes_that_are_no_utf8_are_refused_and_a_byte_order_mark_is_no_part_of_a_name(
    run: Callable[..., Import],
) -> None:
    content = b"\xef\xbb\xbf" + HEADER.encode() + "Зоя,2025-03-01,5\n".encode() + "Зоя,2025-03-02,5\n".encode("cp1251")
    done = run(content)
    assert done.figures("posted", "refused") == [1, 1]
    assert "UTF-8" in done.errors[0][2]
    assert ExternalId.objects.get().external_id == "Зоя"


def test_quoted_rows_may_hold_delimiters_quotes_and_line_ends(run: Callable[..., Import]) -> None:
    content = (
        'customer_id,date,amount,note\r\n"7","2025-03-01","5","12"" single,\r\nsigned"\r\n"8","2025-03-01",1,""\r\n'
    )
    assert run(content).figures("rows read", "posted", "refused") == [2, 2, 0]


def test_no_damage_to_one_line_touches_the_others(run: Callable[..., Import]) -> None:
    """A line of random junk between good rows, many times: every good row is posted, junk never is."""
    rng = random.Random(1)
    junk = ["".join(rng.choices('",;\n\0é x7\ufeff', k=rng.randint(1, 12))).replace("\n", '"') for _ in range(300)]
    good = [f'"{n}","2025-03-01","{n}"' if n % 2 else f"{n},2025-03-01,{n}" for n in range(300)]
    done = run(HEADER + "".join(f"{one}\n{other}\n" for one, other in zip(good, junk, strict=True)))
    assert done.figures("posted") == [300]
    assert Purchase.objects.count() == ExternalId.objects.count() == 300


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_and_the_decimal_comma(delimiter: str, run: Callable[..., Import]) -> None:
    content = f"Date{delimiter}Phone Number{delimiter}Total\n2025-03-01{delimiter}050 123 45 67{delimiter}12,50\n"
    assert run(content).figures("posted", "points") == [1, 12]
    assert wallet().balance == 12  # the national notation is read with the country of the business


def test_a_phone_that_is_none_is_refused(run: Callable[..., Import]) -> None:
    done = run("phone,date,amount\n9.94501E+11,2025-03-01,5\n0501234567,2025-03-01,5\n")
    assert done.figures("posted", "refused") == [1, 1]
    assert "9.94501E+11" in done.errors[0][2]


def test_who_bought_before_is_not_new(run: Callable[..., Import], shop: Shop) -> None:
    buy(shop, 5)
    done = run(
        "phone,id,date,amount\n0501234567,7,2025-03-01,5\n,7,2025-03-02,5\n,8,2025-03-02,5\n", "--customer", "id"
    )
    assert done.figures("posted", "customers new") == [3, 1]
    assert Customer.objects.count() == 2
    assert wallet().balance == 15


def test_the_tier_of_the_customer_multiplies(run: Callable[..., Import], shop: Shop) -> None:
    gold = Tier.objects.create(program=shop.business.program, name="Gold", position=1, multiplier=Decimal("1.5"))
    buy(shop, 5)
    give_tier(gold)
    assert run("phone,date,amount\n0501234567,2025-03-01,5\n0502222222,2025-03-01,5\n").figures("points") == [12]


def test_a_tier_that_moves_during_the_import_is_computed_again(
    run: Callable[..., Import], shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    gold = Tier.objects.create(program=shop.business.program, name="Gold", position=1, multiplier=2)
    buy(shop, 5)
    earn_once = imports.earn

    def promote(**options: object) -> object:
        give_tier(gold)
        return earn_once(**options)

    monkeypatch.setattr(imports, "earn", promote)
    assert run("phone,date,amount\n0501234567,2025-03-01,5\n0501234567,2025-03-01,6\n").figures("posted", "points") == [
        2,
        22,
    ]


def test_a_row_that_means_something_else_now_is_refused(run: Callable[..., Import]) -> None:
    content = HEADER + "7,2025-03-01,5\n"
    run(content)
    ExternalId.objects.update(customer=Customer.objects.create())
    done = run(content)
    assert done.figures("posted", "refused") == [0, 1]
    assert "imported before" in done.errors[0][2]


def test_columns_are_named_where_the_header_does_not_tell(run: Callable[..., Import]) -> None:
    content = "wer,wann,wieviel\n7,2025-03-01,5\n"
    done = run(content)
    assert "wer, wann, wieviel" in done.failure
    assert "“date”" in done.failure
    assert "“kein”" in run(content, "--customer", "kein").failure
    assert run(content, "--customer", "wer", "--date", "wann", "--amount", "Wieviel").figures("posted") == [1]


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("master_id,customer_id,date,quantity,amount", {"customer": 1, "date": 2, "amount": 4}),
        ("Household ID,Transaction Timestamp,Sales-Value", {"customer": 0, "date": 1, "amount": 2}),
        ("Телефон,Дата,Сумма", {"phone": 0, "date": 1, "amount": 2}),
        ("müştəri,tarix,məbləğ,telefon", {"customer": 0, "phone": 3, "date": 1, "amount": 2}),
        ("total,amount,mobile,created_at,date", {"phone": 2, "date": 4, "amount": 1}),
    ],
)
def test_usual_names_of_columns_are_recognised(header: str, found: dict[str, int]) -> None:
    assert match_columns(header.split(","), {}) == found


@pytest.mark.parametrize("header", ["date,amount", "customer_id,amount", "phone,date", ""])
def test_a_header_without_what_is_needed_is_refused(header: str) -> None:
    with pytest.raises(UnreadableFile):
        match_columns(header.split(","), {})


@pytest.mark.parametrize("content", [b"", "id,date\n".encode("utf-16"), b"\x1f\x8b\x08\0damaged"])
def test_a_file_without_a_readable_header_is_refused_and_leaves_nothing(
    content: bytes, run: Callable[..., Import]
) -> None:
    done = run(content)
    assert done.failure
    assert not done.errors_file.exists()


def test_a_missing_file_or_business_is_said(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere\.csv"):
        call_command("import_purchases", str(tmp_path / "nowhere.csv"), "--business", "nar")
    with pytest.raises(CommandError, match="no business “nobody”"):
        call_command("import_purchases", str(tmp_path / "nowhere.csv"), "--business", "nobody")


def test_a_file_of_nothing_but_bad_rows_fails(run: Callable[..., Import]) -> None:
    done = run(HEADER + "7,2025-03-01,x\n")
    assert done.failure == "Not one row could be read."
    assert done.figures("refused") == [1]


def test_a_gzip_that_breaks_off_gives_what_it_has_and_says_so(run: Callable[..., Import]) -> None:
    rng = random.Random(1)
    lines = "".join(f"{rng.random()},2025-03-01,5\n" for _ in range(5000))
    packed = gzip.compress((HEADER + lines).encode())
    done = run(packed[: len(packed) // 2])
    posted, refused = done.figures("posted", "refused")
    assert 1000 < posted < 4999
    assert 1 <= refused <= 2  # the half line, where there is one
    assert "breaks off" in done.errors[-1][2]


def test_a_spreadsheet_does_not_run_what_a_refused_row_begins_with(run: Callable[..., Import]) -> None:
    done = run(HEADER + "=HYPERLINK(1),2025-03-01,x\n1,2025-03-01,1\n")
    assert done.errors[0][1].startswith("'=")


def sample(name: str) -> Path:
    folder = os.environ.get("SAMPLE_DATA")
    if not folder or not Path(folder, name).exists():
        pytest.skip(f"SAMPLE_DATA names no folder with {name}")
    return Path(folder, name)


def test_a_record_shops_real_year_and_a_half(new_shop: Callable[..., Shop], program: Program, tmp_path: Path) -> None:
    file = sample("cdnow_sample.csv.gz")
    records = Program.objects.create(slug="records", name="Records", currency="USD", join_code="RECORDS")
    shop = new_shop("corner-records", program=records, country="US", time_zone="America/New_York", category="media")
    with gzip.open(file, "rt", newline="") as rows:
        amounts = [Decimal(row["amount"]) for row in csv.DictReader(rows)]
    points = sum(earn(amount=amount, terms=shop.rules.terms).points for amount in amounts)
    errors = str(tmp_path / "errors.csv")
    for posted, already_there, customers in [(6919, 0, 2357), (0, 6919, 0)]:
        out = StringIO()
        call_command("import_purchases", str(file), "--business", "corner-records", "--errors", errors, stdout=out)
        figures = [int(line.split()[-1].replace(",", "")) for line in out.getvalue().splitlines()]
        assert figures == [6919, posted, already_there, 0, customers, points if posted else 0]
    assert not Path(errors).exists()
    assert Operation.objects.filter(business=shop.business).count() == 6919
    assert sum(Purchase.objects.values_list("amount", flat=True)) == sum(amounts)
    assert sum(Wallet.objects.filter(program=records).values_list("balance", flat=True)) == points
    assert sum(Membership.objects.values_list("visits", flat=True)) == sum(amount > 0 for amount in amounts)
