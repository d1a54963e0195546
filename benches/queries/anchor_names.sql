-- The selectors of the elements, as published.
INSERT INTO anchors
SELECT {site:String}, sipHash64Keyed(({key_low:UInt64}, {key_high:UInt64}), concat('a', {site:String}, char(0), text)), text
FROM
(
    SELECT concat('#button-', toString(number)) AS text FROM numbers(24)
    UNION ALL
    SELECT concat('#part-', toString(number)) FROM numbers(4)
)
