"""What an assistant may ask for a business by the Model Context Protocol: https://modelcontextprotocol.io

Each tool is a call of the API, made within this process with the key that the assistant shows: it reads what that key
may read, is counted with it, and hears the same refusals. A module of its own process: nothing else imports it.
"""

from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import anyio.to_thread
import orjson
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.utils.module_loading import import_string
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import ToolAnnotations
from pydantic import AnyHttpUrl

from businesses.api import access
from businesses.api.business import BusinessCall
from businesses.api.problems import Problem
from businesses.api_keys import PREFIX_LENGTH
from loyalty.api.customers import BalanceView, EntriesView, LookupView
from loyalty.api.rewards import CustomerRewardsView

READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
INSTRUCTIONS = (
    "Reads the points of customers of one business of a loyalty programme. Customers are named by phone (E.164, or as"
    " written in the business's country) or by the id that a tool gave. Points are whole numbers. Nothing is changed."
)


def find_customer(phone: str) -> Any:
    """A customer by phone number: their id, first facts, balance of points, tier and last five lines."""
    return ask(LookupView, body={"phone": phone})


def customer_points(phone: str = "", customer: str = "") -> Any:
    """How many points a customer has, named by phone or by id: balance, what is on its way, what expires when, what was
    owed from refunds, the tier and what is lacking to the next."""
    return ask(BalanceView, customer=customer_id(phone, customer))


def customer_transactions(phone: str = "", customer: str = "", limit: int = 25, cursor: str = "") -> Any:
    """What happened to a customer's points, newest first, named by phone or by id; `next_cursor` leads on to older."""
    query = {"limit": limit, **({"cursor": cursor} if cursor else {})}
    return ask(EntriesView, query=query, customer=customer_id(phone, customer))


def customer_rewards(phone: str = "", customer: str = "") -> Any:
    """The rewards of this business for a customer, named by phone or by id: which are ready, and what others lack."""
    return ask(CustomerRewardsView, customer=customer_id(phone, customer))


def business() -> Any:
    """The business itself: name, programme, currency, what it gives points for, and its branches."""
    return ask(BusinessCall)


TOOLS = (business, find_customer, customer_points, customer_transactions, customer_rewards)


def server() -> MCPServer:
    made = MCPServer(
        "regulars",
        title="Regulars",
        instructions=INSTRUCTIONS,
        token_verifier=Keys(),
        auth=AuthSettings(
            issuer_url=AnyHttpUrl(settings.PUBLIC_BASE_URL),
            resource_server_url=AnyHttpUrl(f"{settings.PUBLIC_BASE_URL}/mcp"),
            required_scopes=["read"],
            validate_token_resource=False,  # a key is of this installation and no other
        ),
        log_level="WARNING",
    )
    for tool in (*TOOLS, *map(import_string, settings.ASSISTANT_TOOLS)):
        made.add_tool(tool, annotations=READS)
    return made


def security() -> TransportSecuritySettings:
    """Called by the installation's own names, on any port: a page elsewhere must not reach it by a name of its own."""
    hosts = [each for name in settings.ALLOWED_HOSTS for each in (name, f"{name}:*")]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection="*" not in settings.ALLOWED_HOSTS,
        allowed_hosts=hosts,
        allowed_origins=[settings.PUBLIC_BASE_URL],
    )


class Keys:
    """The business's API keys, as bearer tokens."""

    async def verify_token(self, token: str) -> AccessToken | None:
        return await anyio.to_thread.run_sync(_known, token)


def _known(token: str) -> AccessToken | None:
    try:
        found = access.of_request(_request(token))
    except Problem:
        return None
    finally:
        connection.close()  # of this thread, which may never be used again
    return AccessToken(token=token, client_id=token[:PREFIX_LENGTH], scopes=sorted(found.scopes))


def customer_id(phone: str, customer: str) -> str:
    if bool(phone) == bool(customer):
        raise ToolError("Name the customer by a phone or by an id, one of the two.")
    return customer or str(ask(LookupView, body={"phone": phone})["id"])


def ask(view: Any, body: dict[str, Any] | None = None, query: dict[str, Any] | None = None, **ids: str) -> Any:
    """The API's answer to the assistant's key; its refusal as an error with the API's own sentence."""
    shown = get_access_token()
    if shown is None:
        raise ToolError("Send a live API key.")
    try:
        answer = view.as_view()(_request(shown.token, body, query), **ids)
    finally:
        connection.close()
    said = orjson.loads(answer.content)
    if answer.status_code >= 400:
        errors = (sentence for field in said.get("errors", {}).values() for sentence in field)
        raise ToolError(" ".join([said["detail"], *errors]))
    return said


def _request(token: str, body: dict[str, Any] | None = None, query: dict[str, Any] | None = None) -> WSGIRequest:
    content = orjson.dumps(body) if body is not None else b""
    return WSGIRequest(
        {
            "REQUEST_METHOD": "GET" if body is None else "POST",
            "PATH_INFO": "/api/v1/",
            "QUERY_STRING": urlencode(query or {}),
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(content)),
            "HTTP_AUTHORIZATION": f"Bearer {token}",
            "wsgi.input": BytesIO(content),
        }
    )
