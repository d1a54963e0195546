-- Where did the reach of a page's page views begin (n) and end (views), and where was their fold (views)?
SELECT layer, y, sum(n) AS n_sum, sum(views) AS views_sum
FROM counts
WHERE kind = 'page' AND page = {page:UInt64} AND layer IN (2, 3)
GROUP BY layer, y
ORDER BY layer, y
