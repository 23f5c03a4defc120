"""A backup is one file with the whole database and what is needed to tell whether it can be restored here.

The file is a tar of `manifest.json` and `database` (pg_dump's own compressed format), both of one snapshot. The keys
that encrypt personal fields are not in it: whoever finds a backup must not find them beside it.
"""

import hashlib
import json
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from embedded import Stop, postgres_programs

FORMAT = 1
BLOCK = 1 << 20
# In one transaction with what follows: a restore that fails anywhere leaves the database as it was.
EMPTY = "SET lock_timeout = '5s'; DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n"

Tell = Callable[[str], None]


class CannotRestore(Exception):
    """Says why, and what to do. The database is as it was."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. `rows` counts each table, `migrations` names the last of each app."""

    format: int
    made_at: str
    postgres: int
    keys: list[str]
    migrations: dict[str, str]
    rows: dict[str, int]
    sha256: str


def write(*, file: Path, at: datetime, tell: Tell) -> Manifest:
    """Writes the database to `file`, which appears when it is whole. The platform may go on working meanwhile."""
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.name}.") as folder:
        dump = Path(folder, "database")
        with _snapshot() as snapshot:
            tell(_("Counting rows ..."))
            rows = _rows()
            tell(_("Writing %(tables)s tables, %(rows)s rows ...") % {"tables": len(rows), "rows": sum(rows.values())})
            _call("pg_dump", "--format=custom", *_PORTABLE, f"--snapshot={snapshot}", f"--file={dump}")
        manifest = Manifest(FORMAT, at.isoformat(), _postgres(), _keys(), _migrations(), rows, _digest(dump))
        whole = Path(folder, "backup")
        whole.touch(mode=0o600)
        with tarfile.open(whole, "w") as archive:
            _add(archive, "manifest.json", json.dumps(asdict(manifest), indent=2).encode())
            archive.add(dump, "database")
        whole.rename(file)
    return manifest


def read(file: Path) -> Manifest:
    """Raises `CannotRestore` for anything but a whole backup."""
    try:
        with tarfile.open(file) as archive:
            manifest = Manifest(**json.load(_member(archive, "manifest.json")))
            dump = _member(archive, "database")
            digest = hashlib.sha256()
            while block := dump.read(BLOCK):
                digest.update(block)
    except FileNotFoundError:
        raise CannotRestore(_("There is no file %(file)s.") % {"file": file}) from None
    except (OSError, tarfile.TarError, EOFError, KeyError, TypeError, ValueError):
        raise CannotRestore(_("%(file)s is no backup of Regulars, or it is damaged.") % {"file": file}) from None
    if digest.hexdigest() != manifest.sha256:
        raise CannotRestore(_("%(file)s is damaged: a part is missing or has changed.") % {"file": file})
    return manifest


def check(manifest: Manifest) -> None:
    """Raises `CannotRestore` where this installation could not read what the backup holds."""
    if manifest.postgres != _postgres():
        raise CannotRestore(
            _(
                "This backup was made by PostgreSQL %(theirs)s, and the database here is PostgreSQL %(ours)s. Restore"
                " it with PostgreSQL %(theirs)s (PG_BIN names its programs, DATABASE_URL a server), and upgrade that."
            )
            % {"theirs": manifest.postgres, "ours": _postgres()}
        )
    known = MigrationLoader(None).disk_migrations
    replaced = {name for migration in known.values() for name in migration.replaces}
    newer = [each for each in manifest.migrations.items() if each not in known and each not in replaced]
    if manifest.format != FORMAT or newer:
        raise CannotRestore(_("This backup was made by a newer Regulars. Update this one first."))
    if not set(manifest.keys) <= set(_keys()):
        raise CannotRestore(
            _(
                "This backup was encrypted with other keys. Put FIELD_KEYS and KEY_PEPPER of the installation that made"
                " it into .env; there they are in .env or .data/secrets.env."
            )
        )


def restore(*, file: Path, manifest: Manifest, tell: Tell) -> None:
    """Replaces everything in the database by the backup, in one transaction. Call `read` and `check` before.

    Raises `CannotRestore`; the database is as it was then.
    """
    connection.close()
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.name}.") as folder:
        with tarfile.open(file) as archive:
            archive.extract("database", folder, filter="data")
        script = Path(folder, "restore.sql")
        tell(_("Reading the backup ..."))
        _call("pg_restore", *_PORTABLE, f"--file={script}", Path(folder, "database"))
        tell(_("Restoring %(rows)s rows ...") % {"rows": sum(manifest.rows.values())})
        once = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null")
        _call("psql", *once, f"--command={EMPTY}", f"--file={script}")
    if _rows() != manifest.rows:
        raise AssertionError("the restored tables hold other numbers of rows than were saved")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


# --- The database -----------------------------------------------------------------------------------------

_PORTABLE = ("--no-owner", "--no-privileges")


@contextmanager
def _snapshot() -> Iterator[str]:
    """What the counts and the dump both see, while others go on writing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def _rows() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        tables = [name for (name,) in cursor.fetchall()]
        counts = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in tables)  # noqa: S608
        cursor.execute(counts or "SELECT WHERE false")
        return dict(cursor.fetchall())


def _postgres() -> int:
    """The database's major version."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::integer / 10000")
        major: int = cursor.fetchone()[0]
    return major


def _migrations() -> dict[str, str]:
    applied = sorted(MigrationLoader(connection).applied_migrations)
    return dict(applied)  # of each app the last


def _keys() -> list[str]:
    """Names the keys without telling them: what they make of a fixed word."""
    secrets = [settings.KEY_PEPPER, *map(str, settings.FIELD_KEYS)]
    return [hashlib.sha256(f"regulars backup {secret}".encode()).hexdigest()[:16] for secret in secrets]


@cache
def _programs() -> Path:
    """Those of the database's own version: a newer dump says words that an older server does not know."""
    try:
        folder = postgres_programs()
    except Stop as reason:
        raise CannotRestore(str(reason)) from reason
    said = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True, check=True).stdout
    if f" {_postgres()}." not in said:
        text = _("The database is PostgreSQL %(major)s, and %(folder)s holds other programs. Name theirs with PG_BIN.")
        raise CannotRestore(text % {"major": _postgres(), "folder": folder})
    return folder


def _call(program: str, *arguments: object) -> None:
    """One of PostgreSQL's programs on our database; the password goes by the environment, which is not shown."""
    at = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    where = {name: str(at[key]) for name, key in names.items() if at[key]}
    where |= {"PGHOST": str(at["OPTIONS"]["host"])} if "host" in at["OPTIONS"] else {}
    where |= {"PGSSLMODE": str(at["OPTIONS"]["sslmode"])} if "sslmode" in at["OPTIONS"] else {}
    run = subprocess.run(
        [_programs() / program, *map(str, arguments)],
        env={**os.environ, **where},
        capture_output=True,
        text=True,
    )
    if run.returncode:
        raise CannotRestore(f"{program}: {run.stderr.strip()}")


# --- The file ---------------------------------------------------------------------------------------------


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    about = tarfile.TarInfo(name)
    about.size = len(content)
    archive.addfile(about, BytesIO(content))


def _member(archive: tarfile.TarFile, name: str) -> Any:
    found = archive.extractfile(name)
    if found is None:
        raise KeyError(name)
    return found
