-- Claims of rewards, and holds. Locks are taken in one order everywhere: the wallet, then the reward.

-- Takes one of a reward for a locked wallet, or says why not. The stock is taken by the UPDATE itself: of any number of
-- claims at once, each waits for the row and looks at it anew.
DROP FUNCTION IF EXISTS loyalty_claim;
CREATE FUNCTION loyalty_claim(
  p_wallet loyalty_wallet, p_reward bigint, p_business bigint, p_points bigint, p_local_on date
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_reward record;
  v_claims bigint;
BEGIN
  SELECT r.*, t.name AS tier_name, t.position AS tier_position INTO v_reward
    FROM loyalty_reward r LEFT JOIN loyalty_tier t ON t.id = r.tier_id
   WHERE r.id = p_reward AND r.program_id = p_wallet.program_id AND coalesce(r.business_id, p_business) = p_business;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'reward % is not to be had at business %', p_reward, p_business;
  END IF;
  IF v_reward.archived_at IS NOT NULL OR p_local_on > v_reward.ends_on OR p_local_on < v_reward.starts_on THEN
    RETURN jsonb_build_object('code', 'reward_ended');
  END IF;
  IF v_reward.points <> p_points THEN
    RETURN jsonb_build_object('code', 'reward_changed', 'points', v_reward.points);
  END IF;
  IF v_reward.tier_id IS NOT NULL THEN
    IF NOT EXISTS (SELECT FROM loyalty_tier WHERE id = p_wallet.tier_id AND "position" >= v_reward.tier_position) THEN
      RETURN jsonb_build_object('code', 'tier_required', 'tier', v_reward.tier_name);
    END IF;
  END IF;
  IF v_reward.limit_per_customer IS NOT NULL THEN
    SELECT count(*) INTO v_claims FROM loyalty_redemption c JOIN loyalty_operation o ON o.id = c.operation_id
     WHERE c.reward_id = p_reward AND c.customer_id = p_wallet.customer_id AND c.status <> 'cancelled'
       AND (v_reward.limit_period = 'ever'
            OR date_trunc(v_reward.limit_period, o.local_on) = date_trunc(v_reward.limit_period, p_local_on));
    IF v_claims >= v_reward.limit_per_customer THEN
      RETURN jsonb_build_object('code', 'limit_reached', 'limit', v_reward.limit_per_customer, 'period', v_reward.limit_period);
    END IF;
  END IF;
  UPDATE loyalty_reward SET claimed = claimed + 1
   WHERE id = p_reward AND points = p_points AND archived_at IS NULL AND (stock IS NULL OR claimed < stock);
  IF NOT FOUND THEN
    RETURN jsonb_build_object('code', 'out_of_stock');
  END IF;
  RETURN NULL;
END $$;

-- Hands out what a hold of this business keeps. One that ran out is released instead, and refused.
DROP FUNCTION IF EXISTS loyalty_confirm;
CREATE FUNCTION loyalty_confirm(
  p_business bigint, p_branch bigint, p_staff bigint, p_api_key bigint,
  p_scope text, p_key text, p_input_hash bytea, p_reference text, p_occurred_at timestamptz, p_time_zone text,
  p_operation bigint,
  OUT outcome text, OUT operation loyalty_operation, OUT customer uuid
) LANGUAGE plpgsql SET lock_timeout = '4s' AS $$
DECLARE
  v_now timestamptz := loyalty_now();
  v_wallet loyalty_wallet;
  v_hold record;
  v_blocked boolean;
  v_refusal jsonb;
BEGIN
  SELECT w.* INTO v_wallet FROM loyalty_wallet w
   WHERE w.id = (SELECT o.wallet_id FROM loyalty_operation o
                  WHERE o.id = p_operation AND o.business_id = p_business AND o.kind = 'redemption' AND o.refusal IS NULL)
     FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'operation % is no accepted redemption of business %', p_operation, p_business;
  END IF;
  SELECT * INTO operation FROM loyalty_operation o WHERE o.scope = p_scope AND o.key = p_key;
  IF FOUND THEN
    outcome := CASE WHEN operation.input_hash = p_input_hash THEN 'replayed' ELSE 'key_reused' END;
    SELECT w.public_id INTO customer FROM loyalty_wallet w WHERE w.id = operation.wallet_id;
    RETURN;
  END IF;
  SELECT c.blocked_at IS NOT NULL INTO v_blocked FROM businesses_branch b, customers_customer c
   WHERE b.id = p_branch AND b.business_id = p_business AND c.id = v_wallet.customer_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'branch % is not of business %', p_branch, p_business;
  END IF;

  customer := v_wallet.public_id;
  outcome := 'posted';
  SELECT r.status, r.held_until, x.public_id AS cancelled_by INTO v_hold
    FROM loyalty_redemption r
    LEFT JOIN loyalty_operation x ON x.reverses_id = r.operation_id AND x.refusal IS NULL
   WHERE r.operation_id = p_operation;
  v_refusal := CASE
    WHEN v_hold.status = 'confirmed' THEN jsonb_build_object('code', 'already_confirmed')
    WHEN v_hold.held_until <= v_now THEN jsonb_build_object('code', 'hold_expired')
    WHEN v_hold.status = 'cancelled' THEN jsonb_build_object('code', 'already_reversed', 'id', v_hold.cancelled_by)
    WHEN v_blocked THEN jsonb_build_object('code', 'customer_blocked')
  END;
  INSERT INTO loyalty_operation (public_id, scope, key, input_hash, kind, refusal, business_id, branch_id, staff_id,
    api_key_id, wallet_id, customer_id, balance_after, local_on, occurred_at)
  VALUES (loyalty_new_public_id(), p_scope, p_key, p_input_hash, 'confirmation', v_refusal, p_business, p_branch, p_staff,
    p_api_key, v_wallet.id, v_wallet.customer_id, v_wallet.balance, (v_now AT TIME ZONE p_time_zone)::date, v_now)
  RETURNING * INTO operation;
  IF v_refusal IS NULL THEN
    UPDATE loyalty_redemption SET status = 'confirmed', confirmed_by_id = operation.id WHERE operation_id = p_operation;
  ELSIF v_refusal->>'code' = 'hold_expired' THEN
    PERFORM loyalty_release(p_operation);
  END IF;
END $$;

-- Gives back what a hold keeps whose time is over, or with `p_early` one that its customer does not want any more; true
-- where it did. Whatever came first, a confirmation, a cancellation
-- or another release, stands.
DROP FUNCTION IF EXISTS loyalty_release;
CREATE FUNCTION loyalty_release(p_operation bigint, p_early boolean DEFAULT false) RETURNS boolean LANGUAGE plpgsql SET lock_timeout = '4s' AS $$
DECLARE
  v_hold record;
BEGIN
  PERFORM FROM loyalty_wallet w WHERE w.id = (SELECT o.wallet_id FROM loyalty_operation o WHERE o.id = p_operation) FOR UPDATE;
  SELECT r.business_id, b.time_zone INTO v_hold FROM loyalty_redemption r JOIN businesses_business b ON b.id = r.business_id
   WHERE r.operation_id = p_operation AND r.status = 'held' AND (p_early OR r.held_until <= loyalty_now());
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM loyalty_cancel(
    p_business => v_hold.business_id, p_branch => NULL, p_staff => NULL, p_api_key => NULL, p_scope => 'system',
    p_key => 'release:' || p_operation, p_input_hash => '', p_reference => NULL, p_occurred_at => NULL,
    p_time_zone => v_hold.time_zone, p_operation => p_operation);
  RETURN true;
END $$;
