-- How many page views has a page?
SELECT sum(views) AS views
FROM counts
WHERE kind = 'page' AND page = {page:UInt64} AND layer = 1
