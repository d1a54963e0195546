//! A server shared by the tests, a database for each, and blocks made by the real fold.

use std::sync::{Arc, Mutex, Weak};

use clickhouse::{Client, RowOwned, RowRead};
use isotherm_core::beacon::Reach;
use isotherm_core::day::Day;
use isotherm_core::fold::{Fold, Fragment, GroupKey, PlaceCount};
use isotherm_core::ids::{AnchorId, PageId};
use isotherm_core::place::{Cell, FirstTouch, Layer, SubCell, Unit};
use isotherm_core::ports::{Block, LedgerRow};
use isotherm_core::record::{Intent, LogId};
use isotherm_core::viewport::ViewportClass;
use isotherm_core::{Country, SiteKey};
use isotherm_store_clickhouse::{ClickHouseCounts, StoreSettings, migrate};
use isotherm_testkit::ClickHouseServer;
use tokio::runtime::Runtime;

pub(crate) const TODAY: Day = Day(20_778);
pub(crate) const LOG: LogId = LogId(0xfeed_0000_0000_0001);

/// What a count row of `live` is in the sealed tables: columns and values of a cohort with this one place.
pub(crate) const SEALED: &str = "kind, site, page, layer, viewport, places.anchor, places.y, places.x, places.n, places.views, \
    places.views_32, places.views_64, places.views_element";
pub(crate) const AS_SEALED: &str =
    "kind, site, page, layer, viewport, [anchor], [y], [x], [n], [views], [views_32], [views_64], [views_element]";
/// The same for `days`, which keeps differences.
pub(crate) const IN_DAYS: &str = "kind, site, page, layer, viewport, places.anchor, places.down, places.x, places.more, places.again, \
    places.views_32, places.views_64, places.views_element";
pub(crate) const AS_IN_DAYS: &str = "kind, site, page, layer, viewport, [anchor], [y], [x], [toUInt32(n - 1)], [toUInt32(n - views)], \
    [views_32], [views_64], [views_element]";
/// The columns of the places of sealed rows, after `ARRAY JOIN places`, as those of `live`.
pub(crate) const EACH_PLACE: &str = "places.anchor AS anchor, places.y AS y, places.x AS x, places.n AS n, places.views AS views, \
    places.views_32 AS views_32, places.views_64 AS views_64, places.views_element AS views_element";
/// A change that makes the numbers of `days` wrong (one interaction more, in no further page view), and the one that takes it back.
pub(crate) const ONE_MORE: &str = "`places.more` = arrayMap(n -> toUInt32(n + 1), places.more), `places.again` = arrayMap(n -> toUInt32(n + 1), places.again)";
pub(crate) const ONE_LESS: &str = "`places.more` = arrayMap(n -> toUInt32(n - 1), places.more), `places.again` = arrayMap(n -> toUInt32(n - 1), places.again)";

/// The server and the runtime on which it is watched. Ends with the last test that holds it.
pub(crate) struct Shared {
    pub(crate) server: ClickHouseServer,
    pub(crate) runtime: Runtime,
}

/// A migrated database of its own.
pub(crate) struct TestStore {
    pub(crate) shared: Arc<Shared>,
    pub(crate) settings: StoreSettings,
}

static SHARED: Mutex<Weak<Shared>> = Mutex::new(Weak::new());

pub(crate) fn start() -> Shared {
    let runtime = Runtime::new().expect("a runtime");
    let server = runtime.block_on(ClickHouseServer::start()).expect("a server");
    Shared { server, runtime }
}

fn shared() -> Arc<Shared> {
    let mut held = SHARED.lock().expect("no test panics while it starts the server");
    held.upgrade().unwrap_or_else(|| {
        let new = Arc::new(start());
        *held = Arc::downgrade(&new);
        new
    })
}

pub(crate) fn settings_of(server: &ClickHouseServer, database: &str) -> StoreSettings {
    let (read_user, read_password) = server.reader().unzip();
    StoreSettings {
        database: database.into(),
        read_user,
        read_password,
        ..StoreSettings::new(&server.url, &server.user, &server.password)
    }
}

