import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError, close_old_connections
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from customers.conversations import telegram
from customers.gateways.telegram import bot

PATIENCE = 15  # seconds that Telegram waits for news before it answers
PAUSE = 5  # seconds after trouble


class Command(BaseCommand):
    help = "Answers the Telegram bot by asking for its messages (a laptop), or has them sent to the webhook (a server)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--webhook", action="store_true", help="have them sent to PUBLIC_BASE_URL from now on")
        parser.add_argument("--once", action="store_true", help="take what waits and end")

    def handle(self, *args: Any, webhook: bool, once: bool, **options: Any) -> None:
        if not settings.TELEGRAM_TOKEN:
            raise CommandError("Set TELEGRAM_TOKEN: @BotFather gives one.")
        with asyncio.Runner() as runner:
            if webhook:
                self._send_to_webhook(runner)
            else:
                self._poll(runner, once)

    def _send_to_webhook(self, runner: asyncio.Runner) -> None:
        if not settings.TELEGRAM_SECRET:
            raise CommandError("Set TELEGRAM_SECRET to a word of your own: letters and digits.")
        url = settings.PUBLIC_BASE_URL + reverse("telegram-updates")

        async def set_up(ours: Any) -> None:
            await ours.set_webhook(url, secret_token=settings.TELEGRAM_SECRET, allowed_updates=["message"])
            await _menu(ours)

        runner.run(_with_bot(set_up))
        self.stdout.write(f"Telegram sends what is written to the bot to {url}")

    def _poll(self, runner: asyncio.Runner, once: bool) -> None:
        """Telegram forgets an update when one after it is asked for: so it is taken first, and then counted."""

        async def set_up(ours: Any) -> Any:
            await ours.delete_webhook()
            await _menu(ours)
            return await ours.get_me()

        self.stdout.write(f"Answering as @{runner.run(_with_bot(set_up)).username}. Stop with Ctrl-C.")
        offset = None
        while True:
            try:
                found = runner.run(_with_bot(partial(_news, offset=offset, patience=0 if once else PATIENCE)))
                for update in found:
                    telegram.take(update, at=timezone.now())
                    offset = update["update_id"] + 1
            except (OSError, OperationalError, InterfaceError) as trouble:
                if once:
                    raise
                close_old_connections()
                self.stderr.write(f"{type(trouble).__name__}: again in {PAUSE} s")
                time.sleep(PAUSE)
            else:
                if once and not found:
                    return


async def _with_bot(does: Callable[[Any], Awaitable[Any]]) -> Any:
    from aiogram.exceptions import AiogramError

    try:
        async with bot().context() as ours:
            return await does(ours)
    except AiogramError as error:
        raise OSError(f"Telegram: {type(error).__name__}") from None


async def _news(ours: Any, *, offset: int | None, patience: int) -> list[dict[str, Any]]:
    found = await ours.get_updates(offset=offset, timeout=patience, allowed_updates=["message"])
    return [each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in found]


async def _menu(ours: Any) -> None:
    """What the bot offers beside the field where one writes, in every language."""
    from aiogram.types import BotCommand

    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            offered = {
                "profile": _("Your points and tier"),
                "purchases": _("What happened to your points"),
                "rewards": _("What your points buy"),
                "scan": _("Your QR card"),
                "help": _("What you can ask"),
            }
            commands = [BotCommand(command=word, description=does) for word, does in offered.items()]
        await ours.set_my_commands(commands, language_code=None if language == settings.LANGUAGE_CODE else language)
