-- How many rows of a site were summed up, or are older than it keeps them, and are not deleted yet?
SELECT
    assumeNotNull((SELECT count() FROM days
        WHERE site = {site:String} AND last_day < toDate({kept_from:UInt16}) AND has({published:Array(UInt64)}, seal_attempt)
            AND seal_attempt != {coarse_seal:UInt64}))
    + assumeNotNull((SELECT count() FROM countries
        WHERE {with_countries:UInt8} = 1 AND site = {site:String} AND month < toDate({kept_from:UInt16}))) AS rows
