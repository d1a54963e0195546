-- What was done by those who administer, the newest day first?
SELECT day, who, act, site, subject
FROM audit
ORDER BY day DESC, site, act, subject
LIMIT 10000
