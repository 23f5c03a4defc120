-- What an offer gives stays as it was made, because customers hold it.
CREATE OR REPLACE TRIGGER history
  BEFORE DELETE OR UPDATE OF id, program_id, business_id, public_id, name, kind, value, gift, most_discount, businesses, branches,
    categories, minimum_spend, starts_on, weekdays, from_time, until_time, exclusive, code, lasts_days, made_by_id, made_at
  ON promotions_offer FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
-- Its counters move with every use, and change no cached rule.
CREATE OR REPLACE TRIGGER rules_changed
  AFTER INSERT OR DELETE OR UPDATE OF ends_on, given_from, total_limit, limit_per_customer, budget, paused_at, ended_at
  ON promotions_offer FOR EACH ROW EXECUTE FUNCTION businesses_rules_changed();
CREATE OR REPLACE TRIGGER history BEFORE UPDATE OR DELETE ON promotions_offerchange
  FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
CREATE OR REPLACE TRIGGER history
  BEFORE DELETE OR UPDATE OF id, public_id, offer_id, customer_id, code, source, issued_by_id, staff_id, issued_at, expires_at
  ON promotions_coupon FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
CREATE OR REPLACE TRIGGER history
  BEFORE DELETE OR UPDATE OF id, operation_id, coupon_id, offer_id, customer_id, code, discount, used_at
  ON promotions_couponuse FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
