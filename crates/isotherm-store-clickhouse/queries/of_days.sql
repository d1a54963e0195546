site = {site:String}
    AND has({published:Array(UInt64)}, seal_attempt)
@viewport@    AND viewport = {viewport:UInt8}
@coarse@    AND (last_day >= toDate({coarse_before:UInt16}) OR seal_attempt = {coarse_seal:UInt64})
