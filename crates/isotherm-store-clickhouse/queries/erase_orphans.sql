-- Which published selectors of a site does no count name any more?
SELECT DISTINCT anchor
FROM anchors
WHERE site = {site:String}
    AND anchor NOT IN
    (
        SELECT anchor FROM live WHERE site = {site:String} AND kind IN ('eighth', 'px16')
        UNION ALL
        SELECT arrayJoin(places.anchor) FROM days WHERE site = {site:String} AND kind IN ('eighth', 'px16')
        UNION ALL
        SELECT anchor FROM waiting_days WHERE site = {site:String} AND kind IN ('eighth', 'px16')
    )
ORDER BY anchor
