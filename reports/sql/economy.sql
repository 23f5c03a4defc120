-- What became of the points that each business gave: outstanding = issued − redeemed − expired − reversed.
-- A lot made for points that came back from a redemption after their own lot had expired gives nothing anew: the points
-- move from the one to the other, and neither side of that move counts.
DROP FUNCTION IF EXISTS reports_count_economy;
CREATE FUNCTION reports_count_economy(p_at timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  v_rows integer;
BEGIN
  LOCK TABLE reports_economy IN SHARE ROW EXCLUSIVE MODE;
  DELETE FROM reports_outstanding;
  DELETE FROM reports_economy;
  INSERT INTO reports_economy (business_id, issued, redeemed, expired, reversed, outstanding, settled, settled_redeemed,
                               settled_expired, counted_at)
  WITH drawn AS (
    SELECT d.lot_id,
           sum(d.points) FILTER (WHERE e.kind = 'redeem' OR origin.kind = 'redeem' AND d.points < 0) AS redeemed,
           sum(d.points) FILTER (WHERE e.kind = 'expire') AS expired,
           sum(d.points) FILTER (WHERE e.kind NOT IN ('redeem', 'expire') AND origin.kind IS DISTINCT FROM 'redeem') AS reversed
      FROM loyalty_draw d JOIN loyalty_entry e ON e.id = d.entry_id LEFT JOIN loyalty_entry origin ON origin.id = e.reverses_id
     GROUP BY 1
  ), lots AS (
    SELECT l.issuer_id, CASE WHEN e.kind = 'reverse' THEN 0 ELSE l.credit END AS issued, l.remaining,
           coalesce(d.redeemed, 0) AS redeemed, coalesce(d.expired, 0) AS expired, coalesce(d.reversed, 0) AS reversed,
           -- Without a day of its own a lot's time is over when nothing is left of it.
           coalesce(l.expires_at <= p_at, l.remaining = 0) AS settled
      FROM loyalty_lot l JOIN loyalty_entry e ON e.id = l.entry_id LEFT JOIN drawn d ON d.lot_id = l.id
  )
  SELECT issuer_id, sum(issued), sum(redeemed), sum(expired), sum(reversed), sum(remaining),
         coalesce(sum(issued) FILTER (WHERE settled), 0), coalesce(sum(redeemed) FILTER (WHERE settled), 0),
         coalesce(sum(expired) FILTER (WHERE settled), 0), p_at
    FROM lots GROUP BY 1;
  GET DIAGNOSTICS v_rows = ROW_COUNT;

  INSERT INTO reports_outstanding (business_id, month, points)
  SELECT l.issuer_id, date_trunc('month', l.expires_at AT TIME ZONE b.time_zone)::date, sum(l.remaining)
    FROM loyalty_lot l JOIN businesses_business b ON b.id = l.issuer_id WHERE l.open GROUP BY 1, 2;
  RETURN v_rows;
END $$;
