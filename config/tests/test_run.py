"""The real ./run in a copy of the project, as a person at a terminal would use it."""

import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from embedded import ROOT, started_at

IGNORED = shutil.ignore_patterns(".git", ".venv", ".data", "__pycache__", ".*_cache", "staticfiles", ".hypothesis")


def free_port() -> int:
    """Below the ports that the system gives to outgoing connections, so that none takes it meanwhile."""
    for port in random.sample(range(18100, 18200), 100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    pytest.fail("all ports from 18100 to 18199 are taken")


class Copy:
    """A copy of the project whose virtual environment borrows the installed libraries of this one."""

    def __init__(self, folder: Path, python: str = sys._base_executable, wrapper: tuple[str, ...] = ()) -> None:
        self.folder, self.python, self.wrapper, self.port = folder, python, wrapper, free_port()
        self.started: list[subprocess.Popen] = []
        shutil.copytree(ROOT, folder, ignore=IGNORED, dirs_exist_ok=True)
        programs = folder / ".venv" / "bin"
        programs.mkdir(parents=True)
        (programs / "python").symlink_to(python)
        (folder / ".venv" / "lib").symlink_to(Path(sys.prefix, "lib"))
        (folder / ".venv" / "pyvenv.cfg").write_text(f"home = {Path(python).parent}\n")
        for name in ("requirements.txt", "requirements-local.txt"):
            digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
            (folder / ".venv" / f".installed-{name}").write_text(digest)

    def popen(self, *arguments: str, **environment: object) -> subprocess.Popen:
        """Without the demo, whose loading keeps a core busy, unless told otherwise."""
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return subprocess.Popen(
            [*self.wrapper, self.python, self.folder / "run", *arguments],
            env={**inherited, "PORT": str(self.port), "WEB_CONCURRENCY": "1", "DEMO": "0"}
            | {k: str(v) for k, v in environment.items()},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, **environment: object) -> tuple[int, str]:
        process = self.popen(*arguments, **environment)
        output, _ = process.communicate(timeout=60)
        return process.returncode, output

    def start(self, **environment: object) -> subprocess.Popen:
        process = self.popen(**environment)
        self.started.append(process)
        wait_for(process, "Ready:")
        return process

    def close(self) -> None:
        """Whatever a failed test left running."""
        for process in self.started:
            process.kill()
            process.wait()
        self.run("reset", "--yes")

    def page(self, path: str = "/accounts/login/") -> int:
        return urllib.request.urlopen(f"http://localhost:{self.port}{path}", timeout=20).status

    def children(self) -> list[int]:
        record = json.loads((self.folder / ".data" / "run.json").read_text())
        return [int(pid) for pid in record["children"]]

    def postgres(self) -> int:
        return int((self.folder / ".data" / "postgres" / "postmaster.pid").read_text().split("\n")[0])

    def processes(self) -> list[str]:
        """Every process that names this copy in its command line or stands in one of its folders."""
        if not Path("/proc/self").exists():
            pytest.skip("telling whose a process is needs /proc")
        found = []
        for about in Path("/proc").glob("[0-9]*"):
            try:
                command = (about / "cmdline").read_text().replace("\0", " ")
                if str(self.folder) in command + os.readlink(about / "cwd"):
                    found.append(f"{about.name} {command}")
            except OSError:
                continue
        return found


def wait_for(process: subprocess.Popen, words: str) -> str:
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return line
    raise AssertionError(f"{words!r} never came:\n{''.join(lines)}")


def end(process: subprocess.Popen, number: int = signal.SIGINT) -> float:
    """The seconds it took to stop."""
    begun = time.monotonic()
    process.send_signal(number)
    process.communicate(timeout=30)
    return time.monotonic() - begun


@contextmanager
def folder_for_all() -> Iterator[Path]:
    """Outside of pytest's own folders, which other users may not enter."""
    made = Path(tempfile.mkdtemp(prefix="regulars-run-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def data_of_before() -> Iterator[Path]:
    """What a first run leaves behind: most starts are not the first."""
    with folder_for_all() as made:
        copy = Copy(made / "project")
        try:
            assert end(copy.start()) < 5
            yield copy.folder / ".data"
        finally:
            copy.close()


@pytest.fixture
def make_copy() -> Iterator[Callable[..., Copy]]:
    copies: list[Copy] = []

    with folder_for_all() as made:

        def make(*arguments: object) -> Copy:
            copies.append(Copy(made / "project", *arguments))
            return copies[-1]

        yield make
        for each in copies:
            each.close()


@pytest.fixture
def copy(make_copy: Callable[..., Copy]) -> Copy:
    return make_copy()


@pytest.fixture
def used_copy(copy: Copy, data_of_before: Path) -> Copy:
    """One that has run before, and was stopped."""
    shutil.copytree(data_of_before, copy.folder / ".data", symlinks=True)
    return copy


# --- Refusals ---------------------------------------------------------------------------------------------


def test_a_busy_port_is_an_error_before_anything_starts(copy):
    with socket.socket() as other:
        other.bind(("127.0.0.1", copy.port))
        other.listen()
        status, output = copy.run()
    assert status == 1
    assert f"Port {copy.port} is taken by another program" in output
    assert not (copy.folder / ".data" / "postgres").exists()


def test_a_port_that_is_none_is_an_error(copy):
    assert copy.run(PORT="eight") == (1, "PORT=eight is not a port. Choose a number from 1024 to 65535.\n")


def test_data_of_another_postgresql_is_left_alone_with_an_explanation(copy):
    cluster = copy.folder / ".data" / "postgres"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("9\n")
    status, output = copy.run("manage", "check")
    assert status == 1
    assert "was made by PostgreSQL 9" in output
    assert [file.name for file in cluster.iterdir()] == ["PG_VERSION"]


def test_an_unknown_command_shows_the_help(copy):
    status, output = copy.run("dance")
    assert status == 2
    assert "./run test" in output


def test_what_python_compiles_is_kept_also_where_it_is_told_not_to():
    """Otherwise every start, and each of its programs, waits for two thousand modules."""
    ask = "import os, runpy; runpy.run_path('run')['main'](['help']); print(os.environ.get('PYTHONDONTWRITEBYTECODE'))"
    values = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    where = f"{ask}; print(os.environ['PYTHONPYCACHEPREFIX'])"
    said = subprocess.run(
        [sys.executable, "-c", where], cwd=ROOT, env=values, capture_output=True, text=True, check=True
    )
    assert said.stdout.splitlines()[-2:] == ["None", str(ROOT / ".venv" / "compiled")]


def test_reset_deletes_only_when_told_to(copy):
    keys = copy.folder / ".data" / "secrets.env"
    keys.parent.mkdir()
    keys.write_text("SECRET_KEY=x\n")
    assert copy.run("reset")[0] == 1
    assert keys.exists()
    assert copy.run("reset", "--yes")[0] == 0
    assert not keys.parent.exists()


# --- A day in the life ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_interrupt_and_terminate_stop_everything_within_five_seconds(copy):
    collected = set()
    for number in (signal.SIGINT, signal.SIGTERM):
        process = copy.start(DEMO="1")
        assert copy.page() == 200
        assert len(copy.processes()) > 8  # or the count below would prove nothing
        assert end(process, number) < 5
        assert copy.processes() == []
        collected.add((copy.folder / ".data" / "static" / "staticfiles.json").stat().st_mtime_ns)
    assert len(collected) == 1  # the static files had not changed
    assert (copy.folder / ".data" / "secrets.env").stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
@pytest.mark.parametrize("moment", [0, 0.5, 1, 2, 3])
def test_an_interrupt_during_the_start_leaves_nothing_running(copy, moment):
    process = copy.popen()
    assert eventually((copy.folder / ".data" / "run.lock").exists)
    time.sleep(moment)
    assert end(process) < 5
    assert process.returncode == 130
    assert eventually(lambda: copy.processes() == [])  # initdb's own children end when they notice


@pytest.mark.slow
def test_a_changed_static_file_is_collected_at_the_next_start(used_copy):
    end(used_copy.start())
    (used_copy.folder / "static" / "js" / "new.js").write_text("// new\n")
    end(used_copy.start())
    assert list((used_copy.folder / ".data" / "static" / "js").glob("new.*.js"))


@pytest.mark.slow
def test_a_second_run_is_refused_and_harms_nothing(used_copy):
    process = used_copy.start()
    status, output = used_copy.run()
    assert status == 1
    assert f"http://localhost:{used_copy.port} (process {process.pid})" in output
    assert used_copy.run("reset", "--yes")[0] == 1
    assert used_copy.page() == 200
    end(process)


@pytest.mark.slow
def test_manage_uses_the_servers_of_a_running_run_and_starts_them_otherwise(used_copy):
    process = used_copy.start()
    before = used_copy.postgres()
    assert used_copy.run("manage", "migrate", "--check")[0] == 0
    assert used_copy.postgres() == before
    assert used_copy.page() == 200
    end(process)
    assert used_copy.run("manage", "migrate", "--check")[0] == 0
    assert used_copy.processes() == []


@pytest.mark.slow
def test_after_a_kill_the_next_run_ends_what_is_left_and_takes_over_the_database(used_copy):
    process = used_copy.start()
    database, children = used_copy.postgres(), used_copy.children()
    process.kill()
    process.wait()
    again = used_copy.start()  # at once: it must not fall over what is still ending
    assert used_copy.page() == 200
    assert used_copy.postgres() == database
    assert [pid for pid in children if started_at(pid)] == []
    assert end(again) < 5
    assert used_copy.processes() == []


@pytest.mark.slow
def test_a_kill_leaves_no_program_behind_but_the_servers(used_copy):
    process = used_copy.start()
    process.kill()
    process.wait()
    assert eventually(
        lambda: len(used_copy.processes()) > 0 and not any("config.web" in line for line in used_copy.processes())
    )
    assert eventually(lambda: not any("celery" in line for line in used_copy.processes()))
    assert any("postgres -D" in line for line in used_copy.processes())


@pytest.mark.slow
def test_a_program_that_dies_is_started_again(used_copy):
    process = used_copy.start()
    web, database = used_copy.children()[1], used_copy.postgres()
    workers = {line for line in used_copy.processes() if "config.web" in line}
    os.kill(web, signal.SIGKILL)
    assert "web ended (status -9)" in wait_for(process, "ended")
    assert eventually(lambda: used_copy.children()[1] != web and answers(used_copy))
    assert eventually(lambda: not workers.intersection(used_copy.processes()))  # orphans, which have noticed
    os.kill(database, signal.SIGKILL)
    wait_for(process, "PostgreSQL ended")
    assert eventually(lambda: answers(used_copy))
    assert used_copy.postgres() != database
    assert end(process) < 5


def eventually(condition: Callable[[], bool], seconds: float = 20) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.3)
    return False


def answers(copy: Copy) -> bool:
    try:
        return copy.page("/health/ready") == 200  # asks the database
    except OSError:
        return False


def test_a_stale_pid_file_that_names_another_program_does_not_stop_the_start(used_copy):
    assert used_copy.run("manage", "check")[0] == 0
    pid_file = used_copy.folder / ".data" / "postgres" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{pid_file.parent}\n")
    assert used_copy.run("manage", "check")[0] == 0


# --- Other people's machines ------------------------------------------------------------------------------


@pytest.mark.slow
def test_once_installed_no_network_is_needed(used_copy):
    if os.geteuid() != 0 or not (shutil.which("unshare") and shutil.which("ip")):
        pytest.skip("cutting off the network needs root, unshare and ip")
    used_copy.wrapper = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
    end(used_copy.start())


@pytest.mark.slow
def test_an_ordinary_user_can_run_it(make_copy):
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("becoming another user needs root and setpriv")
    as_nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/tmp")
    project = make_copy(python_for_all(), as_nobody)
    subprocess.run(["chown", "-R", "65534:65534", project.folder], check=True)
    process = project.start()
    assert project.page() == 200
    assert project.folder.joinpath(".data", "postgres").stat().st_uid == 65534
    assert end(process) < 5
    assert project.processes() == []


@pytest.mark.slow
def test_root_without_user_namespaces_lends_the_database_to_another_account(make_copy, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root needs another account")
    python_for_all()
    project = make_copy()
    refusing = tmp_path / "unshare"
    refusing.write_text("#!/bin/sh\nexit 1\n")
    refusing.chmod(0o755)
    process = project.start(PATH=f"{refusing.parent}:{os.environ['PATH']}")
    assert project.page() == 200
    assert project.folder.joinpath(".data", "postgres").stat().st_uid != 0
    assert end(process) < 5
    assert project.processes() == []


def python_for_all() -> str:
    """An interpreter like this one that other users may start; the libraries must be open to them too."""
    wanted = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    for python in (sys._base_executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        allowed = subprocess.run([*nobody, "test", "-x", python, "-a", "-r", sys.prefix], cwd="/").returncode == 0
        if allowed and subprocess.run([python, "-c", wanted], cwd="/").returncode == 0:
            return python
    pytest.skip("no Python of this version that other users may start, or the libraries are closed to them")
