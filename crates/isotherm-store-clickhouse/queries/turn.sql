-- Whose turn is it, until when, and what time has the server? Zeros for nobody's yet.
SELECT max(at) AS number, argMax(who, at) AS holder, argMax(till, at) AS until_s, toUnixTimestamp(now()) AS now_s, count() AS rows
FROM
(
    SELECT toUInt64(parts[1]) AS at, toUInt64(parts[2]) AS who, toUInt32(parts[3]) AS till
    FROM (SELECT splitByChar(' ', value) AS parts FROM settings WHERE id = 'turn')
)
