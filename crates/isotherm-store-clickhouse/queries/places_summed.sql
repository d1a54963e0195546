toUInt64(0) AS anchor, toUInt16(0) AS y, toUInt16(0) AS x,
    arraySum(places.n) AS n, arraySum(places.views) AS views, toUInt32(0) AS views_32, toUInt32(0) AS views_64, toUInt32(0) AS views_element
