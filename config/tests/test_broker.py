"""A worker outlives its broker, also with a task in hand."""

import logging
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu import Connection

import config.celery  # noqa: F401 - the channel that our workers use
from embedded import Valkey

log = logging.getLogger(__name__)


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    folder = Path(tempfile.mkdtemp(prefix="regulars-broker-", dir="/tmp"))
    server = Valkey(folder / "valkey", folder, ("--appendonly", "no"))
    server.start()
    server.wait()
    yield server
    server.stop(1)
    shutil.rmtree(folder)


def test_a_task_in_hand_whose_broker_died_is_confirmed_to_nobody_and_harms_nothing(
    valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    connection = Connection(valkey.environment()["CELERY_BROKER_URL"])
    queue = connection.SimpleQueue("tasks")
    queue.put("wake up")
    task = queue.get(timeout=5)
    channel = connection.default_channel
    os.kill(valkey.process.pid, signal.SIGKILL)
    valkey.process.wait()
    # What celery.worker.consumer may leave behind when it has lost the connection.
    channel._disconnect_pools()
    channel.connection.client = None
    connection.maybe_close_channel(channel)
    task.ack_log_error(log, connection.connection_errors)
    assert "Couldn't ack" in caplog.text
