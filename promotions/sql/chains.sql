-- What both sides have agreed upon stays, and so does who did what when.
CREATE OR REPLACE TRIGGER history
  BEFORE DELETE OR UPDATE OF id, program_id, giver_id, taker_id, public_id, name, kind, value, most_discount, order_from,
    lasts_days, minimum, categories, every_days, share, budget, starts_on, ends_on, proposer_id, proposed_by_id, proposed_at
  ON promotions_chain FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
-- Budgets move with every coupon, and change no cached rule; nor do proposals.
CREATE OR REPLACE TRIGGER rules_changed AFTER UPDATE OF accepted_at, ended_at
  ON promotions_chain FOR EACH ROW EXECUTE FUNCTION businesses_rules_changed();
