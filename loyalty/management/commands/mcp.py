from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Answers assistants by the Model Context Protocol on MCP_HOST, MCP_PORT, /mcp, until it is stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        from loyalty import assistants  # its libraries are this command's alone

        self.stdout.write(f"Assistants are answered on http://{settings.MCP_HOST}:{settings.MCP_PORT}/mcp")
        assistants.server().run(
            "streamable-http",
            host=settings.MCP_HOST,
            port=settings.MCP_PORT,
            stateless_http=True,  # nothing is remembered between two questions, so any process may answer
            json_response=True,
            transport_security=assistants.security(),
        )
