kind IN ('page', 'grid', 'eighth', 'px16') AND page = {page:UInt64} AND has({layers:Array(UInt8)}, layer)
