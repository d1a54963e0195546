fn keep<'a>(peer: isotherm_geo::Peer) -> Option<isotherm_geo::ClientAddress<'a>> {
    let proxies = isotherm_geo::TrustedProxies::default();
    proxies.client_address(Some(peer), std::iter::empty())
}

fn main() {}
