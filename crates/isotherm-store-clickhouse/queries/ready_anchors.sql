-- Which of these anchors have enough page views by now for their text to be published? A page view marks its first touch
-- of an element once in each layer, so the page views behind it are at least the largest sum of one layer.
SELECT DISTINCT anchor
FROM
(
    SELECT anchor, layer, views_element
    FROM live
    WHERE kind IN ('eighth', 'px16') AND site = {site:String} AND anchor IN {ids:Array(UInt64)}
        AND NOT has({sealed_landings:Array(UInt16)}, toUInt16(landing))
    UNION ALL
    SELECT places.anchor AS anchor, layer, places.views_element AS views_element
    FROM days ARRAY JOIN places
    WHERE kind IN ('eighth', 'px16') AND site = {site:String} AND places.anchor IN {ids:Array(UInt64)}
        AND has({published:Array(UInt64)}, seal_attempt)
        AND (last_day >= toDate({coarse_before:UInt16}) OR seal_attempt = {coarse_seal:UInt64})
    UNION ALL
    SELECT anchor, layer, views_element
    FROM waiting_days
    WHERE kind IN ('eighth', 'px16') AND site = {site:String} AND anchor IN {ids:Array(UInt64)}
        AND seal_attempt = {newest_seal:UInt64}
)
GROUP BY anchor, layer
HAVING sum(views_element) >= {views_min:UInt64}
