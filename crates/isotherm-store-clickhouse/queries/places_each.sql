places.anchor AS anchor, places.y AS y, places.x AS x,
    places.n AS n, places.views AS views, places.views_32 AS views_32, places.views_64 AS views_64, places.views_element AS views_element
