-- How many rows has each page that a seal will read?
SELECT site, page, count() AS rows
FROM
(
    SELECT site, page FROM live WHERE landing = toDate({landing:UInt16}) AND kind >= 'page'
    UNION ALL
    SELECT site, page FROM waiting_days WHERE seal_attempt = {newest_seal:UInt64}
    UNION ALL
    SELECT site, page FROM waiting_countries WHERE seal_attempt = {newest_seal:UInt64}
)
GROUP BY site, page
ORDER BY site, page
