-- What is there to be sealed, beside landings? The oldest month, day with a page, and day without one, that wait; 0 for none.
SELECT
    assumeNotNull((SELECT toUInt16(minIf(month, toUInt16(month) > 0)) FROM waiting_countries WHERE seal_attempt = {newest_seal:UInt64})) AS month,
    assumeNotNull((SELECT toUInt16(minIf(day, page != 0)) FROM waiting_days WHERE seal_attempt = {newest_seal:UInt64})) AS day,
    assumeNotNull((SELECT toUInt16(minIf(day, page = 0)) FROM waiting_days WHERE seal_attempt = {newest_seal:UInt64})) AS other
