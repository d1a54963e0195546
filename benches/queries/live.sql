-- The same clicks as a landing of `live`, as the aggregator would leave it.
INSERT INTO live
    (landing, kind, site, page, layer, viewport, day, anchor, y, x, country, n, views, views_32, views_64, views_element)
WITH
    ({key_low:UInt64}, {key_high:UInt64}) AS id_key,
    ['DE', 'FR', 'US', 'GB', 'NL', 'ES', 'IT', 'PL', 'AT', 'CH', 'BE', 'SE', 'DK', 'NO', 'FI', 'PT', 'CZ', 'IE', 'HU', 'RO',
        'GR', 'BG', 'HR', 'SK', 'LT', 'SI', 'LV', 'EE', 'LU', 'MT', 'CA', 'AU', 'NZ', 'JP', 'KR', 'BR', 'MX', 'AR', 'IN', 'ZA']
        AS codes,
    rows AS
    (
        SELECT
            sipHash64Keyed(id_key, concat('p', {site:String}, char(0), '/pages/page-', toString(page))) AS page_id,
            sipHash64Keyed(id_key, concat('a', {site:String}, char(0), if(large, '#part-', '#button-'), toString(element)))
                AS anchor_id,
            toFixedString(codes[country], 2) AS code, *
        FROM bench.clicks
        WHERE day = {day:Date}
    )
SELECT
    {day:Date}, 'grid', {site:String}, page_id, 4, viewport, {day:Date}, 0, y, x, code,
    count(), countIf(bitTest(first, 0)), countIf(bitTest(first, 1)), countIf(bitTest(first, 2)), 0
FROM rows
GROUP BY page_id, viewport, y, x, code
UNION ALL
SELECT
    {day:Date}, if(large, 'px16', 'eighth'), {site:String}, page_id, 4, viewport, {day:Date}, anchor_id, sub_y, sub_x, code,
    count(), countIf(bitTest(first, 3)), 0, 0, countIf(bitTest(first, 4))
FROM rows
GROUP BY page_id, viewport, large, anchor_id, sub_y, sub_x, code
UNION ALL
SELECT
    {day:Date}, 'page', {site:String}, page_id, 1, viewport, {day:Date}, 0, 0, 0, code,
    uniqExact(page_view), uniqExact(page_view), 0, 0, 0
FROM rows
GROUP BY page_id, viewport, code
