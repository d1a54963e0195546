site = {site:String} AND {sealed_only:UInt8} = 0
    AND day BETWEEN toDate({from:UInt16}) AND toDate({to:UInt16})
    AND ({viewport:UInt8} = 0 OR viewport = {viewport:UInt8})
    AND NOT has({sealed_landings:Array(UInt16)}, toUInt16(landing))
