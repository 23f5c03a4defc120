-- Tiers: what customers have come to, and which tier that makes. A purchase raises at once (loyalty_rise, called by
-- loyalty_purchase), the night lowers, one step and after a notice (loyalty_review_tier).
--
-- `tier_gap` of a wallet is a lower bound of what is still lacking to the threshold of the next tier that is not by
-- invitation; NULL where there is none. It is measured under the tiers of `tier_version`; a purchase lowers it by what it
-- counts, in the update of the wallet that it makes anyway. It stays a lower bound between two measurements, because all
-- else only takes from the measure: what leaves the 12 months, and refunds. So a purchase has to measure only where the
-- bound reaches 0. Where it was there before, only kinds of business are lacking.
-- What is posted in bulk forgets the version, so that the next purchase or the night measures anew.

-- Counts up when what a tier asks for changes, so that every wallet is measured anew at its next purchase.
CREATE OR REPLACE FUNCTION loyalty_tiers_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE businesses_program SET tiers_version = tiers_version + 1 WHERE id IN (NEW.program_id, OLD.program_id);
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION loyalty_tiers_count_otherwise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.tiers_version := OLD.tiers_version + 1;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER tiers_changed
  AFTER INSERT OR DELETE OR UPDATE OF position, threshold, categories, invitation_only ON loyalty_tier
  FOR EACH ROW EXECUTE FUNCTION loyalty_tiers_changed();
CREATE OR REPLACE TRIGGER tiers_changed AFTER UPDATE OF category, confidential ON businesses_business
  FOR EACH ROW WHEN (OLD.category <> NEW.category OR OLD.confidential <> NEW.confidential)
  EXECUTE FUNCTION loyalty_tiers_changed();
CREATE OR REPLACE TRIGGER tiers_changed BEFORE UPDATE OF tier_basis, tier_window ON businesses_program
  FOR EACH ROW WHEN (OLD.tier_basis <> NEW.tier_basis OR OLD.tier_window <> NEW.tier_window)
  EXECUTE FUNCTION loyalty_tiers_count_otherwise();
CREATE OR REPLACE TRIGGER history BEFORE UPDATE OR DELETE ON loyalty_tierchange
  FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();

-- The first local day that counts at that moment: 12 months, today among them. The day after 28 February 2029 begins what
-- counts on 28 February 2030, and 29 February 2028 counts until 28 February 2029.
CREATE OR REPLACE FUNCTION loyalty_tier_counts_from(p_window text, p_at timestamptz, p_time_zone text) RETURNS date
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF p_window = 'ever' THEN
    RETURN '-infinity';
  END IF;
  RETURN ((p_at AT TIME ZONE p_time_zone)::date - interval '1 year')::date + 1;
END $$;

-- What a customer has come to in a programme: money, points or visits of the sales that stand, net of refunds, and the
-- different kinds of business they bought in. What is bought at a confidential business counts as the balance does; that
-- it was of its kind does not (docs/decisions/0012).
DROP FUNCTION IF EXISTS loyalty_tier_measure;
CREATE FUNCTION loyalty_tier_measure(
  p_program bigint, p_customer bigint, p_at timestamptz, OUT measure numeric, OUT categories integer
) LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_basis text;
  v_window text;
BEGIN
  SELECT tier_basis, tier_window INTO v_basis, v_window FROM businesses_program WHERE id = p_program;
  SELECT coalesce(sum(s.measure), 0), count(DISTINCT b.category) FILTER (WHERE s.visits > 0 AND NOT b.confidential)
    INTO measure, categories
    FROM businesses_business b
   CROSS JOIN LATERAL (
     SELECT count(*) AS visits, sum(CASE v_basis
              WHEN 'spend' THEN p.amount - p.refunded
              WHEN 'visits' THEN 1
              ELSE (SELECT o.points + coalesce(o.pending, 0) FROM loyalty_operation o WHERE o.id = p.operation_id)
                   + CASE WHEN p.refunded = 0 THEN 0 ELSE coalesce(
                       (SELECT sum(r.points - greatest(r.owed_delta, 0) + coalesce(r.pending, 0)) FROM loyalty_operation r
                         WHERE r.reverses_id = p.operation_id AND r.refusal IS NULL), 0) END
            END) AS measure
       FROM loyalty_purchase p
      WHERE p.customer_id = p_customer AND p.business_id = b.id AND p.refunded < p.amount
        AND p.local_on >= loyalty_tier_counts_from(v_window, p_at, b.time_zone)) s
   WHERE b.program_id = p_program;
END $$;

-- Measures a locked wallet, gives it the highest tier that it has reached (never one by invitation), and writes down how
-- much is lacking to the next. Returns the tier where it is a new one. Without an operation it is the night that looks.
DROP FUNCTION IF EXISTS loyalty_assess_tier;
CREATE FUNCTION loyalty_assess_tier(p_wallet bigint, p_operation bigint, p_at timestamptz) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  v_had record;
  v_come_to record;
  v_reached record;
  v_next numeric;
