    SELECT code AS kind, site, layer, plan.fate AS fate, plan.first_day AS first_day, plan.last_day AS last_day,
        rows.day AS day, if(other, 0, page) AS to_page, if(other, 0, viewport) AS to_viewport,
        if(other, 0, anchor) AS to_anchor, if(other, 0, y) AS to_y, if(other, 0, x) AS to_x, n,
        if(other AND code != 4, 0, views) AS to_views, if(other, 0, views_32) AS to_views_32,
        if(other, 0, views_64) AS to_views_64, if(other, 0, views_element) AS to_views_element
    FROM
    (
        SELECT toInt8(kind) AS code, site, page, layer, viewport, day, toUInt16(day) AS planned_for, anchor, y, x,
            n, views, views_32, views_64, views_element
        FROM live
        WHERE landing = toDate({landing:UInt16}) AND kind >= 'page' AND @slice@
        UNION ALL
        SELECT toInt8(kind) AS code, site, page, layer, viewport, day, toUInt16(0) AS planned_for, anchor, y, x,
            n, views, views_32, views_64, views_element
        FROM waiting_days
        WHERE seal_attempt = {newest_seal:UInt64} AND @slice@
    ) AS rows
    INNER JOIN
    (
        SELECT site, page, viewport, toUInt16(day) AS planned_for, fate, other, first_day, last_day
        FROM seal_plan
        WHERE seal_attempt = {attempt:UInt64} AND @slice@
    ) AS plan
    USING (site, page, viewport, planned_for)
