//! Nothing of a visitor is left anywhere, and a search that finds nothing finds what is there.

use std::path::Path;

use isotherm_prove::{Canaries, Hit, House, LEAKS, Refused, Search, Swept, clean, leaking, send_all, sweep};

/// Tables of the engine that are read in two formats each, its own included; there are more than a hundred.
const TABLES_MIN: usize = 100;

async fn swept(binary: &Path, leaks: &str, seed: u64) -> Swept {
    let canaries = Canaries::new(seed);
    let search = Search::new(&canaries).expect("an automaton");
    let house = House::start(binary, leaks).await.expect("the service starts");
    let (page_views, refused) = send_all(&house, &canaries).await.expect("all canaries are admitted");
    assert!(refused != Refused(0), "some must be refused");
    house.counted(page_views).await;
    let swept = sweep(&house, &search).await.expect("everything can be read");
    for sink in &swept.sinks {
        assert!(
            sink.control,
            "{} was not read right: what must be there was not found",
            sink.name
        );
    }
    assert!(swept.tables >= TABLES_MIN, "{} tables were read", swept.tables);
    swept
}

#[tokio::test(flavor = "multi_thread")]
async fn no_canary_is_left_anywhere_and_every_seeded_leak_is_found() {
    let seed = std::env::var("ISOTHERM_SEED").map_or(20_261_121, |seed| seed.parse().expect("a number"));
    let swept_clean = swept(&clean().expect("the binary"), "", seed).await;
    assert_eq!(swept_clean.hits, Vec::<Hit>::new(), "{:#?}", swept_clean.sinks);

    let names: Vec<&str> = LEAKS.iter().map(|leak| leak.name).collect();
    let swept_leaking = swept(&leaking().expect("the leaking binary"), &names.join(","), seed + 1).await;
    let found = |leak: &isotherm_prove::Leak| {
        let hits = &mut swept_leaking.hits.iter();
        hits.any(|hit| (hit.kind, hit.form, hit.sink.as_str()) == (leak.kind, leak.form, leak.sink))
    };
    let missed: Vec<&str> = LEAKS.iter().filter(|leak| !found(leak)).map(|leak| leak.name).collect();
    assert_eq!(
        missed,
        Vec::<&str>::new(),
        "of {} leaks; found {:#?}",
        LEAKS.len(),
        swept_leaking.hits
    );
}
