"""How the installation does: what waits for a decision, and figures that say their age.

Whatever has to be acted upon is read as it stands. What is counted over millions of rows is counted at most every few
minutes; days that are over, once an hour.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from babel.dates import format_date
from django.core.cache import cache
from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from businesses import charts, money, shown
from businesses.models import Business, BusinessStatus, Program
from businesses.panel import first_id
from config import scheduled
from config.models import TaskRun
from customers.models import Customer, Message, MessageStatus
from loyalty.admin.disputes import LONG
from loyalty.models import Dispute, Operation, Wallet
from loyalty.tasks import BooksDisagree

DAYS = 30
FRESH = timedelta(minutes=5)
WEEK = timedelta(days=7)
AUDIT = "audit-ledger"
MOST_NAMED = 5


@dataclass(frozen=True)
class Waits:
    """Something that somebody has to decide or repair, and where."""

    text: str
    link: str
    urgent: bool = False


def home(at: datetime) -> dict[str, Any]:
    """The context of templates/admin/index.html."""
    counted = _remembered("pulse:figures", FRESH, lambda: figures(at))
    tasks = scheduled.tasks(at=at)
    days = _days(at)
    return {
        "waits": [*_joining(at), *_disputes(at), *_books(), *_tasks(tasks), *_failed(counted)],
        "tiles": _tiles(counted, days, at),
        "chart": _chart(days),
        "in_all": shown.number(sum(number for _day, number in days)),
        "programs": _programs(counted["outstanding"]),
        "as_of": shown.ago(counted["at"], at),
    }


def figures(at: datetime) -> dict[str, Any]:
    """What takes long with millions of rows."""
    since = first_id(Message, "created_at", at - WEEK)
    failed = Message.objects.filter(pk__gte=since, created_at__gte=at - WEEK, status=MessageStatus.FAILED)
    outstanding = Wallet.objects.values_list("program").annotate(points=Sum("balance"), wallets=Count("pk"))
    return {
        "at": at,
        "customers": Customer.objects.count(),
        "failed": failed.count(),
        "outstanding": {program: (points, wallets) for program, points, wallets in outstanding.order_by()},
    }


def operations(since: date, until: date | None = None) -> dict[date, int]:
    """How many a day, from `since` to before `until`, by the calendar of each business. Through the index of each."""
    rows = Operation.objects.filter(business__in=list(Business.objects.values_list("pk", flat=True)))
    rows = rows.filter(local_on__gte=since, **({"local_on__lt": until} if until else {}))
    return dict(rows.order_by().values_list("local_on").annotate(number=Count("pk")))


# --- What waits -------------------------------------------------------------------------------------------


def _joining(at: datetime) -> list[Waits]:
    waiting = Business.objects.filter(status=BusinessStatus.WAITING).select_related("program").order_by("created_at")
    found = []
    for business in waiting[:MOST_NAMED]:
        said = {"business": business, "program": business.program, "ago": shown.ago(business.created_at, at)}
        text = _("%(business)s asks to join %(program)s (%(ago)s).") % said
        found.append(Waits(text, reverse("admin:businesses_business_change", args=[business.pk])))
    more = waiting.count() - len(found)
    if more > 0:
        text = ngettext("%(count)s more business asks to join.", "%(count)s more businesses ask to join.", more)
        found.append(Waits(text % {"count": more}, _list("businesses_business", status__exact="waiting")))
    return found


def _disputes(at: datetime) -> list[Waits]:
    number = Dispute.objects.filter(answered_at=None, made_at__lt=at - LONG).count()
    text = ngettext(
        "%(count)s customer's question is unanswered for more than %(days)s days.",
        "%(count)s customers' questions are unanswered for more than %(days)s days.",
        number,
    )
    said = {"count": shown.number(number), "days": LONG.days}
    return [Waits(text % said, _list("loyalty_dispute", waits="long"))] if number else []


def _books() -> list[Waits]:
    proof = _last_proof()
    if proof is None or not proof.error:
        return []
    text = _("The books do not agree: %(why)s") % {"why": proof.error}
    return [Waits(text, _list("config_taskrun", name=AUDIT), urgent=True)]


def _tasks(tasks: list[scheduled.Scheduled]) -> list[Waits]:
    late = [task.name for task in tasks if task.needs_a_look and not (task.last and _is_breach(task.last))]
    text = ngettext(
        "%(count)s scheduled task is late or failed: %(names)s",
        "%(count)s scheduled tasks are late or failed: %(names)s",
        len(late),
    )
    page = reverse("admin:config_taskrun_tasks")
    return [Waits(text % {"count": len(late), "names": ", ".join(late)}, page, urgent=True)] if late else []


def _failed(counted: dict[str, Any]) -> list[Waits]:
    number = counted["failed"]
    text = ngettext(
        "%(count)s message of the last 7 days could not be delivered.",
        "%(count)s messages of the last 7 days could not be delivered.",
        number,
    )
    link = _list("customers_message", status__exact="failed", recorded="week")
    return [Waits(text % {"count": shown.number(number)}, link)] if number else []


# --- Figures ----------------------------------------------------------------------------------------------


def _tiles(counted: dict[str, Any], days: list[tuple[date, int]], at: datetime) -> list[dict[str, str]]:
    queued = Message.objects.filter(status=MessageStatus.QUEUED).count()
    active = Business.objects.filter(status=BusinessStatus.ACTIVE).count()
    proof = _last_proof()
    return [
        _tile(_("Operations today"), shown.number(days[-1][1]), _list("loyalty_operation", recorded="today")),
        _tile(_("Customers"), shown.number(counted["customers"]), _list("customers_customer")),
        _tile(_("Active businesses"), shown.number(active), _list("businesses_business", status__exact="active")),
        _tile(_("Messages to send"), shown.number(queued), _list("customers_message", status__exact="queued")),
        _tile(
            _("Books"),
            _("Not proved yet") if proof is None else _("Do not agree") if proof.error else _("Agree"),
            _list("config_taskrun", name=AUDIT),
            note=shown.ago(proof.finished_at, at) if proof and proof.finished_at else "",
        ),
    ]


def _tile(label: str, figure: str, link: str, note: str = "") -> dict[str, str]:
    return {"label": label, "figure": figure, "link": link, "note": note}


def _days(at: datetime) -> list[tuple[date, int]]:
    today = at.date()
    first = today - timedelta(days=DAYS - 1)
    past = _remembered(f"pulse:days:{today}", timedelta(hours=1), lambda: operations(first, today))
    counted = past | {today: sum(operations(today).values())}  # east of us it may be tomorrow
    return [(day, counted.get(day, 0)) for day in (first + timedelta(days=n) for n in range(DAYS))]


def _chart(days: list[tuple[date, int]]) -> charts.Columns:
    return charts.columns(
        [
            (
                str(format_date(day, "long", locale=shown.language())),
                str(format_date(day, "d MMM", locale=shown.language())) if number % 7 == 1 else "",
                value,
            )
            for number, (day, value) in enumerate(days)
        ]
    )


def _programs(outstanding: dict[int, tuple[int, int]]) -> list[dict[str, Any]]:
    """What is owed to customers, by the value that each programme gives a point."""
    rows = []
    for program in Program.objects.order_by("name"):
        points, wallets = outstanding.get(program.pk, (0, 0))
        value = (Decimal(points) * program.point_value).quantize(Decimal("0.01"))
        rows.append(
            {
                "program": program,
                "wallets": shown.number(wallets),
                "points": shown.number(points),
                "worth": money.show_amount(value, program.currency, shown.language()),
            }
        )
    return rows


def _last_proof() -> TaskRun | None:
    """The newest that came to a result: one that broke off proves nothing."""
    ended = TaskRun.objects.filter(name=AUDIT, finished_at__isnull=False)
    return ended.filter(Q(error="") | Q(error__startswith=BooksDisagree.__name__)).order_by("-id").first()


def _is_breach(run: TaskRun) -> bool:
    return run.error.startswith(BooksDisagree.__name__)


def _remembered(key: str, lasts: timedelta, count: Any) -> Any:
    return cache.get_or_set(key, count, int(lasts.total_seconds()))


def _list(model: str, **filters: str) -> str:
    address = reverse(f"admin:{model}_changelist")
    return f"{address}?{urlencode(filters)}" if filters else address
