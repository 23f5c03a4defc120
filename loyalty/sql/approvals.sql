-- Who approved what is history too.
CREATE OR REPLACE TRIGGER history BEFORE UPDATE OR DELETE ON loyalty_approval
  FOR EACH ROW EXECUTE FUNCTION loyalty_refuse_change();
