"""Would new places have been guessed? Of everybody who knows several, the one that they visited last is hidden."""

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection

from businesses.models import Program
from promotions.recommending import covisits, rules
from promotions.recommending.rules import Pull

RANKED = f"""
SELECT customer_id, business_id, last_at,
       row_number() OVER (PARTITION BY customer_id ORDER BY last_at DESC, business_id DESC) AS latest,
       count(*) OVER (PARTITION BY customer_id) AS places
  FROM ({covisits.VISITS}) v"""  # noqa: S608 - put together from constants
KEPT = f"SELECT customer_id, business_id FROM ({RANKED}) r WHERE latest > 1 OR places = 1"  # noqa: S608
ALL = f"SELECT customer_id, business_id, latest FROM ({RANKED}) r WHERE places > 1"  # noqa: S608


@dataclass(frozen=True)
class Evaluation:
    """`hit_at_3`: the share of customers whose hidden place was among the three that were recommended; `popularity`:
    the same of the three that most people go to."""

    hit_at_3: float
    popularity: float
    customers: int
    places: int

    def figures(self) -> dict[str, Any]:
        return asdict(self)


class NobodyKnowsTwo(Exception):
    """There is nothing to hide."""


def evaluate(*, program: Program) -> Evaluation:
    """Everything is counted anew without what is hidden. Raises `NobodyKnowsTwo`."""
    with connection.cursor() as cursor:
        cursor.execute(ALL, {"program": program.pk})
        rows = cursor.fetchall()
    if not rows:
        raise NobodyKnowsTwo
    known: dict[int, set[int]] = defaultdict(set)
    hidden: dict[int, int] = {}
    for customer_id, business_id, latest in rows:
        if latest == 1:
            hidden[customer_id] = business_id
        else:
            known[customer_id].add(business_id)
    pulls, popular = covisits.pulls_of(program=program, visits=KEPT)
    by_visited: dict[int, list[Pull]] = defaultdict(list)
    for pull in pulls:
        by_visited[pull.visited].append(pull)
    hits = guessed = 0
    for customer_id, place in hidden.items():
        visited = known[customer_id]
        theirs = [pull for each in visited for pull in by_visited[each]]
        hits += place in rules.ranked(visited, theirs, popular)
        guessed += place in rules.ranked(visited, [], popular)
    return Evaluation(hits / len(hidden), guessed / len(hidden), len(hidden), len(popular))
