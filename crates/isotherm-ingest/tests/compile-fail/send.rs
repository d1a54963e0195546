fn send(agent: isotherm_ingest::agent::UserAgent<'static>) {
    std::thread::spawn(move || agent.is_bot());
}

fn main() {}
