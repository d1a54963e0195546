fn write(peer: isotherm_geo::Peer) {
    fn needs<T: serde::Serialize>(_: T) {}
    needs(peer);
}

fn main() {}
