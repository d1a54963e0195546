//! From a range of records to one block: headers decide what counts, the fold counts it. Deterministic: the same records
//! and lanes give the same block, which is what makes a redo safe.

use isotherm_core::fold::{Fold, Fragment, GroupKey, PlaceCount};
use isotherm_core::ids::IdKey;
use isotherm_core::ports::{Block, Entry, LedgerRow, LostRow, PoisonReason, PoisonRow, Text};
use isotherm_core::record::{Intent, Lanes, Offset, Turn};
use isotherm_wire::record::{Frame, RecordError, Unpacked};
use rustc_hash::FxHashSet;

/// A batch that is ready to be inserted.
#[derive(Clone, Debug)]
pub struct Batch {
    /// What will be inserted.
    pub block: Block,
    /// The lanes of the partition once it has landed.
    pub lanes: Lanes,
    /// The texts it mentions, by site; candidates for publishing.
    pub texts: Vec<(Box<str>, Text)>,
    /// Records lost although no ingest had given them up; they stand in the block's `lost` rows.
    pub gaps: u64,
}

impl Batch {
    /// The interactions in it: what is open while it is on its way.
    pub(crate) fn open(&self) -> u64 {
        self.block.ledger.interactions
    }
}

/// What a batch is built for.
#[derive(Clone, Copy, Debug)]
pub struct BatchHead {
    /// Range, landing and attempt.
    pub intent: Intent,
    /// The partition.
    pub partition: u16,
    /// The opening under which it is read.
    pub opening: u64,
}

/// Builds the batch of `head` from the records that the log still holds in its range.
pub fn build(head: BatchHead, entries: &[Entry], lanes: &Lanes, key: &IdKey) -> Batch {
    let mut builder = Builder::new(head, lanes.clone(), key);
    let mut expected = head.intent.first;
    let in_range = entries
        .iter()
        .filter(|e| (head.intent.first..=head.intent.last).contains(&e.offset));
    for entry in in_range {
        builder.missing_offsets(expected, entry.offset);
        builder.record(entry);
        expected = entry.offset + 1;
    }
    builder.missing_offsets(expected, head.intent.last + 1);
    builder.finish(lanes)
}

/// The texts of a batch, each once. Known by their ids, so that a text is copied at its first mention only.
#[derive(Default)]
struct Texts {
    known: FxHashSet<(u32, u64, TextKind)>,
    list: Vec<(u32, Text)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum TextKind {
    Page,
    Anchor,
}

impl Texts {
    fn add(&mut self, site: u32, (id, kind): (u64, TextKind), text: impl FnOnce() -> Text) {
        if self.known.insert((site, id, kind)) {
            self.list.push((site, text()));
        }
    }
}

/// What a text stands for at a site, remembered for the site that asked last: nearly always the only one.
fn of_site<T: Copy>(memory: &mut Option<(u32, T)>, site: u32, find: impl FnOnce() -> T) -> T {
    match memory {
        Some((known, found)) if *known == site => *found,
        _ => memory.insert((site, find())).1,
    }
}

struct Builder<'k> {
    key: &'k IdKey,
    ledger: LedgerRow,
    lanes: Lanes,
    lost: Vec<LostRow>,
    fold: Fold,
    texts: Texts,
    poison: Vec<PoisonRow>,
    gaps: u64,
}

