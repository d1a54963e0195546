fn twice(address: isotherm_geo::ClientAddress<'_>) {
    fn needs<T: Clone>(_: T) {}
    needs(address);
}

fn main() {}
