-- The same clicks as that table has them: a row each, with session and person, 16 px units, and the address of the page.
INSERT INTO bench.heatmaps
SELECT
    toString(reinterpretAsUUID(sipHash128(intDiv(page_view, 3), 1))), 1,
    toString(reinterpretAsUUID(sipHash128(intDiv(page_view, 5), 2))),
    toDateTime64(day, 6, 'UTC') + cityHash64(page_view, 7) % 86400 + cityHash64(page_view, y, x) % 1000000 / 1000000,
    x, y, 16,
    [24, 45, 56, 76, 90, 110][viewport] + cityHash64(page_view, 8) % 4,
    [50, 55, 60, 50, 55, 65][viewport] + cityHash64(page_view, 9) % 6,
    cityHash64(page, element) % 20 = 0, concat('https://www.example.com/pages/page-', toString(page)), 'click',
    toDateTime(day) + 86399, rowNumberInAllBlocks(), page % 64
FROM bench.clicks
WHERE day = {day:Date}
