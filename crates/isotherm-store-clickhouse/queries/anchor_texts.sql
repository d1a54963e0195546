-- What are the published texts of these anchors?
SELECT anchor, any(text) AS text
FROM anchors
WHERE site = {site:String} AND anchor IN {anchors:Array(UInt64)}
GROUP BY anchor
