"""When advertising may reach a customer: by day, by the clock of the business, which is where its customers live."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

FROM, UNTIL = time(9), time(21)


def by_daylight(moment: datetime, *, time_zone: str) -> datetime:
    """The moment itself, or the next morning."""
    local = moment.astimezone(ZoneInfo(time_zone))
    if FROM <= local.time() < UNTIL:
        return moment
    day = local.date() if local.time() < FROM else local.date() + timedelta(days=1)
    return datetime.combine(day, FROM, local.tzinfo)
