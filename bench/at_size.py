"""What a million customers change: the same calls at 10 thousand and at a million, one customer whom everybody serves,
a hundred clients who read, the portal's lists and reports, and a counter with hundreds of browsers.

    ./run bench at-size [--quick] [--json] [--customers N] [--seconds N] [--rounds N] [--port N]

On one durable cluster with PostgreSQL's own defaults, and with a database for each size; what is compared is measured
in turn. Loading a million customers takes some minutes. Where a page is timed, one request is sent at a time, and the
time is the whole answer's.
"""

import argparse
import json
import os
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.load.browsers import Browser, pages, shift
from bench.load.requests import requests
from bench.load.servers import answers, call, program, say, servers, web_server
from embedded import Postgres, Stop

CALLS = ("purchase", "redeem", "lookup")
CLIENTS, READERS = 16, 100
READS = ("lookup", "purchases", "rewards", "offers", "products", "summary", "sales")
SMALL = 10_000
BROWSERS = (50, 100, 200, 300, 400)
TIMES = 40  # that each page is opened
GROWTH, HOT, READ_MS, PAGE_MS, REPORT_MS, COUNTER_MS = 1.25, 0.7, 100, 100, 150, 300


@dataclass(frozen=True)
class Options:
    customers: int
    small: int
    seconds: int
    rounds: int
    browsers: tuple[int, ...]
    reads: tuple[str, ...]
    times: int
    port: int


@dataclass(frozen=True)
class Size:
    """A database with its customers, and the port of the web server before it."""

    customers: int
    port: int
    database: dict[str, str]
    world: dict[str, Any]

    def requests(self, name: str, seconds: int, *, only: int | None = None, clients: int = CLIENTS) -> dict[str, float]:
        return requests(self.port, name, self.world["key"], only or self.customers, clients, seconds)


def make(postgres: Postgres, customers: int, port: int, cashiers: int) -> Size:
    say(f"Making {customers} customers ...")
    name = f"regulars_{customers}"
    call([program("createdb", postgres.programs), name])
    url = postgres.environment()["DATABASE_URL"].replace("/regulars?", f"/{name}?")
    database = {"DATABASE_URL": url, "PORT": str(port), "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}"}
    said = call([sys.executable, "-m", "bench.load.world", customers, cashiers], **database)
    return Size(customers, port, database, json.loads(said.splitlines()[-1]))