BEGIN
  -- The version first: tiers that change from here on are looked at the next time.
  SELECT w.program_id, w.customer_id, w.tier_id, coalesce(t.position, -1) AS position, p.tier_basis, p.tiers_version INTO v_had
    FROM loyalty_wallet w JOIN businesses_program p ON p.id = w.program_id LEFT JOIN loyalty_tier t ON t.id = w.tier_id
   WHERE w.id = p_wallet;
  IF v_had.tier_basis = '' THEN
    RETURN NULL;
  END IF;
  v_come_to := loyalty_tier_measure(v_had.program_id, v_had.customer_id, p_at);
  SELECT id, position INTO v_reached FROM loyalty_tier
   WHERE program_id = v_had.program_id AND position > v_had.position AND NOT invitation_only
     AND threshold <= v_come_to.measure AND categories <= v_come_to.categories
   ORDER BY position DESC LIMIT 1;
  SELECT threshold - v_come_to.measure INTO v_next FROM loyalty_tier
   WHERE program_id = v_had.program_id AND position > coalesce(v_reached.position, v_had.position) AND NOT invitation_only
   ORDER BY position LIMIT 1;
  IF v_reached.id IS NOT NULL THEN
    INSERT INTO loyalty_tierchange (wallet_id, before_id, after_id, cause, operation_id, at)
    VALUES (p_wallet, v_had.tier_id, v_reached.id, CASE WHEN p_operation IS NULL THEN 'night' ELSE 'purchase' END,
            p_operation, p_at);
  END IF;
  UPDATE loyalty_wallet
     SET tier_gap = v_next, tier_version = v_had.tiers_version, tier_id = coalesce(v_reached.id, tier_id),
         tier_ends_at = CASE WHEN v_reached.id IS NULL THEN tier_ends_at END
   WHERE id = p_wallet;
  RETURN v_reached.id;
END $$;

-- The same after a purchase whose wallet's gap may be closed; `p_wallet` is as it was before.
DROP FUNCTION IF EXISTS loyalty_rise;
CREATE FUNCTION loyalty_rise(
  p_wallet loyalty_wallet, p_version bigint, p_business bigint, p_operation bigint, p_time_zone text, p_at timestamptz
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  v_window text;
BEGIN
  -- The gap was closed before: kinds of business are lacking, and a second sale at one brings none.
  IF p_wallet.tier_version = p_version AND p_wallet.tier_gap <= 0 THEN
    SELECT tier_window INTO v_window FROM businesses_program WHERE id = p_wallet.program_id;
    PERFORM FROM loyalty_purchase p
      WHERE p.customer_id = p_wallet.customer_id AND p.business_id = p_business AND p.operation_id <> p_operation
        AND p.refunded < p.amount AND p.local_on >= loyalty_tier_counts_from(v_window, p_at, p_time_zone) LIMIT 1;
    IF FOUND THEN
      RETURN NULL;
    END IF;
  END IF;
  RETURN loyalty_assess_tier(p_wallet.id, p_operation, p_at);
END $$;

-- Whether a customer may keep the tier they have: what it asks for is there.
DROP FUNCTION IF EXISTS loyalty_tier_is_held;
CREATE FUNCTION loyalty_tier_is_held(p_wallet loyalty_wallet, p_at timestamptz) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_come_to record;
BEGIN
  v_come_to := loyalty_tier_measure(p_wallet.program_id, p_wallet.customer_id, p_at);
  RETURN (SELECT threshold <= v_come_to.measure AND categories <= v_come_to.categories
            FROM loyalty_tier WHERE id = p_wallet.tier_id);
END $$;

-- The nightly look at one wallet, under its lock. `outcome` is `noticed` (the tier is no longer earned, and ends at
-- `ends_at` unless it is), `lowered` (it was announced, the time is over: one step), `raised`, or `kept`.
-- A notice is taken back by itself; a tier that was given by hand is kept until the day that was said.
DROP FUNCTION IF EXISTS loyalty_review_tier;
CREATE FUNCTION loyalty_review_tier(p_wallet bigint, OUT outcome text, OUT ends_at timestamptz) LANGUAGE plpgsql AS $$
DECLARE
  v_wallet loyalty_wallet;
  v_now timestamptz := loyalty_now();
  v_program record;
  v_lower bigint;
BEGIN
  SELECT * INTO v_wallet FROM loyalty_wallet WHERE id = p_wallet FOR UPDATE;
  SELECT tier_basis, make_interval(days => tier_notice_days) AS notice INTO v_program
    FROM businesses_program WHERE id = v_wallet.program_id;
  outcome := 'kept';
  IF v_program.tier_basis = '' THEN
    RETURN;
  END IF;
  IF loyalty_assess_tier(p_wallet, NULL, v_now) IS NOT NULL THEN
    outcome := 'raised';
    RETURN;
  END IF;
  IF v_wallet.tier_id IS NULL THEN
    RETURN;
  END IF;
  IF loyalty_tier_is_held(v_wallet, v_now) THEN
    UPDATE loyalty_wallet SET tier_ends_at = NULL WHERE id = p_wallet AND tier_ends_at IS NOT NULL;
    RETURN;
  END IF;
  IF v_wallet.tier_ends_at IS NULL AND coalesce(v_wallet.tier_kept_until <= v_now + v_program.notice, true) THEN
    outcome := 'noticed';
    ends_at := greatest(v_now + v_program.notice, v_wallet.tier_kept_until);
    UPDATE loyalty_wallet SET tier_ends_at = ends_at WHERE id = p_wallet;
  ELSIF v_wallet.tier_ends_at <= v_now THEN
    outcome := 'lowered';
    SELECT l.id INTO v_lower FROM loyalty_tier l JOIN loyalty_tier t ON t.id = v_wallet.tier_id
     WHERE l.program_id = v_wallet.program_id AND l.position < t.position AND NOT l.invitation_only
     ORDER BY l.position DESC LIMIT 1;
    INSERT INTO loyalty_tierchange (wallet_id, before_id, after_id, cause, at)
    VALUES (p_wallet, v_wallet.tier_id, v_lower, 'night', v_now);
    UPDATE loyalty_wallet SET tier_id = v_lower, tier_ends_at = NULL, tier_kept_until = NULL WHERE id = p_wallet;
    PERFORM loyalty_assess_tier(p_wallet, NULL, v_now);
  END IF;
END $$;
