-- Where did the reach of a page's page views begin (n) and end (views), where was their fold (views), and how many seconds (n) did
-- how many (views) have each band in view?
SELECT layer, y, sum(n) AS n_sum, sum(views) AS views_sum
FROM counts
WHERE kind = 'page' AND page = {page:UInt64} AND layer IN (2, 3, 11)
GROUP BY layer, y
ORDER BY layer, y
