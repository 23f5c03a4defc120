-- The one door for new people. Safe in parallel: the second of two callers waits for the first and gets the same id.

DROP FUNCTION IF EXISTS customers_enrol;
CREATE FUNCTION customers_enrol(p_phone text, p_business bigint, p_external_id text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  v_customer bigint;
BEGIN
  IF p_phone IS NOT NULL THEN
    INSERT INTO customers_customer (phone) VALUES (p_phone) ON CONFLICT (phone) DO NOTHING RETURNING id INTO v_customer;
    RETURN coalesce(v_customer, (SELECT id FROM customers_customer WHERE phone = p_phone));
  END IF;
  -- An outside id has its customer made first; of two parallel callers one throws its customer away again.
  SELECT customer_id INTO v_customer FROM customers_externalid WHERE business_id = p_business AND external_id = p_external_id;
  IF FOUND THEN
    RETURN v_customer;
  END IF;
  INSERT INTO customers_customer (phone) VALUES (NULL) RETURNING id INTO v_customer;
  INSERT INTO customers_externalid (business_id, external_id, customer_id) VALUES (p_business, p_external_id, v_customer)
    ON CONFLICT (business_id, external_id) DO NOTHING;
  IF NOT FOUND THEN
    DELETE FROM customers_customer WHERE id = v_customer;
    SELECT customer_id INTO v_customer FROM customers_externalid WHERE business_id = p_business AND external_id = p_external_id;
  END IF;
  RETURN v_customer;
END $$;
