"""Breaks the code one line at a time and asks whether a test notices.

    ./run bench mutants [--jobs N] [NAME ...]

Each [[mutant]] of mutants/*.toml names its `file`, the line `before` and the line `after`, the `tests` of which
every one has to fail then, and `why` it matters. Where the line stands in the file more than once, it is the first
one `below` another line. Exit status 1 unless all are caught and the tests pass on the code as it is.
"""

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEFT_BEHIND = shutil.ignore_patterns(".git", ".venv", ".data", ".env", "__pycache__", ".*_cache", ".hypothesis")


@dataclass(frozen=True)
class Mutant:
    name: str
    why: str
    file: str
    before: str
    after: str
    tests: list[str]
    below: str = ""

    def broken(self, text: str) -> str | None:
        """The file's text with the line broken; None where the line is not found, or more than once."""
        before, after = self.before.strip("\n"), self.after.strip("\n")
        start = text.find(self.below)
        if start < 0 or before not in text[start:] or (not self.below and text.count(before) > 1):
            return None
        indent = "" if self.after or not self.file.endswith(".py") else "pass"
        return text[:start] + text[start:].replace(before, after or indent, 1)


def all_mutants() -> list[Mutant]:
    files = sorted((ROOT / "bench" / "mutants").glob("*.toml"))
    return [Mutant(**fields) for file in files for fields in tomllib.loads(file.read_text())["mutant"]]


def failed_tests(tests: list[str], mutant: Mutant | None = None) -> set[str] | None:
    """Which of the tests fail in a copy of the tree, with the mutant in it; None where it could not be applied."""
    with tempfile.TemporaryDirectory(prefix="regulars-mutant-") as folder:
        tree = Path(folder, "tree")
        shutil.copytree(ROOT, tree, ignore=LEFT_BEHIND)
        if mutant:
            file = tree / mutant.file
            text = mutant.broken(file.read_text())
            if text is None:
                return None
            file.write_text(text)
        return run_tests(tests, tree, Path(folder, "report.xml"))


def run_tests(tests: list[str], tree: Path, report: Path) -> set[str]:
    """On a throw-away cluster of their own, which the tests' plugin starts."""
    # Nor is what is compiled of the tree kept elsewhere, where it would outlive it.
    ours = ("DATABASE_URL", "CELERY_BROKER_URL", "PYTHONPYCACHEPREFIX")
    values = {name: value for name, value in os.environ.items() if name not in ours}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--junitxml={report}", *tests],
        cwd=tree,
        env={**values, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
    )
    cases = list(ElementTree.parse(report).iter("testcase")) if report.exists() else []
    begun = run.returncode in (0, 1)  # 0: all passed, 1: some failed
    if not begun or any(error.get("message", "").startswith("failed on setup") for error in errors(cases)):
        raise SystemExit(f"pytest {' '.join(tests)} could not begin:\n{run.stdout}{run.stderr}")
    bad = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    return {test for test in tests if any(belongs(case, test) for case in bad)}


def errors(cases: list[ElementTree.Element]) -> list[ElementTree.Element]:
    """What broke outside the tests themselves: before them, or in the look at the books after them."""
    return [error for case in cases for error in case.findall("error")]


def belongs(case: ElementTree.Element, test: str) -> bool:
    """A test that is named without its parameters is all of them."""
    file, _, name = test.partition("::")
    where = file.removesuffix(".py").replace("/", ".")
    found = case.get("name", "")
    return case.get("classname") == where and name in (found, found.partition("[")[0])


def verdict(mutant: Mutant) -> str:
    failed = failed_tests(mutant.tests, mutant)
    words = {None: "COULD NOT APPLY", True: "caught", False: "SURVIVED"}
    word = words[None if failed is None else failed == set(mutant.tests)]
    print(f"{word:16}{mutant.name:42}{mutant.why}", flush=True)
    return word


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these mutants")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at once (the cores)")
    options = parser.parse_args()
    if importlib.util.find_spec("pytest") is None:
        subprocess.run([ROOT / "run", "test", "--version"], check=True)  # installs what tests need
    begun = time.monotonic()
    mutants = [mutant for mutant in all_mutants() if not options.names or mutant.name in options.names]
    if unknown := set(options.names) - {mutant.name for mutant in mutants}:
        parser.error(f"no such mutant: {', '.join(sorted(unknown))}")

    tests = sorted({test for mutant in mutants for test in mutant.tests})
    failed = failed_tests(tests)
    print(f"The code as it is: {len(tests) - len(failed)} of {len(tests)} tests pass.", flush=True)
    for test in sorted(failed):
        print(f"  FAILS {test}")
    with ThreadPoolExecutor(options.jobs) as pool:
        verdicts = list(pool.map(verdict, mutants))
    caught = verdicts.count("caught")
    print(f"{caught} of {len(mutants)} mutants caught in {time.monotonic() - begun:.0f} s.")
    return 0 if not failed and caught == len(mutants) else 1


if __name__ == "__main__":
    sys.exit(main())
