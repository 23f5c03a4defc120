"""How long it takes to learn how a million customers come, and to score every one of them.

    ./run bench churn [--json] [--customers N] [--rounds N]

On a durable cluster of its own with PostgreSQL's defaults. The first night writes a row for each membership, a later
one those that moved: more of them by a new model, and all when the business looks further ahead or less far.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.load.servers import say, servers
from embedded import Stop

BAR_SECONDS = 5

# People who come every 3 to 60 days and stop some day, in no order; nobody's purchases are needed to score them.
MEMBERS = """
INSERT INTO loyalty_membership (business_id, customer_id, visits, visit_days, spend, first_at, last_at, first_on, last_on)
SELECT %(business)s, n, x + 1, x + 1, 10 * (x + 1), first_on, first_on + least(tx, age), first_on, first_on + least(tx, age)
  FROM (SELECT n, age, current_date - age AS first_on, x, (x * gap)::integer AS tx FROM (
    SELECT n, 1 + (hashint8(n) & 511) AS age, 3 + (hashint8(n + 7) & 63) AS gap,
           least((hashint8(n + 13) & 31), (1 + (hashint8(n) & 511)) / (3 + (hashint8(n + 7) & 63))) AS x
      FROM generate_series(1, %(customers)s) n ORDER BY hashint8(n + 99)) m) m"""


def run(customers: int, rounds: int) -> dict[str, Any]:
    with servers(18660):
        import django
        from django.core.management import call_command
        from django.db import connection

        django.setup()
        from businesses.models import Business, Program
        from loyalty.churn import histories, scorer, scoring
        from loyalty.models import ChurnScore

        call_command("migrate", verbosity=0)
        program = Program.objects.create(slug="circle", name="Circle", currency="AZN", join_code="CIRCLE")
        business = Business.objects.create(
            program=program, slug="nar", name="Nar", category="cafe", country="AZ", time_zone="Asia/Baku"
        )
        say(f"Making {customers} memberships ...")
        with connection.cursor() as cursor:
            cursor.execute(MEMBERS, {"business": business.pk, "customers": customers})
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("CHECKPOINT")
        now = datetime.now(UTC)
        known, read = timed(lambda: histories.now(business_id=business.pk, today=now.date()))
        _fitted, fit = timed(lambda: scorer.current().fit(known))
        scoring.LEARNT_FOR = timedelta(days=3650)  # learning is measured apart
        nights: dict[str, list[float]] = {}
        for night, kind in enumerate(["the first", *["a later one", "by a new model", "by another horizon"] * rounds]):
            at = now + timedelta(days=night)
            if kind == "by another horizon":  # which moves every row
                business.churn_days = 90 if business.churn_days == 30 else 30
            if kind != "a later one":
                scoring._learn(business, scorer.current(), at.date())
            _done, seconds = timed(lambda at=at: scoring.score(business=business, at=at))
            nights.setdefault(kind, []).append(seconds)
            say(f"night {night + 1}, {kind}: {seconds:.2f} s")
            with connection.cursor() as cursor:  # what autovacuum does by day
                cursor.execute("VACUUM loyalty_churnscore")
        return {
            "cores": os.cpu_count(),
            "load": round(os.getloadavg()[0], 1),
            "customers": ChurnScore.objects.count(),
            "histories": len(known),
            "read_sample_seconds": round(read, 2),
            "fit_seconds": round(fit, 2),
            "night_seconds": {kind: round(statistics.median(taken), 2) for kind, taken in nights.items()},
            "slipping": ChurnScore.objects.filter(slipping=True).count(),
            "bar_seconds": BAR_SECONDS,
        }


def timed(what: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    return what(), time.perf_counter() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one object instead of lines")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3, help="later nights (3)")
    given = parser.parse_args()
    report = run(given.customers, given.rounds)
    if given.json:
        print(json.dumps(report))
    else:
        for name, value in report.items():
            print(f"{name:<24}{value}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Stop as reason:
        say(str(reason))
        sys.exit(1)
