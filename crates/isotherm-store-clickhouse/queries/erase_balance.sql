-- What does the deletion of a site take out of each landing of live?
SELECT landing, count() AS count_rows, sum(n) AS n_sum
FROM live
WHERE kind >= 'page' AND site = {site:String}
GROUP BY landing
ORDER BY landing
