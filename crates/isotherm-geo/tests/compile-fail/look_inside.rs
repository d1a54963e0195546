fn bytes(address: isotherm_geo::ClientAddress<'_>) -> [u8; 16] {
    address.octets
}

fn main() {}
