site = {site:String}
    AND day BETWEEN toDate({from:UInt16}) AND toDate({to:UInt16})
    AND NOT has({sealed_landings:Array(UInt16)}, toUInt16(landing))
@viewport@    AND viewport = {viewport:UInt8}
