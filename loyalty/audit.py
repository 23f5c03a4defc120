"""Proves the ledger's cached figures and invariants over the whole database, one SQL statement per promise.

Each statement returns the rows that break the promise: (table, id, what the row says, what it should say).
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from django.db import connection, transaction

EXAMPLES = 5


@dataclass(frozen=True)
class Finding:
    """How one promise stands: the number of rows that break it and the first few of them; and how many rows its tables
    have, and how long the look at them took."""

    name: str
    promise: str
    breaches: int
    examples: list[str]
    rows: int
    seconds: float


CHECKS: dict[str, tuple[str, str]] = {
    "balance_is_its_entries": (
        "A wallet's balance, debt and lifetime points are the sums of its entries.",
        """SELECT 'wallet', w.id, (w.balance, w.owed, w.lifetime)::text, (e.balance, e.owed, e.lifetime)::text
             FROM loyalty_wallet w LEFT JOIN LATERAL (
               SELECT coalesce(sum(points), 0) AS balance, coalesce(sum(owed_delta), 0) AS owed,
                      coalesce(sum(points) FILTER (WHERE kind IN ('earn', 'bonus', 'adjust')), 0)
                      + coalesce(sum(points - owed_delta) FILTER (WHERE kind = 'reverse' AND points <= 0), 0) AS lifetime
                 FROM loyalty_entry WHERE wallet_id = w.id) e ON true
            WHERE (w.balance, w.owed, w.lifetime) IS DISTINCT FROM (e.balance::bigint, e.owed::bigint, e.lifetime::bigint)""",
    ),
    "debts_come_first": (
        "Nobody who owes points has any.",
        """SELECT 'wallet', id, balance::text, '0 while ' || owed || ' are owed'
             FROM loyalty_wallet WHERE owed > 0 AND balance > 0""",
    ),
    "balance_is_its_lots": (
        "A wallet's balance is what remains in its lots.",
        """SELECT 'wallet', w.id, w.balance::text, coalesce(l.remaining, 0)::text
             FROM loyalty_wallet w
             LEFT JOIN (SELECT wallet_id, sum(remaining) AS remaining FROM loyalty_lot GROUP BY 1) l ON l.wallet_id = w.id
            WHERE w.balance <> coalesce(l.remaining, 0)""",
    ),
    "lot_is_credit_minus_draws": (
        "What remains of a lot is its credit minus its draws.",
        """SELECT 'lot', l.id, l.remaining::text, (l.credit - coalesce(d.points, 0))::text
             FROM loyalty_lot l LEFT JOIN (SELECT lot_id, sum(points) AS points FROM loyalty_draw GROUP BY 1) d ON d.lot_id = l.id
            WHERE l.remaining <> l.credit - coalesce(d.points, 0)""",
    ),
    "entry_is_lots_minus_draws": (
        "An entry's points are the lots that it opened minus the points that it drew.",
        """SELECT 'entry', e.id, e.points::text, (coalesce(l.credit, 0) - coalesce(d.points, 0))::text
             FROM loyalty_entry e
             LEFT JOIN (SELECT entry_id, sum(credit) AS credit FROM loyalty_lot GROUP BY 1) l ON l.entry_id = e.id
             LEFT JOIN (SELECT entry_id, sum(points) AS points FROM loyalty_draw GROUP BY 1) d ON d.entry_id = e.id
            WHERE e.points <> coalesce(l.credit, 0) - coalesce(d.points, 0)""",
    ),
    "no_prefix_is_negative": (
        "Each entry's balance_after is the one before plus its points, and never negative.",
        """SELECT 'entry', id, balance_after::text, (before + points)::text
             FROM (SELECT id, points, balance_after,
                          coalesce(lag(balance_after) OVER (PARTITION BY wallet_id ORDER BY id), 0) AS before
                     FROM loyalty_entry) e
            WHERE balance_after <> before + points OR balance_after < 0""",
    ),
    "operation_is_its_entries": (
        "An operation says what its entries say, and a refused one has none.",
        """SELECT 'operation', o.id, (o.points, o.owed_delta, o.balance_after)::text, (e.points, e.owed, e.last)::text
             FROM loyalty_operation o
             LEFT JOIN (SELECT operation_id, sum(points) AS points, sum(owed_delta) AS owed,
                               (array_agg(balance_after ORDER BY id DESC))[1] AS last
                          FROM loyalty_entry GROUP BY 1) e ON e.operation_id = o.id
            WHERE o.points - coalesce(o.spent, 0) + least(o.owed_delta, 0) <> coalesce(e.points, 0) OR o.owed_delta <> coalesce(e.owed, 0)
               OR o.balance_after <> coalesce(e.last, o.balance_after) OR (o.refusal IS NOT NULL AND e.operation_id IS NOT NULL)""",
    ),
    "entry_has_its_operation": (
        "Every entry belongs to an operation of the same wallet.",
        """SELECT 'entry', e.id, e.operation_id::text, 'an operation of wallet ' || e.wallet_id
             FROM loyalty_entry e LEFT JOIN loyalty_operation o ON o.id = e.operation_id AND o.wallet_id = e.wallet_id
            WHERE o.id IS NULL""",
    ),
    "purchase_is_its_operation": (
        "Every accepted purchase operation has its purchase, of the same business, customer and day.",
        """SELECT 'operation', coalesce(o.id, p.operation_id), p.operation_id::text, o.id::text
             FROM (SELECT * FROM loyalty_operation WHERE kind = 'purchase' AND refusal IS NULL) o
             FULL JOIN loyalty_purchase p ON p.operation_id = o.id
            WHERE (o.business_id, o.branch_id, o.customer_id, o.local_on, o.occurred_at)
                  IS DISTINCT FROM (p.business_id, p.branch_id, p.customer_id, p.local_on, p.occurred_at)""",
    ),
    "redemption_is_its_operation": (
        "Every accepted redemption operation has its redemption, of the same points.",
        """SELECT 'operation', coalesce(o.id, r.operation_id), r.points::text, (-o.points)::text
             FROM (SELECT * FROM loyalty_operation WHERE kind = 'redemption' AND refusal IS NULL) o
             FULL JOIN loyalty_redemption r ON r.operation_id = o.id
            WHERE (o.business_id, o.customer_id, -o.points) IS DISTINCT FROM (r.business_id, r.customer_id, r.points)""",
    ),
    "cancelled_once": (
        "A redemption is cancelled at most once, and gives back what it took.",
        """SELECT 'operation', o.id, count(*)::text || ' reversals of ' || sum(r.points)::text, (-o.points)::text
             FROM loyalty_operation r JOIN loyalty_operation o ON o.id = r.reverses_id AND o.kind <> 'purchase'
            WHERE r.refusal IS NULL GROUP BY o.id, o.points, o.kind
           HAVING count(*) > 1 OR (sum(r.points) <> -o.points AND o.kind <> 'bonus') OR o.kind NOT IN ('redemption', 'bonus')""",
    ),
    "refunds_are_parts": (
        "The refunds of a purchase take back of its points and give back of those that paid for it their part, and no more.",
        """SELECT 'operation', o.id, (r.amount, round(r.share, 9), r.points, r.spent)::text,
                  (p.refunded, round(p.share_refunded, 9), round(k.points, 3), round(k.spent, 3))::text
             FROM loyalty_purchase p JOIN loyalty_operation o ON o.id = p.operation_id
             LEFT JOIN (SELECT r.reverses_id, sum(f.amount) AS amount, sum(f.share) AS share,
                               -sum(r.points - greatest(r.owed_delta, 0) + coalesce(r.pending, 0)) AS points, -sum(r.spent) AS spent
                          FROM loyalty_operation r LEFT JOIN loyalty_refund f ON f.operation_id = r.id
                         WHERE r.kind = 'refund' AND r.refusal IS NULL GROUP BY 1) r ON r.reverses_id = o.id
            CROSS JOIN LATERAL (
              SELECT (o.points + coalesce(o.pending, 0)) * p.share_refunded AS points,
                     coalesce(o.spent * p.refunded / nullif(p.amount, 0), 0) AS spent) k
            WHERE (p.refunded > 0 OR p.share_refunded > 0 OR r.reverses_id IS NOT NULL)
              AND (p.refunded <> coalesce(r.amount, -1) OR p.share_refunded <> coalesce(r.share, -1)
                   OR (p.refunded = p.amount AND p.share_refunded <> 1)
                   OR abs(r.points - k.points) >= 1 OR abs(coalesce(r.spent, 0) - k.spent) >= 1)""",
    ),
    "cancelled_is_marked": (
        "A redemption counts as cancelled exactly when it was.",
        """SELECT 'operation', d.operation_id, d.status, coalesce('cancellation ' || r.id, 'not cancelled')
             FROM loyalty_redemption d
             LEFT JOIN loyalty_operation r ON r.reverses_id = d.operation_id AND r.refusal IS NULL
            WHERE (d.status = 'cancelled') <> (r.id IS NOT NULL)""",
    ),
    "claims_are_counted": (
        "A reward was claimed as often as claims of it stand, at its business and in its programme.",
        """SELECT 'reward', r.id, r.claimed::text, count(c.operation_id)::text
             FROM loyalty_reward r
             LEFT JOIN loyalty_redemption c ON c.reward_id = r.id AND c.status <> 'cancelled'
            GROUP BY r.id HAVING r.claimed <> count(c.operation_id)
           UNION ALL
           SELECT 'redemption', c.operation_id, coalesce(r.id, 0)::text, 'a reward of business ' || c.business_id
             FROM loyalty_redemption c
             JOIN businesses_business b ON b.id = c.business_id
             LEFT JOIN loyalty_reward r ON r.id = c.reward_id AND r.program_id = b.program_id
              AND coalesce(r.business_id, b.id) = b.id
            WHERE c.reward_id IS NOT NULL AND r.id IS NULL""",
    ),
    "hold_is_collected_once": (
        "What is held has its code and end, and was collected exactly when a confirmation of the same wallet says so.",
        """SELECT 'redemption', coalesce(r.operation_id, x.id), coalesce(r.status, 'nothing'),
                  coalesce('confirmation ' || x.id, 'no confirmation')
             FROM (SELECT * FROM loyalty_redemption WHERE code IS NOT NULL OR status = 'held' OR confirmed_by_id IS NOT NULL) r
             LEFT JOIN loyalty_operation o ON o.id = r.operation_id
             FULL JOIN (SELECT * FROM loyalty_operation WHERE kind = 'confirmation' AND refusal IS NULL) x
               ON x.id = r.confirmed_by_id
            WHERE r.operation_id IS NULL OR r.code IS NULL OR r.held_until IS NULL
               OR (r.status = 'confirmed' AND x.id IS NULL) OR (r.status = 'held' AND x.id IS NOT NULL)
               OR (x.id IS NOT NULL AND (x.wallet_id <> o.wallet_id OR x.business_id <> r.business_id))
               OR (r.confirmed_by_id IS NOT NULL AND x.id IS NULL)""",
    ),
    "caps_count_what_was_given": (
        "What capped rules have given to a customer is what the trails of their purchases say, net of refunds.",
        """SELECT 'customer', coalesce(g.customer_id, t.customer_id), round(g.points, 9)::text, round(t.points, 9)::text
             FROM loyalty_rulegiven g
             FULL JOIN (
               SELECT r.series, p.customer_id, p.business_id, p.local_on, sum(s.points * (1 - p.share_refunded)) AS points
                 FROM loyalty_purchase p JOIN loyalty_operation o ON o.id = p.operation_id,
                      jsonb_to_recordset(o.trail) AS s(rule text, points numeric)
                 JOIN loyalty_earningrule r ON r.public_id::text = substr(s.rule, 6)
                  AND (r.most_per_day IS NOT NULL OR r.most_per_customer IS NOT NULL)
                WHERE s.points <> 0 AND EXISTS (SELECT FROM loyalty_earningrule WHERE num_nonnulls(most_per_day, most_per_customer) > 0)
                GROUP BY 1, 2, 3, 4) t
               ON (t.series, t.customer_id, t.business_id, t.local_on) = (g.series, g.customer_id, g.business_id, g.local_on)
            WHERE abs(coalesce(g.points, 0) - coalesce(t.points, 0)) > 1e-9""",
    ),
    "membership_is_its_purchases": (
        "A membership's visits, days, spend, first and last are those of its standing purchases.",
        """SELECT 'membership', coalesce(m.id, 0), (m.visits, m.visit_days, m.spend)::text, (p.visits, p.days, p.spend)::text
             FROM loyalty_membership m
             FULL JOIN (SELECT business_id, customer_id, count(*)::int AS visits, count(DISTINCT local_on)::int AS days,
                               sum(amount - refunded) AS spend, min(occurred_at) AS first_at, max(occurred_at) AS last_at,
                               min(local_on) AS first_on, max(local_on) AS last_on
                          FROM loyalty_purchase WHERE refunded < amount GROUP BY 1, 2) p
               ON p.business_id = m.business_id AND p.customer_id = m.customer_id
            WHERE (m.visits, m.visit_days, m.spend, m.first_at, m.last_at, m.first_on, m.last_on) IS DISTINCT FROM
                  (coalesce(p.visits, 0), coalesce(p.days, 0), coalesce(p.spend, 0), p.first_at, p.last_at, p.first_on, p.last_on)""",
    ),
    "draw_is_of_its_wallet": (
        "A draw, its lot and its entry belong to one wallet, and the draw names the lot's issuer.",
        """SELECT 'draw', d.id, (d.wallet_id, d.issuer_id)::text, (l.wallet_id, l.issuer_id)::text
             FROM loyalty_draw d
             LEFT JOIN loyalty_lot l ON l.id = d.lot_id LEFT JOIN loyalty_entry e ON e.id = d.entry_id
            WHERE (d.wallet_id, d.issuer_id, d.wallet_id) IS DISTINCT FROM (l.wallet_id, l.issuer_id, e.wallet_id)""",
    ),
    "lot_expires_once": (
        "A lot expires at most once, whole, and not before its date, unless its wallet was idle for too long.",
        """SELECT 'lot', d.lot_id, count(*)::text || ' expiries', l.expires_at::text
             FROM loyalty_draw d JOIN loyalty_entry e ON e.id = d.entry_id AND e.kind = 'expire'
             JOIN loyalty_operation o ON o.id = e.operation_id
             JOIN loyalty_lot l ON l.id = d.lot_id
            GROUP BY d.lot_id, l.expires_at, l.remaining
           HAVING count(*) > 1 OR l.remaining <> 0
               OR NOT bool_and(coalesce(e.occurred_at = l.expires_at, false) OR coalesce(o.trail->0->>'rule' = 'inactivity', false))""",
    ),
    "pending_is_settled_once": (
        "What a wallet waits for is what purchases promised, and each promise is kept but for what was refunded of it.",
        """SELECT 'wallet', w.id, w.pending::text, coalesce(p.points, 0)::text
             FROM loyalty_wallet w
             FULL JOIN (SELECT wallet_id, sum(points - refunded) AS points FROM loyalty_pending WHERE settled_by_id IS NULL GROUP BY 1) p
               ON p.wallet_id = w.id
            WHERE w.pending IS DISTINCT FROM coalesce(p.points, 0)
           UNION ALL
           SELECT 'operation', coalesce(o.id, p.operation_id), o.pending::text, p.points::text
             FROM (SELECT * FROM loyalty_operation WHERE pending > 0) o
             FULL JOIN loyalty_pending p ON p.operation_id = o.id
            WHERE (o.pending, o.wallet_id, o.business_id, o.kind)
                  IS DISTINCT FROM (p.points, p.wallet_id, p.issuer_id, 'purchase')
           UNION ALL
           SELECT 'pending', p.operation_id, coalesce(s.kind, 'nothing'), 'its maturity or its refunds'
             FROM loyalty_pending p LEFT JOIN loyalty_operation s ON s.id = p.settled_by_id AND s.wallet_id = p.wallet_id
             LEFT JOIN (SELECT reverses_id, sum(-pending) AS points FROM loyalty_operation
                         WHERE kind = 'refund' AND refusal IS NULL GROUP BY 1) r ON r.reverses_id = p.operation_id
            WHERE p.refunded <> coalesce(r.points, 0) OR (p.settled_by_id IS NULL AND p.refunded = p.points)
               OR (p.settled_by_id IS NOT NULL AND NOT coalesce(
              (s.kind = 'maturity' AND s.key = 'mature:' || p.operation_id AND s.points = p.points - p.refunded AND s.occurred_at = p.due_at)
              OR (s.kind = 'refund' AND s.reverses_id = p.operation_id AND p.refunded = p.points), false))""",
    ),
    "wallet_was_active": (
        "A wallet was active no earlier than its last purchase with points or use of them.",
        """SELECT 'wallet', w.id, w.active_at::text, max(o.occurred_at)::text
             FROM loyalty_operation o JOIN loyalty_wallet w ON w.id = o.wallet_id
            WHERE o.kind IN ('purchase', 'redemption') AND (o.points <> 0 OR o.pending > 0 OR o.spent > 0)
            GROUP BY w.id HAVING max(o.occurred_at) > w.active_at""",
    ),
    "tier_is_its_last_change": (
        "A wallet's tier is that of its last change, of its programme; each change begins where the one before ended, and"
        " one by a purchase is by a purchase of that wallet.",
        """SELECT 'wallet', w.id, w.tier_id::text, c.after_id::text
             FROM loyalty_wallet w
             LEFT JOIN (SELECT DISTINCT ON (wallet_id) wallet_id, after_id FROM loyalty_tierchange ORDER BY wallet_id, id DESC) c
               ON c.wallet_id = w.id
             LEFT JOIN loyalty_tier t ON t.id = w.tier_id
            WHERE w.tier_id IS DISTINCT FROM c.after_id OR t.program_id <> w.program_id
           UNION ALL
           SELECT 'tierchange', id, before_id::text, previous::text
             FROM (SELECT *, lag(after_id) OVER (PARTITION BY wallet_id ORDER BY id) AS previous FROM loyalty_tierchange) c
            WHERE before_id IS DISTINCT FROM previous
           UNION ALL
           SELECT 'tierchange', c.id, c.operation_id::text, 'a purchase of wallet ' || c.wallet_id
             FROM loyalty_tierchange c
             LEFT JOIN loyalty_operation o ON o.id = c.operation_id AND o.wallet_id = c.wallet_id AND o.kind = 'purchase'
              AND o.refusal IS NULL
            WHERE c.operation_id IS NOT NULL AND o.id IS NULL""",
    ),
    "tier_gap_is_a_lower_bound": (
        "No wallet lacks less to its next tier than it says, so that no purchase that reaches it goes unnoticed.",
        """SELECT 'wallet', w.id, w.tier_gap::text, n.lacking::text
             FROM loyalty_wallet w
             JOIN businesses_program p ON p.id = w.program_id AND p.tiers_version = w.tier_version AND p.tier_basis <> ''
             LEFT JOIN loyalty_tier had ON had.id = w.tier_id
            CROSS JOIN LATERAL loyalty_tier_measure(w.program_id, w.customer_id, loyalty_now()) m
             LEFT JOIN LATERAL (
               SELECT t.threshold - m.measure AS lacking FROM loyalty_tier t
                WHERE t.program_id = w.program_id AND NOT t.invitation_only AND t.position > coalesce(had.position, -1)
                ORDER BY t.position LIMIT 1) n ON true
            WHERE w.tier_gap > n.lacking OR (w.tier_gap IS NULL) <> (n.lacking IS NULL)""",
    ),
    "clearing_nets_to_zero": (
        "A cancelled redemption leaves no debt between businesses behind, nor what paid for a refunded purchase.",
        """SELECT 'entry', e.id, sum(d.points * d.point_value)::text, '0'
             FROM loyalty_draw d
             JOIN loyalty_entry x ON x.id = d.entry_id
             JOIN loyalty_entry e ON e.id = coalesce(x.reverses_id, x.id) AND e.kind = 'redeem'
             LEFT JOIN loyalty_redemption r ON r.operation_id = e.operation_id
             LEFT JOIN loyalty_purchase p ON p.operation_id = e.operation_id
            WHERE (r.status = 'cancelled' OR p.refunded = p.amount) AND d.business_id IS NOT NULL GROUP BY e.id HAVING sum(d.points * d.point_value) <> 0""",
    ),
    "spending_is_cleared": (
        "A use of points is drawn at the business where it happened, and what another business gave is a line of clearing.",
        """SELECT 'draw', d.id, coalesce(d.business_id::text, 'nowhere'), e.business_id::text
             FROM loyalty_entry e JOIN loyalty_draw d ON d.entry_id = e.id
            WHERE e.kind IN ('redeem', 'reverse', 'collect') AND d.business_id IS DISTINCT FROM e.business_id
              AND NOT (d.business_id IS NULL AND e.points > 0 AND d.points > 0)
           UNION ALL
           SELECT 'draw', coalesce(d.id, c.draw_id), (c.owes_id, c.is_owed_id, c.local_on, c.points, c.amount)::text,
                  (d.issuer_id, d.business_id, d.local_on, d.points, d.amount)::text
             FROM (SELECT d.id, d.customer_id, d.issuer_id, d.business_id, o.local_on, d.points, d.points * d.point_value AS amount
                     FROM loyalty_draw d JOIN loyalty_entry e ON e.id = d.entry_id JOIN loyalty_operation o ON o.id = e.operation_id
                    WHERE d.business_id <> d.issuer_id AND e.kind IN ('redeem', 'reverse', 'collect')) d
             FULL JOIN loyalty_clearingline c ON c.draw_id = d.id
            WHERE (c.customer_id, c.owes_id, c.is_owed_id, c.local_on, c.points, c.amount)
                  IS DISTINCT FROM (d.customer_id, d.issuer_id, d.business_id, d.local_on, d.points, d.amount)""",
    ),
    "shared_costs_follow_their_sales": (
        "What one business owes for a coupon is of a purchase at the one that is owed, and comes back once, with the refund of all.",
        """SELECT 'sharedcost', s.id, (s.customer_id, s.is_owed_id, s.local_on)::text, (o.kind, o.customer_id, o.business_id, o.local_on)::text
             FROM loyalty_sharedcost s
             LEFT JOIN loyalty_operation o ON o.id = s.operation_id AND o.refusal IS NULL
              AND o.kind = CASE WHEN s.reverses_id IS NULL THEN 'purchase' ELSE 'refund' END
            WHERE (s.customer_id, s.is_owed_id, s.local_on) IS DISTINCT FROM (o.customer_id, o.business_id, o.local_on)
           UNION ALL
           SELECT 'sharedcost', r.id, (r.customer_id, r.owes_id, r.is_owed_id, r.amount)::text,
                  (s.customer_id, s.owes_id, s.is_owed_id, -s.amount)::text
             FROM loyalty_sharedcost r JOIN loyalty_sharedcost s ON s.id = r.reverses_id
             JOIN loyalty_operation o ON o.id = r.operation_id
            WHERE (r.customer_id, r.owes_id, r.is_owed_id, r.amount, o.reverses_id)
                  IS DISTINCT FROM (s.customer_id, s.owes_id, s.is_owed_id, -s.amount, s.operation_id)
           UNION ALL
           SELECT 'sharedcost', s.id, coalesce('taken back by ' || r.id, 'stands'), 'refunded ' || p.refunded || ' of ' || p.amount
             FROM loyalty_sharedcost s JOIN loyalty_purchase p ON p.operation_id = s.operation_id
             LEFT JOIN loyalty_sharedcost r ON r.reverses_id = s.id
            WHERE s.reverses_id IS NULL AND (r.id IS NOT NULL) IS DISTINCT FROM (p.refunded >= p.amount AND EXISTS (
              SELECT FROM loyalty_operation o WHERE o.reverses_id = s.operation_id AND o.kind = 'refund' AND o.refusal IS NULL))""",
    ),
    "adjustment_is_its_operation": (
        "Every accepted adjustment has its reason, and takes only points that its business issued.",
        """SELECT 'operation', coalesce(o.id, a.operation_id), coalesce(a.reason, 'no reason'), 'a reason'
             FROM (SELECT id FROM loyalty_operation WHERE kind = 'adjustment' AND refusal IS NULL) o
             FULL JOIN loyalty_adjustment a ON a.operation_id = o.id
            WHERE o.id IS NULL OR coalesce(a.reason, '') = ''
           UNION ALL
           SELECT 'draw', d.id, d.issuer_id::text, e.business_id::text
             FROM loyalty_entry e JOIN loyalty_draw d ON d.entry_id = e.id
            WHERE e.kind = 'adjust' AND (d.issuer_id <> e.business_id OR d.business_id <> e.business_id)""",
    ),
    "bonus_is_given_and_taken_whole": (
        "A bonus is one entry of its business, and what takes one back takes all of it, from that wallet.",
        """SELECT 'operation', o.id, (o.points, o.owed_delta, e.entries, e.business_id)::text,
                  coalesce(b.points::text, 'one entry') || ' of business ' || o.business_id
             FROM loyalty_operation o
             LEFT JOIN loyalty_operation b ON b.id = o.reverses_id
             LEFT JOIN (SELECT operation_id, count(*) FILTER (WHERE kind IN ('bonus', 'reverse')) AS entries,
                               min(business_id) AS business_id FROM loyalty_entry GROUP BY 1) e ON e.operation_id = o.id
            WHERE o.kind = 'bonus' AND o.refusal IS NULL AND (
                  e.entries IS DISTINCT FROM 1 OR e.business_id <> o.business_id OR (o.reverses_id IS NULL AND o.points <= 0)
                  OR (o.reverses_id IS NOT NULL AND (b.kind, b.wallet_id, b.business_id, b.points)
                      IS DISTINCT FROM ('bonus', o.wallet_id, o.business_id, o.owed_delta - o.points)))""",
    ),
    "approval_is_of_a_sale": (
        "Every approval belongs to an accepted purchase, and to a manager of its business.",
        """SELECT 'approval', a.operation_id, coalesce(o.kind, 'nothing'), 'a purchase of the business of staff ' || a.staff_id
             FROM loyalty_approval a JOIN businesses_staff s ON s.id = a.staff_id
             LEFT JOIN loyalty_operation o ON o.id = a.operation_id AND o.kind = 'purchase' AND o.refusal IS NULL
              AND o.business_id = s.business_id
            WHERE o.id IS NULL""",
    ),
    "wallet_of_its_owner": (
        "Every row of the ledger names the customer of its wallet.",
        """SELECT x.kind, x.id, x.customer_id::text, w.customer_id::text
             FROM (SELECT 'operation' AS kind, id, wallet_id, customer_id FROM loyalty_operation
                   UNION ALL SELECT 'entry', id, wallet_id, customer_id FROM loyalty_entry
                   UNION ALL SELECT 'lot', id, wallet_id, customer_id FROM loyalty_lot
                   UNION ALL SELECT 'draw', id, wallet_id, customer_id FROM loyalty_draw) x
             LEFT JOIN loyalty_wallet w ON w.id = x.wallet_id WHERE w.customer_id IS DISTINCT FROM x.customer_id
           UNION ALL
           SELECT 'wallet', w.id, w.customer_id::text, 'no such customer'
             FROM loyalty_wallet w LEFT JOIN customers_customer c ON c.id = w.customer_id WHERE c.id IS NULL""",
    ),
    "branch_of_its_business": (
        "Every operation happened at a branch of its business.",
        """SELECT 'operation', o.id, o.branch_id::text, 'a branch of business ' || o.business_id
             FROM loyalty_operation o LEFT JOIN businesses_branch b ON b.id = o.branch_id
            WHERE o.branch_id IS NOT NULL AND b.business_id IS DISTINCT FROM o.business_id""",
    ),
}


def run() -> Iterator[Finding]:
    """Checks promise after promise on one snapshot of the database, so that writers may go on meanwhile."""
    nested = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if not nested:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        count = cache(_count)
        for name, (promise, statement) in CHECKS.items():
            begun = time.monotonic()
            cursor.execute(statement)
            broken = cursor.fetchall()
            examples = [
                f"{table} {row_id}: {found}, expected {expected}"
                for table, row_id, found, expected in broken[:EXAMPLES]
            ]
            seconds = time.monotonic() - begun
            rows = sum(count(table) for table in sorted(set(re.findall(r"\bloyalty_[a-z]+\b(?!\()", statement))))
            yield Finding(name, promise, len(broken), examples, rows, seconds)


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - a name from a constant above
        number: int = cursor.fetchone()[0]
    return number
