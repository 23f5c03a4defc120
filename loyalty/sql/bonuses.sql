-- Points that come without a sale, such as a thank-you for bringing somebody, and taking them back. Both do what every function
-- of kernel.sql does, in its order. The key names the cause, so each is given once and taken back once.

-- Gives points of a business. What the customer owes is paid first. Who is blocked gets none: a stored refusal.
DROP FUNCTION IF EXISTS loyalty_give_bonus;
CREATE FUNCTION loyalty_give_bonus(
  p_business bigint, p_staff bigint, p_scope text, p_key text, p_input_hash bytea, p_time_zone text,
  p_wallet bigint, p_points bigint, p_expires_at timestamptz,
  OUT outcome text, OUT operation loyalty_operation, OUT customer uuid
) LANGUAGE plpgsql SET lock_timeout = '4s' AS $$
DECLARE
  v_wallet loyalty_wallet;
  v_now timestamptz := loyalty_now();
  v_refusal jsonb;
  v_points bigint := p_points;
  v_collect bigint := 0;
  v_entry bigint;
BEGIN
  IF p_points <= 0 THEN
    RAISE EXCEPTION 'a bonus gives a positive number of points, not %', p_points;
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
  SELECT jsonb_build_object('code', 'customer_blocked') INTO v_refusal
    FROM customers_customer c WHERE c.id = v_wallet.customer_id AND c.blocked_at IS NOT NULL;
  IF v_refusal IS NOT NULL THEN
    v_points := 0;
  END IF;
  v_collect := least(v_wallet.owed, v_points);
  INSERT INTO loyalty_operation (public_id, scope, key, input_hash, kind, refusal, business_id, staff_id,
    wallet_id, customer_id, points, balance_after, owed_delta, local_on, occurred_at)
  VALUES (loyalty_new_public_id(), p_scope, p_key, p_input_hash, 'bonus', v_refusal, p_business, p_staff,
    v_wallet.id, v_wallet.customer_id, v_points, v_wallet.balance + v_points - v_collect, -v_collect,
    (v_now AT TIME ZONE p_time_zone)::date, v_now)
  RETURNING * INTO operation;
  IF v_refusal IS NOT NULL THEN
    RETURN;
  END IF;
  INSERT INTO loyalty_entry (operation_id, wallet_id, customer_id, business_id, kind, points, balance_after, occurred_at)
  VALUES (operation.id, v_wallet.id, v_wallet.customer_id, p_business, 'bonus', v_points, v_wallet.balance + v_points, v_now)
  RETURNING id INTO v_entry;
  INSERT INTO loyalty_lot (entry_id, wallet_id, customer_id, issuer_id, credit, remaining, expires_at)
  VALUES (v_entry, v_wallet.id, v_wallet.customer_id, p_business, v_points, v_points, p_expires_at);
  PERFORM loyalty_collect(v_wallet, operation);
  UPDATE loyalty_wallet
     SET balance = operation.balance_after, lifetime = lifetime + v_points, owed = owed - v_collect,
         active_at = greatest(active_at, v_now)
   WHERE id = v_wallet.id;
END $$;

-- Takes a bonus of this business back, whole: what is left of its own lot, then of others; what was spent is owed.
DROP FUNCTION IF EXISTS loyalty_take_bonus;
CREATE FUNCTION loyalty_take_bonus(
  p_business bigint, p_scope text, p_key text, p_input_hash bytea, p_time_zone text, p_operation bigint,
  OUT outcome text, OUT operation loyalty_operation, OUT customer uuid
) LANGUAGE plpgsql SET lock_timeout = '4s' AS $$
DECLARE
  v_bonus loyalty_operation;
  v_wallet loyalty_wallet;
  v_now timestamptz := loyalty_now();
  v_refusal jsonb;
  v_taken bigint := 0;
  v_owed bigint := 0;
BEGIN
  SELECT * INTO v_bonus FROM loyalty_operation o
   WHERE o.id = p_operation AND o.business_id = p_business AND o.kind = 'bonus' AND o.refusal IS NULL AND o.reverses_id IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'operation % is no bonus of business %', p_operation, p_business;
  END IF;
  SELECT * INTO v_wallet FROM loyalty_wallet w WHERE w.id = v_bonus.wallet_id FOR UPDATE;
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
    v_taken := least(v_bonus.points, v_wallet.balance);
    v_owed := v_bonus.points - v_taken;
  END IF;
  INSERT INTO loyalty_operation (public_id, scope, key, input_hash, kind, refusal, business_id, wallet_id, customer_id,
    points, balance_after, owed_delta, reverses_id, local_on, occurred_at)
  VALUES (loyalty_new_public_id(), p_scope, p_key, p_input_hash, 'bonus', v_refusal, p_business, v_wallet.id, v_wallet.customer_id,
    -v_taken, v_wallet.balance - v_taken, v_owed, p_operation, (v_now AT TIME ZONE p_time_zone)::date, v_now)
  RETURNING * INTO operation;
  IF v_refusal IS NOT NULL THEN
    RETURN;
  END IF;
  PERFORM loyalty_take_back(v_wallet, operation, e.id, v_taken, v_owed) FROM loyalty_entry e
    WHERE e.wallet_id = v_wallet.id AND e.operation_id = p_operation AND e.kind = 'bonus';
  UPDATE loyalty_wallet w
     SET balance = operation.balance_after, owed = w.owed + v_owed, lifetime = w.lifetime - v_taken - v_owed
   WHERE w.id = v_wallet.id;
END $$;
