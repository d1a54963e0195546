-- Which of these anchors have a published text?
SELECT DISTINCT anchor
FROM anchors
WHERE site = {site:String} AND has({ids:Array(UInt64)}, anchor)
