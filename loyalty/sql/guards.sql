-- History is never edited: what the ledger wrote stays, whoever asks.

CREATE OR REPLACE FUNCTION loyalty_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is history: % is refused. Correct it with another operation.', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE OR REPLACE TRIGGER history BEFORE UPDATE OR DELETE ON loyalty_operation
  FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
CREATE OR REPLACE TRIGGER history BEFORE UPDATE OR DELETE ON loyalty_entry
  FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
CREATE OR REPLACE TRIGGER history BEFORE UPDATE OR DELETE ON loyalty_draw
  FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
-- Of a lot only `remaining` moves: no date, issuer or credit is ever changed. A column list costs the updates
-- of `remaining` nothing.
CREATE OR REPLACE TRIGGER history
  BEFORE DELETE OR UPDATE OF id, entry_id, wallet_id, customer_id, issuer_id, credit, expires_at ON loyalty_lot
  FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
CREATE OR REPLACE TRIGGER history
  BEFORE DELETE OR UPDATE OF operation_id, business_id, branch_id, customer_id, amount, local_on, occurred_at
  ON loyalty_purchase FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
CREATE OR REPLACE TRIGGER history BEFORE UPDATE OR DELETE ON loyalty_purchaseline
  FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
CREATE OR REPLACE TRIGGER history
  BEFORE UPDATE OF customer_id, program_id, public_id ON loyalty_wallet
  FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();

-- Rules and tiers are cached by version.
CREATE OR REPLACE TRIGGER rules_changed AFTER INSERT OR UPDATE OR DELETE ON loyalty_tier
  FOR EACH ROW EXECUTE FUNCTION businesses_rules_changed();

-- Rows that every purchase updates keep room on their page, so that the update touches no index.
ALTER TABLE loyalty_wallet SET (fillfactor = 80);
ALTER TABLE loyalty_membership SET (fillfactor = 80);
ALTER TABLE loyalty_lot SET (fillfactor = 90);
