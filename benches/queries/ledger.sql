-- One batch, which is all of the landing.
INSERT INTO live (landing, kind, day, anchor, country, control)
SELECT
    {day:Date}, 'ledger', {day:Date}, {number:UInt32}, 'ZZ',
    [(7, 0, {number:UInt32}, {number:UInt32}, 0, 0, 1, 0, 0, 1, count(), sum(n), 0, 0, 0, 0)]
FROM live
WHERE landing = {day:Date} AND kind >= 'page'
