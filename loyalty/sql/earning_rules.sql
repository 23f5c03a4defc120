-- A rule stays as it was made, because the trails of sales name it; it can only be ended.
CREATE OR REPLACE TRIGGER history
  BEFORE DELETE OR UPDATE OF id, program_id, business_id, public_id, series, name, kind, value, categories, skus, discounted,
    minimum_spend, starts_on, ends_on, weekdays, from_time, until_time, tiers, occasion, most_per_purchase, most_per_day,
    most_per_customer, exclusive, priority, made_by_id, made_at
  ON loyalty_earningrule FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
CREATE OR REPLACE TRIGGER rules_changed AFTER INSERT OR UPDATE OR DELETE ON loyalty_earningrule
  FOR EACH ROW EXECUTE FUNCTION businesses_rules_changed();
