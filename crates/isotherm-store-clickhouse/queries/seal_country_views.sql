-- How many page views came from each country to each page and class in the months that end?
SELECT site, page, viewport, toUInt16(month) AS month, country, sumIf(seal_countries.views, kind = 'page' AND layer = 1) AS views
FROM seal_countries
WHERE seal_attempt = {attempt:UInt64}
GROUP BY site, page, viewport, month, country
