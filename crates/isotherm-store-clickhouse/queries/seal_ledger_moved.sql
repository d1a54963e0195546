-- Does the landing hold exactly the batches that were copied? 1 if it does.
SELECT assumeNotNull((
    SELECT (count(), sum(cityHash64(control.log_id[1], control.partition[1], control.first_offset[1], control.last_offset[1],
        control.attempt[1], control.count_rows[1], control.n_sum[1])))
    FROM live
    WHERE landing = toDate({landing:UInt16}) AND kind = 'ledger'
) =
(
    SELECT (count(), sum(cityHash64(log_id, partition, first_offset, last_offset, attempt, count_rows, n_sum)))
    FROM ledger
    WHERE landing = toDate({landing:UInt16}) AND seal_attempt = {attempt:UInt64} AND kind = 'ledger'
)) AS same
