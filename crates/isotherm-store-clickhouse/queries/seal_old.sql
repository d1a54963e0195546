site = {site:String} AND last_day < toDate({kept_from:UInt16}) AND has({published:Array(UInt64)}, seal_attempt)
    AND (last_day >= toDate({coarse_before:UInt16}) OR seal_attempt = {coarse_seal:UInt64})
