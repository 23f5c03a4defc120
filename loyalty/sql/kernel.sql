-- The ledger kernel. Every function that posts does the same, in this order:
--   1. lock the wallet,
--   2. look for the operation's key (a retry gets the first answer, whatever has happened since),
--   3. expire what is due, where points are about to be spent,
--   4. check, and write one operation with its entries, lots and draws.
-- A refusal by a rule is a stored operation and a returned row, never an exception: that would roll it back.
-- Each statement of a VOLATILE function at READ COMMITTED sees what was committed before it began, so the
-- look for the key sees what the previous holder of the lock wrote. Only loyalty/ledger.py, bulk.py and sweeps.py call these.
-- Whoever finds a wallet held by another gives up after lock_timeout; nothing was written then.
--
-- `outcome` is posted, replayed, key_reused, stale or future. Moments of posting come from the database's
-- clock; an occurred_at more than 5 minutes ahead of it is refused.

-- The ledger's clock. A session may set it (sandboxes, tests, histories); nobody else moves time.
CREATE OR REPLACE FUNCTION loyalty_now() RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT coalesce(nullif(current_setting('regulars.now', true), '')::timestamptz, clock_timestamp())
$$;

-- UUID version 7 (RFC 9562): random, but neighbours in time are neighbours in the index.
CREATE OR REPLACE FUNCTION loyalty_new_public_id() RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT encode(
    set_bit(set_bit(
      overlay(uuid_send(gen_random_uuid())
              PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
      52, 1), 53, 1), 'hex')::uuid
$$;

-- Locks and returns a customer's wallet; NULLs where there is none.
DROP FUNCTION IF EXISTS loyalty_lock_wallet;
CREATE FUNCTION loyalty_lock_wallet(p_program bigint, p_customer bigint) RETURNS loyalty_wallet
LANGUAGE sql VOLATILE AS $$
  SELECT * FROM loyalty_wallet WHERE customer_id = p_customer AND program_id = p_program FOR UPDATE
$$;

-- Takes points from the open lots of a locked wallet: the soonest expiry first, never-expiring last, then the
-- oldest; with `p_only` from the lot of that entry alone, with `p_issuer` from the lots of that business alone. Returns
-- the points that these lots could not give.
DROP FUNCTION IF EXISTS loyalty_draw_points;
CREATE FUNCTION loyalty_draw_points(
  p_wallet loyalty_wallet, p_entry bigint, p_points bigint, p_business bigint, p_only bigint DEFAULT NULL, p_issuer bigint DEFAULT NULL
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  v_left bigint := p_points;
  v_value numeric := (SELECT point_value FROM businesses_program WHERE id = p_wallet.program_id);
  v_take bigint;
  v_lot record;
BEGIN
  FOR v_lot IN
    SELECT id, remaining, issuer_id FROM loyalty_lot
     WHERE wallet_id = p_wallet.id AND open AND (p_only IS NULL OR entry_id = p_only)
       AND (p_issuer IS NULL OR issuer_id = p_issuer)
     ORDER BY expires_at, id
  LOOP
    EXIT WHEN v_left = 0;
    v_take := least(v_left, v_lot.remaining);
    UPDATE loyalty_lot SET remaining = remaining - v_take WHERE id = v_lot.id;
    INSERT INTO loyalty_draw (entry_id, lot_id, wallet_id, customer_id, business_id, issuer_id, points, point_value)
    VALUES (p_entry, v_lot.id, p_wallet.id, p_wallet.customer_id, p_business, v_lot.issuer_id, v_take, v_value);
    v_left := v_left - v_take;
  END LOOP;
  IF v_left > 0 AND p_only IS NULL AND p_issuer IS NULL THEN
    RAISE EXCEPTION 'wallet %: its lots hold % points fewer than its balance', p_wallet.id, v_left;
  END IF;
  RETURN v_left;
END $$;

-- Takes the debt that an operation pays (its owed_delta < 0) from the lots of a locked wallet.
DROP FUNCTION IF EXISTS loyalty_collect;
CREATE FUNCTION loyalty_collect(p_wallet loyalty_wallet, p_operation loyalty_operation) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_entry bigint;
BEGIN
  IF p_operation.owed_delta < 0 THEN
    INSERT INTO loyalty_entry (operation_id, wallet_id, customer_id, business_id, kind, points, balance_after, owed_delta, occurred_at)
    VALUES (p_operation.id, p_wallet.id, p_wallet.customer_id, p_operation.business_id, 'collect', p_operation.owed_delta,
            p_operation.balance_after, p_operation.owed_delta, p_operation.occurred_at)
    RETURNING id INTO v_entry;
    PERFORM loyalty_draw_points(p_wallet, v_entry, -p_operation.owed_delta, p_operation.business_id);
  END IF;
END $$;

-- The moment at which a wallet expires whole for want of activity; NULL where the programme has no such rule.
DROP FUNCTION IF EXISTS loyalty_idle_at;
CREATE FUNCTION loyalty_idle_at(p_wallet loyalty_wallet) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT p_wallet.active_at + make_interval(months => points_last_months)
            FROM businesses_program WHERE id = p_wallet.program_id AND expiry_kind = 'inactivity');
END $$;

-- Expires the due lots of a locked wallet, each as an operation of its own, and returns the wallet as it is then. What has
-- been idle for too long says so in its trail.
DROP FUNCTION IF EXISTS loyalty_expire_due;
CREATE FUNCTION loyalty_expire_due(p_wallet loyalty_wallet, p_now timestamptz) RETURNS loyalty_wallet
LANGUAGE plpgsql AS $$
DECLARE
  v_idle_at timestamptz := loyalty_idle_at(p_wallet);
  v_lot loyalty_lot;
  v_at timestamptz;
  v_operation bigint;
  v_entry bigint;
BEGIN
  FOR v_lot IN
    SELECT * FROM loyalty_lot WHERE wallet_id = p_wallet.id AND open AND least(expires_at, v_idle_at) <= p_now
     ORDER BY least(expires_at, v_idle_at), id
  LOOP
    v_at := least(v_lot.expires_at, v_idle_at);
    p_wallet.balance := p_wallet.balance - v_lot.remaining;
    INSERT INTO loyalty_operation (public_id, scope, key, input_hash, kind, business_id, wallet_id, customer_id,
                                   points, balance_after, trail, local_on, occurred_at)
    VALUES (loyalty_new_public_id(), 'system', 'expire:' || v_lot.id, '', 'expiry', v_lot.issuer_id, p_wallet.id,
            p_wallet.customer_id, -v_lot.remaining, p_wallet.balance,
            CASE WHEN v_lot.expires_at IS NULL OR v_idle_at < v_lot.expires_at THEN jsonb_build_array(jsonb_build_object(
              'rule', 'inactivity', 'operation', 'expire', 'value', p_wallet.active_at)) END,
            (v_at AT TIME ZONE (SELECT time_zone FROM businesses_business WHERE id = v_lot.issuer_id))::date, v_at)
    RETURNING id INTO v_operation;
    INSERT INTO loyalty_entry (operation_id, wallet_id, customer_id, business_id, kind, points, balance_after, occurred_at)
    VALUES (v_operation, p_wallet.id, p_wallet.customer_id, v_lot.issuer_id, 'expire', -v_lot.remaining,
            p_wallet.balance, v_at)
    RETURNING id INTO v_entry;
    INSERT INTO loyalty_draw (entry_id, lot_id, wallet_id, customer_id, issuer_id, points, point_value)
    VALUES (v_entry, v_lot.id, p_wallet.id, p_wallet.customer_id, v_lot.issuer_id, v_lot.remaining, 0);
    UPDATE loyalty_lot SET remaining = 0 WHERE id = v_lot.id;
    UPDATE loyalty_wallet SET balance = p_wallet.balance WHERE id = p_wallet.id;
  END LOOP;
  RETURN p_wallet;
END $$;

-- Gives a locked wallet the pending points whose time has come, each as an operation of its own, and returns the wallet as
-- it is then. What the customer owes is paid from them first.
DROP FUNCTION IF EXISTS loyalty_mature_due;
CREATE FUNCTION loyalty_mature_due(p_wallet loyalty_wallet, p_now timestamptz) RETURNS loyalty_wallet
LANGUAGE plpgsql AS $$
DECLARE
  v_pending record;
  v_operation loyalty_operation;
  v_collect bigint;
  v_entry bigint;
BEGIN
  IF p_wallet.pending = 0 THEN
    RETURN p_wallet;
  END IF;
  FOR v_pending IN
    SELECT operation_id, issuer_id, points - refunded AS points, due_at, expires_at FROM loyalty_pending WHERE wallet_id = p_wallet.id AND settled_by_id IS NULL AND due_at <= p_now
     ORDER BY due_at, operation_id
  LOOP
    v_collect := least(p_wallet.owed, v_pending.points);
    INSERT INTO loyalty_operation (public_id, scope, key, input_hash, kind, business_id, wallet_id, customer_id, points,
                                   balance_after, owed_delta, local_on, occurred_at)
    VALUES (loyalty_new_public_id(), 'system', 'mature:' || v_pending.operation_id, '', 'maturity', v_pending.issuer_id,
            p_wallet.id, p_wallet.customer_id, v_pending.points, p_wallet.balance + v_pending.points - v_collect, -v_collect,
            (v_pending.due_at AT TIME ZONE (SELECT time_zone FROM businesses_business WHERE id = v_pending.issuer_id))::date,
            v_pending.due_at)
    RETURNING * INTO v_operation;
    INSERT INTO loyalty_entry (operation_id, wallet_id, customer_id, business_id, kind, points, balance_after, occurred_at)
    VALUES (v_operation.id, p_wallet.id, p_wallet.customer_id, v_pending.issuer_id, 'earn', v_pending.points,
            p_wallet.balance + v_pending.points, v_pending.due_at)
    RETURNING id INTO v_entry;
    INSERT INTO loyalty_lot (entry_id, wallet_id, customer_id, issuer_id, credit, remaining, expires_at)
    VALUES (v_entry, p_wallet.id, p_wallet.customer_id, v_pending.issuer_id, v_pending.points, v_pending.points,
            v_pending.expires_at);
    PERFORM loyalty_collect(p_wallet, v_operation);
    UPDATE loyalty_pending SET settled_by_id = v_operation.id WHERE operation_id = v_pending.operation_id;
    UPDATE loyalty_wallet
       SET balance = v_operation.balance_after, lifetime = lifetime + v_pending.points, owed = owed - v_collect,
           pending = pending - v_pending.points
     WHERE id = p_wallet.id RETURNING * INTO p_wallet;
  END LOOP;
  RETURN p_wallet;
END $$;

-- A locked wallet as it is when everything that was due has happened.
DROP FUNCTION IF EXISTS loyalty_settle;
CREATE FUNCTION loyalty_settle(p_wallet loyalty_wallet, p_now timestamptz) RETURNS loyalty_wallet LANGUAGE plpgsql AS $$
BEGIN
  RETURN loyalty_expire_due(loyalty_mature_due(p_wallet, p_now), p_now);
END $$;

-- The same for one wallet, by id, for the sweeps; returns the points that expired.
DROP FUNCTION IF EXISTS loyalty_expire;
CREATE FUNCTION loyalty_expire(p_wallet bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  v_matured loyalty_wallet;
  v_after loyalty_wallet;
BEGIN
  SELECT * INTO v_matured FROM loyalty_wallet WHERE id = p_wallet FOR UPDATE;
  v_matured := loyalty_mature_due(v_matured, loyalty_now());
  v_after := loyalty_expire_due(v_matured, loyalty_now());
  RETURN v_matured.balance - v_after.balance;
END $$;

-- The lines of a sale as columns. What a till leaves out is empty, one piece, no discount.
DROP FUNCTION IF EXISTS loyalty_lines;
CREATE FUNCTION loyalty_lines(p_lines jsonb)
RETURNS TABLE ("position" bigint, sku text, name text, category text, quantity numeric, unit_price numeric, discount numeric,
               share numeric)
LANGUAGE sql IMMUTABLE AS $$
  SELECT l.position, coalesce(l.line->>'sku', ''), coalesce(l.line->>'name', ''), coalesce(l.line->>'category', ''),
         coalesce((l.line->>'quantity')::numeric, 1), (l.line->>'unit_price')::numeric, coalesce((l.line->>'discount')::numeric, 0),
         (l.line->>'share')::numeric
    FROM jsonb_array_elements(nullif(p_lines, 'null')) WITH ORDINALITY AS l(line, position)
$$;

-- A sale, and the points that it earns. Points and trail were computed by the caller from the customer's facts;
-- if these have moved since, nothing is written and the outcome is `stale`: the tier, and where rules looked at what the
-- customer did before (p_last_entry and p_visits are not NULL), their last entry and their visits here.
-- p_spent points > 0 pay p_paid of the amount; where the wallet has fewer, the whole sale is refused. p_given are the points
-- that capped rules gave in it: [{series, points}].
-- `p_tier_counts` is what the sale counts towards a tier, NULL where tiers are given by hand alone; `reached` is the tier
-- that it brought (sql/tiers.sql).
DROP FUNCTION IF EXISTS loyalty_purchase;
CREATE FUNCTION loyalty_purchase(
  p_program bigint, p_business bigint, p_branch bigint, p_staff bigint, p_api_key bigint,
  p_scope text, p_key text, p_input_hash bytea, p_reference text, p_occurred_at timestamptz, p_time_zone text,
  p_customer bigint, p_phone text, p_external_id text,
  p_amount numeric, p_points bigint, p_trail jsonb, p_tier bigint, p_expires_at timestamptz, p_lines jsonb,
  p_last_entry bigint DEFAULT NULL, p_visits integer DEFAULT NULL, p_idle_expires boolean DEFAULT false,
  p_due_at timestamptz DEFAULT NULL, p_spent bigint DEFAULT NULL, p_paid numeric DEFAULT 0,
  p_tier_counts numeric DEFAULT NULL, p_tiers_version bigint DEFAULT NULL, p_refusal jsonb DEFAULT NULL,
  p_given jsonb DEFAULT NULL,
  OUT outcome text, OUT operation loyalty_operation, OUT customer uuid, OUT amount numeric, OUT paid numeric, OUT reached bigint
) LANGUAGE plpgsql SET lock_timeout = '4s' AS $$
DECLARE
  v_wallet loyalty_wallet;
  v_customer bigint := p_customer;
  v_now timestamptz := loyalty_now();
  v_occurred_at timestamptz := coalesce(p_occurred_at, v_now);
  v_local_on date := (v_occurred_at AT TIME ZONE p_time_zone)::date;
  v_enrolled boolean := false;
  v_refusal jsonb;
  v_points bigint := p_points;
  v_pending bigint;
  v_collect bigint;
  v_visits integer;
  v_operation bigint;
  v_entry bigint;
BEGIN
  IF v_occurred_at > v_now + interval '5 minutes' THEN
    outcome := 'future';
    RETURN;
  END IF;
  IF v_customer IS NULL THEN
    -- A key that was used before must not enrol anybody.
    IF NOT EXISTS (SELECT FROM loyalty_operation o WHERE o.scope = p_scope AND o.key = p_key) THEN
      v_customer := customers_enrol(p_phone, p_business, p_external_id);
    END IF;
  END IF;
  v_wallet := loyalty_lock_wallet(p_program, v_customer);
  IF v_wallet.id IS NULL AND v_customer IS NOT NULL THEN
    INSERT INTO loyalty_wallet (program_id, customer_id, active_at) VALUES (p_program, v_customer, v_occurred_at)
      ON CONFLICT (customer_id, program_id) DO NOTHING;
    v_enrolled := FOUND;
    v_wallet := loyalty_lock_wallet(p_program, v_customer);
  END IF;

  -- Before any check: a retry of what was accepted must not fail for what has changed since.
  SELECT * INTO operation FROM loyalty_operation o WHERE o.scope = p_scope AND o.key = p_key;
  IF FOUND THEN
    outcome := CASE WHEN operation.input_hash = p_input_hash THEN 'replayed' ELSE 'key_reused' END;
    SELECT w.public_id INTO customer FROM loyalty_wallet w WHERE w.id = operation.wallet_id;
    SELECT p.amount, p.paid_with_points INTO amount, paid FROM loyalty_purchase p WHERE p.operation_id = operation.id;
    SELECT t.after_id INTO reached FROM loyalty_tierchange t WHERE t.operation_id = operation.id;
    RETURN;
  END IF;
  IF v_wallet.tier_id IS DISTINCT FROM p_tier THEN
    outcome := 'stale';
    RETURN;
  END IF;
  -- On its own: an expression that holds a query costs each call a tenth, also where the query is not needed.
  IF p_visits IS NOT NULL THEN
    IF coalesce((SELECT max(e.id) FROM loyalty_entry e WHERE e.wallet_id = v_wallet.id), 0) <> p_last_entry
       OR coalesce((SELECT m.visits FROM loyalty_membership m
                     WHERE m.business_id = p_business AND m.customer_id = v_wallet.customer_id), 0) <> p_visits THEN
      outcome := 'stale';
      RETURN;
    END IF;
  END IF;
  SELECT CASE WHEN c.blocked_at IS NOT NULL THEN jsonb_build_object('code', 'customer_blocked') END INTO v_refusal
    FROM businesses_branch b, customers_customer c
   WHERE b.id = p_branch AND b.business_id = p_business AND c.id = v_wallet.customer_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'branch % is not of business %', p_branch, p_business;
  END IF;

  -- Where idle wallets expire, one that has been idle for too long does so before it is active again.
  IF p_idle_expires OR p_spent > 0 THEN
    v_wallet := loyalty_settle(v_wallet, v_now);
  END IF;
  customer := v_wallet.public_id;
  amount := p_amount;
  paid := p_paid;
  outcome := 'posted';
  v_operation := nextval('loyalty_operation_id_seq');

  IF v_refusal IS NULL AND p_reference IS NOT NULL THEN
    SELECT jsonb_build_object('code', 'reference_used', 'id', o.public_id) INTO v_refusal FROM loyalty_operation o
     WHERE o.branch_id = p_branch AND o.kind = 'purchase' AND o.local_on = v_local_on AND o.reference = p_reference
       AND o.refusal IS NULL;
  END IF;
  IF v_refusal IS NULL AND v_wallet.balance < p_spent THEN
    v_refusal := jsonb_build_object('code', 'not_enough_points', 'available', v_wallet.balance, 'needed', p_spent);
  END IF;
  v_refusal := coalesce(v_refusal, p_refusal);
  IF v_refusal IS NOT NULL THEN
    INSERT INTO loyalty_operation (id, public_id, scope, key, input_hash, kind, refusal, business_id, branch_id,
      staff_id, api_key_id, wallet_id, customer_id, balance_after, enrolled, local_on, occurred_at, reference)
    VALUES (v_operation, loyalty_new_public_id(), p_scope, p_key, p_input_hash, 'purchase', v_refusal,
      p_business, p_branch, p_staff, p_api_key, v_wallet.id, v_wallet.customer_id, v_wallet.balance, v_enrolled,
      v_local_on, v_occurred_at, p_reference)
    RETURNING * INTO operation;
    RETURN;
  END IF;

  IF p_points > 0 AND p_due_at > v_now THEN
    v_pending := p_points;
    v_points := 0;
  END IF;

  -- A free purchase is no visit. `visit_days` looks for a purchase of the same day only when this one comes late.
  IF p_amount > 0 THEN
    UPDATE loyalty_membership m
       SET visits = visits + 1,
           spend = spend + p_amount,
           visit_days = visit_days + CASE
             WHEN last_on IS NULL OR v_local_on > last_on THEN 1
             WHEN v_local_on = last_on THEN 0
             WHEN EXISTS (SELECT FROM loyalty_purchase p WHERE p.customer_id = v_wallet.customer_id
                          AND p.business_id = p_business AND p.local_on = v_local_on AND p.refunded < p.amount) THEN 0
             ELSE 1 END,
           first_at = least(first_at, v_occurred_at), last_at = greatest(last_at, v_occurred_at),
           first_on = least(first_on, v_local_on), last_on = greatest(last_on, v_local_on)
     WHERE business_id = p_business AND customer_id = v_wallet.customer_id
    RETURNING visits INTO v_visits;
    IF NOT FOUND THEN
      INSERT INTO loyalty_membership (business_id, customer_id, visits, visit_days, spend, first_at, last_at, first_on, last_on)
      VALUES (p_business, v_wallet.customer_id, 1, 1, p_amount, v_occurred_at, v_occurred_at, v_local_on, v_local_on);
      v_visits := 1;
    END IF;
  END IF;

  v_wallet.balance := v_wallet.balance - coalesce(p_spent, 0);
  v_collect := least(v_wallet.owed, v_points);
  INSERT INTO loyalty_operation (id, public_id, scope, key, input_hash, kind, business_id, branch_id, staff_id, api_key_id,
    wallet_id, customer_id, points, balance_after, owed_delta, pending, spent, visits, tier_id, enrolled, trail, reference, local_on, occurred_at)
  VALUES (v_operation, loyalty_new_public_id(), p_scope, p_key, p_input_hash, 'purchase', p_business, p_branch, p_staff,
    p_api_key, v_wallet.id, v_wallet.customer_id, v_points, v_wallet.balance + v_points - v_collect, -v_collect, v_pending, p_spent,
    v_visits, p_tier, v_enrolled, p_trail, p_reference, v_local_on, v_occurred_at)
  RETURNING * INTO operation;
  INSERT INTO loyalty_purchase (operation_id, business_id, branch_id, customer_id, amount, paid_with_points, local_on, occurred_at)
  VALUES (v_operation, p_business, p_branch, v_wallet.customer_id, p_amount, p_paid, v_local_on, v_occurred_at);
  IF p_lines IS NOT NULL THEN
    INSERT INTO loyalty_purchaseline (purchase_id, customer_id, position, sku, name, category, quantity, unit_price, discount, share)
    SELECT v_operation, v_wallet.customer_id, l.* FROM loyalty_lines(p_lines) l;
  END IF;

  IF p_given IS NOT NULL THEN
    INSERT INTO loyalty_rulegiven AS g (series, customer_id, business_id, local_on, points)
    SELECT r.series, v_wallet.customer_id, p_business, v_local_on, r.points
      FROM jsonb_to_recordset(p_given) AS r(series uuid, points numeric)
    ON CONFLICT (customer_id, series, business_id, local_on) DO UPDATE SET points = g.points + excluded.points;
  END IF;

  IF p_spent > 0 THEN
    INSERT INTO loyalty_entry (operation_id, wallet_id, customer_id, business_id, kind, points, balance_after, occurred_at)
    VALUES (v_operation, v_wallet.id, v_wallet.customer_id, p_business, 'redeem', -p_spent, v_wallet.balance, v_occurred_at)
    RETURNING id INTO v_entry;
    PERFORM loyalty_draw_points(v_wallet, v_entry, p_spent, p_business);
    UPDATE loyalty_wallet SET balance = v_wallet.balance, active_at = greatest(active_at, v_occurred_at)
     WHERE id = v_wallet.id;
  END IF;

  IF v_points > 0 THEN
    INSERT INTO loyalty_entry (operation_id, wallet_id, customer_id, business_id, kind, points, balance_after, occurred_at)
    VALUES (v_operation, v_wallet.id, v_wallet.customer_id, p_business, 'earn', v_points, v_wallet.balance + v_points, v_occurred_at)
    RETURNING id INTO v_entry;
    INSERT INTO loyalty_lot (entry_id, wallet_id, customer_id, issuer_id, credit, remaining, expires_at)
    VALUES (v_entry, v_wallet.id, v_wallet.customer_id, p_business, v_points, v_points, p_expires_at);
    IF v_collect > 0 THEN
      PERFORM loyalty_collect(v_wallet, operation);
    END IF;
    UPDATE loyalty_wallet
       SET balance = operation.balance_after, lifetime = lifetime + v_points, owed = owed - v_collect,
           active_at = greatest(active_at, v_occurred_at), tier_gap = tier_gap - coalesce(p_tier_counts, 0)
     WHERE id = v_wallet.id;
  ELSIF v_pending > 0 THEN
    INSERT INTO loyalty_pending (operation_id, wallet_id, customer_id, issuer_id, points, due_at, expires_at)
    VALUES (v_operation, v_wallet.id, v_wallet.customer_id, p_business, v_pending, p_due_at, p_expires_at);
    UPDATE loyalty_wallet
       SET pending = pending + v_pending, active_at = greatest(active_at, v_occurred_at),
           tier_gap = tier_gap - coalesce(p_tier_counts, 0)
     WHERE id = v_wallet.id;
  ELSIF p_idle_expires OR p_tier_counts > 0 THEN
    UPDATE loyalty_wallet
       SET active_at = greatest(active_at, v_occurred_at), tier_gap = tier_gap - coalesce(p_tier_counts, 0)
     WHERE id = v_wallet.id;
  END IF;
  IF p_tier_counts IS NOT NULL THEN
    IF v_wallet.tier_gap <= p_tier_counts OR v_wallet.tier_version IS DISTINCT FROM p_tiers_version THEN
      reached := loyalty_rise(v_wallet, p_tiers_version, p_business, v_operation, p_time_zone, v_now);
    END IF;
  END IF;
END $$;

-- Spends points on a reward, or on something described. The customer is known. With `p_hold_until` and its `p_code` the
-- points are drawn, and wait until then for who has the code. `p_refusal` is why the caller refuses already: it is stored,
-- so that a retry hears the same.
DROP FUNCTION IF EXISTS loyalty_redeem;
CREATE FUNCTION loyalty_redeem(
  p_program bigint, p_business bigint, p_branch bigint, p_staff bigint, p_api_key bigint,
  p_scope text, p_key text, p_input_hash bytea, p_reference text, p_occurred_at timestamptz, p_time_zone text,
  p_customer bigint, p_points bigint, p_description text,
  p_reward bigint DEFAULT NULL, p_hold_until timestamptz DEFAULT NULL, p_code text DEFAULT NULL, p_refusal jsonb DEFAULT NULL,
  OUT outcome text, OUT operation loyalty_operation, OUT customer uuid
) LANGUAGE plpgsql SET lock_timeout = '4s' AS $$
DECLARE
  v_wallet loyalty_wallet;
  v_now timestamptz := loyalty_now();
  v_occurred_at timestamptz := coalesce(p_occurred_at, v_now);
  v_local_on date := (v_occurred_at AT TIME ZONE p_time_zone)::date;
  v_used uuid;
  v_blocked boolean;
  v_refusal jsonb;
  v_entry bigint;
BEGIN
  IF p_points <= 0 THEN
    RAISE EXCEPTION 'a redemption takes a positive number of points, not %', p_points;
  END IF;
  IF v_occurred_at > v_now + interval '5 minutes' THEN
    outcome := 'future';
    RETURN;
  END IF;
  v_wallet := loyalty_lock_wallet(p_program, p_customer);
  SELECT * INTO operation FROM loyalty_operation o WHERE o.scope = p_scope AND o.key = p_key;
  IF FOUND THEN
    outcome := CASE WHEN operation.input_hash = p_input_hash THEN 'replayed' ELSE 'key_reused' END;
    SELECT w.public_id INTO customer FROM loyalty_wallet w WHERE w.id = operation.wallet_id;
    RETURN;
  END IF;
  IF v_wallet.id IS NULL THEN
    RAISE EXCEPTION 'customer % has no wallet in programme %', p_customer, p_program;
  END IF;
  SELECT c.blocked_at IS NOT NULL INTO v_blocked FROM businesses_branch b, customers_customer c
   WHERE b.id = p_branch AND b.business_id = p_business AND c.id = v_wallet.customer_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'branch % is not of business %', p_branch, p_business;
  END IF;

  v_wallet := loyalty_settle(v_wallet, v_now);
  customer := v_wallet.public_id;
  outcome := 'posted';
  IF p_reference IS NOT NULL THEN
    SELECT o.public_id INTO v_used FROM loyalty_operation o
     WHERE o.branch_id = p_branch AND o.kind = 'redemption' AND o.local_on = v_local_on AND o.reference = p_reference
       AND o.refusal IS NULL;
  END IF;
  v_refusal := CASE
    WHEN v_blocked THEN jsonb_build_object('code', 'customer_blocked')
    WHEN v_used IS NOT NULL THEN jsonb_build_object('code', 'reference_used', 'id', v_used)
    WHEN v_wallet.balance < p_points THEN
      jsonb_build_object('code', 'not_enough_points', 'available', v_wallet.balance, 'needed', p_points)
    ELSE p_refusal
  END;
  IF v_refusal IS NULL AND p_reward IS NOT NULL THEN
    v_refusal := loyalty_claim(v_wallet, p_reward, p_business, p_points, v_local_on);
  END IF;
  INSERT INTO loyalty_operation (public_id, scope, key, input_hash, kind, refusal, business_id, branch_id, staff_id,
    api_key_id, wallet_id, customer_id, points, balance_after, reference, local_on, occurred_at)
  VALUES (loyalty_new_public_id(), p_scope, p_key, p_input_hash, 'redemption', v_refusal, p_business, p_branch, p_staff,
    p_api_key, v_wallet.id, v_wallet.customer_id, CASE WHEN v_refusal IS NULL THEN -p_points ELSE 0 END,
    v_wallet.balance - CASE WHEN v_refusal IS NULL THEN p_points ELSE 0 END, p_reference, v_local_on, v_occurred_at)
  RETURNING * INTO operation;
  IF v_refusal IS NOT NULL THEN
    RETURN;
  END IF;
  INSERT INTO loyalty_redemption (operation_id, business_id, customer_id, points, description, status, reward_id, code, held_until)
  VALUES (operation.id, p_business, v_wallet.customer_id, p_points, p_description,
          CASE WHEN p_hold_until IS NULL THEN 'confirmed' ELSE 'held' END, p_reward, p_code, p_hold_until);
  INSERT INTO loyalty_entry (operation_id, wallet_id, customer_id, business_id, kind, points, balance_after, occurred_at)
  VALUES (operation.id, v_wallet.id, v_wallet.customer_id, p_business, 'redeem', -p_points, operation.balance_after, v_occurred_at)
  RETURNING id INTO v_entry;
  PERFORM loyalty_draw_points(v_wallet, v_entry, p_points, p_business);
  UPDATE loyalty_wallet SET balance = operation.balance_after, active_at = greatest(active_at, v_occurred_at)
   WHERE id = v_wallet.id;
END $$;

-- Takes points of an earn entry back: what is left of its own lot, then of others.
DROP FUNCTION IF EXISTS loyalty_unearn;
DROP FUNCTION IF EXISTS loyalty_take_back;
CREATE FUNCTION loyalty_take_back(
  p_wallet loyalty_wallet, p_reversal loyalty_operation, p_earn bigint, p_taken bigint, p_owed bigint
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_entry bigint;
  v_left bigint;
BEGIN
  INSERT INTO loyalty_entry (operation_id, wallet_id, customer_id, business_id, kind, points, balance_after, owed_delta,
                             reverses_id, occurred_at)
  VALUES (p_reversal.id, p_wallet.id, p_wallet.customer_id, p_reversal.business_id, 'reverse', -p_taken,
          p_wallet.balance - p_taken, p_owed, p_earn, p_reversal.occurred_at)
  RETURNING id INTO v_entry;
  v_left := loyalty_draw_points(p_wallet, v_entry, p_taken, p_reversal.business_id, p_earn);
  PERFORM loyalty_draw_points(p_wallet, v_entry, v_left, p_reversal.business_id);
END $$;

-- Gives points of a redeem entry back to the lots they came from, what was drawn last first: the lots are then as if
-- fewer had been drawn. Where a lot has expired meanwhile, they go to a new lot of the same issuer that lasts 14 days.
DROP FUNCTION IF EXISTS loyalty_unredeem;
DROP FUNCTION IF EXISTS loyalty_give_back;
CREATE FUNCTION loyalty_give_back(
  p_wallet loyalty_wallet, p_reversal loyalty_operation, p_redeem bigint, p_points bigint, p_now timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_entry bigint;
  v_left bigint := p_points;
  v_back bigint;
  v_draw record;
BEGIN
  INSERT INTO loyalty_entry (operation_id, wallet_id, customer_id, business_id, kind, points, balance_after, reverses_id, occurred_at)
  VALUES (p_reversal.id, p_wallet.id, p_wallet.customer_id, p_reversal.business_id, 'reverse', p_points,
          p_wallet.balance + p_points, p_redeem, p_reversal.occurred_at)
  RETURNING id INTO v_entry;
  FOR v_draw IN
    SELECT d.lot_id, d.issuer_id, d.point_value, d.business_id, d.points - coalesce((
             SELECT -sum(x.points) FROM loyalty_entry e JOIN loyalty_draw x ON x.entry_id = e.id
              WHERE e.wallet_id = p_wallet.id AND e.reverses_id = p_redeem AND x.lot_id = d.lot_id AND x.points < 0), 0) AS points,
           coalesce(l.expires_at <= p_now, false)
           OR EXISTS (SELECT FROM loyalty_operation o WHERE o.scope = 'system' AND o.key = 'expire:' || l.id) AS expired
      FROM loyalty_draw d JOIN loyalty_lot l ON l.id = d.lot_id
     WHERE d.entry_id = p_redeem ORDER BY d.id DESC
  LOOP
    v_back := least(v_left, v_draw.points);
    CONTINUE WHEN v_back = 0;
    v_left := v_left - v_back;
    -- The return also undoes what the lot's issuer owed for it.
    INSERT INTO loyalty_draw (entry_id, lot_id, wallet_id, customer_id, business_id, issuer_id, points, point_value)
    VALUES (v_entry, v_draw.lot_id, p_wallet.id, p_wallet.customer_id, v_draw.business_id, v_draw.issuer_id, -v_back, v_draw.point_value);
    IF v_draw.expired THEN
      INSERT INTO loyalty_draw (entry_id, lot_id, wallet_id, customer_id, issuer_id, points, point_value)
      VALUES (v_entry, v_draw.lot_id, p_wallet.id, p_wallet.customer_id, v_draw.issuer_id, v_back, 0);
      INSERT INTO loyalty_lot (entry_id, wallet_id, customer_id, issuer_id, credit, remaining, expires_at)
      VALUES (v_entry, p_wallet.id, p_wallet.customer_id, v_draw.issuer_id, v_back, v_back, p_now + interval '14 days');
    ELSE
      UPDATE loyalty_lot SET remaining = remaining + v_back WHERE id = v_draw.lot_id;
    END IF;
  END LOOP;
  IF v_left > 0 THEN
    RAISE EXCEPTION 'entry %: % points more to give back than it took', p_redeem, v_left;
  END IF;
END $$;

-- Points rounded by a programme's rule. The sixth decimal is beyond what divisions leave behind.
DROP FUNCTION IF EXISTS loyalty_rounded;
CREATE FUNCTION loyalty_rounded(p_points numeric, p_rounding text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE p_rounding WHEN 'floor' THEN floor(round(p_points, 6)) WHEN 'ceiling' THEN ceil(round(p_points, 6))
                         ELSE round(round(p_points, 6)) END::bigint
$$;

-- What p_lines [{line, quantity}] are of a purchase, and what those were that were refunded before: as shares of its
-- amount and of its points. `enough` is false where more pieces come back than were bought.
DROP FUNCTION IF EXISTS loyalty_shares_of_lines;
CREATE FUNCTION loyalty_shares_of_lines(
  p_purchase bigint, p_amount numeric, p_lines jsonb,
  OUT amount numeric, OUT points numeric, OUT amount_before numeric, OUT points_before numeric, OUT enough boolean
) LANGUAGE plpgsql AS $$
BEGIN
  WITH lines AS (
    SELECT l.id, l.quantity, greatest(0, l.quantity * l.unit_price - l.discount) AS paid, l.share
      FROM loyalty_purchaseline l WHERE l.purchase_id = p_purchase
  ), shares AS (
    -- A discount on the whole sale makes each line smaller.
    SELECT l.id, l.quantity, l.paid / nullif(greatest(p_amount, sum(l.paid) OVER ()), 0) AS amount, l.share FROM lines l
  ), moved AS (
    SELECT s.quantity, coalesce(s.amount, 0) AS amount, coalesce(s.share, s.amount, 0) AS points,
           coalesce(a.quantity, 0) AS asked, coalesce(b.quantity, 0) AS before
      FROM shares s
      LEFT JOIN (SELECT line, sum(quantity) AS quantity
                   FROM jsonb_to_recordset(p_lines) AS r(line bigint, quantity numeric) GROUP BY 1) a ON a.line = s.id
      LEFT JOIN (SELECT r.line_id, sum(r.quantity) AS quantity
                   FROM loyalty_operation o JOIN loyalty_refundline r ON r.refund_id = o.id
                  WHERE o.reverses_id = p_purchase GROUP BY 1) b ON b.line_id = s.id
     WHERE s.quantity > 0
  )
  SELECT coalesce(sum(m.amount * m.asked / m.quantity), 0), coalesce(sum(m.points * m.asked / m.quantity), 0),
         coalesce(sum(m.amount * m.before / m.quantity), 0), coalesce(sum(m.points * m.before / m.quantity), 0),
         coalesce(bool_and(m.asked + m.before <= m.quantity), false)
    INTO amount, points, amount_before, points_before, enough FROM moved m;
END $$;

-- Refunds a purchase of this business: all that is left of it, or p_amount of it, or p_lines [{line, quantity}] of it.
-- It takes back the points that this part has earned, and gives back those that paid for it. In shares, so that parts
-- make a whole: of the points given there stay given × (1 − share refunded), of the points spent spent × (1 − amount
-- refunded), both rounded by the programme's rule. A refund by amount makes each line smaller. What was spent meanwhile
-- is owed. The membership is counted anew from the purchases that still stand.
DROP FUNCTION IF EXISTS loyalty_reverse;
DROP FUNCTION IF EXISTS loyalty_refund;
CREATE FUNCTION loyalty_refund(
  p_business bigint, p_branch bigint, p_staff bigint, p_api_key bigint,
  p_scope text, p_key text, p_input_hash bytea, p_reference text, p_occurred_at timestamptz, p_time_zone text,
  p_operation bigint, p_amount numeric DEFAULT NULL, p_lines jsonb DEFAULT NULL, p_decimals integer DEFAULT 2,
  OUT outcome text, OUT operation loyalty_operation, OUT customer uuid, OUT amount numeric
) LANGUAGE plpgsql SET lock_timeout = '4s' AS $$
DECLARE
  v_sale loyalty_operation;
  v_wallet loyalty_wallet;
  v_now timestamptz := loyalty_now();
  v_occurred_at timestamptz := coalesce(p_occurred_at, v_now);
  v_local_on date := (v_occurred_at AT TIME ZONE p_time_zone)::date;
  v_purchase record;
  v_promised record;
  v_before record;
  v_lines record;
  v_rounding text;
  v_left numeric;
  v_share numeric;
  v_points bigint := 0;
  v_returned bigint;
  v_taken bigint := 0;
  v_pending bigint;
  v_owed bigint := 0;
  v_collect bigint := 0;
  v_earned bigint;
  v_refusal jsonb;
BEGIN
  SELECT * INTO v_sale FROM loyalty_operation o
   WHERE o.id = p_operation AND o.business_id = p_business AND o.kind = 'purchase' AND o.refusal IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'operation % is no accepted purchase of business %', p_operation, p_business;
  END IF;
  SELECT * INTO v_wallet FROM loyalty_wallet w WHERE w.id = v_sale.wallet_id FOR UPDATE;
  SELECT * INTO operation FROM loyalty_operation o WHERE o.scope = p_scope AND o.key = p_key;
  IF FOUND THEN
    outcome := CASE WHEN operation.input_hash = p_input_hash THEN 'replayed' ELSE 'key_reused' END;
    SELECT w.public_id INTO customer FROM loyalty_wallet w WHERE w.id = operation.wallet_id;
    SELECT r.amount INTO amount FROM loyalty_refund r WHERE r.operation_id = operation.id;
    RETURN;
  END IF;

  v_wallet := loyalty_settle(v_wallet, v_now);
  customer := v_wallet.public_id;
  outcome := 'posted';
  SELECT p.amount, p.refunded, p.share_refunded, p.paid_with_points INTO v_purchase
    FROM loyalty_purchase p WHERE p.operation_id = p_operation;
  SELECT count(*) AS refunds, max(o.id) AS last,
         -coalesce(sum(o.points - greatest(o.owed_delta, 0) + coalesce(o.pending, 0)), 0) AS points,
         -coalesce(sum(o.spent), 0) AS returned
    INTO v_before FROM loyalty_operation o WHERE o.reverses_id = p_operation AND o.refusal IS NULL;
  v_left := v_purchase.amount - v_purchase.refunded;
  amount := coalesce(p_amount, v_left);
  v_share := 1 - v_purchase.share_refunded;
  IF v_left = 0 AND v_before.refunds > 0 THEN
    SELECT jsonb_build_object('code', 'already_reversed', 'id', o.public_id) INTO v_refusal
      FROM loyalty_operation o WHERE o.id = v_before.last;
  ELSIF p_lines IS NOT NULL THEN
    v_lines := loyalty_shares_of_lines(p_operation, v_purchase.amount, p_lines);
    -- Nothing is left over when the last piece has come back.
    IF v_lines.amount + v_lines.amount_before < 1 - 1e-9 THEN
      amount := round(v_left * v_lines.amount / (1 - v_lines.amount_before), p_decimals);
    END IF;
    IF amount < v_left THEN
      v_share := round(coalesce(v_share * v_lines.points / nullif(1 - v_lines.points_before, 0), 0), 20);
    END IF;
    IF NOT v_lines.enough THEN
      v_refusal := jsonb_build_object('code', 'refund_too_large', 'left', round(v_left, p_decimals)::text);
    END IF;
  ELSIF amount > v_left THEN
    v_refusal := jsonb_build_object('code', 'refund_too_large', 'left', round(v_left, p_decimals)::text);
  ELSIF amount < v_left THEN
    v_share := round(v_share * amount / v_left, 20);
  END IF;
  IF v_refusal IS NULL AND p_reference IS NOT NULL THEN
    SELECT jsonb_build_object('code', 'reference_used', 'id', o.public_id) INTO v_refusal FROM loyalty_operation o
     WHERE o.branch_id = p_branch AND o.kind = 'refund' AND o.local_on = v_local_on AND o.reference = p_reference
       AND o.refusal IS NULL;
  END IF;
  IF v_refusal IS NULL THEN
    v_rounding := (SELECT p.rounding FROM businesses_program p WHERE p.id = v_wallet.program_id);
    v_points := v_sale.points + coalesce(v_sale.pending, 0) - v_before.points;
    v_points := v_points - least(v_points, loyalty_rounded(
      (v_sale.points + coalesce(v_sale.pending, 0)) * (1 - v_purchase.share_refunded - v_share), v_rounding));
    v_returned := v_sale.spent - v_before.returned;
    v_returned := v_returned - least(v_returned, loyalty_rounded(
      v_sale.spent * (v_left - amount) / nullif(v_purchase.amount, 0), v_rounding));
    -- What a purchase promised is either not theirs yet, or came by an operation of its own.
    SELECT * INTO v_promised FROM loyalty_pending WHERE operation_id = p_operation;
    IF v_promised.operation_id IS NOT NULL AND v_promised.settled_by_id IS NULL THEN
      v_pending := -v_points;
    ELSE
      v_taken := least(v_points, v_wallet.balance + coalesce(v_returned, 0));
      v_owed := v_points - v_taken;
    END IF;
    v_collect := least(v_wallet.owed, v_wallet.balance + coalesce(v_returned, 0) - v_taken);
  END IF;
  INSERT INTO loyalty_operation (public_id, scope, key, input_hash, kind, refusal, business_id, branch_id, staff_id,
    api_key_id, wallet_id, customer_id, points, balance_after, owed_delta, pending, spent, reverses_id, reference, local_on,
    occurred_at)
  VALUES (loyalty_new_public_id(), p_scope, p_key, p_input_hash, 'refund', v_refusal, p_business, p_branch, p_staff, p_api_key,
    v_wallet.id, v_wallet.customer_id, -v_taken, v_wallet.balance + coalesce(v_returned, 0) - v_taken - v_collect,
    v_owed - v_collect, v_pending, -v_returned, p_operation, p_reference, v_local_on, v_occurred_at)
  RETURNING * INTO operation;
  IF v_refusal IS NOT NULL THEN
    RETURN;
  END IF;

  INSERT INTO loyalty_refund (operation_id, amount, share) VALUES (operation.id, amount, v_share);
  INSERT INTO loyalty_refundline (refund_id, line_id, quantity)
  SELECT operation.id, r.line, r.quantity FROM jsonb_to_recordset(coalesce(p_lines, '[]')) AS r(line bigint, quantity numeric);
  IF v_returned > 0 THEN
    PERFORM loyalty_give_back(v_wallet, operation, e.id, v_returned, v_now)
       FROM loyalty_entry e WHERE e.wallet_id = v_wallet.id AND e.operation_id = p_operation AND e.kind = 'redeem';
    v_wallet.balance := v_wallet.balance + v_returned;
  END IF;
  IF v_pending < 0 THEN
    UPDATE loyalty_pending p
       SET refunded = p.refunded + v_points,
           settled_by_id = CASE WHEN p.points = p.refunded + v_points THEN operation.id END
     WHERE p.operation_id = p_operation;
  ELSIF v_points > 0 THEN
    PERFORM loyalty_take_back(v_wallet, operation, e.id, v_taken, v_owed) FROM loyalty_entry e
     WHERE e.wallet_id = v_wallet.id AND e.operation_id = coalesce(v_promised.settled_by_id, p_operation) AND e.kind = 'earn';
  END IF;
  PERFORM loyalty_collect(v_wallet, operation);
  UPDATE loyalty_wallet w
     SET balance = operation.balance_after, owed = w.owed + operation.owed_delta, lifetime = w.lifetime - v_taken - v_owed,
         pending = w.pending + coalesce(v_pending, 0)
   WHERE w.id = v_wallet.id;
  UPDATE loyalty_purchase p SET refunded = v_purchase.refunded + loyalty_refund.amount, share_refunded = p.share_refunded + v_share
   WHERE p.operation_id = p_operation;
  -- What capped rules gave for this part they may give again.
  UPDATE loyalty_rulegiven g SET points = g.points - s.points * v_share
    FROM jsonb_to_recordset(v_sale.trail) AS s(rule text, points numeric)
    JOIN loyalty_earningrule r ON r.public_id::text = substr(s.rule, 6)
     AND (r.most_per_day IS NOT NULL OR r.most_per_customer IS NOT NULL)
   WHERE s.rule LIKE 'rule:%' AND g.customer_id = v_wallet.customer_id AND g.series = r.series
     AND g.business_id = p_business AND g.local_on = v_sale.local_on;
  UPDATE loyalty_membership m
     SET visits = s.visits, visit_days = s.visit_days, spend = s.spend,
         first_at = s.first_at, last_at = s.last_at, first_on = s.first_on, last_on = s.last_on
    FROM (SELECT count(*) AS visits, count(DISTINCT local_on) AS visit_days, coalesce(sum(p.amount - p.refunded), 0) AS spend,
                 min(occurred_at) AS first_at, max(occurred_at) AS last_at, min(local_on) AS first_on, max(local_on) AS last_on
            FROM loyalty_purchase p
           WHERE p.customer_id = v_wallet.customer_id AND p.business_id = p_business AND p.refunded < p.amount) s
   WHERE m.business_id = p_business AND m.customer_id = v_wallet.customer_id;
END $$;

-- Cancels a redemption of this business, once: its points go back. What the customer owes is taken from them at once: else
-- who has a purchase refunded and then a redemption cancelled keeps points of a purchase that is no more.
DROP FUNCTION IF EXISTS loyalty_cancel;
CREATE FUNCTION loyalty_cancel(
  p_business bigint, p_branch bigint, p_staff bigint, p_api_key bigint,
  p_scope text, p_key text, p_input_hash bytea, p_reference text, p_occurred_at timestamptz, p_time_zone text,
  p_operation bigint,
  OUT outcome text, OUT operation loyalty_operation, OUT customer uuid
) LANGUAGE plpgsql SET lock_timeout = '4s' AS $$
DECLARE
  v_redemption loyalty_operation;
  v_wallet loyalty_wallet;
  v_now timestamptz := loyalty_now();
  v_occurred_at timestamptz := coalesce(p_occurred_at, v_now);
  v_points bigint := 0;
  v_collect bigint;
  v_refusal jsonb;
BEGIN
  SELECT * INTO v_redemption FROM loyalty_operation o
   WHERE o.id = p_operation AND o.business_id = p_business AND o.kind = 'redemption' AND o.refusal IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'operation % is no accepted redemption of business %', p_operation, p_business;
  END IF;
  SELECT * INTO v_wallet FROM loyalty_wallet w WHERE w.id = v_redemption.wallet_id FOR UPDATE;
  SELECT * INTO operation FROM loyalty_operation o WHERE o.scope = p_scope AND o.key = p_key;
  IF FOUND THEN
    outcome := CASE WHEN operation.input_hash = p_input_hash THEN 'replayed' ELSE 'key_reused' END;
    SELECT w.public_id INTO customer FROM loyalty_wallet w WHERE w.id = operation.wallet_id;
    RETURN;
  END IF;

  v_wallet := loyalty_settle(v_wallet, v_now);
  customer := v_wallet.public_id;
  outcome := 'posted';
  SELECT jsonb_build_object('code', 'already_reversed', 'id', o.public_id) INTO v_refusal
    FROM loyalty_operation o WHERE o.reverses_id = p_operation AND o.refusal IS NULL;
  IF v_refusal IS NULL THEN
    v_points := -v_redemption.points;
  END IF;
  v_collect := least(v_wallet.owed, v_points);
  INSERT INTO loyalty_operation (public_id, scope, key, input_hash, kind, refusal, business_id, branch_id, staff_id,
    api_key_id, wallet_id, customer_id, points, balance_after, owed_delta, reverses_id, reference, local_on, occurred_at)
  VALUES (loyalty_new_public_id(), p_scope, p_key, p_input_hash, 'cancellation', v_refusal, p_business, p_branch, p_staff,
    p_api_key, v_wallet.id, v_wallet.customer_id, v_points, v_wallet.balance + v_points - v_collect, -v_collect, p_operation,
    p_reference, (v_occurred_at AT TIME ZONE p_time_zone)::date, v_occurred_at)
  RETURNING * INTO operation;
  IF v_refusal IS NOT NULL THEN
    RETURN;
  END IF;
  PERFORM loyalty_give_back(v_wallet, operation, e.id, v_points, v_now)
     FROM loyalty_entry e WHERE e.wallet_id = v_wallet.id AND e.operation_id = p_operation AND e.kind = 'redeem';
  PERFORM loyalty_collect(v_wallet, operation);
  UPDATE loyalty_wallet w SET balance = operation.balance_after, owed = w.owed - v_collect WHERE w.id = v_wallet.id;
  UPDATE loyalty_redemption SET status = 'cancelled' WHERE operation_id = p_operation;
  UPDATE loyalty_reward SET claimed = claimed - 1
   WHERE id = (SELECT reward_id FROM loyalty_redemption WHERE operation_id = p_operation);
END $$;

-- Corrects a balance by hand, with a reason. A business gives points as it gives any, and takes only points that it
-- gave: so an adjustment never makes one business owe another. What the customer owes is paid first.
DROP FUNCTION IF EXISTS loyalty_adjust;
CREATE FUNCTION loyalty_adjust(
  p_business bigint, p_staff bigint, p_by bigint, p_scope text, p_key text, p_input_hash bytea, p_time_zone text,
  p_wallet bigint, p_points bigint, p_reason text, p_expires_at timestamptz, p_kind text DEFAULT 'adjustment',
  OUT outcome text, OUT operation loyalty_operation, OUT customer uuid
) LANGUAGE plpgsql SET lock_timeout = '4s' AS $$
DECLARE
  v_wallet loyalty_wallet;
  v_now timestamptz := loyalty_now();
  v_available bigint;
  v_refusal jsonb;
  v_points bigint := p_points;
  v_collect bigint := 0;
  v_entry bigint;
BEGIN
  IF p_points = 0 THEN
    RAISE EXCEPTION 'an adjustment by nothing';
  END IF;
  SELECT * INTO v_wallet FROM loyalty_wallet w WHERE w.id = p_wallet
     AND w.program_id = (SELECT program_id FROM businesses_business WHERE id = p_business) FOR UPDATE;
  SELECT * INTO operation FROM loyalty_operation o WHERE o.scope = p_scope AND o.key = p_key;
  IF FOUND THEN
    outcome := CASE WHEN operation.input_hash = p_input_hash THEN 'replayed' ELSE 'key_reused' END;
    SELECT w.public_id INTO customer FROM loyalty_wallet w WHERE w.id = operation.wallet_id;
    RETURN;
  END IF;
  IF v_wallet.id IS NULL THEN
    RAISE EXCEPTION 'wallet % is not of the programme of business %', p_wallet, p_business;
  END IF;

  v_wallet := loyalty_settle(v_wallet, v_now);
  customer := v_wallet.public_id;
  outcome := 'posted';
  IF p_points < 0 THEN
    SELECT coalesce(sum(remaining), 0) INTO v_available FROM loyalty_lot
     WHERE wallet_id = v_wallet.id AND open AND issuer_id = p_business;
    IF v_available < -p_points THEN
      v_refusal := jsonb_build_object('code', 'not_enough_points', 'available', v_available, 'needed', -p_points);
      v_points := 0;
    END IF;
  ELSE
    v_collect := least(v_wallet.owed, p_points);
  END IF;
  INSERT INTO loyalty_operation (public_id, scope, key, input_hash, kind, refusal, business_id, staff_id,
    wallet_id, customer_id, points, balance_after, owed_delta, local_on, occurred_at)
  VALUES (loyalty_new_public_id(), p_scope, p_key, p_input_hash, p_kind, v_refusal, p_business, p_staff,
    v_wallet.id, v_wallet.customer_id, v_points, v_wallet.balance + v_points - v_collect, -v_collect,
    (v_now AT TIME ZONE p_time_zone)::date, v_now)
  RETURNING * INTO operation;
  IF v_refusal IS NOT NULL THEN
    RETURN;
  END IF;
  IF p_kind = 'adjustment' THEN
    INSERT INTO loyalty_adjustment (operation_id, by_id, reason) VALUES (operation.id, p_by, p_reason);
  END IF;
  INSERT INTO loyalty_entry (operation_id, wallet_id, customer_id, business_id, kind, points, balance_after, occurred_at)
  VALUES (operation.id, v_wallet.id, v_wallet.customer_id, p_business, 'adjust', v_points, v_wallet.balance + v_points, v_now)
  RETURNING id INTO v_entry;
  IF v_points > 0 THEN
    INSERT INTO loyalty_lot (entry_id, wallet_id, customer_id, issuer_id, credit, remaining, expires_at)
    VALUES (v_entry, v_wallet.id, v_wallet.customer_id, p_business, v_points, v_points, p_expires_at);
    PERFORM loyalty_collect(v_wallet, operation);
  ELSE
    PERFORM loyalty_draw_points(v_wallet, v_entry, -v_points, p_business, p_issuer => p_business);
  END IF;
  UPDATE loyalty_wallet
     SET balance = operation.balance_after, lifetime = lifetime + v_points, owed = owed - v_collect,
         active_at = CASE WHEN v_points > 0 THEN greatest(active_at, v_now) ELSE active_at END
   WHERE id = v_wallet.id;
END $$;
