-- The clicks that both sides hold, one row each. `first` says at which levels a click is its page view's first, as in a beacon.
CREATE TABLE bench.clicks
(
    day Date, page_view UInt64, page UInt16, viewport UInt8, country UInt8, large Bool, element UInt8,
    sub_y UInt8, sub_x UInt8, y UInt16, x UInt16, first UInt8
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (day, page, viewport)
