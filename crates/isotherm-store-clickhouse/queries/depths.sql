-- How many page views of a page reached each depth, and where was their fold?
SELECT layer, y, sum(views) AS views_sum
FROM counts
WHERE kind = 'page' AND page = {page:UInt64} AND layer IN (2, 3)
GROUP BY layer, y
ORDER BY layer, y
