-- What was promised stays as it was said; it can only be settled.
CREATE OR REPLACE TRIGGER history
  BEFORE DELETE OR UPDATE OF operation_id, wallet_id, customer_id, issuer_id, points, due_at, expires_at
  ON loyalty_pending FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
