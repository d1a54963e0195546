//! A batch as one Native block of table `live`: the control rows first, then the counts, all in the table's order.

use isotherm_core::ports;
use isotherm_core::row::{CountRow, Kind};

use crate::native;

/// The statement that takes the block.
pub(crate) const INSERT: &str = "INSERT INTO live FORMAT Native";

/// Columns of the block, which are all columns of the table.
const COLUMNS: usize = 17;
/// Bytes of one count row in the block; what is reserved.
const ROW_BYTES: usize = 64;
const KIND_TYPE: &str = "Enum8('poison' = 0, 'ledger' = 1, 'last' = 2, 'lost' = 3, 'page' = 4, 'grid' = 5, \
    'eighth' = 6, 'px16' = 7)";
const CONTROL_TYPE: &str = "Array(Tuple(log_id UInt64, partition UInt16, first_offset UInt64, last_offset UInt64, \
    attempt UInt32, opening UInt64, records UInt64, skipped UInt64, poison UInt64, interactions UInt64, \
    count_rows UInt64, n_sum UInt64, lane UInt64, seq UInt64, lost_first UInt64, lost_count UInt64))";

/// What a control row says; fields as in the table. Those that its kind does not need are 0.
#[derive(Clone, Copy, Default)]
struct Control {
    /// The batch's first offset, in poison rows the record's own: what the row has as its anchor.
    anchor: u64,
    /// The schema version in poison rows: what the row has as its y.
    version: u16,
    /// The reason in poison rows: what the row has as its x.
    reason: u16,
    attempt: u32,
    opening: u64,
    records: u64,
    skipped: u64,
    poison: u64,
    interactions: u64,
    count_rows: u64,
    n_sum: u64,
    lane: u64,
    seq: u64,
    lost_first: u64,
    lost_count: u64,
}

/// Rows of all kinds in the block of a batch.
pub(crate) fn rows(block: &ports::Block) -> usize {
    block.poison.len() + 1 + block.lasts.len() + block.lost.len() + block.folded.rows.len()
}

/// The token by which the server knows a repeat of this batch. It does not name the last offset: of two batches that begin
/// at one offset only one may ever land, also if an intent was overwritten and their ends differ.
pub(crate) fn token(block: &ports::Block) -> String {
    let intent = &block.ledger.intent;
    format!(
        "{}-{}-{}-{}",
        intent.log_id.0, block.ledger.partition, intent.first, intent.attempt
    )
}

/// The block of a batch.
pub(crate) fn encode(block: &ports::Block) -> Vec<u8> {
    let controls = controls(block);
    let head = controls.len();
    let total = rows(block);
    let landing = block.ledger.intent.landing.0;
    let counts = &block.folded.rows;
    let mut out = native::Block::new(COLUMNS, total, 4096 + total * ROW_BYTES);

    out.fixed("landing", "Date", (0..total).map(|_| landing.to_le_bytes()));
    let kinds = controls.iter().map(|(kind, _)| *kind as u8);
    out.fixed(
        "kind",
        KIND_TYPE,
        kinds.chain(counts.iter().map(|r| r.key.kind as u8)).map(|kind| [kind]),
    );
    sites(&mut out, head, block);
    keys(&mut out, &controls, &block.ledger, counts);
    numbers(&mut out, head, counts);
    control(&mut out, block, &controls);
    out.into_bytes()
}

/// The control rows in the table's order: kinds ascending.
fn controls(block: &ports::Block) -> Vec<(Kind, Control)> {
    let ledger = &block.ledger;
    let counts = &block.folded.rows;
    let of_batch = Control {
        anchor: ledger.intent.first,
        ..Control::default()
    };
    let poison = block.poison.iter().map(|row| {
        let control = Control {
            anchor: row.offset,
            version: row.version.map_or(0, u16::from),
            reason: row.reason as u16,
            lost_first: row.offset,
            lost_count: 1,
            ..of_batch
        };
        (Kind::Poison, control)
    });
    let mut controls: Vec<(Kind, Control)> = poison.collect();
    controls.push((
        Kind::Ledger,
        Control {
            attempt: ledger.intent.attempt,
            opening: ledger.opening,
            records: ledger.records,
            skipped: ledger.skipped,
            poison: ledger.poison,
            interactions: ledger.interactions,
            count_rows: counts.len() as u64,
            n_sum: counts.iter().map(|row| u64::from(row.counts.n)).sum(),
            ..of_batch
        },
    ));
    controls.extend(block.lasts.iter().map(|(lane, seq)| {
        let control = Control {
            lane: lane.0,
            seq: *seq,
            ..of_batch
        };
        (Kind::Last, control)
    }));
    controls.extend(block.lost.iter().map(|lost| {
        let control = Control {
            lane: lost.lane.map_or(0, |lane| lane.0),
            lost_first: lost.first,
            lost_count: lost.count,
            ..of_batch
        };
        (Kind::Lost, control)
    }));
    controls
}

