fn twice(peer: isotherm_geo::Peer) {
    fn needs<T: Clone>(_: T) {}
    needs(peer);
}

fn main() {}
