-- Which tokens are not revoked, and on which day was each last used?
SELECT id, hash, site, scope, allow_ip, created, expires, used.last AS last_used
FROM tokens
LEFT JOIN (SELECT id, max(day) AS last FROM token_uses GROUP BY id) AS used USING (id)
WHERE NOT revoked AND id NOT IN (SELECT id FROM tokens WHERE revoked)
ORDER BY created, id
