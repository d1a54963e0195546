-- What became of all sites' beacons from an hour on, by site, hour and outcome?
SELECT site, hour, outcome, sum(arrivals.n) AS n
FROM arrivals
WHERE hour >= toDateTime({since_s:UInt32}, 'UTC')
GROUP BY site, hour, outcome
ORDER BY site, hour, outcome
