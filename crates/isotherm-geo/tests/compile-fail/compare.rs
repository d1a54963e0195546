fn same(a: isotherm_geo::ClientAddress<'_>, b: isotherm_geo::ClientAddress<'_>) -> bool {
    a == b
}

fn main() {}
