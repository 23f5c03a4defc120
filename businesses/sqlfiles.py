"""Puts an app's `sql/*.sql` files into the database from its migrations."""

from pathlib import Path

from django.db.migrations import RunSQL

ROOT = Path(__file__).resolve().parent.parent


def load(app: str, *names: str) -> list[RunSQL]:
    """Operations that run the files as they stand today. A changed file is loaded again by a new migration."""
    return [RunSQL((ROOT / app / "sql" / f"{name}.sql").read_text(), RunSQL.noop) for name in names]
