//! The rarity gate: no text before ten page views stand behind its id.

use isotherm_core::ids::{AnchorId, PageId};
use isotherm_core::place::Layer;
use isotherm_core::ports::{CountStore, Text};

use crate::support::{AS_IN_DAYS, IN_DAYS, TOUCH, TestStore, Touch, block};

#[test]
fn a_text_is_published_with_the_tenth_page_view_and_stays_published() {
    let store = TestStore::new("rarity");
    let mut counts = store.counts();
    let page = Text::Page(PageId(TOUCH.page), "/secret-campaign".into());
    let anchor = Text::Anchor(AnchorId(TOUCH.anchor), "#buy".into());
    let texts = [
        page.clone(),
        anchor.clone(),
        Text::Page(PageId(1), "/never-seen".into()),
    ];
    counts.insert(&block(0, 0, 8, &[TOUCH; 9])).expect("inserted");
    assert_eq!(counts.publish("acme", &texts), Ok(vec![]));
    assert_eq!(
        store.one("SELECT count() FROM (SELECT site FROM pages UNION ALL SELECT site FROM anchors)"),
        0
    );

    counts.insert(&block(0, 9, 9, &[TOUCH])).expect("inserted");
    assert_eq!(
        counts.publish("other", &texts),
        Ok(vec![]),
        "page views of another site do not count"
    );
    assert_eq!(counts.publish("acme", &texts), Ok(vec![page.clone(), anchor.clone()]));
    assert_eq!(
        counts.publish("acme", &texts),
        Ok(vec![page, anchor]),
        "and are not written again"
    );
    assert_eq!(
        store.one("SELECT count() FROM (SELECT site FROM pages UNION ALL SELECT site FROM anchors)"),
        2
    );
}

#[test]
fn many_touches_in_few_page_views_publish_nothing() {
    let store = TestStore::new("few_views");
    let mut counts = store.counts();
    let again = Touch {
        view: false,
        first: 0,
        n: 200,
        ..TOUCH
    };
    let tap = Touch {
        layer: Layer::Tap,
        view: false,
        ..TOUCH
    };
    let mut touches = vec![TOUCH; 5];
    touches.extend([tap; 5]);
    touches.extend([again; 50]);
    counts.insert(&block(0, 0, 59, &touches)).expect("inserted");
    let texts = [
        Text::Page(PageId(TOUCH.page), "/p".into()),
        Text::Anchor(AnchorId(TOUCH.anchor), "#buy".into()),
    ];
    assert_eq!(
        counts.publish("acme", &texts),
        Ok(vec![]),
        "five clicked and five tapped may be the same five"
    );
}

#[test]
fn page_views_of_sealed_and_waiting_days_count_towards_the_tenth() {
    let store = TestStore::new("sealed_rarity");
    let mut counts = store.counts();
    counts.insert(&block(0, 0, 4, &[TOUCH; 5])).expect("inserted");
    store.run(&format!(
        "INSERT INTO days (seal_attempt, landing, first_day, last_day, {IN_DAYS})
        SELECT 42, landing, day, day, {AS_IN_DAYS} FROM live WHERE kind >= 'page'"
    ));
    let columns = "kind, site, page, layer, viewport, day, anchor, y, x, n, views, views_32, views_64, views_element";
    store.run(&format!(
        "INSERT INTO waiting_days (seal_attempt, {columns}) SELECT 42, {columns} FROM live WHERE kind >= 'page'"
    ));
    let texts = [
        Text::Page(PageId(TOUCH.page), "/p".into()),
        Text::Anchor(AnchorId(TOUCH.anchor), "#buy".into()),
    ];
    assert_eq!(
        counts.publish("acme", &texts),
        Ok(vec![]),
        "nothing is sealed yet: five are in live"
    );
    store.run("INSERT INTO seals (landing, seal_attempt) SELECT DISTINCT landing, 42 FROM live");
    assert_eq!(
        counts.publish("acme", &texts).expect("published").len(),
        2,
        "five sealed and five waiting"
    );
}
