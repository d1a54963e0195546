//! Making and checking the topic.

use isotherm_core::ports::LogError;
use isotherm_log_kafka::topic::{TopicError, ensure};
use isotherm_log_kafka::{KafkaReader, ReaderSettings};
use rdkafka::admin::{AdminOptions, NewTopic, TopicReplication};

use crate::support::{admin, block_on, broker, settings};

/// Makes a topic by other means.
fn make(name: &str, partitions: i32, options: &[(&str, &str)]) {
    let settings = settings(broker().bootstrap(), name, 2);
    let mut topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
    for (setting, value) in options {
        topic = topic.set(setting, value);
    }
    let made = block_on(admin(&settings).create_topics([&topic], &AdminOptions::new()));
    assert_eq!(made.expect("an answer"), [Ok(name.to_owned())]);
}

fn refusal(name: &str) -> String {
    let settings = settings(broker().bootstrap(), name, 2);
    let refused = block_on(ensure(&settings)).expect_err("a topic that cannot stay");
    assert!(matches!(refused, TopicError::Unfit { .. }), "{refused}");
    refused.to_string()
}

#[test]
fn a_topic_is_made_once_and_passes_its_own_check() {
    let settings = settings(broker().bootstrap(), "made-once", 2);
    assert!(block_on(ensure(&settings)).expect("made").created);
    assert!(!block_on(ensure(&settings)).expect("checked").created);
}

#[test]
fn a_retention_of_80_hours_is_refused_by_name() {
    make(
        "too-long",
        2,
        &[("retention.ms", "288000000"), ("segment.ms", "3600000")],
    );
    let refusal = refusal("too-long");
    let sentence = "retention.ms is 288000000 (80 h) and must be at most 255600000 (71 h)";
    assert!(refusal.contains(sentence), "{refusal}");
    assert!(!refusal.contains("segment.ms is"), "{refusal}");
}

#[test]
fn kafkas_own_defaults_are_refused_setting_by_setting() {
    make(
        "defaults",
        3,
        &[
            ("message.timestamp.type", "LogAppendTime"),
            ("cleanup.policy", "compact"),
        ],
    );
    let refusal = refusal("defaults");
    for sentence in [
        "topic `defaults` cannot be used",
        "the number of partitions is 3 and must be 2",
        "cleanup.policy is compact and must be delete",
        "message.timestamp.type is LogAppendTime and must be CreateTime",
        "segment.ms is 604800000 (168 h) and must be at most 3600000 (1 h)",
        "retention.ms is 604800000 (168 h)",
    ] {
        assert!(refusal.contains(sentence), "{sentence} in: {refusal}");
    }
}

#[test]
fn a_cluster_that_is_not_there_is_named() {
    let nowhere = format!("127.0.0.1:{}", isotherm_testkit::free_port());
    let settings = settings(nowhere.clone(), "nowhere", 2);
    let error = block_on(ensure(&settings)).expect_err("nobody answers");
    assert!(matches!(error, TopicError::Unavailable { .. }), "{error}");
    assert!(error.to_string().contains(&nowhere), "{error}");
}

#[test]
fn a_reader_refuses_a_missing_topic_and_another_number_of_partitions() {
    let open = |name: &str, partitions| {
        let kafka = settings(broker().bootstrap(), name, partitions);
        let group = name.to_owned();
        match KafkaReader::open(&ReaderSettings { kafka, group }) {
            Err(LogError::Broken(text)) => text,
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("opened"),
        }
    };
    assert!(open("missing", 2).contains("run `isotherm migrate`"));
    make("two", 2, &[]);
    assert_eq!(open("two", 3), "topic `two` has 2 partitions and must have 3");
}
