-- How many page views has a page, what happened in each cell and at each position inside its elements, layer by layer, and which
-- cohorts by day lie wholly inside the window or are cut by it? One look instead of four: kind tells the rows apart, and every
-- cohort has a row of page views. Level 3 is kept without any place; the text is empty where the anchor's is not published.
SELECT kind, layer, text, anchor, level, y, x, n_sum, views_sum, views_32_sum, views_64_sum, views_element_sum,
    cohorts, first, last, before, after
FROM
(
    SELECT
        kind, layer, anchor, level, y, x, sum(n) AS n_sum, sumIf(counts.views, is_inside) AS views_sum,
        sum(views_32) AS views_32_sum, sum(views_64) AS views_64_sum, sum(views_element) AS views_element_sum,
        max(is_cohort AND is_inside) AS cohorts, minIf(day, is_cohort AND is_inside) AS first,
        maxIf(last_day, is_cohort AND is_inside) AS last, max(is_before) AS before, max(is_after) AS after
    FROM
    (
        SELECT *, day < toDate({from:UInt16}) AS is_before, last_day > toDate({to:UInt16}) AS is_after,
            NOT is_before AND NOT is_after AS is_inside
        FROM counts
        WHERE page = {page:UInt64}
            AND ((kind = 'page' AND layer = 1)
                OR (kind IN ('grid', 'eighth', 'px16') AND level < 3 AND has({layers:Array(UInt8)}, layer)))
    ) AS counts
    GROUP BY kind, layer, anchor, level, y, x
) AS sums
LEFT JOIN
(
    SELECT anchor, any(text) AS text
    FROM anchors
    WHERE site = {site:String}
    GROUP BY anchor
) AS texts
USING (anchor)
ORDER BY layer, anchor, kind, level, y, x
