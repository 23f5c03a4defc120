"""A backup is restored on a real database of its own: the books agree, and every table holds what it held."""

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from embedded import ROOT

pytestmark = pytest.mark.slow
# Tests of this file may run in two workers.
DATABASE = f"regulars_backup_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
LOG = "customer_id,date,amount\n" + "".join(f"{n % 40},2026-0{1 + n % 9}-1{n % 9},{n}.50\n" for n in range(300))
SHOP = """
from datetime import date
from config.demo.corner_records import PRESET
from config.demo.loading import load
load(preset=PRESET, today=date(2026, 9, 30), tell=print)
"""


class Installation:
    """A database beside the test's own, reached as the commands reach it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "saved"
        at = connection.settings_dict
        host = at["OPTIONS"].get("host") or at["HOST"]
        self.server = {"host": host, "port": at["PORT"] or 5432, "user": at["USER"], "password": at["PASSWORD"]}
        self.environment = {
            **os.environ,
            "DATABASE_URL": f"postgres://{at['USER']}:{at['PASSWORD']}@/{DATABASE}?host={host}",
        }

    def manage(self, *arguments: object, **environment: str) -> tuple[int, str]:
        run = subprocess.run(
            [sys.executable, ROOT / "manage.py", *map(str, arguments)],
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
        )
        return run.returncode, run.stdout + run.stderr

    def done(self, *arguments: object) -> str:
        status, said = self.manage(*arguments)
        assert status == 0, said
        return said

    def ask(self, statement: str, database: str = DATABASE) -> Any:
        with psycopg.connect(**self.server, dbname=database, autocommit=True) as server:
            cursor = server.execute(statement)
            return cursor.fetchall() if cursor.description else None

    def contents(self) -> dict[str, str]:
        """A digest of all that each table holds."""
        tables = [name for (name,) in self.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        digest = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {} t"
        return {name: self.ask(digest.format(name))[0][0] for name in tables}

    def changed(self, **values: object) -> Path:
        """The backup with another manifest."""
        other = self.folder / "other"
        with tarfile.open(self.file) as old, tarfile.open(other, "w") as new:
            manifest = json.load(old.extractfile("manifest.json"))
            content = json.dumps(manifest | values).encode()
            about = tarfile.TarInfo("manifest.json")
            about.size = len(content)
            new.addfile(about, io.BytesIO(content))
            new.addfile(old.getmember("database"), old.extractfile("database"))
        return other


@pytest.fixture(scope="module")
def saved(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """A record shop with a history, and its backup."""
    with django_db_blocker.unblock():
        one = Installation(tmp_path_factory.mktemp("backup"))
    one.ask(f"CREATE DATABASE {DATABASE}", "postgres")
    try:
        one.done("migrate", "-v0")
        one.done("shell", "-v0", "-c", SHOP)
        log = one.folder / "log.csv"
        log.write_text(LOG)
        one.done("import_purchases", "--business", "corner-records", log)
        one.done("backup", one.file)
        yield one
    finally:
        one.ask(f"DROP DATABASE {DATABASE} WITH (FORCE)", "postgres")


def test_a_restore_brings_back_every_row_and_the_books_agree(saved: Installation) -> None:
    before = saved.contents()
    later = saved.folder / "later.csv"
    later.write_text("customer_id,date,amount\nnew,2026-09-20,500\n")
    saved.done("import_purchases", "--business", "corner-records", later)
    saved.ask("CREATE TABLE left_over (id integer)")
    assert saved.contents() != before
    assert "promises kept" in saved.done("restore", saved.file, "--yes")
    assert saved.contents() == before
    # Life goes on: the next sale gets ids that are free.
    saved.done("import_purchases", "--business", "corner-records", later)
    saved.done("audit_ledger")
    saved.done("restore", saved.file, "--yes")
    assert saved.contents() == before


def test_only_its_owner_may_read_a_backup_and_it_holds_no_key(saved: Installation) -> None:
    assert saved.file.stat().st_mode & 0o077 == 0
    content = saved.file.read_bytes()
    for name in ("KEY_PEPPER", "FIELD_KEYS", "SECRET_KEY"):
        assert os.environ[name].encode() not in content


def broken(saved: Installation, change: Callable[[bytes], bytes]) -> Path:
    file = saved.folder / "broken"
    file.write_bytes(change(saved.file.read_bytes()))
    return file


def one_byte_off(content: bytes) -> bytes:
    at = len(content) // 2
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


REFUSED: dict[str, tuple[Callable[[Installation], Path], str]] = {
    "cut short": (lambda s: broken(s, lambda b: b[: len(b) // 2]), "damaged"),
    "empty": (lambda s: broken(s, lambda b: b""), "no backup"),
    "a byte off": (lambda s: broken(s, one_byte_off), "damaged"),
    "no backup at all": (lambda s: broken(s, lambda b: b"PK\x03\x04 something else"), "no backup"),
    "not there": (lambda s: s.folder / "nowhere", "no file"),
    "of another PostgreSQL": (lambda s: s.changed(postgres=15), "PostgreSQL 15"),
    "of a newer Regulars": (lambda s: s.changed(migrations={"loyalty": "9999_new"}), "newer Regulars"),
    "of a later format": (lambda s: s.changed(format=2), "newer Regulars"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_restored_is_refused_and_changes_nothing(what: str, saved: Installation) -> None:
    make, sentence = REFUSED[what]
    before = saved.contents()
    status, said = saved.manage("restore", make(saved), "--yes")
    assert status == 1
    assert sentence in said
    assert saved.contents() == before


def test_other_keys_are_told_before_anything_is_replaced(saved: Installation) -> None:
    before = saved.contents()
    status, said = saved.manage("restore", saved.file, "--yes", KEY_PEPPER="another")
    assert status == 1
    assert "FIELD_KEYS and KEY_PEPPER" in said
    assert saved.contents() == before


def test_a_restore_that_fails_in_the_middle_leaves_the_database_as_it_was(saved: Installation) -> None:
    """Somebody at work holds a table: the restore gives up instead of waiting for ever."""
    before = saved.contents()
    with psycopg.connect(**saved.server, dbname=DATABASE) as other:
        other.execute("LOCK TABLE loyalty_wallet IN ACCESS SHARE MODE")
        status, said = saved.manage("restore", saved.file, "--yes")
    assert status == 1
    assert "lock timeout" in said
    assert saved.contents() == before


def test_nobody_is_asked_where_nobody_can_answer(saved: Installation) -> None:
    status, said = saved.manage("restore", saved.file)
    assert status == 1
    assert "--yes" in said


def test_a_backup_never_replaces_a_file(saved: Installation) -> None:
    status, said = saved.manage("backup", saved.file)
    assert status == 1
    assert "already" in said
    assert [each.name for each in saved.folder.iterdir() if each.name.startswith(".")] == []


def test_programs_of_another_postgresql_are_told(saved: Installation, tmp_path: Path) -> None:
    for name in ("postgres", "initdb", "pg_dump"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 15.3'\n")
        program.chmod(0o755)
    status, said = saved.manage("backup", saved.folder / "another", PG_BIN=str(tmp_path))
    assert status == 1
    assert "PG_BIN" in said
    assert not (saved.folder / "another").exists()
