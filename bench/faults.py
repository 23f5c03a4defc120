"""Tills go on selling while everything is killed in turn: nothing that was acknowledged is lost, nothing counts twice.

    ./run faults [--operations N] [--kills N] [--seed N] [--json]

On a complete installation of its own: ./run with its supervisor, PostgreSQL and Valkey as durable as they are for
everybody, web server, worker and beat. Tills of three businesses of one programme serve shared customers over HTTP;
after a lost connection, a 5xx or a 409 in_progress a till sends the same request with the same key until it knows.
Meanwhile web workers and their master, the worker's processes, beat, Valkey, a backend of PostgreSQL that posts and
the postmaster are killed with SIGKILL. A kill counts only if it interrupted something, and the work has to go on
within 15 seconds.

At the end every acknowledged operation is in the database once, as it was acknowledged; what was refused moved
nothing; nothing is there that no till sent; each balance is the sum of what was answered; every message was sent,
twice only where its sender was killed; and the ledger's own audit agrees. Exit status 1 if not.

--broken NAME breaks the copy that is tried, by one entry of bench/faults/breakages.toml: then the exit status has
to be 1.
"""

import argparse
import itertools
import json
import os
import random
import signal
import statistics
import sys
import time
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.faults import verdict
from bench.faults.gateway import ADDRESS, Gateway
from bench.faults.installation import Installation, keep_logs
from bench.faults.killer import KINDS, Blow, Scene, strike
from bench.faults.tills import Crew
from bench.load.servers import say
from bench.mutants import Mutant
from embedded import Stop

CUSTOMERS, TILLS = 300, 12
A_KILL_TAKES = 9  # seconds, by which the tills' pace is set
LEASE = 60  # seconds until a message whose sender died is due again: see customers/messages.py
SWEEP = 20  # seconds between two looks at what is due


@dataclass(frozen=True)
class Options:
    operations: int
    kills: int
    seed: int
    port: int
    bar: float
    only: str
    impatient: bool
    broken: Mutant | None


def breakages() -> dict[str, Mutant]:
    listed = tomllib.loads((ROOT / "bench" / "faults" / "breakages.toml").read_text())["breakage"]
    return {each["name"]: Mutant(**each, tests=[]) for each in listed}


def run(options: Options) -> dict[str, Any]:
    place = ROOT / ".data" / f"faults-{os.getpid()}"
    installation = Installation(place, options.port, broken=options.broken)
    try:
        installation.make()
        with Gateway(options.port + 1, place / "gateway.jsonl") as gateway:
            report = try_it(installation, gateway, options)
        if not report["well"]:
            (place / "report.log").write_text(table(report))
            keep_logs(place)
        return report
    except Stop:
        keep_logs(place)
        raise
    finally:
        say("Ending the installation ...")
        installation.stop()


def try_it(installation: Installation, gateway: Gateway, options: Options) -> dict[str, Any]:
    say(f"Starting an installation on port {options.port} ...")
    gateway_settings = {"MESSAGE_GATEWAY": "bench.faults.gateway.deliver", ADDRESS: options.port + 1}
    installation.start(**gateway_settings)
    said = installation.manage("shell", "--no-imports", "-c", f"import bench.faults.world as w; w.main({CUSTOMERS})")
    world = json.loads(said.splitlines()[-1])
    with installation.connect() as connection:
        was = verdict.before(connection)

    begun = time.monotonic()
    with Crew(installation.place, options.port, world["keys"], world["reward"], CUSTOMERS, TILLS, options.seed) as crew:
        scene = Scene(installation, crew, gateway, random.Random(options.seed))
        blows, in_vain = kill(scene, options)
        crew.pace.rate = 1000
        while crew.done < options.operations:
            check(crew)
            time.sleep(0.2)
        crew.finish()
        check(crew)
    took = time.monotonic() - begun
    say(f"{crew.done} operations in {took:.0f} s. Waiting for the last messages ...")
    wait_for_messages(installation, gateway, options)

    say("Comparing ...")
    sent = verdict.read(installation.place.glob("till-*.jsonl"))
    with installation.connect() as connection:
        breaches = list(verdict.breaches(connection, sent, was))
        gateway_log, agreed = installation.place / "gateway.jsonl", set(world["agreed"])
        outbox = verdict.outbox(connection, sent, agreed, was, gateway_log, [*blows, *in_vain])
    audit = json.loads(installation.manage("audit_ledger", "--json", status=(0, 1)))
    slow = [f"{each.kind}: {each.recovery:.1f} s" for each in [*blows, *in_vain] if each.recovery > options.bar]
    breaches += [*outbox.breaches, verdict.breach("recovered too late", slow)]
    return {
        "cores": os.cpu_count(),
        "seconds": round(took),
        "operations": len(sent),
        "accepted": sum(each.accepted is not None for each in sent.values()),
        "repeated": sum(len(each.answers) > 1 for each in sent.values()),
        "answer_came_late": sum(bool(each.answers) and each.answers[0]["replayed"] for each in sent.values()),
        "longest_wait": round(max(each.answers[0]["took"] for each in sent.values() if each.answers), 1),
        "interrupted": len(crew.interruptions),
        "kills": summary(blows),
        "in_vain": len(in_vain),
        "messages": outbox.messages,
        "messages_twice": outbox.sent_twice,
        "breaches": [asdict(each) for each in breaches],
        "audit": audit["agree"],
        "well": audit["agree"] and not any(each.number for each in breaches),
    }


