static LAST: std::sync::Mutex<Option<isotherm_geo::ClientAddress<'static>>> = std::sync::Mutex::new(None);

fn main() {}
