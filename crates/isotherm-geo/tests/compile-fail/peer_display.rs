fn show(peer: isotherm_geo::Peer) -> String {
    format!("{peer}")
}

fn main() {}
