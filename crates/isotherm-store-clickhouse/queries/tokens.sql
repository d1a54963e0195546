-- Which tokens are not revoked?
SELECT id, revoked, hash, site, scope, allow_ip, created
FROM tokens
WHERE NOT revoked AND id NOT IN (SELECT id FROM tokens WHERE revoked)
ORDER BY created, id
