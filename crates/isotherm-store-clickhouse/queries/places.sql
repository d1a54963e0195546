-- What happened in each cell of some pages, or at each position inside their elements, or on them as a whole, layer by layer? kinds
-- says which of these are asked for. What is kept coarser than a cell stands at its first one; level 3 is kept without any place.
-- part, first and last: as in map_sealed.sql, where all of it is as if it were not sealed.
SELECT page, kind, layer, anchor, level, y, x, sum(n) AS n_sum, sum(counts.views) AS views_sum,
    sum(views_32) AS views_32_sum, sum(views_64) AS views_64_sum, sum(views_element) AS views_element_sum,
    toUInt8(4) AS part, {from:UInt16} AS first, {to:UInt16} AS last
FROM counts
WHERE kind IN {kinds:Array(String)} AND page IN {pages:Array(UInt64)} AND has({layers:Array(UInt8)}, layer) AND level < 3
GROUP BY page, kind, layer, anchor, level, y, x
