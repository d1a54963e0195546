fn show(address: isotherm_geo::ClientAddress<'_>) -> String {
    format!("{address}")
}

fn main() {}