impl<'k> Builder<'k> {
    fn new(head: BatchHead, lanes: Lanes, key: &'k IdKey) -> Builder<'k> {
        let ledger = LedgerRow {
            intent: head.intent,
            partition: head.partition,
            opening: head.opening,
            records: 0,
            skipped: 0,
            poison: 0,
            interactions: 0,
        };
        Builder {
            key,
            ledger,
            lanes,
            lost: Vec::new(),
            fold: Fold::default(),
            texts: Texts::default(),
            poison: Vec::new(),
            gaps: 0,
        }
    }

    /// Offsets of the range that the log does not hold any more.
    fn missing_offsets(&mut self, from: Offset, to: Offset) {
        if from < to {
            self.lost.push(LostRow {
                lane: None,
                first: from,
                count: to - from,
            });
        }
    }

    fn record(&mut self, entry: &Entry) {
        let frame = match Frame::parse(&entry.bytes) {
            Ok(frame) if frame.header.partition == self.ledger.partition => frame,
            Ok(frame) => return self.poison(entry.offset, Some(frame.version()), PoisonReason::Partition),
            Err(error) => return self.poison(entry.offset, None, reason_of(error)),
        };
        match self.lanes.turn(&frame.header) {
            Turn::Take => {}
            Turn::TakeAfterLoss { count, held } => {
                let first = frame.header.seq - count;
                self.gaps += held;
                self.lost.push(LostRow {
                    lane: Some(frame.header.lane),
                    first,
                    count,
                });
            }
            Turn::Repeat => {
                self.ledger.skipped += 1;
                return;
            }
        }
        match frame.unpack() {
            Ok(record) => self.count(&record),
            Err(error) => self.poison(entry.offset, Some(frame.version()), reason_of(error)),
        }
    }

    fn poison(&mut self, offset: Offset, version: Option<u8>, reason: PoisonReason) {
        self.ledger.poison += 1;
        self.poison.push(PoisonRow {
            offset,
            version,
            reason,
        });
    }

    fn count(&mut self, record: &Unpacked) {
        self.ledger.records += 1;
        let day = record.hour().day();
        // A text is looked up and hashed once per record, however often it is named there.
        let mut sites = vec![None; record.texts()];
        let mut pages = vec![None; record.texts()];
        let mut anchors = vec![None; record.texts()];
        for (interaction, places) in record.interactions() {
            self.ledger.interactions += 1;
            let site_key = record.text(interaction.site);
            let site = *sites[interaction.site as usize].get_or_insert_with(|| self.fold.site(site_key));
            let page = of_site(&mut pages[interaction.page as usize], site, || {
                self.key.page_of_text(site_key, record.text(interaction.page))
            });
            if interaction.view {
                let path = || Text::Page(page, record.text(interaction.page).into());
                self.texts.add(site, (page.0, TextKind::Page), path);
            }
            let (viewport, country) = (interaction.viewport, interaction.country);
            let group = self.fold.group(GroupKey {
                site,
                page,
                viewport,
                day,
                country,
            });
            let fragment = Fragment {
                view: interaction.view,
                fold_100px: interaction.fold_100px,
                reach: interaction.reach,
            };
            self.fold.add_fragment(group, &fragment);
            for place in places {
                let anchor = place.anchor.map(|(text, sub)| {
                    let id = of_site(&mut anchors[text as usize], site, || {
                        let id = self.key.anchor_of_text(site_key, record.text(text));
                        let selector = || Text::Anchor(id, record.text(text).into());
                        self.texts.add(site, (id.0, TextKind::Anchor), selector);
                        id
                    });
                    (id, sub)
                });
                let (layer, cell, n, first) = (place.layer, place.cell, place.n, place.first);
                self.fold.add_place(
                    group,
                    &PlaceCount {
                        layer,
                        cell,
                        anchor,
                        n,
                        first,
                    },
                );
            }
        }
    }

    fn finish(self, before: &Lanes) -> Batch {
        let names = self.fold.site_names();
        let mut texts: Vec<(Box<str>, Text)> = self
            .texts
            .list
            .into_iter()
            .map(|(site, text)| (names[site as usize].clone(), text))
            .collect();
        texts.sort_unstable();
        let lasts = self
            .lanes
            .iter()
            .filter(|(lane, seq)| before.last(*lane) != *seq)
            .collect();
        let block = Block {
            ledger: self.ledger,
            lasts,
            lost: self.lost,
            poison: self.poison,
            folded: self.fold.finish(),
        };
        Batch {
            block,
            lanes: self.lanes,
            texts,
            gaps: self.gaps,
        }
    }
}

fn reason_of(error: RecordError) -> PoisonReason {
    match error {
        RecordError::Header => PoisonReason::Header,
        RecordError::Version(_) => PoisonReason::Version,
        RecordError::Body => PoisonReason::Body,
        RecordError::Value(_) => PoisonReason::Value,
    }
}
