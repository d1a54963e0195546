//! Nothing of a visitor is left anywhere, and a search that finds nothing finds what is there.

mod rare;

use isotherm_prove::{Hit, Shape, clean, leaking, search_clean, search_leaking};

fn seed() -> u64 {
    std::env::var("ISOTHERM_SEED").map_or(20_261_121, |seed| seed.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_canary_is_left_anywhere_and_every_seeded_leak_is_found() {
    let binary = clean().expect("the binary");
    let found = search_clean(Shape::Embedded, &binary, seed()).await.expect("a search");
    assert_eq!(found.swept.hits, Vec::<Hit>::new(), "{:#?}", found.swept.sinks);

    let binary = leaking().expect("the leaking binary");
    let found = search_leaking(Shape::Embedded, &binary, seed() + 1)
        .await
        .expect("a search");
    let (missed, hits) = (found.missed, found.hits);
    assert_eq!(
        missed,
        Vec::<&str>::new(),
        "of {} leaks; found {hits:#?}",
        found.planted
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_canary_is_left_anywhere_in_a_cluster() {
    let binary = clean().expect("the binary");
    let found = search_clean(Shape::Cluster, &binary, seed() + 2)
        .await
        .expect("a search");
    assert_eq!(found.swept.hits, Vec::<Hit>::new(), "{:#?}", found.swept.sinks);
}
