-- Under which paths are these pages published?
SELECT page, any(path) AS path
FROM pages
WHERE site = {site:String} AND has({ids:Array(UInt64)}, page)
GROUP BY page
