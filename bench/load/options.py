"""What the benchmarks of requests are told on their command line."""

import argparse
from dataclasses import dataclass

from bench.load.servers import answers
from embedded import Stop


@dataclass(frozen=True)
class Options:
    seconds: int
    rounds: int
    customers: int
    port: int
    json: bool


def read_options(doc: str | None, *, in_a_round: int, port: int) -> Options:
    """`in_a_round` is how many measurements a round holds; `port` that of the web server, where none is given."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one object instead of lines")
    parser.add_argument("--quick", action="store_true", help="one round of a second each: does it work, not how fast")
    parser.add_argument(
        "--seconds", type=int, default=8, help=f"of each measurement (8); there are {in_a_round} in a round"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--port", type=int, default=port, help=f"of the web server ({port})")
    given = parser.parse_args()
    if answers(given.port):
        raise Stop(f"Port {given.port} is taken. Choose another: --port N")
    if given.quick:
        return Options(1, 1, 500, given.port, given.json)
    return Options(given.seconds, given.rounds, given.customers, given.port, given.json)
