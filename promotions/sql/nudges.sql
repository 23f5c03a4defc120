-- By these terms people were drawn.
CREATE OR REPLACE TRIGGER history
  BEFORE DELETE OR UPDATE OF id, business_id, public_id, key, threshold_percent, offer_id, texts, control_percent, horizon_days,
    most_a_day, begun_by_id, begun_at
  ON promotions_experiment FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
-- Who was drawn into which group, and why, stays; what they then did is written once.
CREATE OR REPLACE TRIGGER history
  BEFORE DELETE OR UPDATE OF id, experiment_id, customer_id, arm, bucket, trigger, churn, model, assigned_at, until_at
  ON promotions_assignment FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
CREATE OR REPLACE TRIGGER measured_once
  BEFORE UPDATE ON promotions_assignment FOR EACH ROW WHEN (OLD.measured_at IS NOT NULL)
  EXECUTE FUNCTION loyalty_refuse_change();
CREATE OR REPLACE TRIGGER history
  BEFORE DELETE OR UPDATE OF id, public_id, assignment_id, business_id, customer_id, shown, coupon_id, made_at, due_at, expires_at
  ON promotions_nudge FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
CREATE OR REPLACE TRIGGER history_of_its_cause BEFORE UPDATE OF because
  ON promotions_coupon FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
