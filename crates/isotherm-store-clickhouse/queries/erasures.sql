-- Which requests to erase are there, in their newest versions?
SELECT id, max(erasures.version) AS version,
    toInt8(argMax(erasures.state, erasures.version)) AS state,
    toUnixTimestamp(argMax(erasures.requested, erasures.version)) AS requested,
    argMax(erasures.site, erasures.version) AS site,
    toInt8(argMax(erasures.kind, erasures.version)) AS kind,
    argMax(erasures.pattern, erasures.version) AS pattern,
    argMax(erasures.pages, erasures.version) AS pages,
    toUInt16(argMax(erasures.first_day, erasures.version)) AS first_day,
    toUInt16(argMax(erasures.last_day, erasures.version)) AS last_day,
    argMax(erasures.deleted, erasures.version) AS deleted
FROM erasures
GROUP BY id
ORDER BY requested, id
