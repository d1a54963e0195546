//! The binary: parses arguments, builds adapters, runs roles.

fn main() {}
