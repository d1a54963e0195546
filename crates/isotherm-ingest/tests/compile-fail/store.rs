fn store(agent: isotherm_ingest::agent::UserAgent<'_>) -> Result<String, serde_json::Error> {
    serde_json::to_string(&agent)
}

fn main() {}
