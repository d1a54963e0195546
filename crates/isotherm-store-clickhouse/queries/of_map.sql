page = {page:UInt64}
    AND ((kind = 'page' AND layer = 1) OR (kind IN ('grid', 'eighth', 'px16') AND has({layers:Array(UInt8)}, layer)))
