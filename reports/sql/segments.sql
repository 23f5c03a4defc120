-- Who buys lately, often and for much: recency, frequency and money in fifths of a business's customers (RFM).
-- Ties in the order of the customers' ids. FM is the mean of both, halves rounded up. Fewer than 5 customers: no segments.
DROP FUNCTION IF EXISTS reports_count_segments;
CREATE FUNCTION reports_count_segments(p_at timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  v_rows integer;
BEGIN
  LOCK TABLE reports_segment IN SHARE ROW EXCLUSIVE MODE;
  DELETE FROM reports_segment;
  INSERT INTO reports_segment (business_id, name, customers, amount, counted_at)
  WITH fifths AS (
    SELECT m.business_id, m.spend, count(*) OVER (PARTITION BY m.business_id) AS customers,
           ntile(5) OVER (PARTITION BY m.business_id ORDER BY m.last_on, m.customer_id) AS r,
           ntile(5) OVER (PARTITION BY m.business_id ORDER BY m.visits, m.customer_id) AS f,
           ntile(5) OVER (PARTITION BY m.business_id ORDER BY m.spend, m.customer_id) AS m
      FROM loyalty_membership m WHERE m.visits > 0
  ), scored AS (
    SELECT business_id, spend, r, floor((f + m) / 2.0 + 0.5) AS fm FROM fifths WHERE customers >= 5
  ), named AS (
    SELECT business_id, spend, CASE
        WHEN r >= 4 AND fm >= 4 THEN 'champions'
        WHEN r = 3 AND fm >= 4 THEN 'loyal'
        WHEN r >= 4 AND fm BETWEEN 2 AND 3 THEN 'potential_loyalist'
        WHEN r = 5 AND fm = 1 THEN 'new'
        WHEN r = 4 AND fm = 1 THEN 'promising'
        WHEN r = 3 AND fm = 3 THEN 'need_attention'
        WHEN r = 3 AND fm <= 2 THEN 'about_to_sleep'
        WHEN r = 1 AND fm = 5 THEN 'cannot_lose'
        WHEN r <= 2 AND fm >= 3 THEN 'at_risk'
        WHEN r = 2 AND fm <= 2 THEN 'hibernating'
        ELSE 'lost' END AS name
      FROM scored
  )
  SELECT business_id, name, count(*), sum(spend), p_at FROM named GROUP BY 1, 2;
  GET DIAGNOSTICS v_rows = ROW_COUNT;
  RETURN v_rows;
END $$;
