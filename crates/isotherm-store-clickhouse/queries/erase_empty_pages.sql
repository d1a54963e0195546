-- Which of these published pages does no count name any more?
SELECT DISTINCT page
FROM pages
WHERE site = {site:String} AND has({pages:Array(UInt64)}, page)
    AND page NOT IN
    (
        SELECT page FROM live WHERE site = {site:String} AND kind >= 'page'
        UNION ALL
        SELECT page FROM days WHERE site = {site:String}
        UNION ALL
        SELECT page FROM waiting_days WHERE site = {site:String}
    )
ORDER BY page
