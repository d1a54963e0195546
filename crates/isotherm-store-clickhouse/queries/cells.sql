-- What happened in each 16 px cell of some pages, or in each square that is kept without its cells, layer by layer? Level 3 is
-- kept without any place.
SELECT
    page, layer, level, y, x, sum(n) AS n_sum,
    sum(views) AS views_sum, sum(views_32) AS views_32_sum, sum(views_64) AS views_64_sum
FROM counts
WHERE kind = 'grid' AND level < 3 AND page IN {pages:Array(UInt64)} AND has({layers:Array(UInt8)}, layer)
GROUP BY page, layer, level, y, x
ORDER BY page, layer, level, y, x
