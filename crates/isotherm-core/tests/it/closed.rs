//! What may be stored is a closed list. The patterns below name every field and have no `..`: a new field does not compile
//! until it stands here, with the column of the data dictionary that it ends in.

use isotherm_core::admit::Interaction;
use isotherm_core::place::{Cell, Place, SubCell};
use isotherm_core::row::{CountRow, Counts, RowKey};

const DICTIONARY: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../schemas/data-dictionary.toml"
));

/// Asserts that the dictionary justifies a column.
fn justified(column: &str) {
    let heading = column.replacen('.', ".columns.", 1);
    assert!(
        DICTIONARY.contains(&format!("[{heading}]")),
        "{column} is not in schemas/data-dictionary.toml"
    );
}

/// The columns in which the log's record ends.
const OF_INTERACTIONS: [&str; 15] = [
    "live.site",
    "pages.path",
    "live.page",
    "live.country",
    "live.viewport",
    "live.views",
    "live.layer",
    "live.y",
    "live.x",
    "live.anchor",
    "anchors.text",
    "live.n",
    "live.views_32",
    "live.views_64",
    "live.views_element",
];

/// The columns of a count row.
const OF_COUNT_ROWS: [&str; 15] = [
    "live.kind",
    "live.site",
    "live.page",
    "live.layer",
    "live.viewport",
    "live.day",
    "live.anchor",
    "live.y",
    "live.x",
    "live.country",
    "live.n",
    "live.views",
    "live.views_32",
    "live.views_64",
    "live.views_element",
];

/// Every field of the log's record.
fn interaction_has_no_other_field(interaction: &Interaction) {
    let Interaction {
        site: _,
        page: _,
        country: _,
        viewport: _,
        // A page view counts one.
        view: _,
        // The fold is a layer; its step is `y`.
        fold_100px: _,
        // Bands of depth are a layer; the percentage is `y`.
        reach: _,
        places,
    } = interaction;
    for place in places {
        let Place {
            layer: _,
            cell,
            anchor,
            n: _,
            first: _,
        } = place;
        if let Some(Cell { y: _, x: _ }) = cell {}
        if let Some((_, SubCell { unit: _, y: _, x: _ })) = anchor {}
    }
}

/// Every field of a count row.
fn count_row_has_no_other_field(row: &CountRow) {
    let CountRow { key, counts } = row;
    let RowKey {
        kind: _,
        site: _,
        page: _,
        layer: _,
        viewport: _,
        day: _,
        anchor: _,
        y: _,
        x: _,
        country: _,
    } = key;
    let Counts {
        n: _,
        views: _,
        views_32: _,
        views_64: _,
        views_element: _,
    } = counts;
}

#[test]
fn every_field_that_may_be_stored_is_justified_by_the_data_dictionary() {
    // Named, so that they are compiled; the fields are checked by the compiler.
    let _: fn(&Interaction) = interaction_has_no_other_field;
    let _: fn(&CountRow) = count_row_has_no_other_field;
    for column in OF_INTERACTIONS.into_iter().chain(OF_COUNT_ROWS) {
        justified(column);
    }
}
