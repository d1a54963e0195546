//! An intent as the text beside a committed offset.

use isotherm_core::Day;
use isotherm_core::ports::LogError;
use isotherm_core::record::{Intent, LogId, Offset};
use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::{Offset as Committed, TopicPartitionList};

/// The version that is written. A text of another version is not guessed at.
const VERSION: &str = "v1";

/// A list of one partition to commit. A new list each time: setting metadata twice on one leaks.
pub(crate) fn commit_list(topic: &str, partition: u16, intent: &Intent) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    let mut element = list.add_partition(topic, i32::from(partition));
    element.set_offset(Committed::Offset(intent.first.cast_signed()))?;
    element.set_metadata(text(intent));
    Ok(list)
}

/// The intent that a committed offset carries; `None` where nothing was ever committed.
pub(crate) fn committed(offset: Committed, metadata: &str) -> Result<Option<Intent>, LogError> {
    let Committed::Offset(offset) = offset else {
        return Ok(None);
    };
    match parse(metadata) {
        Some(intent) if intent.first == offset.cast_unsigned() => Ok(Some(intent)),
        _ => Err(LogError::Broken(format!(
            "offset {offset} was committed by something other than this version of isotherm; \
             run `isotherm migrate --adopt-log` to go on from the ledger"
        ))),
    }
}

fn text(intent: &Intent) -> String {
    let Intent {
        log_id,
        first,
        last,
        landing,
        attempt,
    } = intent;
    format!("{VERSION} {:016x} {first} {last} {} {attempt}", log_id.0, landing.0)
}

fn parse(text: &str) -> Option<Intent> {
    let mut words = text.split(' ');
    if words.next()? != VERSION {
        return None;
    }
    let intent = Intent {
        log_id: LogId(u64::from_str_radix(words.next()?, 16).ok()?),
        first: words.next()?.parse::<Offset>().ok()?,
        last: words.next()?.parse::<Offset>().ok()?,
        landing: Day(words.next()?.parse().ok()?),
        attempt: words.next()?.parse().ok()?,
    };
    words.next().is_none().then_some(intent)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTENT: Intent = Intent {
        log_id: LogId(0xfeed),
        first: 7,
        last: 9,
        landing: Day(20_778),
        attempt: 2,
    };

    #[test]
    fn a_text_is_read_back_and_nothing_else_is_guessed_at() {
        assert_eq!(text(&INTENT), "v1 000000000000feed 7 9 20778 2");
        assert_eq!(committed(Committed::Offset(7), &text(&INTENT)), Ok(Some(INTENT)));
        assert_eq!(committed(Committed::Invalid, ""), Ok(None));
        for (offset, text) in [
            (7, ""),
            (7, "v2 000000000000feed 7 9 20778 2"),
            (7, "v1 000000000000feed 7 9 20778 2 3"),
            (7, "v1 000000000000feed 7 9 20778"),
            (8, "v1 000000000000feed 7 9 20778 2"),
        ] {
            let refused = committed(Committed::Offset(offset), text);
            assert!(matches!(refused, Err(LogError::Broken(_))), "{text}");
        }
    }
}
