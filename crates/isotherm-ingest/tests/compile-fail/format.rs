fn show(agent: isotherm_ingest::agent::UserAgent<'_>) -> String {
    format!("{agent}")
}

fn main() {}
