-- Where did the reach of a page's page views begin (n) and end (views), where was their fold (views), and how many seconds (n) did
-- how many (views) have each band in view? By country small folds and bands are kept without their place, as level 3: they say
-- nothing here. A reach of that level begins or ends at 1 percent, so that the others stay whole.
SELECT layer, y, sum(n) AS n_sum, sum(views) AS views_sum
FROM counts
WHERE kind = 'page' AND page = {page:UInt64} AND layer IN (2, 3, 11) AND (layer = 2 OR level < 3)
GROUP BY layer, y
ORDER BY layer, y
