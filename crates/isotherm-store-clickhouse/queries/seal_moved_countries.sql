    SELECT code AS kind, site, layer, country, toUInt16(if(plan.fate = 'cohort', {month:UInt16}, 0)) AS to_month,
        if(other, 0, page) AS to_page, if(other, 0, viewport) AS to_viewport,
        if(other, 0, anchor) AS to_anchor, if(other, 0, y) AS to_y, if(other, 0, x) AS to_x, n,
        if(other AND code != 4, 0, views) AS to_views, if(other, 0, views_32) AS to_views_32,
        if(other, 0, views_64) AS to_views_64, if(other, 0, views_element) AS to_views_element
    FROM
    (
        SELECT toInt8(kind) AS code, site, page, layer, viewport, country, toUInt16(day) AS planned_for, anchor, y, x,
            n, views, views_32, views_64, views_element
        FROM live
        WHERE landing = toDate({landing:UInt16}) AND kind >= 'page' AND @slice@
        UNION ALL
        SELECT toInt8(kind) AS code, site, page, layer, viewport, country, toUInt16(0) AS planned_for, anchor, y, x,
            n, views, views_32, views_64, views_element
        FROM waiting_countries
        WHERE seal_attempt = {newest_seal:UInt64} AND toUInt16(month) = 0 AND @slice@
    ) AS rows
    INNER JOIN
    (
        SELECT site, page, viewport, toUInt16(day) AS planned_for, fate, other
        FROM seal_plan
        WHERE seal_attempt = {attempt:UInt64} AND fate != 'deleted' AND @slice@
    ) AS plan
    USING (site, page, viewport, planned_for)
    UNION ALL
    SELECT toInt8(kind) AS kind, site, layer, country, toUInt16(month) AS to_month, page AS to_page, viewport AS to_viewport,
        anchor AS to_anchor, y AS to_y, x AS to_x, n, views AS to_views, views_32 AS to_views_32, views_64 AS to_views_64,
        views_element AS to_views_element
    FROM waiting_countries
    WHERE seal_attempt = {newest_seal:UInt64} AND toUInt16(month) > 0 AND @slice@
        AND NOT has({removed:Array(String)}, site)
