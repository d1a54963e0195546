fn log(agent: isotherm_ingest::agent::UserAgent<'_>) {
    tracing::info!(agent = ?agent, "seen");
    tracing::info!(%agent, "seen");
}

fn main() {}
