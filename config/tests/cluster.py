"""A throw-away PostgreSQL and Valkey for one test run, with the code that ./run uses.

Loaded with `-p`, because pytest-django reads the settings before any conftest.py. Set DATABASE_URL to test
on a database of your own instead.
"""

import base64
import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from embedded import Postgres, Valkey, when_this_process_dies

# A crash may lose this cluster, so it need not wait for the disk.
NOT_DURABLE = ("-F", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "wal_level=minimal")
NOT_DURABLE += ("-c", "max_wal_senders=0", "-c", "max_connections=200")

ENVIRONMENT = {
    "SECRET_KEY": "only for tests, and long enough to sign with",
    "API_SIGN_INS_PER_MINUTE": "1000000",  # all tests come from one address
    "KEY_PEPPER": "only for tests too",
    "FIELD_KEYS": base64.b64encode(bytes(range(32))).decode(),
    "ALLOWED_HOSTS": "*",
    "PUBLIC_BASE_URL": "http://testserver",
    "DEMO": "0",
    "DEBUG": "0",
    "EMAIL_URL": "memorymail://",
    "STATIC_STORAGE": "django.contrib.staticfiles.storage.StaticFilesStorage",
}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Before pytest-django's hook of the same name, which reads the settings: wrappers come first."""
    os.environ.update(ENVIRONMENT)
    if "DATABASE_URL" not in os.environ:
        start_servers(early_config)
    os.environ.setdefault("CELERY_BROKER_URL", "memory://")
    return (yield)


def start_servers(config: pytest.Config) -> None:
    folder = Path(tempfile.mkdtemp(prefix="regulars-test-", dir="/tmp"))
    postgres = Postgres(folder / "postgres", folder, NOT_DURABLE)
    valkey = Valkey(folder / "valkey", folder, ("--appendonly", "no"))
    for server in (postgres, valkey):
        server.start()
    end = 'kill -QUIT "$1"; kill -KILL "$2"; sleep 1; rm -rf "$3"'
    watch = when_this_process_dies(end, postgres.process.pid, valkey.process.pid, folder)
    for server in (postgres, valkey):
        server.wait()
    os.environ |= {**postgres.environment(), **valkey.environment()}

    def stop() -> None:
        watch.kill()
        watch.wait()
        postgres.stop(0)
        valkey.stop(1)
        shutil.rmtree(folder, ignore_errors=True)

    config.add_cleanup(stop)
