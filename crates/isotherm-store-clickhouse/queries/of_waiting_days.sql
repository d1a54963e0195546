site = {site:String}
    AND day BETWEEN toDate({from:UInt16}) AND toDate({to:UInt16})
    AND seal_attempt = {newest_seal:UInt64}
@viewport@    AND viewport = {viewport:UInt8}
