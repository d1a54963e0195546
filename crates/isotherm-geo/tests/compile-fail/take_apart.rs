fn bytes(address: isotherm_geo::ClientAddress<'_>) -> std::net::IpAddr {
    address.ip()
}

fn main() {}
