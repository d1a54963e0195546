-- What happened in each 16 px cell of a page, layer by layer?
SELECT
    layer, y, x, sum(n) AS n_sum,
    sum(views) AS views_sum, sum(views_32) AS views_32_sum, sum(views_64) AS views_64_sum
FROM counts
WHERE kind = 'grid' AND page = {page:UInt64} AND has({layers:Array(UInt8)}, layer)
GROUP BY layer, y, x
ORDER BY layer, y, x
