//! Share links as they are stored.

use isotherm_core::Day;
use isotherm_core::control::{ControlStore, Share, TokenHash};
use isotherm_core::ids::PageId;
use isotherm_core::site::{Origin, Site};
use isotherm_store_clickhouse::ClickHouseControl;

use crate::support::{TODAY, TestStore, site};

fn share(id: &str, key: &str, page: Option<u64>) -> Share {
    Share {
        id: id.into(),
        hash: TokenHash(std::array::from_fn(|i| i as u8 * 5)),
        site: site(key),
        page: page.map(PageId),
        created: TODAY,
        expires: Day(TODAY.0 + 30),
        password: page.map(|_| "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g".into()),
        made_by: "0d408d69ffbd".into(),
    }
}

#[test]
fn a_link_is_read_back_until_it_is_revoked_and_stays_revoked_when_its_row_comes_back() {
    let store = TestStore::new("shares");
    let control = ClickHouseControl::new(&store.settings);
    let all = || store.wait(control.shares()).expect("shares");
    let (whole, page) = (share("a1", "acme", None), share("b2", "acme", Some(7)));
    for one in [&whole, &page] {
        store.wait(control.put_share(one)).expect("put");
    }
    assert!(all() == [whole.clone(), page.clone()]);
    assert_eq!(store.wait(control.revoke_share("a1")), Ok(true));
    assert_eq!(store.wait(control.revoke_share("a1")), Ok(false));
    assert_eq!(store.wait(control.revoke_share("c3")), Ok(false));
    // As a restored backup would bring it.
    store.wait(control.put_share(&whole)).expect("put");
    assert!(all() == [page]);
    let kept =
        "SELECT count() FROM shares WHERE revoked > toDate(0) AND password = '' AND hash = toFixedString('', 32)";
    assert_eq!(store.one(kept), 1);
}

#[test]
fn links_end_with_their_site_also_when_it_comes_again() {
    let store = TestStore::new("shares_of_a_removed_site");
    let control = ClickHouseControl::new(&store.settings);
    let made = |key: &str| Site {
        key: site(key),
        origins: vec![Origin::parse("https://shop.example").expect("an origin")],
        rules: Vec::new(),
    };
    for key in ["acme", "other"] {
        store.wait(control.put_site(&made(key))).expect("put");
        store.wait(control.put_share(&share(key, key, None))).expect("put");
    }
    store.wait(control.remove(&site("acme"))).expect("removed");
    store.wait(control.put_site(&made("acme"))).expect("put again");
    let ids: Vec<String> = store
        .wait(control.shares())
        .expect("shares")
        .into_iter()
        .map(|share| share.id)
        .collect();
    assert_eq!(ids, ["other"]);
}

#[test]
fn paths_of_published_pages_are_known_by_their_ids() {
    let store = TestStore::new("share_paths");
    let control = ClickHouseControl::new(&store.settings);
    store.run("INSERT INTO pages VALUES ('acme', 7, '/a'), ('acme', 7, '/a'), ('acme', 8, '/b'), ('other', 9, '/c')");
    let pages = [PageId(7), PageId(9), PageId(10)];
    assert_eq!(
        store.wait(control.page_paths(&site("acme"), &pages)),
        Ok(vec![(PageId(7), "/a".into())])
    );
    assert_eq!(store.wait(control.page_paths(&site("acme"), &[])), Ok(Vec::new()));
}