impl TestStore {
    pub(crate) fn unmigrated(database: &str) -> TestStore {
        let shared = shared();
        let settings = settings_of(&shared.server, database);
        TestStore { shared, settings }
    }

    pub(crate) fn new(database: &str) -> TestStore {
        let store = TestStore::unmigrated(database);
        store.wait(migrate(&store.settings)).expect("a migrated database");
        store
    }

    pub(crate) fn wait<F: Future>(&self, future: F) -> F::Output {
        self.shared.runtime.block_on(future)
    }

    pub(crate) fn counts(&self) -> ClickHouseCounts {
        ClickHouseCounts::new(&self.settings, self.shared.runtime.handle().clone())
    }

    pub(crate) fn all<T: RowOwned + RowRead>(&self, sql: &str) -> Vec<T> {
        self.wait(client(&self.settings).query_raw(sql).fetch_all())
            .expect("an answer")
    }

    pub(crate) fn one(&self, sql: &str) -> u64 {
        self.wait(client(&self.settings).query_raw(sql).fetch_one())
            .expect("a number")
    }

    pub(crate) fn run(&self, sql: &str) {
        self.wait(client(&self.settings).query_raw(sql).execute())
            .expect("a statement");
    }
}

pub(crate) fn client(settings: &StoreSettings) -> Client {
    Client::default()
        .with_url(&settings.url)
        .with_user(&settings.user)
        .with_password(&settings.password)
        .with_database(&settings.database)
}

pub(crate) fn site(key: &str) -> SiteKey {
    SiteKey::parse(key).expect("a site key")
}

/// One made-up touch of a page view.
#[derive(Clone, Copy)]
pub(crate) struct Touch {
    pub(crate) site: &'static str,
    pub(crate) page: u64,
    pub(crate) viewport: ViewportClass,
    pub(crate) day: Day,
    pub(crate) country: &'static str,
    pub(crate) layer: Layer,
    pub(crate) cell: (u16, u16),
    pub(crate) anchor: u64,
    pub(crate) n: u8,
    pub(crate) first: u8,
    pub(crate) view: bool,
    pub(crate) reach: u8,
}

pub(crate) const TOUCH: Touch = Touch {
    site: "acme",
    page: 7,
    viewport: ViewportClass::Desktop,
    day: TODAY,
    country: "DE",
    layer: Layer::Click,
    cell: (25, 16),
    anchor: 99,
    n: 1,
    first: 31,
    view: true,
    reach: 3,
};

/// The numbers of a batch: any partition, range and touches.
pub(crate) fn block(partition: u16, first: u64, last: u64, touches: &[Touch]) -> Block {
    let mut fold = Fold::default();
    for touch in touches {
        let key = GroupKey {
            site: fold.site(touch.site),
            page: PageId(touch.page),
            viewport: touch.viewport,
            day: touch.day,
            country: Country::parse(touch.country).expect("a country"),
        };
        let group = fold.group(key);
        let fragment = Fragment {
            view: touch.view,
            fold_100px: touch.view.then_some(9),
            reach: Reach::new(0, touch.reach).expect("a reach"),
        };
        fold.add_fragment(group, &fragment);
        let unit = if touch.anchor % 2 == 0 {
            Unit::Px16
        } else {
            Unit::Eighth
        };
        let sub = SubCell::new(unit, touch.cell.0 % 8, touch.cell.1 % 8).expect("a position");
        let place = PlaceCount {
            layer: touch.layer,
            cell: Cell::new(touch.cell.0, touch.cell.1),
            anchor: (touch.anchor > 0).then_some((AnchorId(touch.anchor), sub)),
            n: touch.n,
            first: FirstTouch::new(touch.first).expect("possible first touches"),
        };
        fold.add_place(group, &place);
    }
    let intent = Intent {
        log_id: LOG,
        first,
        last,
        landing: TODAY,
        attempt: 0,
    };
    let ledger = LedgerRow {
        intent,
        partition,
        opening: 5,
        records: last - first + 1,
        skipped: 0,
        poison: 0,
        interactions: touches.len() as u64,
    };
    Block {
        ledger,
        lasts: Vec::new(),
        lost: Vec::new(),
        poison: Vec::new(),
        folded: fold.finish(),
    }
}
