-- Which of these pages have a published path?
SELECT DISTINCT page
FROM pages
WHERE site = {site:String} AND has({ids:Array(UInt64)}, page)