def kill(scene: Scene, options: Options) -> tuple[list[Blow], list[Blow]]:
    """One kind after another; what interrupted nothing is done again. The kills that count, and those in vain."""
    blows: list[Blow] = []
    in_vain: list[Blow] = []
    kinds = [kind for kind in KINDS if options.only in kind.name]
    waiting = list(itertools.islice(itertools.cycle(kinds), options.kills))
    time.sleep(2)  # the first requests
    while waiting:
        check(scene.crew)
        left = max(options.operations - scene.crew.done, 0)
        scene.crew.pace.rate = max(10.0, left / (A_KILL_TAKES * len(waiting)))
        blow = strike(waiting[0](scene))
        counted = "" if blow.interrupted else "  nothing was interrupted: once more"
        say(
            f"{len(blows) + 1:>3}/{options.kills} {blow.kind:<34}{blow.interrupted:>4} interrupted, "
            f"on after {blow.recovery:>5.2f} s{counted}   {scene.crew.done} operations"
        )
        (blows if blow.interrupted else in_vain).append(blow)
        if blow.interrupted:
            waiting.pop(0)
        if len(in_vain) > 2 * options.kills + 3:
            raise Stop(f"{len(in_vain)} kills interrupted nothing.")
        time.sleep(1 + scene.rng.random())
    return blows, in_vain


def check(crew: Crew) -> None:
    if crew.troubles:
        raise Stop(f"A till had trouble: {crew.troubles[0]!r}")


def wait_for_messages(installation: Installation, gateway: Gateway, options: Options) -> None:
    begun = time.monotonic()
    with installation.connect() as connection:
        while time.monotonic() < begun + 2 * LEASE + SWEEP:
            (queued,) = connection.execute("SELECT count(*) FROM customers_message WHERE status = 'queued'").fetchone()
            if not queued:
                return
            if options.impatient and time.monotonic() > begun + 2 and not gateway.in_hand:
                connection.execute("UPDATE customers_message SET send_after = now() WHERE status = 'queued'")
            time.sleep(0.5)


def summary(blows: list[Blow]) -> list[dict[str, Any]]:
    rows = []
    for kind in dict.fromkeys(each.kind for each in blows):
        these = [each for each in blows if each.kind == kind]
        times = [each.recovery for each in these]
        rows.append(
            {
                "component": kind,
                "kills": len(these),
                "interrupted": [each.interrupted for each in these],
                "median": round(statistics.median(times), 2),
                "most": round(max(times), 2),
                "longest_wait": round(max(each.longest_wait for each in these), 2),
                "whole": round(max(each.whole_at - each.at for each in these), 2),
            }
        )
    return rows


def table(report: dict[str, Any]) -> str:
    lines = [f"{'':36}{'kills':>6}{'interrupted':>13}{'median':>9}{'max':>9}{'longest wait':>14}{'whole':>9}"]
    for row in report["kills"]:
        lines.append(
            f"{row['component']:36}{row['kills']:>6}{sum(row['interrupted']):>13}{row['median']:>7.2f} s{row['most']:>7.2f} s"
            f"{row['longest_wait']:>12.2f} s{row['whole']:>7.2f} s"
        )
    number = {each["name"]: each["number"] for each in report["breaches"]}
    lines += [
        "",
        f"{report['operations']} operations in {report['seconds']} s on {report['cores']} cores,"
        f" {report['accepted']} accepted; {report['interrupted']} requests interrupted,"
        f" {report['answer_came_late']} of them posted before their answer was lost; the longest wait"
        f" {report['longest_wait']} s; {report['repeated']} asked once more",
        f"{report['messages']} messages, {report['messages_twice']} sent twice; {report['in_vain']} kills in vain",
        f"lost {number['lost']}, doubled {number['doubled']}, negative {number['negative']}",
        f"The ledger's books agree: {'yes' if report['audit'] else 'NO'}",
    ]
    for each in report["breaches"]:
        if each["number"]:
            lines += [
                f"BROKEN  {each['name']}: {each['number']}, such as",
                *(f"        {text}" for text in each["examples"]),
            ]
    lines.append("All promises kept." if report["well"] else "PROMISES BROKEN.")
    return "\n".join(lines)


def leave(number: int, frame: object) -> None:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)  # a second Ctrl-C must not leave half of it running
    sys.exit(128 + number)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--operations", type=int, default=10_000, help="at least so many (10000)")
    parser.add_argument("--kills", type=int, default=20, help="that interrupted something (20)")
    parser.add_argument("--seed", type=int, default=1, help="of the choices of tills and killer")
    parser.add_argument("--json", action="store_true", help="print one object instead of a table")
    parser.add_argument("--port", type=int, default=18800, help="of the installation (18800; its gateway has the next)")
    parser.add_argument(
        "--bar", type=float, default=15, help="seconds from a kill to the first work done after it (15)"
    )
    parser.add_argument("--only", default="", metavar="WORDS", help="kill only what has these words in its name")
    parser.add_argument(
        "--impatient", action="store_true", help="let no message wait for a minute after its sender died"
    )
    parser.add_argument("--broken", choices=breakages(), help="what to break first, to see it noticed")
    given = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, leave)
    broken = breakages()[given.broken] if given.broken else None
    report = run(
        Options(given.operations, given.kills, given.seed, given.port, given.bar, given.only, given.impatient, broken)
    )
    print(json.dumps(report) if given.json else table(report))
    return 0 if report["well"] else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Stop as reason:
        say(str(reason))
        sys.exit(1)
