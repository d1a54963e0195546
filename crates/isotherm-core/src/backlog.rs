//! How long the oldest work of a queue has waited, although no record carries a time: where the queue ends is noted now
//! and then, and a note is passed when everything before it is done.

use std::collections::VecDeque;

use crate::record::Offset;

/// Notes kept. Beyond them two become one, which counts from the older: waiting is then overstated, never understated.
const NOTES_MAX: usize = 1_024;

/// The notes of one queue.
#[derive(Clone, Default, Debug)]
pub struct Backlog(VecDeque<Note>);

#[derive(Clone, Copy, Debug)]
struct Note {
    /// Everything below it was there.
    end: Offset,
    at_ms: u64,
}

impl Backlog {
    /// Notes that the queue ends before `end` now, milliseconds of any clock.
    pub fn note(&mut self, end: Offset, now_ms: u64) {
        if self.0.back().is_some_and(|last| last.end >= end) {
            return;
        }
        if self.0.len() >= NOTES_MAX {
            let notes: Vec<Note> = self.0.drain(..).collect();
            self.0.extend(notes.chunks(2).map(|pair| Note {
                end: pair[pair.len() - 1].end,
                at_ms: pair[0].at_ms,
            }));
        }
        self.0.push_back(Note { end, at_ms: now_ms });
    }

    /// Milliseconds for which the oldest record at or above `done` has waited, 0 if there is none. Exact to the time
    /// between two notes, and from the first note on.
    pub fn age_ms(&mut self, done: Offset, now_ms: u64) -> u64 {
        while self.0.front().is_some_and(|note| note.end <= done) {
            self.0.pop_front();
        }
        self.0.front().map_or(0, |note| now_ms.saturating_sub(note.at_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_is_that_of_the_oldest_record_not_done() {
        let mut backlog = Backlog::default();
        assert_eq!(backlog.age_ms(0, 5), 0, "nothing is queued");
        backlog.note(10, 1_000);
        backlog.note(10, 2_000);
        backlog.note(20, 3_000);
        assert_eq!(backlog.age_ms(0, 4_000), 3_000);
        assert_eq!(backlog.age_ms(9, 4_000), 3_000, "record 9 still waits");
        assert_eq!(backlog.age_ms(10, 4_000), 1_000);
        assert_eq!(backlog.age_ms(20, 4_000), 0, "all is done");
    }

    #[test]
    fn a_long_wait_takes_bounded_memory_and_is_never_understated() {
        let mut backlog = Backlog::default();
        for n in 0..100_000 {
            backlog.note(n + 1, n * 1_000);
        }
        assert!(backlog.0.len() <= NOTES_MAX);
        for done in [0, 1, 777, 50_000, 99_999] {
            let age_ms = backlog.clone().age_ms(done, 100_000_000);
            assert!(age_ms >= 100_000_000 - done * 1_000, "{done}: {age_ms}");
        }
    }
}