def growth(small: Size, large: Size, options: Options) -> list[dict[str, Any]]:
    """The p95 of each call at both sizes, in turn."""
    taken: dict[tuple[str, int], list[float]] = {(name, size): [] for name in CALLS for size in (0, 1)}
    for name in CALLS:
        for size in (small, large):
            size.requests(name, max(options.seconds // 2, 1))  # warms up caches
    for number in range(options.rounds):
        for name in CALLS:
            for at, size in enumerate((small, large)):
                taken[name, at].append(size.requests(name, options.seconds)["p95_ms"])
        say(f"round {number + 1}: p95 {', '.join(f'{key} {value[-1]:.1f}' for key, value in taken.items())}")
    found = []
    for name in CALLS:
        at_small, at_large = (statistics.median(taken[name, at]) for at in (0, 1))
        words = f"{name}: p95 at {large.customers} against {small.customers} customers"
        found.append(figure(words, at_large / at_small, GROWTH, below=True, p95_ms=[at_small, at_large]))
    return found


def hot(large: Size, options: Options) -> dict[str, Any]:
    """One customer whom all clients serve at once, against customers chosen at random."""
    rates: dict[str, list[float]] = {"uniform": [], "hot": []}
    for _ in range(options.rounds):
        for kind, only in (("uniform", None), ("hot", 1)):
            run = large.requests("purchase", options.seconds, only=only)
            rates[kind].append(run["requests"] / run["seconds"])
    uniform, one = (statistics.median(rates[kind]) for kind in ("uniform", "hot"))
    return figure("purchases of one hot customer against any", one / uniform, HOT, per_second=[uniform, one])


def reads(large: Size, options: Options) -> list[dict[str, Any]]:
    """What a hundred clients ask of the API at once."""
    found = []
    for name in options.reads:
        runs = [large.requests(name, options.seconds, clients=READERS) for _ in range(options.rounds)]
        p95 = statistics.median(run["p95_ms"] for run in runs)
        per_second = statistics.median(run["requests"] / run["seconds"] for run in runs)
        found.append(figure(f"{name}, {READERS} clients: p95 ms", p95, READ_MS, below=True, per_second=per_second))
    return found


def lists(large: Size, options: Options) -> list[dict[str, Any]]:
    """The portal's pages, one request at a time, as their owner sees them."""
    owner = Browser(large.port, large.world["owner"], large.world["branch"])
    return [
        figure(f"{name}, ms", p95, REPORT_MS if name.startswith("reports") else PAGE_MS, below=True, p50_ms=p50)
        for name, p50, p95 in pages(owner, large.customers, options.times)
    ]


def counter(large: Size, options: Options) -> list[dict[str, Any]]:
    """Browsers at the counter, more and more of them, until the slowest twentieth waits too long."""
    found = []
    for count in options.browsers:
        ran = shift(large.port, large.world, count, large.customers, options.seconds * 4)
        words = f"counter, {count} browsers: p95 ms of {ran['requests']} requests"
        found.append(figure(words, ran["p95_ms"], COUNTER_MS, below=True, **ran))
        say(f"{words}: {ran['p95_ms']:.0f}")
        if ran["p95_ms"] > COUNTER_MS:
            break
    return found


def figure(name: str, value: float, bar: float, *, below: bool = False, **more: Any) -> dict[str, Any]:
    met = value <= bar if below else value >= bar
    return {"name": name, "value": round(value, 3), "bar": bar, "met": met, **more}


def audit(size: Size) -> bool:
    """The books after all that, as the operator would look at them."""
    try:
        call([sys.executable, "manage.py", "audit_ledger", "--json"], **size.database)
    except Stop as reason:
        say(str(reason))
        return False
    return True


def run(options: Options) -> dict[str, Any]:
    with servers(options.port) as postgres:
        call([sys.executable, "manage.py", "collectstatic", "--noinput"])  # pages name their style sheets
        most = max(options.browsers)
        small = make(postgres, options.small, options.port, 1)
        large = make(postgres, options.customers, options.port + 1, most)
        with web_server(small.port, **small.database), web_server(large.port, **large.database):
            results = [
                *growth(small, large, options),
                hot(large, options),
                *reads(large, options),
                *lists(large, options),
                *counter(large, options),
            ]
        return {
            "cores": os.cpu_count(),
            "load": round(os.getloadavg()[0], 1),
            "results": results,
            "audit": audit(small) and audit(large),
        }


def table(report: dict[str, Any]) -> str:
    lines = [f"{report['cores']} cores, load average {report['load']} afterwards", ""]
    for each in report["results"]:
        lines.append(f"{'met' if each['met'] else 'MISSED':8}{each['name']:64}{each['value']:>10}   bar {each['bar']}")
    lines.append(f"The ledger's books agree: {'yes' if report['audit'] else 'NO'}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one object instead of a table")
    parser.add_argument("--quick", action="store_true", help="few customers, a second each: does it work, not how fast")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=8, help="of each measurement (8)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--port", type=int, default=18700, help="of the web servers (18700 and the next)")
    given = parser.parse_args()
    options = Options(given.customers, SMALL, given.seconds, given.rounds, BROWSERS, READS, TIMES, given.port)
    if given.quick:
        options = Options(600, 200, 1, 1, (5,), ("lookup", "sales"), 2, given.port)
    for port in (options.port, options.port + 1):
        if answers(port):
            raise Stop(f"Port {port} is taken. Choose another: --port N")
    report = run(options)
    print(json.dumps(report) if given.json else table(report))
    return 0 if report["audit"] else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Stop as reason:
        say(str(reason))
        sys.exit(1)
