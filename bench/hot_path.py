"""How fast a till is answered: purchases, redemptions and lookups over HTTP against what the database itself can do.

    ./run bench hot-path [--quick] [--json] [--seconds N] [--rounds N] [--customers N] [--port N]

On one durable cluster with PostgreSQL's own defaults, measured in turn, round after round, so that whatever else
the machine does strikes all alike: pgbench's own simple-update; pgbench calling the kernel's functions, and for a
lookup its three statements, as our code writes them; the same through HTTP, with API keys and the throttle, by the web
server as ./run starts it. The figures are medians of the rounds. pgbench, wrk, the web server and PostgreSQL share the
machine's cores: what else runs there takes more from the web server's few processes than from pgbench's many.
"""

import contextlib
import json
import os
import re
import secrets
import statistics
import sys
import tempfile
import time
from http.client import HTTPConnection
from io import StringIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.load.options import Options, read_options
from bench.load.report import CLIENTS, Series, bars, result, table
from bench.load.requests import requests
from bench.load.servers import call, program, say, servers, web_server
from bench.load.world import FIRST_PHONE, World, make_world, pgbench_scripts
from embedded import Postgres, Stop

CALLS = ("purchase", "redeem", "lookup")
UNTIMED = 50  # requests made one by one to count their statements; the first ones fill caches
SETTINGS = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "wal_level", "shared_buffers")


# --- Measuring --------------------------------------------------------------------------------------------


class Bench:
    def __init__(self, options: Options, postgres: Postgres, world: World, folder: Path) -> None:
        self.options, self.world = options, world
        self.pgbench = program("pgbench", postgres.programs)
        program("wrk", postgres.programs)  # said now, not after the customers are made
        self.log = postgres.log
        self.scripts = {}
        for name, text in pgbench_scripts(world, options.customers).items():
            self.scripts[name] = folder / f"{name}.sql"
            self.scripts[name].write_text(text)
        call([self.pgbench, "-i", "-q", "-s", "1", "pgbench"])

    def transactions(self, clients: int, seconds: int, *what: object) -> float:
        """pgbench's transactions a second."""
        command = [self.pgbench, "-n", "-M", "prepared", "-c", clients, "-j", 2, "-T", seconds, *what]
        said = call(command)
        if "number of failed transactions: 0 " not in said:
            raise Stop(f"pgbench failed in some transactions:\n{said}")
        return float(re.search(r"^tps = ([\d.]+)", said, re.MULTILINE)[1])

    def simple_update(self, clients: int, seconds: int) -> float:
        return self.transactions(clients, seconds, "-b", "simple-update", "pgbench")

    def limit(self, name: str, clients: int, seconds: int) -> float:
        return self.transactions(clients, seconds, "-f", self.scripts[name], "regulars")

    def http(self, name: str, clients: int, seconds: int) -> dict[str, float]:
        return requests(self.options.port, name, self.world.key, self.options.customers, clients, seconds)

    def statements(self, name: str) -> float:
        """How many statements of one request the database hears, besides BEGIN and COMMIT, when all is warm."""
        self.log_statements("all")
        counts = []
        for _ in range(UNTIMED):
            begin = self.log.stat().st_size
            self.one_request(name)
            with self.log.open(errors="replace") as log:
                log.seek(begin)
                heard = re.findall(r"LOG:  (?:statement|execute [^:]+):\s+(\w+)", log.read())
            counts.append(len([word for word in heard if word.upper() not in ("BEGIN", "COMMIT")]))
        self.log_statements("none")
        if not any(counts):
            raise Stop("The database logged no statements; they cannot be counted.")
        return statistics.median(counts)

    def log_statements(self, which: str) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(f"ALTER SYSTEM SET log_statement = '{which}'")
            cursor.execute("SELECT pg_reload_conf()")
        connection.close()
        time.sleep(1)  # until every process of the server has heard it

    def one_request(self, name: str) -> None:
        path = {"purchase": "purchases", "redeem": "redemptions", "lookup": "customers/lookup"}[name]
        rest = {"purchase": {"amount": "12.50"}, "redeem": {"points": 10, "description": "Coffee"}, "lookup": {}}[name]
        headers = {"Authorization": f"Bearer {self.world.key}", "Idempotency-Key": secrets.token_hex(16)}
        with contextlib.closing(HTTPConnection("127.0.0.1", self.options.port, timeout=10)) as connection:
            body = json.dumps({"phone": f"+994{FIRST_PHONE + 1}", **rest})
            connection.request("POST", f"/api/v1/{path}", body, headers)
            response = connection.getresponse()
            if response.status not in (200, 201):
                raise Stop(f"{name} was answered with {response.status}: {response.read().decode()}")

    def measure(self) -> dict[tuple[str, int], Series]:
        """Warms everything up, then goes round: each round holds each measurement once."""
        seconds = self.options.seconds
        series = {(name, clients): Series() for clients in CLIENTS for name in CALLS}
        self.simple_update(CLIENTS[0], 1)
        for name in CALLS:
            self.limit(name, CLIENTS[0], 1)
            self.http(name, CLIENTS[0], 2)
        for number in range(self.options.rounds):
            for clients in CLIENTS:
                simple = self.simple_update(clients, seconds)
                rates = [f"simple-update {simple:.0f}"]
                for name in CALLS:
                    one = series[name, clients]
                    one.simple_update.append(simple)
                    one.limit.append(self.limit(name, clients, seconds))
                    one.http.append(self.http(name, clients, seconds))
                    rates.append(
                        f"{name} {one.limit[-1]:.0f} → {one.http[-1]['requests'] / one.http[-1]['seconds']:.0f}"
                    )
                say(
                    f"round {number + 1}, {clients} clients: {', '.join(rates)} a second; load {os.getloadavg()[0]:.1f}"
                )
        return series


