"""Whom a limit counts."""

import pytest
from django.test import RequestFactory

from customers import clients


def address(seen: str, forwarded: str | None = None) -> str:
    headers = {"X-Forwarded-For": forwarded} if forwarded is not None else {}
    return clients.address(RequestFactory().get("/", REMOTE_ADDR=seen, headers=headers))


def test_without_a_proxy_of_ours_nobody_chooses_their_address() -> None:
    assert address("203.0.113.7", "198.51.100.1") == "203.0.113.7"


def test_behind_our_proxies_the_outermost_one_tells(settings: object) -> None:
    settings.PROXIES = 1
    assert address("127.0.0.1", "1.1.1.1, 203.0.113.7") == "203.0.113.7"
    settings.PROXIES = 2
    assert address("127.0.0.1", "1.1.1.1, 203.0.113.7, 10.0.0.1") == "203.0.113.7"


def test_an_ipv6_client_is_its_network() -> None:
    assert address("2001:db8::1") == address("2001:db8::ffff") == "2001:db8::/64"
    assert address("::ffff:203.0.113.7") == "203.0.113.7"


@pytest.mark.parametrize("seen", ["", "nonsense"])
def test_who_has_no_address_is_counted_too(seen: str) -> None:
    assert address(seen) == "unknown"
