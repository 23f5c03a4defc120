"""The commands of a conversation, whatever the channel: a function of some app with the words that call it.

`settings.CONVERSATION_COMMANDS` lists them all. The first word of a language may begin a sentence ("BALANCE please"),
the others count alone: "End of the month?" is no END.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from businesses.models import Branch
from customers.models import Card, Channel, Customer, MessageKind

UNSEEN = ("Mn", "Me", "Cf")  # accents, frames, and signs that only join others
ANY = ""  # the language of words that are the same everywhere, such as STOP and Telegram's /start


@dataclass(frozen=True)
class Caller:
    """Who asks. `phone` is the number that is proven to be theirs, `rest` what stood behind the word, `branch` the
    place whose poster brought them."""

    channel: Channel
    address: str
    customer: Customer | None
    language: str
    at: datetime
    phone: str | None = None
    rest: str = ""
    branch: Branch | None = None


@dataclass(frozen=True)
class Said:
    """One message of an answer, with the picture of a QR card where the channel can show one."""

    text: str
    card: Card | None = None
    kind: MessageKind = MessageKind.ANSWER


Reply = str | list[Said]


@dataclass(frozen=True)
class Command:
    """Who is no customer is told how to become one instead, unless it is `for_anyone`."""

    name: str
    words: Mapping[str, tuple[str, ...]]
    answer: Callable[[Caller], Reply]
    for_anyone: bool

    def __call__(self, caller: Caller) -> Reply:
        return self.answer(caller)

    def word(self, language: str) -> str:
        """What to send for it in that language."""
        own = self.words.get(language) or self.words.get(ANY) or (self.name,)
        return own[0]


@dataclass(frozen=True)
class Understood:
    command: Command
    language: str  # of the word; empty for one of all languages
    rest: str


def command(
    name: str, *, for_anyone: bool = False, **words: tuple[str, ...]
) -> Callable[[Callable[[Caller], Reply]], Command]:
    """Words by language: `en=("BALANCE", "POINTS")`; those of `everywhere` belong to none."""
    by_language = {ANY if language == "everywhere" else language: own for language, own in words.items()}
    return lambda answer: Command(name, by_language, answer, for_anyone)


@cache
def known() -> tuple[Command, ...]:
    return tuple(import_string(path) for path in settings.CONVERSATION_COMMANDS)


def understand(text: str) -> Understood | None:
    """The command that a text means; None for anything else, such as nothing at all."""
    typed = [word for word in text.split() if folded(word)]
    if not typed:
        return None
    # In groups Telegram says /help@name_of_the_bot.
    first, whole = folded(typed[0]).partition("@")[0], folded(text)
    for said, language, each, may_begin in _vocabulary():
        if said == whole:
            return Understood(each, language, "")
        if said == first and (may_begin or said.startswith("/")):
            return Understood(each, language, " ".join(typed[1:]))
    return None


def folded(text: str) -> str:
    """Without case, accents, emoji and punctuation, so that “Tarixçə!” is `tarixce`, as telephones without those
    letters write it. What Telegram's commands are made of stays, and a question mark alone."""
    bare = "".join(each for each in unicodedata.normalize("NFKD", text) if unicodedata.category(each) not in UNSEEN)
    plain = bare.casefold().replace("ə", "e").replace("ı", "i")
    words = re.sub(r"[^\w/@-]|_", " ", plain).split()
    return " ".join(words) or plain.strip() * (plain.strip() == "?")


def named(name: str) -> Understood:
    """The same as its word, where a channel has another way to say it."""
    return Understood(next(each for each in known() if each.name == name), ANY, "")


@cache
def _vocabulary() -> tuple[tuple[str, str, Command, bool], ...]:
    """What is said, in which language, the command, and whether more may follow."""

    def words() -> Iterator[tuple[str, str, Command, bool]]:
        for each in known():
            for language, own in each.words.items():
                for position, word in enumerate(own):
                    yield folded(word), language, each, position == 0

    return tuple(words())
