"""How fast a million purchases of a hundred thousand new customers come in from a file, against what the database can do.

    ./run bench importing [--quick] [--json] [--rows N] [--no-points]

On a durable cluster of its own with PostgreSQL's defaults. The limit is a COPY of the very rows that the import wrote,
into empty tables with the same columns, indexes and checks: what a program could do that knew every id, balance and
visit beforehand. It is given for all tables, and for that of the purchases alone.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.load.servers import say, servers
from embedded import Stop

BAR = 0.2
ROWS, QUICK_ROWS = 1_000_000, 20_000
ROWS_PER_CUSTOMER = 10
FIRST = date(2024, 1, 1)
DAYS = 700
TABLES = (
    "customers_customer",
    "customers_externalid",
    "loyalty_wallet",
    "loyalty_membership",
    "loyalty_operation",
    "loyalty_purchase",
    "loyalty_entry",
    "loyalty_lot",
)


def write(path: Path, rows: int) -> None:
    """A till's export: in the order of time, and of customers in none."""
    chance = random.Random(7)
    customers = max(1, rows // ROWS_PER_CUSTOMER)
    with path.open("w") as file:
        file.write("customer_id,date,amount\n")
        for n in range(rows):
            on = FIRST + timedelta(days=n * DAYS // rows)
            file.write(
                f"C{chance.randrange(customers)},{on} {8 + n % 12:02}:{n % 60:02},{chance.randrange(100, 9000) / 100:.2f}\n"
            )


def run(rows: int, points: bool) -> dict[str, Any]:
    with servers(18670), tempfile.TemporaryDirectory(prefix="regulars-bench-") as folder:
        import django
        from django.core.management import call_command

        django.setup()
        from businesses.models import Branch, Business, Program
        from loyalty import audit, rules
        from loyalty.importing import sales
        from loyalty.importing.fields import Tally
        from loyalty.importing.sales import Terms

        call_command("migrate", verbosity=0)
        program = Program.objects.create(slug="circle", name="Circle", currency="AZN", join_code="CIRCLE")
        business = Business.objects.create(
            program=program, slug="nar", name="Nar", category="cafe", country="AZ", time_zone="Asia/Baku"
        )
        Branch.objects.create(business=business, name="Main")
        file = Path(folder) / "sales.csv"
        say(f"Writing {rows} rows ...")
        write(file, rows)
        program.refresh_from_db()
        began, tally, told = time.perf_counter(), Tally(), 0
        with file.open("rb") as source:
            for tally in sales.purchases(
                rules=rules.of(business.pk, program.rules_version),
                source=source,
                chosen={},
                refuse=lambda row, sentence: say(f"{row.line}: {sentence}"),
                at=datetime.now(UTC),
                terms=Terms(earns=points),
            ):
                if tally.rows - told >= 100_000:
                    told = tally.rows
                    say(f"{told} rows, {told / (time.perf_counter() - began):,.0f} a second")
        seconds = time.perf_counter() - began
        agree = not any(finding.breaches for finding in audit.run())
        copied = {table: copy(table, Path(folder)) for table in TABLES}
        all_tables, alone = sum(each for each, _rows in copied.values()), copied["loyalty_purchase"][0]
        return {
            "cores": os.cpu_count(),
            "load": round(os.getloadavg()[0], 1),
            "rows": tally.rows,
            "posted": tally.posted,
            "customers": tally.new_customers,
            "points": tally.points,
            "seconds": round(seconds, 2),
            "a_second": round(tally.posted / seconds),
            "copy_seconds": round(all_tables, 2),
            "copy_rows": sum(count for _seconds, count in copied.values()),
            "copy_of_purchases_seconds": round(alone, 1),
            "ratio": round(all_tables / seconds, 3),
            "ratio_to_purchases_alone": round(alone / seconds, 3),
            "bar": BAR,
            "books_agree": agree,
        }


def copy(table: str, folder: Path) -> tuple[float, int]:
    """Seconds that it takes to COPY a table's rows into an empty twin with the same indexes, and how many these are."""
    from django.db import connection

    connection.ensure_connection()
    file = folder / f"{table}.copy"
    with connection.connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE twin_of_{table} (LIKE {table} INCLUDING ALL)")
        names = (
            f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped"
        )
        cursor.execute(f"{names} AND attgenerated = '' ORDER BY attnum")
        columns = ", ".join(f'"{name}"' for (name,) in cursor.fetchall())
        with file.open("wb") as out, cursor.copy(f"COPY {table} ({columns}) TO STDOUT") as rows:
            for block in rows:
                out.write(block)
        cursor.execute("CHECKPOINT")
        began = time.perf_counter()
        with file.open("rb") as source, cursor.copy(f"COPY twin_of_{table} ({columns}) FROM STDIN") as into:
            while block := source.read(1 << 20):
                into.write(block)
        connection.connection.commit()
        seconds = time.perf_counter() - began
        cursor.execute(f"SELECT count(*) FROM twin_of_{table}")
        (count,) = cursor.fetchone()
        cursor.execute(f"DROP TABLE twin_of_{table}")
    file.unlink()
    return seconds, count


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one object instead of lines")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROWS} rows: does it run?")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--port", type=int, default=0, help="not used: there is no web server here")
    parser.add_argument("--no-points", action="store_true", help="purchases of before, which earn nothing")
    given = parser.parse_args()
    report = run(QUICK_ROWS if given.quick else given.rows, not given.no_points)
    if given.json:
        print(json.dumps(report))
    else:
        for name, value in report.items():
            print(f"{name:<28}{value}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Stop as reason:
        say(str(reason))
        sys.exit(1)
