"""What rules, tiers and expiry cost a purchase, and what promotions do: the same requests at a business without any, at
one with all rules, and at one with promotions that run and do not apply.

    ./run bench with-rules [--quick] [--json] [--seconds N] [--rounds N] [--customers N] [--port N]

Three programmes with the same customers on one durable cluster, measured in turn over HTTP, round after round. The
second has seven earning rules, of which some ask what the customer did before, a tier that half of them have, and
points that last until the end of a month; the third offers, coupons, a chain and thanks for friends. Each ratio is
the median of those of the rounds, whose order turns, so that a machine that grows slower meanwhile favours none; the
bars are 0.9 and 0.8.
"""

import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.hot_path import audit, nothing_was_refused
from bench.load.options import Options, read_options
from bench.load.requests import requests
from bench.load.servers import say, servers, web_server
from bench.load.world import make_plain, make_promoted, make_ruled
from embedded import Stop

BARS = {"ruled": 0.9, "promoted": 0.8}
CLIENTS = (16, 64)


def run(options: Options) -> dict[str, Any]:
    with servers(options.port):
        import django
        from django.core.management import call_command
        from django.db import connection

        django.setup()
        say(f"Making {options.customers} customers, three times ...")
        call_command("migrate", verbosity=0)
        keys = {
            "plain": make_plain(options.customers),
            "ruled": make_ruled(options.customers),
            "promoted": make_promoted(options.customers),
        }
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        connection.close()
        rates: dict[tuple[str, int], list[float]] = {(name, clients): [] for name in keys for clients in CLIENTS}
        with web_server(options.port):
            for key in keys.values():
                requests(options.port, "purchase", key, options.customers, CLIENTS[0], 2)
            for number in range(options.rounds):
                for clients in CLIENTS:
                    for name in sorted(keys, reverse=number % 2 == 1):
                        key = keys[name]
                        found = requests(options.port, "purchase", key, options.customers, clients, options.seconds)
                        rates[name, clients].append(found["requests"] / found["seconds"])
                        time.sleep(1)
                    said = ", ".join(f"{name} {rates[name, clients][-1]:.0f}" for name in keys)
                    say(f"round {number + 1}, {clients} clients: {said} a second; load {os.getloadavg()[0]:.1f}")
        nothing_was_refused()
        return {"results": [_result(rates, clients) for clients in CLIENTS], "bars": BARS, "audit": audit()}


def _result(rates: dict[tuple[str, int], list[float]], clients: int) -> dict[str, Any]:
    """Purchases a second of each, and the ratios to the plain one."""
    found = {name: statistics.median(rates[name, clients]) for name in ("plain", *BARS)}
    ratios = {
        f"{name}_ratio": round(
            statistics.median(
                ours / plain for ours, plain in zip(rates[name, clients], rates["plain", clients], strict=True)
            ),
            3,
        )
        for name in BARS
    }
    return {"clients": clients} | {name: round(rate) for name, rate in found.items()} | ratios


def main() -> int:
    options = read_options(__doc__, in_a_round=6, port=18620)
    report = run(options)
    if options.json:
        print(json.dumps(report))
    else:
        for each in report["results"]:
            said = (
                "{clients} clients: {plain} a second; with rules {ruled}: {ruled_ratio}; with promotions {promoted}: "
            )
            print((said + "{promoted_ratio}").format(**each))
    return 0 if report["audit"] else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Stop as reason:
        say(str(reason))
        sys.exit(1)
