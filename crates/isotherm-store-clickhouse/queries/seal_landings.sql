-- Which landings hold rows and are not sealed?
SELECT DISTINCT toUInt16(landing) AS landing
FROM live
WHERE NOT has({sealed_landings:Array(UInt16)}, toUInt16(landing))
ORDER BY landing
