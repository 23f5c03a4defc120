-- What the businesses of a programme bring each other, from the sums by day. Days are compared as dates.
DROP FUNCTION IF EXISTS reports_count_network;
CREATE FUNCTION reports_count_network(p_at timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  v_as_of date := (p_at AT TIME ZONE 'UTC')::date;
  v_rows integer;
BEGIN
  LOCK TABLE reports_passage IN SHARE ROW EXCLUSIVE MODE;
  DELETE FROM reports_passage;
  DELETE FROM reports_breadth;

  -- A customer's first day ever at a business, credited to where they bought last before it, 1 to 60 days earlier. All
  -- that was before is of other businesses, so that it is the day before among all their days; of several on that day
  -- the lowest id. What they spend here in the 90 days from the first on is what it brought.
  INSERT INTO reports_passage (origin_id, business_id, customers, amount, counted_at)
  WITH bought AS (
    SELECT b.program_id, d.business_id, d.customer_id, d."on", d.amount
      FROM reports_customerday d JOIN businesses_business b ON b.id = d.business_id WHERE NOT b.confidential
  ), days AS (
    SELECT program_id, customer_id, "on", min(business_id) AS business_id FROM bought GROUP BY 1, 2, 3
  ), before AS (
    SELECT program_id, customer_id, "on", lag(business_id) OVER w AS origin_id, "on" - lag("on") OVER w AS days
      FROM days WINDOW w AS (PARTITION BY program_id, customer_id ORDER BY "on")
  ), firsts AS (
    SELECT program_id, customer_id, business_id, min("on") AS "on" FROM bought GROUP BY 1, 2, 3
  )
  SELECT p.origin_id, f.business_id, count(DISTINCT f.customer_id), sum(b.amount), p_at
    FROM firsts f
    JOIN before p ON (p.program_id, p.customer_id, p."on") = (f.program_id, f.customer_id, f."on")
    JOIN bought b ON (b.business_id, b.customer_id) = (f.business_id, f.customer_id)
                 AND b."on" >= f."on" AND b."on" < f."on" + 90
   WHERE p.days BETWEEN 1 AND 60 AND f."on" > v_as_of - 365 AND f."on" <= v_as_of
   GROUP BY 1, 2;
  GET DIAGNOSTICS v_rows = ROW_COUNT;

  -- Who buys in two categories or more: once with all, for the operator, and once without the confidential, for partners.
  INSERT INTO reports_breadth (program_id, discreet, eligible, broad, active, active_broad, counted_at)
  WITH bought AS (
    SELECT b.program_id, side.discreet, d.customer_id, d."on", b.category
      FROM reports_customerday d JOIN businesses_business b ON b.id = d.business_id
      JOIN (VALUES (false), (true)) AS side(discreet) ON NOT (side.discreet AND b.confidential)
     WHERE d."on" <= v_as_of
  ), anchored AS (
    SELECT program_id, discreet, customer_id, category, "on",
           min("on") OVER (PARTITION BY program_id, discreet, customer_id) AS anchor FROM bought
  ), counted AS (
    SELECT program_id, discreet, anchor + 60 <= v_as_of AS eligible,
           count(DISTINCT category) FILTER (WHERE "on" < anchor + 60) AS at_first,
           count(DISTINCT category) FILTER (WHERE "on" > v_as_of - 60) AS lately
      FROM anchored GROUP BY 1, 2, customer_id, anchor
  )
  SELECT program_id, discreet, count(*) FILTER (WHERE eligible), count(*) FILTER (WHERE eligible AND at_first > 1),
         count(*) FILTER (WHERE lately > 0), count(*) FILTER (WHERE lately > 1), p_at
    FROM counted GROUP BY 1, 2;
  RETURN v_rows;
END $$;
