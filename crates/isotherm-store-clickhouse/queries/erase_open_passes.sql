-- Which passes were begun and not ended, and from what did they start?
SELECT pass, toUInt16(landing) AS landing, missing_rows, missing_n
FROM erase_passes
WHERE pass NOT IN (SELECT pass FROM erase_passes WHERE toUInt16(landing) = 0)
ORDER BY pass, landing
