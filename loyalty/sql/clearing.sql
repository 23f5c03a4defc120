-- What one business owes another is written with the draw that makes it owe. A draw from the business's own lots, which is
-- what purchases make if any, does not even call the function; nor does an expiry, which happens nowhere.
CREATE OR REPLACE FUNCTION loyalty_owe() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO loyalty_clearingline (draw_id, customer_id, owes_id, is_owed_id, local_on, points, amount)
  SELECT NEW.id, NEW.customer_id, NEW.issuer_id, NEW.business_id, o.local_on, NEW.points, NEW.points * NEW.point_value
    FROM loyalty_entry e JOIN loyalty_operation o ON o.id = e.operation_id
   WHERE e.id = NEW.entry_id AND e.kind IN ('redeem', 'reverse', 'collect');
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER owe AFTER INSERT ON loyalty_draw
  FOR EACH ROW WHEN (NEW.business_id <> NEW.issuer_id) EXECUTE FUNCTION loyalty_owe();
CREATE OR REPLACE TRIGGER history BEFORE UPDATE OR DELETE ON loyalty_clearingline
  FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
