-- Opening balances of many customers at once: what they had collected before their business came here. Each is an
-- operation of its own kind, booked as an adjustment is. Wallets are opened and locked first, in primary-key order.
--
-- p_rows: [{key, hash (hex), customer, points, expires_at}], one scope. The customers are enrolled already.
-- Returns for each row, by its position from 1, `posted`, `replayed`, `key_reused` or `blocked`.

DROP FUNCTION IF EXISTS loyalty_open_many;
CREATE FUNCTION loyalty_open_many(
  p_program bigint, p_business bigint, p_staff bigint, p_scope text, p_time_zone text, p_rows jsonb
) RETURNS TABLE ("position" bigint, outcome text) LANGUAGE plpgsql AS $$
DECLARE
  v_customers bigint[] := ARRAY(SELECT DISTINCT (r->>'customer')::bigint FROM jsonb_array_elements(p_rows) r ORDER BY 1);
BEGIN
  INSERT INTO loyalty_wallet (program_id, customer_id) SELECT p_program, c FROM unnest(v_customers) c ORDER BY c
    ON CONFLICT (customer_id, program_id) DO NOTHING;
  PERFORM FROM loyalty_wallet w WHERE w.program_id = p_program AND w.customer_id = ANY (v_customers) ORDER BY w.id FOR UPDATE;
  RETURN QUERY
  SELECT r.n, CASE WHEN c.blocked_at IS NOT NULL THEN 'blocked' ELSE (loyalty_adjust(
      p_business, p_staff, NULL, p_scope, r.row->>'key', decode(r.row->>'hash', 'hex'), p_time_zone, w.id,
      (r.row->>'points')::bigint, NULL, (r.row->>'expires_at')::timestamptz, 'opening')).outcome END
    FROM jsonb_array_elements(p_rows) WITH ORDINALITY AS r(row, n)
    CROSS JOIN LATERAL (SELECT id FROM loyalty_wallet
                         WHERE program_id = p_program AND customer_id = (r.row->>'customer')::bigint OFFSET 0) w
    CROSS JOIN LATERAL (SELECT blocked_at FROM customers_customer WHERE id = (r.row->>'customer')::bigint OFFSET 0) c
   ORDER BY r.n;
END $$;