/// Control rows have the empty site, which is before all others.
fn sites(out: &mut native::Block, head: usize, block: &ports::Block) {
    let mut texts = vec![""];
    texts.extend(block.folded.sites.iter().map(|site| &**site));
    let indexes = block.folded.rows.iter().map(|row| row.key.site + 1);
    out.low_cardinality("site", &texts, std::iter::repeat_n(0, head).chain(indexes));
}

/// Control rows have their partition and first offset as page and anchor: the ledger's end is then found in the table's order.
fn keys(out: &mut native::Block, controls: &[(Kind, Control)], ledger: &ports::LedgerRow, rows: &[CountRow]) {
    let key = |row: &CountRow| row.key;
    let head = controls.len();
    let partition = u64::from(ledger.partition);
    column(
        out,
        ("page", "UInt64"),
        head,
        partition,
        (rows, |r| key(r).page.0.to_le_bytes()),
    );
    column(out, ("layer", "UInt8"), head, 0, (rows, |r| [key(r).layer as u8]));
    column(
        out,
        ("viewport", "UInt8"),
        head,
        0,
        (rows, |r| [key(r).viewport.code()]),
    );
    let day = u64::from(ledger.intent.landing.0);
    column(out, ("day", "Date"), head, day, (rows, |r| key(r).day.0.to_le_bytes()));
    let anchors = controls.iter().map(|(_, c)| c.anchor.to_le_bytes());
    out.fixed(
        "anchor",
        "UInt64",
        anchors.chain(rows.iter().map(|r| key(r).anchor.to_le_bytes())),
    );
    let versions = controls.iter().map(|(_, c)| c.version.to_le_bytes());
    out.fixed(
        "y",
        "UInt16",
        versions.chain(rows.iter().map(|r| key(r).y.to_le_bytes())),
    );
    let reasons = controls.iter().map(|(_, c)| c.reason.to_le_bytes());
    out.fixed(
        "x",
        "UInt16",
        reasons.chain(rows.iter().map(|r| key(r).x.to_le_bytes())),
    );
    let nowhere = std::iter::repeat_n(*b"ZZ", head);
    let countries = rows.iter().map(|row| row.key.country.bytes());
    out.fixed("country", "FixedString(2)", nowhere.chain(countries));
}

fn numbers(out: &mut native::Block, head: usize, rows: &[CountRow]) {
    let mut number = |name, of: fn(&CountRow) -> u32| {
        column(out, (name, "UInt32"), head, 0, (rows, |row| of(row).to_le_bytes()));
    };
    number("n", |row| row.counts.n);
    number("views", |row| row.counts.views);
    number("views_32", |row| row.counts.views_32);
    number("views_64", |row| row.counts.views_64);
    number("views_element", |row| row.counts.views_element);
}

/// A column that holds one value in all control rows and a value of each count row behind them.
fn column<const N: usize>(
    out: &mut native::Block,
    (name, kind): (&str, &str),
    head: usize,
    in_control_rows: u64,
    of_row: (&[CountRow], impl Fn(&CountRow) -> [u8; N]),
) {
    let mut value = [0; N];
    value.copy_from_slice(&in_control_rows.to_le_bytes()[..N]);
    let (rows, of) = of_row;
    out.fixed(name, kind, std::iter::repeat_n(value, head).chain(rows.iter().map(of)));
}

fn control(out: &mut native::Block, block: &ports::Block, controls: &[(Kind, Control)]) {
    let intent = block.ledger.intent;
    let partition = block.ledger.partition;
    out.array_of_tuples("control", CONTROL_TYPE, controls.len());
    out.entries(controls.iter().map(|_| intent.log_id.0.to_le_bytes()));
    out.entries(controls.iter().map(|_| partition.to_le_bytes()));
    out.entries(controls.iter().map(|_| intent.first.to_le_bytes()));
    out.entries(controls.iter().map(|_| intent.last.to_le_bytes()));
    out.entries(controls.iter().map(|(_, c)| c.attempt.to_le_bytes()));
    let fields: [fn(&Control) -> u64; 11] = [
        |c| c.opening,
        |c| c.records,
        |c| c.skipped,
        |c| c.poison,
        |c| c.interactions,
        |c| c.count_rows,
        |c| c.n_sum,
        |c| c.lane,
        |c| c.seq,
        |c| c.lost_first,
        |c| c.lost_count,
    ];
    for field in fields {
        out.entries(controls.iter().map(|(_, c)| field(c).to_le_bytes()));
    }
}
