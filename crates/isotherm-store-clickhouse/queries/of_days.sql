site = {site:String}
    AND ({viewport:UInt8} = 0 OR viewport = {viewport:UInt8})
    AND has({published:Array(UInt64)}, seal_attempt)
    AND (last_day >= toDate({coarse_before:UInt16}) OR seal_attempt = {coarse_seal:UInt64})
