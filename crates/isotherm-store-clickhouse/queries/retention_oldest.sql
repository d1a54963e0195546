-- Since when are sealed counts of each site there, and what of it is written down as expired?
SELECT site, toUInt16(min(first_of.oldest)) AS oldest, toUInt16(max(first_of.kept_from)) AS kept_from
FROM
(
    SELECT site, min(last_day) AS oldest, toDate(0) AS kept_from FROM days GROUP BY site
    UNION ALL
    SELECT site, min(month) AS oldest, toDate(0) AS kept_from FROM countries GROUP BY site
    UNION ALL
    SELECT site, toDate(65535) AS oldest, max(balance_changes.kept_from) AS kept_from FROM balance_changes GROUP BY site
) AS first_of
GROUP BY site
ORDER BY site
