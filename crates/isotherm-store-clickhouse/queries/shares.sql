-- Which share links are not revoked?
SELECT id, revoked, hash, site, page, created, expires, password, made_by
FROM shares
WHERE id NOT IN (SELECT id FROM shares WHERE revoked > toDate(0))
ORDER BY created, id
