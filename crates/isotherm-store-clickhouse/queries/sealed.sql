-- Which cohorts by day lie wholly inside the window, and does it cut any? Every cohort has a row of page views.
SELECT
    countIf(first_day >= toDate({from:UInt16}) AND last_day <= toDate({to:UInt16})) AS inside,
    minIf(first_day, first_day >= toDate({from:UInt16}) AND last_day <= toDate({to:UInt16})) AS first,
    maxIf(last_day, first_day >= toDate({from:UInt16}) AND last_day <= toDate({to:UInt16})) AS last,
    countIf(first_day < toDate({from:UInt16})) AS before,
    countIf(last_day > toDate({to:UInt16})) AS after
FROM days
WHERE kind = 'page' AND layer = 1 AND site = {site:String}
    AND ({any_page:UInt8} = 1 OR page = {page:UInt64})
    AND ({viewport:UInt8} = 0 OR viewport = {viewport:UInt8})
    AND last_day >= toDate({from:UInt16}) AND first_day <= toDate({to:UInt16})
    AND has({published:Array(UInt64)}, seal_attempt)
    AND (last_day >= toDate({coarse_before:UInt16}) OR seal_attempt = {coarse_seal:UInt64})
