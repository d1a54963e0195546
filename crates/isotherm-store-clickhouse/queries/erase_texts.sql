-- Which pages of a site have a published path?
SELECT DISTINCT page, path
FROM pages
WHERE site = {site:String}
ORDER BY page
