-- A programme's rules_version moves with every change to it, to its businesses and their branches, whoever
-- writes it, so that rules cached in a process can never be stale unnoticed.

CREATE OR REPLACE FUNCTION businesses_own_rules_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.rules_version := OLD.rules_version + 1;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION businesses_rules_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE businesses_program SET rules_version = rules_version + 1 WHERE id IN (NEW.program_id, OLD.program_id);
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION businesses_branch_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE businesses_program SET rules_version = rules_version + 1
   WHERE id = (SELECT program_id FROM businesses_business WHERE id = coalesce(NEW.business_id, OLD.business_id));
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER own_rules_changed BEFORE UPDATE ON businesses_program
  FOR EACH ROW EXECUTE FUNCTION businesses_own_rules_changed();
CREATE OR REPLACE TRIGGER rules_changed AFTER INSERT OR UPDATE OR DELETE ON businesses_business
  FOR EACH ROW EXECUTE FUNCTION businesses_rules_changed();
CREATE OR REPLACE TRIGGER rules_changed AFTER INSERT OR UPDATE OR DELETE ON businesses_branch
  FOR EACH ROW EXECUTE FUNCTION businesses_branch_changed();
