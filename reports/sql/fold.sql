-- Sums by day from the ledger. Each fold looks for the operations that it sees and the last fold did not, and counts the
-- days that they touch anew, whole: a day that is counted twice is the same, so that nothing is lost or doubled by a
-- worker that was killed, by two at once, or by ids that commit out of their order.
--
-- Call it in a REPEATABLE READ transaction: what it sees, what it counts and the snapshot that it leaves are then one.
-- `pg_visible_in_snapshot` tells what the last fold saw. So that it need not be asked of every operation there ever was,
-- `base_id` says from where on. It follows the probes. A probe is the newest operation id, and, read after it, the next
-- transaction id: whoever begins to write from there on has larger ids of both kinds, because the kernel has a
-- transaction id (by the wallet's lock) before it takes an operation's. When all transactions before the probe are
-- over, they are folded, and `probe_id` becomes the base.
--
-- A restored database begins its transaction ids anew, and those of its rows mean nothing. Its system identifier is
-- another one: then everything is counted, and again until the first probe has passed.

CREATE OR REPLACE FUNCTION reports_system() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT system_identifier::text FROM pg_control_system()
$$;

-- The days that operations touch which the snapshot has not seen (NULL: all); a refund touches that of its sale.
DROP FUNCTION IF EXISTS reports_touched;
CREATE FUNCTION reports_touched(p_snapshot pg_snapshot, p_base bigint) RETURNS TABLE (business_id bigint, on_day date)
LANGUAGE sql STABLE AS $$
  WITH new AS (
    SELECT o.business_id, o.local_on, o.reverses_id FROM loyalty_operation o
     WHERE o.id > p_base AND o.refusal IS NULL
       AND (p_snapshot IS NULL OR NOT pg_visible_in_snapshot(o.xid, p_snapshot))
  )
  SELECT n.business_id, n.local_on FROM new n WHERE n.business_id IS NOT NULL
   UNION
  SELECT o.business_id, o.local_on FROM new n JOIN loyalty_operation o ON o.id = n.reverses_id
   WHERE o.business_id IS NOT NULL
$$;

-- Counts these days anew; parallel arrays of businesses and days.
DROP FUNCTION IF EXISTS reports_count_days;
CREATE FUNCTION reports_count_days(p_businesses bigint[], p_days date[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM reports_daytotal d USING unnest(p_businesses, p_days) AS t(business_id, on_day)
   WHERE d.business_id = t.business_id AND d."on" = t.on_day;
  DELETE FROM reports_customerday d USING unnest(p_businesses, p_days) AS t(business_id, on_day)
   WHERE d.business_id = t.business_id AND d."on" = t.on_day;
  DELETE FROM reports_productday d USING unnest(p_businesses, p_days) AS t(business_id, on_day)
   WHERE d.business_id = t.business_id AND d."on" = t.on_day;

  INSERT INTO reports_daytotal (business_id, branch_id, "on", sales, amount, newcomers, issued, spent)
  SELECT o.business_id, o.branch_id, o.local_on,
         count(*) FILTER (WHERE p.refunded < p.amount),
         coalesce(sum(p.amount - p.refunded), 0),
         count(*) FILTER (WHERE p.refunded < p.amount AND o.visits = 1),
         coalesce(sum(o.points + back.points) FILTER (WHERE o.kind IN ('purchase', 'maturity', 'adjustment', 'bonus') AND o.points > 0), 0),
         coalesce(sum(CASE o.kind WHEN 'redemption' THEN -o.points - back.points
                                  WHEN 'purchase' THEN coalesce(o.spent, 0) + back.spent ELSE 0 END), 0)
    FROM unnest(p_businesses, p_days) AS t(business_id, on_day)
    JOIN loyalty_operation o ON o.business_id = t.business_id AND o.local_on = t.on_day
    LEFT JOIN loyalty_purchase p ON p.operation_id = o.id
   CROSS JOIN LATERAL (
     SELECT coalesce(sum(r.points), 0) AS points, coalesce(sum(r.spent), 0) AS spent FROM loyalty_operation r
      WHERE r.reverses_id = o.id AND r.refusal IS NULL AND (p.operation_id IS NULL OR p.refunded > 0)) back
   WHERE o.refusal IS NULL AND o.kind IN ('purchase', 'redemption', 'maturity', 'adjustment', 'bonus')
   GROUP BY 1, 2, 3;

  INSERT INTO reports_customerday (business_id, customer_id, "on", sales, amount)
  SELECT o.business_id, o.customer_id, o.local_on, count(*), sum(p.amount - p.refunded)
    FROM unnest(p_businesses, p_days) AS t(business_id, on_day)
    JOIN loyalty_operation o ON o.business_id = t.business_id AND o.local_on = t.on_day
    JOIN loyalty_purchase p ON p.operation_id = o.id
   WHERE p.refunded < p.amount
   GROUP BY 1, 2, 3;

  -- A refund by lines takes from these lines, any other from all alike.
  INSERT INTO reports_productday (business_id, "on", category, sku, name, quantity, amount)
  SELECT o.business_id, o.local_on, l.category, l.sku, l.name,
         sum((l.quantity - back.quantity) * s.stands),
         sum((l.quantity * l.unit_price - l.discount)
             * CASE WHEN l.quantity = 0 THEN 1 ELSE 1 - back.quantity / l.quantity END * s.stands)
    FROM unnest(p_businesses, p_days) AS t(business_id, on_day)
    JOIN loyalty_operation o ON o.business_id = t.business_id AND o.local_on = t.on_day
    JOIN loyalty_purchase p ON p.operation_id = o.id
   CROSS JOIN LATERAL (
     SELECT coalesce((p.amount - p.refunded) / nullif(p.amount - coalesce(sum(f.amount), 0), 0), 1) AS stands
       FROM loyalty_operation r JOIN loyalty_refund f ON f.operation_id = r.id
      WHERE r.reverses_id = o.id AND r.refusal IS NULL AND p.refunded > 0
        AND EXISTS (SELECT FROM loyalty_refundline b WHERE b.refund_id = f.operation_id)) s
    JOIN loyalty_purchaseline l ON l.purchase_id = o.id
   CROSS JOIN LATERAL (
     SELECT coalesce(sum(b.quantity), 0) AS quantity FROM loyalty_operation r JOIN loyalty_refundline b ON b.refund_id = r.id
      WHERE r.reverses_id = o.id AND r.refusal IS NULL AND p.refunded > 0 AND b.line_id = l.id) back
   WHERE p.refunded < p.amount
   GROUP BY 1, 2, 3, 4, 5;
END $$;

-- Folds what is new and returns how many days it counted. `p_probe` is the newest operation id, read before this
-- transaction began.
DROP FUNCTION IF EXISTS reports_fold_new;
CREATE FUNCTION reports_fold_new(p_probe bigint) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  v_now pg_snapshot := pg_current_snapshot();
  v_fold record;
  v_businesses bigint[];
  v_days date[];
BEGIN
  INSERT INTO reports_fold (id, system, snapshot, base_id, probe_id, probe_xmax, folded_at)
  VALUES (1, '', NULL, 0, 0, '3', clock_timestamp()) ON CONFLICT DO NOTHING;
  SELECT * INTO v_fold FROM reports_fold FOR UPDATE NOWAIT;
  IF v_fold.system <> reports_system() THEN
    v_fold.snapshot := NULL;
    v_fold.base_id := 0;
    v_fold.probe_id := p_probe;
    v_fold.probe_xmax := pg_snapshot_xmax(v_now)::text;
  END IF;
  SELECT array_agg(t.business_id), array_agg(t.on_day) INTO v_businesses, v_days
    FROM reports_touched(v_fold.snapshot::pg_snapshot, v_fold.base_id) t;
  IF v_days IS NOT NULL THEN
    PERFORM reports_count_days(v_businesses, v_days);
  END IF;
  IF v_fold.probe_xmax::xid8 <= pg_snapshot_xmin(v_now) THEN
    v_fold.base_id := v_fold.probe_id;
    v_fold.probe_id := p_probe;
    v_fold.probe_xmax := pg_snapshot_xmax(v_now)::text;
  END IF;
  UPDATE reports_fold
     SET system = reports_system(), snapshot = v_now::text, base_id = v_fold.base_id, probe_id = v_fold.probe_id,
         probe_xmax = v_fold.probe_xmax, folded_at = clock_timestamp();
  RETURN coalesce(array_length(v_days, 1), 0);
END $$;
