-- Many sales of one business at once, in one statement per table: the bulk road of imports and histories.
-- The rows' customers are enrolled already. Same rules as loyalty_purchase: wallets are locked (in primary-key
-- order), then keys are looked at, then everything is written. Wallets that owe points go the single road.
--
-- The looks with OFFSET 0, one by index for each row, hold whatever the statistics say: of a business or a programme
-- that is new since the last ANALYZE they promise a row or none, and a join by that promise reads all its rows for
-- each chunk.
--
-- p_rows: [{key, hash (hex), customer, branch, amount, points, trail, tier, occurred_at, expires_at, lines}], one scope.
-- Returns for each row, by its position from 1, `posted`, `replayed`, `key_reused`, `stale`, `future` or `blocked`.

DROP FUNCTION IF EXISTS loyalty_post_many;
CREATE FUNCTION loyalty_post_many(
  p_program bigint, p_business bigint, p_staff bigint, p_scope text, p_time_zone text, p_rows jsonb
) RETURNS TABLE ("position" bigint, outcome text) LANGUAGE plpgsql AS $$
DECLARE
  v_customers bigint[] := ARRAY(SELECT DISTINCT (r->>'customer')::bigint FROM jsonb_array_elements(p_rows) r ORDER BY 1);
  v_latest timestamptz := loyalty_now() + interval '5 minutes';
  v_new bigint[];
  v_owing boolean;
  v_blocked bigint[];
