use std::hash::{Hash, Hasher};

fn hash(agent: &isotherm_ingest::agent::UserAgent<'_>, hasher: &mut impl Hasher) {
    agent.hash(hasher);
}

fn main() {}
