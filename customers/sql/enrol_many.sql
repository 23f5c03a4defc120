-- customers_enrol for many at once: the ids of those who are known, in the order sent, and of new ones for the rest.
-- Each position holds a phone, the business's own id, or both. With both the id leads, because numbers change hands:
-- only an id that is new to the business is tied to the phone's customer. A known id is never given another phone.
--
-- Safe in parallel: everybody inserts in the same order, waits for who came first, and reads what won.

DROP FUNCTION IF EXISTS customers_enrol_many;
CREATE FUNCTION customers_enrol_many(p_business bigint, p_phones text[], p_external_ids text[]) RETURNS bigint[]
LANGUAGE plpgsql AS $$
DECLARE
  v_customers bigint[];
BEGIN
  INSERT INTO customers_customer (phone)
  SELECT DISTINCT s.phone FROM unnest(p_phones, p_external_ids) AS s(phone, external_id)
   WHERE s.phone IS NOT NULL
     AND NOT EXISTS (SELECT FROM customers_customer c WHERE c.phone = s.phone)
     AND NOT EXISTS (SELECT FROM customers_externalid x WHERE x.business_id = p_business AND x.external_id = s.external_id)
   ORDER BY s.phone
  ON CONFLICT (phone) DO NOTHING;

  -- An id is claimed first, and the customer of an id without a phone is made only where the claim was won.
  WITH unknown AS MATERIALIZED (
    SELECT s.external_id, min(s.phone) AS phone FROM unnest(p_phones, p_external_ids) AS s(phone, external_id)
     WHERE s.external_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM customers_externalid x WHERE x.business_id = p_business AND x.external_id = s.external_id)
     GROUP BY s.external_id
  ), claimed AS (
    INSERT INTO customers_externalid (business_id, external_id, customer_id)
    SELECT p_business, u.external_id, coalesce(c.id, nextval(pg_get_serial_sequence('customers_customer', 'id')))
      FROM unknown u LEFT JOIN customers_customer c ON c.phone = u.phone
     ORDER BY u.external_id
    ON CONFLICT (business_id, external_id) DO NOTHING
    RETURNING customer_id
  )
  INSERT INTO customers_customer (id, phone)
  SELECT claimed.customer_id, NULL FROM claimed
   WHERE NOT EXISTS (SELECT FROM customers_customer c WHERE c.id = claimed.customer_id);

  SELECT array_agg(coalesce(x.customer_id, c.id) ORDER BY s.n) INTO v_customers
    FROM unnest(p_phones, p_external_ids) WITH ORDINALITY AS s(phone, external_id, n)
    LEFT JOIN customers_externalid x ON x.business_id = p_business AND x.external_id = s.external_id
    LEFT JOIN customers_customer c ON c.phone = s.phone;
  RETURN v_customers;
END $$;
