from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Answers assistants by the Model Context Protocol on 127.0.0.1, MCP_PORT, /mcp, until it is stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        from loyalty import assistants  # its libraries are this command's alone

        self.stdout.write(f"Assistants are answered on http://127.0.0.1:{settings.MCP_PORT}/mcp")
        assistants.server().run(
            "streamable-http",
            host="127.0.0.1",
            port=settings.MCP_PORT,
            stateless_http=True,  # nothing is remembered between two questions, so any process may answer
            json_response=True,
            transport_security=assistants.security(),
        )
