fn number(address: isotherm_geo::ClientAddress<'_>) {
    fn needs<T: std::hash::Hash>(_: T) {}
    needs(address);
}

fn main() {}
