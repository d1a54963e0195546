-- One day of clicks: 2 page views make 7; pages, elements and countries by Zipf's law (the logarithm of the rank is even), the
-- position inside a small element around its middle, one click in five in a large container. All of it hashes of a number, so
-- that every run has the same clicks.
INSERT INTO bench.clicks
WITH
    toUInt64({number:UInt32}) * 1000000000 + number AS id,
    intDiv(id * 2, 7) AS view,
    cityHash64(view, 1) % 1000003 / 1000003 AS at_page,
    cityHash64(view, 2) % 100 AS at_viewport,
    cityHash64(view, 3) % 1000003 / 1000003 AS at_country,
    cityHash64(id, 4) % 1000003 / 1000003 AS at_element,
    cityHash64(id, 5) AS dice,
    toUInt16(floor(pow({pages:UInt16}, at_page)) - 1) AS the_page,
    multiIf(at_viewport < 30, 1, at_viewport < 38, 2, at_viewport < 45, 3, at_viewport < 60, 4, at_viewport < 85, 5, 6) AS class,
    [24, 45, 56, 76, 90, 110][class] AS columns,
    bitAnd(dice, 255) < 51 AS in_large,
    toUInt8(floor(pow(24, at_element)) - 1) AS rank,
    if(in_large, rank % 4, rank) AS the_element,
    cityHash64(the_page, the_element, class, in_large) AS lies,
    intDiv(bitShiftRight(dice, 8) % 8 + bitShiftRight(dice, 16) % 8, 2) AS eighth_y,
    intDiv(bitShiftRight(dice, 24) % 8 + bitShiftRight(dice, 32) % 8, 2) AS eighth_x,
    bitShiftRight(dice, 8) % 40 AS inside_y,
    bitShiftRight(dice, 16) % columns AS inside_x,
    bitShiftRight(dice, 40) AS marks
SELECT
    {day:Date}, view, the_page, class, toUInt8(floor(pow(40, at_country))), in_large, the_element,
    if(in_large, inside_y, eighth_y), if(in_large, inside_x, eighth_x),
    bitShiftRight(lies, 8) % 250 + if(in_large, inside_y, intDiv(eighth_y * 5, 16)),
    if(in_large, inside_x, lies % columns + intDiv(eighth_x * 15, 16)),
    bitOr(
        bitOr(if(marks % 20 < 19, 1, 0), if(bitShiftRight(marks, 4) % 20 < 17, 2, 0)),
        bitOr(
            bitOr(if(bitShiftRight(marks, 8) % 20 < 15, 4, 0), if(bitShiftRight(marks, 12) % 20 < 19, 8, 0)),
            if(bitShiftRight(marks, 16) % 8 < 6, 16, 0)))
FROM numbers({clicks:UInt64})
