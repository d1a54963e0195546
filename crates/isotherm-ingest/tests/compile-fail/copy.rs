fn copy(agent: &isotherm_ingest::agent::UserAgent<'_>) -> isotherm_ingest::agent::UserAgent<'static> {
    agent.clone()
}

fn main() {}
