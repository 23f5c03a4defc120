-- Terms are cached with the rules of a business.
CREATE OR REPLACE TRIGGER rules_changed AFTER INSERT OR UPDATE OR DELETE ON referrals_referralterms
  FOR EACH ROW EXECUTE FUNCTION businesses_rules_changed();
CREATE OR REPLACE TRIGGER rules_changed AFTER INSERT OR UPDATE OR DELETE ON referrals_referralpause
  FOR EACH ROW EXECUTE FUNCTION businesses_branch_changed();
-- Who brought whom, and what was promised for it, stays as it was written; what became of it moves.
CREATE OR REPLACE TRIGGER history
  BEFORE DELETE OR UPDATE OF id, public_id, program_id, inviter_id, friend_id, source, business_id, made_at
  ON referrals_referral FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
CREATE OR REPLACE TRIGGER history
  BEFORE DELETE OR UPDATE OF id, referral_id, side, customer_id, business_id, points, offer_id, made_at, sale_id
  ON referrals_award FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
CREATE OR REPLACE TRIGGER history BEFORE UPDATE OR DELETE ON referrals_referralcall
  FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
