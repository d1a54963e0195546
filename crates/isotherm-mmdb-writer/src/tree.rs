//! The search tree: a binary trie over the 128 bits of an IPv6 address, IPv4 under `::/96`.

use ipnet::IpNet;

/// A place that a bit leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Record {
    /// No country.
    Empty,
    /// Another node, by index.
    Node(usize),
    /// A country, by index.
    Leaf(usize),
}

/// The nodes; the first is the root.
pub(crate) struct Tree(Vec<[Record; 2]>);

impl Default for Tree {
    fn default() -> Self {
        Self(vec![[Record::Empty; 2]])
    }
}

/// Bits of the range's prefix in the tree: IPv4 lies 96 bits deep.
pub(crate) fn depth(range: &IpNet) -> u8 {
    match range {
        IpNet::V4(range) => 96 + range.prefix_len(),
        IpNet::V6(range) => range.prefix_len(),
    }
}

fn bits(range: &IpNet) -> u128 {
    match range {
        IpNet::V4(range) => u128::from(range.network().to_bits()),
        IpNet::V6(range) => range.network().to_bits(),
    }
}

impl Tree {
    /// Gives the range a country. Ranges must come in order of [`depth`]: a leaf met on the way is
    /// split, and its country stays with the other half.
    pub(crate) fn insert(&mut self, range: &IpNet, country: usize) {
        let (bits, depth) = (bits(range), depth(range));
        if depth == 0 {
            self.0[0] = [Record::Leaf(country); 2];
            return;
        }
        let mut node = 0;
        for position in 0..depth {
            let side = (bits >> (127 - position) & 1) as usize;
            if position + 1 == depth {
                self.0[node][side] = Record::Leaf(country);
                return;
            }
            node = match self.0[node][side] {
                Record::Node(next) => next,
                split => {
                    self.0.push([split; 2]);
                    let next = self.0.len() - 1;
                    self.0[node][side] = Record::Node(next);
                    next
                }
            };
        }
    }

    pub(crate) fn node_count(&self) -> u32 {
        // Saturated counts are refused by `encode`: three bytes hold far less.
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    /// The tree's bytes, a country's record pointing at its offset in the data section. `None`
    /// when a record does not fit three bytes.
    pub(crate) fn encode(&self, offsets: &[usize]) -> Option<Vec<u8>> {
        let nodes = self.0.len();
        let mut bytes = Vec::with_capacity(nodes * 6);
        for record in self.0.iter().flatten() {
            let number = match record {
                Record::Empty => nodes,
                Record::Node(index) => *index,
                // The separator's 16 bytes lie between the tree and the data.
                Record::Leaf(country) => nodes + 16 + offsets[*country],
            };
            let number = u32::try_from(number).ok().filter(|number| *number < 1 << 24)?;
            bytes.extend(&number.to_be_bytes()[1..]);
        }
        Some(bytes)
    }
}
