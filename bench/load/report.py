"""What the rounds measured, against what was promised, as an object and as a table."""

import statistics
from dataclasses import dataclass, field
from typing import Any

CLIENTS = (16, 64)
# What was promised at 16 and 64 clients, and what would be better still: (of what, bar, stretch).
BARS = [
    ("kernel purchase / simple-update", (0.50, 0.35), (0.65, 0.45)),
    ("purchase over HTTP / kernel", (0.20, 0.28), (0.30, 0.45)),
    ("purchase over HTTP / simple-update", (0.10, 0.10), (0.15, 0.15)),
    ("lookup over HTTP / its SQL", (0.15, 0.15), (0.15, 0.15)),
]


@dataclass
class Series:
    """What the rounds measured of one call at one number of clients."""

    simple_update: list[float] = field(default_factory=list)
    limit: list[float] = field(default_factory=list)
    http: list[dict[str, float]] = field(default_factory=list)

    def rate(self) -> float:
        return statistics.median(run["requests"] / run["seconds"] for run in self.http)

    def latency(self, name: str) -> float:
        return round(statistics.median(run[name] for run in self.http), 2)


def result(name: str, clients: int, series: Series, customers: int, statements: float) -> dict[str, Any]:
    ours, limit = series.rate(), statistics.median(series.limit)
    simple = statistics.median(series.simple_update)
    return {
        "name": name,
        "clients": clients,
        "customers": customers,
        "ours_per_second": round(ours, 1),
        "limit_per_second": round(limit, 1),
        "simple_update_per_second": round(simple, 1),
        "ratio": round(ours / limit, 3),
        "kernel_to_simple_update": round(limit / simple, 3),
        "p50_ms": series.latency("p50_ms"),
        "p95_ms": series.latency("p95_ms"),
        "p99_ms": series.latency("p99_ms"),
        "statements": statements,
    }


def bars(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for at, clients in enumerate(CLIENTS):
        purchase, lookup = (
            next(each for each in results if (each["name"], each["clients"]) == (name, clients))
            for name in ("purchase", "lookup")
        )
        reached = (
            purchase["kernel_to_simple_update"],
            purchase["ratio"],
            purchase["ours_per_second"] / purchase["simple_update_per_second"],
            lookup["ratio"],
        )
        for (name, bar, stretch), value in zip(BARS, reached, strict=True):
            found.append(
                {
                    "name": name,
                    "clients": clients,
                    "value": round(value, 3),
                    "bar": bar[at],
                    "stretch": stretch[at],
                    "met": value >= bar[at],
                }
            )
    statements = next(each["statements"] for each in results if each["name"] == "purchase")
    found.append({"name": "statements of a purchase", "value": statements, "bar": 3, "met": statements <= 3})
    return found


def table(report: dict[str, Any]) -> str:
    lines = [", ".join(f"{name} {value}" for name, value in report["settings"].items())]
    lines += [
        f"{report['cores']} cores, load average {report['load_before']} before and {report['load_after']} after",
        "",
    ]
    columns = (
        "HTTP/s",
        "limit/s",
        "ratio",
        "simple-update/s",
        "limit/simple-update",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "statements",
    )
    names = ("ours_per_second", "limit_per_second", "ratio", "simple_update_per_second", "kernel_to_simple_update")
    names += ("p50_ms", "p95_ms", "p99_ms", "statements")
    lines.append(f"{'':10}{'clients':>8}" + "".join(f"{column:>{len(column) + 3}}" for column in columns))
    for each in report["results"]:
        cells = "".join(f"{each[name]:>{len(column) + 3}}" for name, column in zip(names, columns, strict=True))
        lines.append(f"{each['name']:10}{each['clients']:>8}{cells}")
    lines.append("")
    for bar in report["bars"]:
        clients = f"{bar['clients']} clients" if "clients" in bar else ""
        lines.append(
            f"{'met' if bar['met'] else 'MISSED':8}{bar['name']:38}{clients:12}{bar['value']:<8} bar {bar['bar']}"
        )
    lines.append(f"The ledger's books agree: {'yes' if report['audit'] else 'NO'}")
    return "\n".join(lines)
