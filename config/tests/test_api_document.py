"""The API keeps what its document promises: a minute of requests made from the document, right ones and wrong ones.

API_DOCUMENT_SECONDS says how long, over all calls together; each call gets the same share.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import override_settings
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, load_all_checks

from businesses import api_keys
from businesses.models import ApiKey
from config.wsgi import application
from conftest import Shop
from loyalty.tests.conftest import PHONE, buy

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books")]
load_all_checks()
# A document cannot say which phone numbers exist, so that requests which it allows may be refused.
NOT_CHECKED = CHECKS.get_by_names(["positive_data_acceptance"])
document = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(public=True))
document.app = application
# Every call has its key: one that is wrong in nothing but a missing key would be taken.
document.config.generation.update(with_security_parameters=False)
SECONDS = float(os.environ.get("API_DOCUMENT_SECONDS", "60"))
SHARE = SECONDS / len(list(document.get_all_operations()))
MOST_EXAMPLES = max(10, int(SHARE * 20))  # making one takes time too
spent: dict[str, float] = {}


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """The end of a request must not close the connection that holds the test's transaction."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.fixture
def key(shop: Shop) -> str:
    buy(shop, 40, phone=PHONE)
    return api_keys.create(business=shop.business, name="Till", scopes=list(ApiKey.SCOPES))[1]


@document.parametrize()
@settings(max_examples=MOST_EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@override_settings(ALLOWED_HOSTS=["*"])
def test_every_answer_is_one_that_the_document_promises(case: Any, key: str) -> None:
    call = case.operation.label
    if spent.get(call, 0) > SHARE:
        return
    began = time.monotonic()
    case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, excluded_checks=NOT_CHECKED)
    spent[call] = spent.get(call, 0) + time.monotonic() - began


def test_every_name_in_the_document_was_chosen(tmp_path: Path) -> None:
    """Of two fields that are called alike the generator calls the values by a number, and says so."""
    call_command("spectacular", "--fail-on-warn", file=str(tmp_path / "openapi.yml"))
    assert "OfferKind" in (tmp_path / "openapi.yml").read_text()
