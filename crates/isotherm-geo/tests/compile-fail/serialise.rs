fn write(address: isotherm_geo::ClientAddress<'_>) {
    fn needs<T: serde::Serialize>(_: T) {}
    needs(address);
}

fn main() {}
