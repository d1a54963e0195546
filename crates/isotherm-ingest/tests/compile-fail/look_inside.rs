fn look(agent: &isotherm_ingest::agent::UserAgent<'_>) -> usize {
    agent.text.len()
}

fn main() {}
