-- What a refund took back stays as it was.
CREATE OR REPLACE TRIGGER history BEFORE UPDATE OR DELETE ON loyalty_refund
  FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
CREATE OR REPLACE TRIGGER history BEFORE UPDATE OR DELETE ON loyalty_refundline
  FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
-- Nor what of a sale points have paid.
CREATE OR REPLACE TRIGGER history_paid BEFORE UPDATE OF paid_with_points ON loyalty_purchase
  FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
