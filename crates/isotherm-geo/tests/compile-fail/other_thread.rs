fn send(address: isotherm_geo::ClientAddress<'static>) {
    fn needs<T: Send>(_: T) {}
    needs(address);
}

fn main() {}
