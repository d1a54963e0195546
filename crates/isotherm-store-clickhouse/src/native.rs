//! ClickHouse's Native format, as far as one block of counts needs it: a columnar block that the server stores without
//! parsing. Layout (ClickHouse docs, "Native" format without a protocol version): count of columns and of rows as
//! variable-length integers, then for each column its name and type as length-prefixed text, then all its values.
//! Numbers are little-endian.

/// A block under construction. The caller adds exactly as many columns, and rows in each, as it announced.
pub(crate) struct Block {
    bytes: Vec<u8>,
    rows: usize,
}

/// `LowCardinality` state: version 1, a dictionary sent with each block.
const DICTIONARY_VERSION: u64 = 1;
/// `LowCardinality` flags: the block brings its own keys (bit 9) and replaces the dictionary (bit 10). The low byte is
/// the width of the indexes.
const DICTIONARY_FLAGS: u64 = 1 << 9 | 1 << 10;

impl Block {
    /// Opens a block; `bytes_hint` is the size to reserve.
    pub(crate) fn new(columns: usize, rows: usize, bytes_hint: usize) -> Block {
        let mut block = Block {
            bytes: Vec::with_capacity(bytes_hint),
            rows,
        };
        block.var_uint(columns as u64);
        block.var_uint(rows as u64);
        block
    }

    /// A column of values of fixed width.
    pub(crate) fn fixed<const N: usize>(&mut self, name: &str, kind: &str, values: impl Iterator<Item = [u8; N]>) {
        self.head(name, kind);
        self.values(self.rows, values);
    }

    /// A `LowCardinality(String)` column: its distinct texts, and for each row the index of its text.
    pub(crate) fn low_cardinality(&mut self, name: &str, texts: &[&str], indexes: impl Iterator<Item = u32>) {
        self.head(name, "LowCardinality(String)");
        self.u64(DICTIONARY_VERSION);
        let width = match texts.len() {
            0..=0x100 => 0,
            0x101..=0x1_0000 => 1,
            _ => 2,
        };
        self.u64(DICTIONARY_FLAGS | width);
        self.u64(texts.len() as u64);
        for text in texts {
            self.text(text);
        }
        let rows = self.rows;
        self.u64(rows as u64);
        match width {
            0 => self.values(rows, indexes.map(|index| [index as u8])),
            1 => self.values(rows, indexes.map(|index| (index as u16).to_le_bytes())),
            _ => self.values(rows, indexes.map(u32::to_le_bytes)),
        }
    }

    /// The head of an `Array(Tuple(…))` column of which the first `filled` rows hold one entry each and the others none.
    /// The tuple's fields follow, each with [`Block::entries`].
    pub(crate) fn array_of_tuples(&mut self, name: &str, kind: &str, filled: usize) {
        self.head(name, kind);
        let rows = self.rows;
        self.values(rows, (1..=rows).map(|row| (row.min(filled) as u64).to_le_bytes()));
    }

    /// One field of the tuples that [`Block::array_of_tuples`] opened.
    pub(crate) fn entries<const N: usize>(&mut self, values: impl ExactSizeIterator<Item = [u8; N]>) {
        self.values(values.len(), values);
    }

    /// The finished block.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn head(&mut self, name: &str, kind: &str) {
        self.text(name);
        self.text(kind);
    }

    /// Resizing once and writing into place is several times faster than pushing value by value.
    fn values<const N: usize>(&mut self, count: usize, values: impl Iterator<Item = [u8; N]>) {
        let start = self.bytes.len();
        self.bytes.resize(start + N * count, 0);
        for (place, value) in self.bytes[start..].as_chunks_mut::<N>().0.iter_mut().zip(values) {
            *place = value;
        }
    }

    fn text(&mut self, text: &str) {
        self.var_uint(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// Seven bits a byte, low first, the high bit set on all but the last.
    fn var_uint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_laid_out_as_the_server_writes_it() {
        let mut block = Block::new(2, 3, 0);
        block.low_cardinality("s", &["", "a", "b"], [1, 2, 1].into_iter());
        block.array_of_tuples("c", "Array(Tuple(p UInt16))", 1);
        block.entries([7u16].iter().map(|p| p.to_le_bytes()));
        let mut expected = b"\x02\x03\x01s\x16LowCardinality(String)".to_vec();
        expected.extend([1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]);
        expected.extend(b"\x00\x01a\x01b\x03\0\0\0\0\0\0\0\x01\x02\x01");
        expected.extend(b"\x01c\x16Array(Tuple(p UInt16))");
        expected.extend(b"\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x07\0");
        assert_eq!(block.into_bytes(), expected);
    }

    #[test]
    fn long_lengths_take_several_bytes() {
        let block = Block::new(300, 1 << 20, 0);
        assert_eq!(block.into_bytes(), [0xac, 0x02, 0x80, 0x80, 0x40]);
    }
}
