fn twice(address: isotherm_geo::ClientAddress<'_>) {
    let first = address;
    let second = address;
    drop((first, second));
}

fn main() {}
