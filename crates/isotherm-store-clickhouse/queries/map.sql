-- How many page views has a page, and what happened in each cell and at each position inside its elements, layer by layer? One
-- look instead of three: kind tells the rows apart, the layer of views is one of those that are asked for. Level 3 is kept without any place. No cohort by day is told of.
SELECT kind, layer, anchor, level, y, x, sum(n) AS n_sum, sum(counts.views) AS views_sum,
    sum(views_32) AS views_32_sum, sum(views_64) AS views_64_sum, sum(views_element) AS views_element_sum,
    toUInt8(0) AS part, min(toUInt16(day)) AS first, max(toUInt16(last_day)) AS last
FROM counts
WHERE @map@ AND level < 3
GROUP BY kind, layer, anchor, level, y, x
