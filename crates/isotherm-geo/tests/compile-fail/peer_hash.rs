fn number(peer: isotherm_geo::Peer) {
    fn needs<T: std::hash::Hash>(_: T) {}
    needs(peer);
}

fn main() {}
