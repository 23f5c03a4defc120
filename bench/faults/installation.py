"""A complete installation: a copy of the project that the real ./run serves, with data and a port of its own."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from bench.load.servers import say
from bench.mutants import LEFT_BEHIND, Mutant
from embedded import ROOT, Postgres, Stop, Valkey, command_of, started_at, wait_for_end, when_this_process_dies

PROGRAMS = {
    "web": "config.web",
    "worker": "--quiet worker ",
    "beat": "--quiet beat ",
}  # by what their command lines say
CELERY_POOL = 2


class Installation:
    """Its processes are found where they say who they are: in what ./run writes down, and in /proc."""

    def __init__(self, place: Path, port: int, *, broken: Mutant | None = None) -> None:
        if not Path("/proc/self/stat").exists():
            raise Stop("The processes to kill are found in /proc, which this machine does not have.")
        self.place, self.port, self.broken = place, port, broken
        self.folder, self.log = place / "project", place / "run.log"
        self.data = self.folder / ".data"

    # --- Made and ended -----------------------------------------------------------------------------------

    def make(self) -> None:
        self.place.mkdir(parents=True)
        for folder in (self.place, self.place.parent):
            folder.chmod(0o711)  # as root, PostgreSQL runs in another account and has to walk through
        shutil.copytree(ROOT, self.folder, ignore=LEFT_BEHIND)
        self.borrow_libraries()
        if self.broken:
            file = self.folder / self.broken.file
            text = self.broken.broken(file.read_text())
            if text is None:
                raise Stop(f"The breakage {self.broken.name} does not fit {self.broken.file} any more.")
            file.write_text(text)

    def borrow_libraries(self) -> None:
        """Those that are installed already, so that ./run finds nothing to install."""
        programs = self.folder / ".venv" / "bin"
        programs.mkdir(parents=True)
        (programs / "python").symlink_to(sys._base_executable)
        (self.folder / ".venv" / "lib").symlink_to(Path(sys.prefix, "lib"))
        (self.folder / ".venv" / "pyvenv.cfg").write_text(f"home = {Path(sys._base_executable).parent}\n")
        for name in ("requirements.txt", "requirements-local.txt"):
            digest = hashlib.sha256((self.folder / name).read_bytes()).hexdigest()
            (self.folder / ".venv" / f".installed-{name}").write_text(digest)

    def start(self, **environment: object) -> None:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PG_BIN") if name in os.environ}
        self.environment = {
            **inherited,
            "PORT": str(self.port),
            "DEMO": "0",
            "API_REQUESTS_PER_MINUTE": "1000000000",  # the throttle counts, and refuses nobody
            **{name: str(value) for name, value in environment.items()},
        }
        with self.log.open("ab") as log:
            self.run = subprocess.Popen(
                [sys.executable, self.folder / "run"],
                env=self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us to handle
            )
        self.watch = when_this_process_dies('kill -TERM "$1"; sleep 9; rm -rf "$2"', self.run.pid, self.place)
        until = time.monotonic() + 180
        while len(self.programs()) < len(PROGRAMS):
            if self.run.poll() is not None or time.monotonic() > until:
                raise Stop(f"./run did not start:\n{self.log.read_text()}")
            time.sleep(0.1)
        self.sockets = Path(Postgres(self.data / "postgres", self.data).pid_file()[4])
        self.postgres = Postgres(self.data / "postgres", self.sockets)
        self.valkey = Valkey(self.data / "valkey", self.sockets)
        self.web_workers = len(self.children_of(self.programs()["web"]))
        self.wait_until_whole(60)

    def stop(self) -> None:
        """Nothing is left: no process, no folder."""
        if hasattr(self, "run"):
            self.run.send_signal(signal.SIGINT)
            if not wait_for_end(self.run, 15):
                self.run.kill()
                self.run.wait()
            if self.data.exists():
                subprocess.run(
                    [sys.executable, self.folder / "run", "reset", "--yes"],
                    env=self.environment,
                    cwd=self.folder,
                    capture_output=True,
                )
            self.watch.kill()
            self.watch.wait()
        shutil.rmtree(self.place, ignore_errors=True)

    # --- Looked at ----------------------------------------------------------------------------------------

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.sockets), port=5432, user="regulars", dbname="regulars", autocommit=True, connect_timeout=5
        )

    def manage(self, *arguments: str, status: tuple[int, ...] = (0,)) -> str:
        command = [sys.executable, self.folder / "run", "manage", *arguments]
        ran = subprocess.run(command, env=self.environment, cwd=self.folder, capture_output=True, text=True)
        if ran.returncode not in status:
            raise Stop(f"./run manage {arguments[0]} failed:\n{ran.stdout}{ran.stderr}")
        return ran.stdout

    def children(self) -> list[int]:
        """The process group's leader, then what it keeps running."""
        try:
            record = json.loads((self.data / "run.json").read_text())
        except (OSError, ValueError):
            return []
        return [int(pid) for pid, started in record["children"].items() if started_at(int(pid)) == started]

    def programs(self) -> dict[str, int]:
        """The pid of each program that ./run keeps, as far as it lives."""
        found = {}
        for pid in self.children():
            for name, words in PROGRAMS.items():
                if words in command_of(pid):
                    found[name] = pid
        return found

    def children_of(self, parent: int) -> list[int]:
        return [pid for pid, (of, _group) in processes().items() if of == parent]

    def strays(self) -> list[int]:
        """Programs that were started by something that is dead, and still run beside what replaced it."""
        known = self.children()
        if not known:
            return []
        about = processes()
        family = set(known)
        family |= {pid for pid, (parent, _) in about.items() if parent in family}
        return [pid for pid, (_, group) in about.items() if group == known[0] and pid not in family]

    def postmaster(self) -> int | None:
        lines = self.postgres.pid_file()
        ready = len(lines) > 7 and lines[7].strip() == "ready" and started_at(int(lines[0])) is not None
        return int(lines[0]) if ready else None

    def missing(self) -> list[str]:
        """What does not work as it should, in words; nothing when all is whole."""
        programs = self.programs()
        found = [name for name in PROGRAMS if name not in programs]
        if "web" in programs and len(self.children_of(programs["web"])) < self.web_workers:
            found.append("a web worker")
        if "worker" in programs and len(self.children_of(programs["worker"])) < CELERY_POOL:
            found.append("a process of the worker")
        if self.postmaster() is None:
            found.append("PostgreSQL")
        if not self.valkey.answers():
            found.append("Valkey")
        if strays := self.strays():
            found.append(f"the end of what was left behind ({', '.join(map(command_of, strays))})")
        return found

    def wait_until_whole(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while missing := self.missing():
            if self.run.poll() is not None:
                raise Stop(f"./run ended. Its last words:\n{self.last_words()}")
            if time.monotonic() > until:
                raise Stop(f"{seconds:g} s later there is still missing: {', '.join(missing)}.\n{self.last_words()}")
            time.sleep(0.1)

    def last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-30:])


def processes() -> dict[int, tuple[int, int]]:
    """The parent and the process group of every process that lives."""
    found = {}
    for about in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, parent, group = (about / "stat").read_text().rpartition(")")[2].split()[:3]
            if state != "Z":
                found[int(about.name)] = (int(parent), int(group))
    return found


def keep_logs(place: Path) -> None:
    """What a failed run wrote, for whoever wants to know why."""
    kept = ROOT / ".data" / "faults-failed"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for file in [*place.glob("*.log"), *place.glob("*.jsonl"), *place.glob("project/.data/*.log")]:
        shutil.copy(file, kept / file.name)
    say(f"The logs of this run are in {kept}")
