"""Who goes where as well as somewhere else: counted every night, programme by programme.

Of a place A that somebody knows, a place B is the better advice the more of A's customers know it too, the less that
is chance, and the more customers that was seen with: n_AB / (n_A + 20) · √(n_AB · N / (n_A · n_B)), of at least two
customers. Confidential businesses take no part, neither as the one nor as the other.
"""

from django.db import connection, transaction
from django.db.models import Count, Q

from businesses.limits import one_after_another
from businesses.models import BusinessStatus, Program
from promotions.recommending.rules import Pull

VISITS = """
SELECT m.customer_id, m.business_id, m.last_at
  FROM loyalty_membership m JOIN businesses_business b ON b.id = m.business_id
 WHERE b.program_id = %(program)s::bigint AND b.status = 'active' AND NOT b.confidential AND m.visits > 0"""
PULLS = """
WITH visits AS MATERIALIZED ({visits}),
     alone AS (SELECT business_id, count(*)::float8 AS customers FROM visits GROUP BY business_id),
     everybody AS (SELECT count(DISTINCT customer_id)::float8 AS customers FROM visits),
     together AS (
       SELECT a.business_id AS visited, b.business_id AS other, count(*) AS customers
         FROM visits a JOIN visits b ON b.customer_id = a.customer_id AND b.business_id <> a.business_id
        GROUP BY a.business_id, b.business_id HAVING count(*) >= 2)
SELECT t.visited, t.other, t.customers,
       t.customers / (a.customers + 20) * sqrt(t.customers * e.customers / (a.customers * b.customers)) AS weight
  FROM together t JOIN alone a ON a.business_id = t.visited JOIN alone b ON b.business_id = t.other
 CROSS JOIN everybody e
 UNION ALL SELECT NULL, business_id, customers, customers FROM alone"""
WRITE = f"""
INSERT INTO promotions_covisit (program_id, visited_id, other_id, customers, weight)
SELECT %(program)s::bigint, visited, other, customers, weight FROM ({PULLS.format(visits=VISITS)}) pulls"""  # noqa: S608


def count_all() -> int:
    """Every programme with several businesses that take part. Safe to repeat, and beside another of its kind."""
    open_ones = Count("businesses", filter=Q(businesses__status=BusinessStatus.ACTIVE, businesses__confidential=False))
    shared = Program.objects.annotate(open_ones=open_ones).filter(open_ones__gt=1).order_by("pk")
    for program in shared:
        count(program=program)
    return len(shared)


@transaction.atomic
def count(*, program: Program) -> None:
    one_after_another(f"co-visits:{program.pk}")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM promotions_covisit WHERE program_id = %s::bigint", [program.pk])
        cursor.execute(WRITE, {"program": program.pk})


def pulls_of(*, program: Program, visits: str) -> tuple[list[Pull], list[int]]:
    """Of any relation like VISITS, nothing written: the pulls, and the places by how many come there."""
    with connection.cursor() as cursor:
        cursor.execute(PULLS.format(visits=visits), {"program": program.pk})
        rows = [Pull(*row) for row in cursor.fetchall()]
    alone = sorted((row for row in rows if row.visited is None), key=lambda row: (-row.customers, row.other))
    return [row for row in rows if row.visited is not None], [row.other for row in alone]
