-- The paths of the pages, as published.
INSERT INTO pages
SELECT {site:String}, sipHash64Keyed(({key_low:UInt64}, {key_high:UInt64}), concat('p', {site:String}, char(0), path)), path
FROM (SELECT concat('/pages/page-', toString(number)) AS path FROM numbers({pages:UInt16}))