BEGIN
  IF EXISTS (SELECT FROM jsonb_array_elements(p_rows) r
              WHERE NOT EXISTS (SELECT FROM businesses_branch b WHERE b.id = (r->>'branch')::bigint AND b.business_id = p_business)) THEN
    RAISE EXCEPTION 'a row names a branch that is not of business %', p_business;
  END IF;
  -- Who has a wallet is left out beforehand: a conflict is found only when an id and a random name were made for it.
  WITH made AS (
    INSERT INTO loyalty_wallet (program_id, customer_id) SELECT p_program, c FROM unnest(v_customers) c
     WHERE NOT EXISTS (SELECT FROM loyalty_wallet WHERE program_id = p_program AND customer_id = c OFFSET 0) ORDER BY c
      ON CONFLICT (customer_id, program_id) DO NOTHING RETURNING id
  ) SELECT array_agg(id) INTO v_new FROM made;
  SELECT bool_or(w.owed > 0) INTO v_owing FROM (
    SELECT owed FROM loyalty_wallet
     WHERE program_id = p_program AND customer_id = ANY (v_customers) ORDER BY id FOR UPDATE
  ) w;
  -- Once for all that follows: both answers below have to mean the same people.
  v_blocked := ARRAY(SELECT id FROM customers_customer WHERE id = ANY (v_customers) AND blocked_at IS NOT NULL);
  -- What they count towards a tier is measured by the next purchase, or when the import is done.
  UPDATE loyalty_wallet w SET tier_version = NULL
   WHERE w.program_id = p_program AND w.customer_id = ANY (v_customers) AND w.tier_version IS NOT NULL;

  RETURN QUERY
  WITH sent AS MATERIALIZED (
    SELECT r.n, r.row->>'key' AS key, decode(r.row->>'hash', 'hex') AS hash, (r.row->>'branch')::bigint AS branch,
           (r.row->>'amount')::numeric AS amount, (r.row->>'points')::bigint AS points, r.row->'trail' AS trail, r.row->'lines' AS lines,
           (r.row->>'occurred_at')::timestamptz AS occurred_at, (r.row->>'expires_at')::timestamptz AS expires_at,
           ((r.row->>'occurred_at')::timestamptz AT TIME ZONE p_time_zone)::date AS local_on,
           w.id AS wallet, w.customer_id AS customer, w.balance, w.owed, w.tier_id AS tier, o.input_hash AS seen,
           w.customer_id = ANY (v_blocked) AS blocked, w.tier_id IS DISTINCT FROM (r.row->>'tier')::bigint AS stale, (r.row->>'occurred_at')::timestamptz > v_latest AS future,
           row_number() OVER (PARTITION BY r.row->>'key' ORDER BY r.n) AS occurrence,
           first_value(decode(r.row->>'hash', 'hex')) OVER (PARTITION BY r.row->>'key' ORDER BY r.n) AS first_hash
      FROM jsonb_array_elements(p_rows) WITH ORDINALITY AS r(row, n)
      CROSS JOIN LATERAL (SELECT * FROM loyalty_wallet
                           WHERE program_id = p_program AND customer_id = (r.row->>'customer')::bigint OFFSET 0) w
      LEFT JOIN LATERAL (SELECT input_hash FROM loyalty_operation
                          WHERE scope = p_scope AND key = r.row->>'key' OFFSET 0) o ON true
  ), fresh AS MATERIALIZED (
    SELECT s.*, nextval('loyalty_operation_id_seq') AS operation,
           CASE WHEN s.points > 0 THEN nextval('loyalty_entry_id_seq') END AS entry,
           s.balance + sum(s.points) OVER history AS balance_after,
           count(*) FILTER (WHERE s.amount > 0) OVER history AS nth_visit,
           row_number() OVER history = 1 AND s.wallet IN (SELECT unnest(v_new)) AS enrolled,
           coalesce(m.visits, 0) AS visits_before, s.local_on <= m.last_on AS late
      FROM sent s
      LEFT JOIN LATERAL (SELECT visits, last_on FROM loyalty_membership
                          WHERE business_id = p_business AND customer_id = s.customer OFFSET 0) m ON true
     WHERE s.seen IS NULL AND s.occurrence = 1 AND s.owed = 0 AND NOT (s.blocked OR s.stale OR s.future)
    WINDOW history AS (PARTITION BY s.wallet ORDER BY s.occurred_at, s.n)
  ), counted AS (
    INSERT INTO loyalty_membership AS m (business_id, customer_id, visits, visit_days, spend, first_at, last_at, first_on, last_on)
    SELECT p_business, f.customer, count(*),
           count(DISTINCT f.local_on) FILTER (WHERE f.late IS NOT TRUE OR NOT EXISTS (
             SELECT FROM loyalty_purchase p WHERE p.customer_id = f.customer AND p.business_id = p_business
                AND p.local_on = f.local_on AND p.refunded < p.amount)),
           sum(f.amount), min(f.occurred_at), max(f.occurred_at), min(f.local_on), max(f.local_on)
      FROM fresh f WHERE f.amount > 0 GROUP BY f.customer
    ON CONFLICT (business_id, customer_id) DO UPDATE
       SET visits = m.visits + excluded.visits, visit_days = m.visit_days + excluded.visit_days,
           spend = m.spend + excluded.spend,
           first_at = least(m.first_at, excluded.first_at), last_at = greatest(m.last_at, excluded.last_at),
           first_on = least(m.first_on, excluded.first_on), last_on = greatest(m.last_on, excluded.last_on)
  ), operations AS (
    INSERT INTO loyalty_operation (id, public_id, scope, key, input_hash, kind, business_id, branch_id, staff_id, wallet_id,
      customer_id, points, balance_after, visits, tier_id, enrolled, trail, local_on, occurred_at)
    SELECT f.operation, loyalty_new_public_id(), p_scope, f.key, f.hash, 'purchase', p_business, f.branch, p_staff, f.wallet,
           f.customer, f.points, f.balance_after, CASE WHEN f.amount > 0 THEN f.visits_before + f.nth_visit END,
           f.tier, f.enrolled, f.trail, f.local_on, f.occurred_at
      FROM fresh f
  ), purchases AS (
    INSERT INTO loyalty_purchase (operation_id, business_id, branch_id, customer_id, amount, local_on, occurred_at)
    SELECT f.operation, p_business, f.branch, f.customer, f.amount, f.local_on, f.occurred_at FROM fresh f
  ), lines AS (
    INSERT INTO loyalty_purchaseline (purchase_id, customer_id, position, sku, name, category, quantity, unit_price, discount, share)
    SELECT f.operation, f.customer, l.* FROM fresh f, loyalty_lines(f.lines) l
  ), entries AS (
    INSERT INTO loyalty_entry (id, operation_id, wallet_id, customer_id, business_id, kind, points, balance_after, occurred_at)
    SELECT f.entry, f.operation, f.wallet, f.customer, p_business, 'earn', f.points, f.balance_after, f.occurred_at
      FROM fresh f WHERE f.points > 0
  ), lots AS (
    INSERT INTO loyalty_lot (entry_id, wallet_id, customer_id, issuer_id, credit, remaining, expires_at)
    SELECT f.entry, f.wallet, f.customer, p_business, f.points, f.points, f.expires_at
      FROM fresh f WHERE f.points > 0 ORDER BY f.entry
  ), wallets AS (
    UPDATE loyalty_wallet w SET balance = w.balance + e.points, lifetime = w.lifetime + e.points,
                                active_at = greatest(w.active_at, e.last_at)
      FROM (SELECT f.wallet, sum(f.points) AS points, max(f.occurred_at) AS last_at FROM fresh f GROUP BY f.wallet) e
     WHERE w.id = e.wallet
  )
  SELECT s.n, CASE
      WHEN coalesce(s.seen, s.first_hash) <> s.hash THEN 'key_reused'
      WHEN s.seen IS NOT NULL THEN 'replayed'
      WHEN s.blocked THEN 'blocked'
      WHEN s.future THEN 'future'
      WHEN s.stale THEN 'stale'
      WHEN s.occurrence > 1 THEN 'replayed'
      ELSE 'posted' END
    FROM sent s WHERE s.owed = 0 OR s.blocked;

  -- Wallets that owe: few, most often none, and their debt has to be collected row by row. The statement above moved
  -- no debt, so that each row is in exactly one of the two answers.
  IF v_owing THEN
    RETURN QUERY
    SELECT r.n, (loyalty_purchase(p_program, p_business, (r.row->>'branch')::bigint, p_staff, NULL, p_scope, r.row->>'key',
        decode(r.row->>'hash', 'hex'), NULL, (r.row->>'occurred_at')::timestamptz, p_time_zone, w.customer_id, NULL, NULL,
        (r.row->>'amount')::numeric, (r.row->>'points')::bigint, r.row->'trail', (r.row->>'tier')::bigint,
        (r.row->>'expires_at')::timestamptz, r.row->'lines')).outcome
      FROM jsonb_array_elements(p_rows) WITH ORDINALITY AS r(row, n)
      JOIN loyalty_wallet w ON w.program_id = p_program AND w.customer_id = (r.row->>'customer')::bigint AND w.owed > 0
     WHERE w.customer_id <> ALL (v_blocked)
     ORDER BY (r.row->>'occurred_at')::timestamptz, r.n;
  END IF;
END $$;
