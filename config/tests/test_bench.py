"""The benchmarks run from end to end. How fast it is depends on the machine, and is not tested."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from embedded import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("wrk") is None, reason="needs wrk: sudo apt install wrk"),
]
RESULT = {
    "name",
    "clients",
    "customers",
    "ours_per_second",
    "limit_per_second",
    "ratio",
    "kernel_to_simple_update",
    "p50_ms",
    "p95_ms",
    "p99_ms",
    "statements",
}


def quickly(name: str, port: int) -> dict:
    command = [sys.executable, ROOT / "bench" / name, "--quick", "--json", "--port", str(port)]
    run = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr
    report: dict = json.loads(run.stdout)
    return report


@pytest.fixture(scope="module")
def report() -> dict:
    return quickly("hot_path.py", 18640)


def test_rules_and_promotions_are_measured_beside_none() -> None:
    report = quickly("with_rules.py", 18644)
    assert [each["clients"] for each in report["results"]] == [16, 64]
    for each in report["results"]:
        for name in ("ruled", "promoted"):
            assert each[f"{name}_ratio"] == pytest.approx(each[name] / each["plain"], rel=0.1)
    assert report["audit"] is True


def test_an_import_is_measured_against_a_copy_of_what_it_wrote() -> None:
    report = quickly("importing.py", 18648)
    assert report["rows"] == report["posted"] == 20_000
    assert report["copy_rows"] == 4 * report["rows"] + 4 * report["customers"]
    assert report["ratio"] == pytest.approx(report["copy_seconds"] / report["seconds"], abs=0.02)
    assert report["books_agree"] is True


def test_every_call_is_measured_at_both_numbers_of_clients(report: dict) -> None:
    measured = [(each["name"], each["clients"]) for each in report["results"]]
    assert measured == [(name, clients) for clients in (16, 64) for name in ("purchase", "redeem", "lookup")]
    for each in report["results"]:
        assert each.keys() >= RESULT
        assert each["ours_per_second"] > 0
        assert each["limit_per_second"] > 0
        assert each["ratio"] == pytest.approx(each["ours_per_second"] / each["limit_per_second"], abs=0.01)
        assert 0 < each["p50_ms"] <= each["p95_ms"] <= each["p99_ms"]


def test_a_call_takes_three_statements_on_a_durable_server_and_the_books_agree(report: dict) -> None:
    assert {each["statements"] for each in report["results"]} == {3}
    durable = ("fsync", "synchronous_commit", "full_page_writes")
    assert {name: report["settings"][name] for name in durable} == dict.fromkeys(durable, "on")
    assert report["audit"] is True


def test_at_size_every_page_and_every_number_of_browsers_is_measured_and_the_books_agree() -> None:
    report = quickly("at_size.py", 18650)
    values = {each["name"]: each["value"] for each in report["results"]}
    assert all(value > 0 for value in values.values())
    for name in (
        "purchase: p95 at 600 against 200",
        "purchases of one hot",
        "search by a first name",
        "reports of 364",
        "sales, 100",
        "counter, 5",
    ):
        assert len([each for each in values if each.startswith(name)]) == 1, name
    assert report["audit"] is True