def settings() -> dict[str, str]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY (%s)", [list(SETTINGS)])
        found = dict(cursor.fetchall())
    return {name: found[name] for name in SETTINGS}


def audit() -> bool:
    """The books after all that, as the operator would look at them."""
    from django.core.management import call_command

    out = StringIO()
    with contextlib.suppress(SystemExit):
        call_command("audit_ledger", "--json", stdout=out)
    agree = bool(json.loads(out.getvalue())["agree"])
    if not agree:
        say(out.getvalue())
    return agree


def nothing_was_refused() -> None:
    from loyalty.models import Operation

    if refused := Operation.objects.filter(refusal__isnull=False).count():
        raise Stop(f"{refused} operations were refused by a rule, which is quicker than posting them.")


def run(options: Options) -> dict[str, Any]:
    load_before = round(os.getloadavg()[0], 1)
    with servers(options.port) as postgres, tempfile.TemporaryDirectory() as folder:
        import django
        from django.core.management import call_command
        from django.db import connection

        django.setup()
        say(f"Making {options.customers} customers ...")
        call_command("migrate", verbosity=0)
        world = make_world(options.customers)
        with connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE pgbench")
            cursor.execute("ANALYZE")
        bench, on = Bench(options, postgres, world, Path(folder)), settings()
        say(", ".join(f"{name} {value}" for name, value in on.items()))
        connection.close()
        with web_server(options.port):
            counted = {name: bench.statements(name) for name in CALLS}
            series = bench.measure()
        nothing_was_refused()
        results = [result(*key, one, options.customers, counted[key[0]]) for key, one in series.items()]
        return {
            "settings": on,
            "cores": os.cpu_count(),
            "load_before": load_before,
            "load_after": round(os.getloadavg()[0], 1),
            "seconds": options.seconds,
            "rounds": options.rounds,
            "results": results,
            "bars": bars(results),
            "audit": audit(),
        }


def main() -> int:
    options = read_options(__doc__, in_a_round=14, port=18600)
    report = run(options)
    print(json.dumps(report) if options.json else table(report))
    return 0 if report["audit"] else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Stop as reason:
        say(str(reason))
        sys.exit(1)
