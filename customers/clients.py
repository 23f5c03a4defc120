"""Where a request comes from, for limits."""

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def address(request: HttpRequest) -> str:
    """The client's address: of our own proxies the outermost saw it, and what stands before it anybody may write.

    An IPv6 client owns a /64, so that is what it is counted by.
    """
    seen = [request.META.get("REMOTE_ADDR", "")]
    if settings.PROXIES:
        seen = request.headers.get("X-Forwarded-For", "").split(",")[-settings.PROXIES :]
    try:
        found = ip_address(seen[0].strip())
    except ValueError:
        return "unknown"  # counted together, so that hiding gains nothing
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or ip_network((found, 64), strict=False))
    return str(found)
