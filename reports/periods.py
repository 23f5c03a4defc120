"""The periods of reports: so many days up to today, and as many before them to compare with."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _


class Length(models.IntegerChoices):
    """In days."""

    WEEK = 7, _("7 days")
    MONTH = 30, _("30 days")
    QUARTER = 91, _("13 weeks")
    YEAR = 364, _("52 weeks")


STEPS = {Length.WEEK: 1, Length.MONTH: 1, Length.QUARTER: 7, Length.YEAR: 28}


@dataclass(frozen=True)
class Period:
    """Both days are in it. `step`: how many days a column of its charts stands for."""

    first: date
    last: date
    step: int = 1

    @classmethod
    def up_to(cls, today: date, length: Length) -> "Period":
        return cls(today - timedelta(days=length - 1), today, STEPS[length])

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1), self.step)

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def steps(self) -> Iterator[tuple[date, date]]:
        """First and last day of each."""
        for offset in range(0, self.days, self.step):
            first = self.first + timedelta(days=offset)
            yield first, min(self.last, first + timedelta(days=self.step - 1))

    def step_of(self, day: date) -> int:
        return (day - self.first).days // self.step
