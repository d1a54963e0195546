-- A record that cannot be decoded leaves a row of its own among the control rows of its batch, without its payload: it lands
-- with the batch or not at all, exactly once like everything else. Its schema version and its reason lie in y and x, which
-- control rows do not use otherwise; its offset is in anchor and in lost_first.
-- Reasons: 1 the header is damaged, 2 the version is not known, 3 the body is damaged, 4 the body holds an impossible value,
-- 5 it was packed for another partition.

ALTER TABLE live MODIFY COLUMN kind
    Enum8('poison' = 0, 'ledger' = 1, 'last' = 2, 'lost' = 3, 'page' = 4, 'grid' = 5, 'eighth' = 6, 'px16' = 7)
    COMMENT 'Control rows (poison, ledger, last, lost), or which map a count belongs to';

ALTER TABLE live COMMENT COLUMN anchor
    'Keyed hash of site and element selector, 0 outside elements; the first offset in control rows, their own in poison rows';

ALTER TABLE live COMMENT COLUMN y
    'Row of the cell, depth in percent, or fold in steps of 100 px; the schema version in poison rows, 0 where it cannot be read';

ALTER TABLE live COMMENT COLUMN x 'Column of the cell; the reason in poison rows';

ALTER TABLE ledger MODIFY COLUMN kind Enum8('poison' = 0, 'ledger' = 1, 'last' = 2, 'lost' = 3)
    COMMENT 'A batch, how far a lane is, what is lost, or a record that could not be decoded';

ALTER TABLE ledger COMMENT COLUMN lost_first
    'First sequence number or offset that is lost; the offset of a record that could not be decoded';

ALTER TABLE ledger ADD COLUMN IF NOT EXISTS version UInt16 DEFAULT 0
    COMMENT 'Schema version of a record that could not be decoded; 0 where it cannot be read';

ALTER TABLE ledger ADD COLUMN IF NOT EXISTS reason UInt16 DEFAULT 0
    COMMENT 'Why it could not be decoded: 1 header, 2 version, 3 body, 4 value, 5 partition';
