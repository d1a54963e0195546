//! A broker for everybody, topics by name, and short ways to say things.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use isotherm_core::Hour;
use isotherm_core::ports::{Assignment, Clock, Entry, EventLog};
use isotherm_core::record::Offset;
use isotherm_log_kafka::{KafkaReader, KafkaSecurity, KafkaSettings, ReaderSettings, topic};
use isotherm_testkit::Kafka;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset as Position, TopicPartitionList};
use tokio::sync::OnceCell;

/// How long anything may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
/// A moment between two looks.
pub(crate) const MOMENT: Duration = Duration::from_millis(20);

/// Pause between two looks at a condition.
const PAUSE: Duration = Duration::from_millis(2);

/// The machine's time: brokers refuse records of another.
pub(crate) struct MachineClock;

impl Clock for MachineClock {
    #[expect(clippy::disallowed_methods, reason = "the broker has the machine's clock, too")]
    fn unix_ms(&self) -> u64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("after 1970")
            .as_millis() as u64
    }
}

pub(crate) fn this_hour() -> Hour {
    Hour::of_unix_ms(MachineClock.unix_ms())
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

/// The broker of all tests that do not harm it. It ends with this process.
pub(crate) fn broker() -> &'static Kafka {
    static BROKER: OnceCell<Kafka> = OnceCell::const_new();
    block_on(BROKER.get_or_init(async || Kafka::start().await.expect("a broker")))
}

pub(crate) fn settings(brokers: String, topic: &str, partitions: u16) -> KafkaSettings {
    KafkaSettings {
        brokers,
        topic: topic.to_owned(),
        partitions,
        replication: 1,
        security: KafkaSecurity::default(),
    }
}

/// A topic on the common broker, made as `migrate` makes it, and a group of its name.
pub(crate) fn topic_of(name: &str, partitions: u16) -> ReaderSettings {
    let kafka = settings(broker().bootstrap(), name, partitions);
    let ensured = block_on(topic::ensure(&kafka)).expect("a topic");
    assert!(ensured.created);
    ReaderSettings {
        kafka,
        group: name.to_owned(),
    }
}

pub(crate) fn admin(settings: &KafkaSettings) -> AdminClient<DefaultClientContext> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &settings.brokers);
    config.create().expect("a client")
}

/// Appends payloads as another producer would, and waits for them.
pub(crate) fn produce(settings: &KafkaSettings, partition: u16, payloads: &[Vec<u8>]) {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &settings.brokers).set("acks", "all");
    let producer: BaseProducer = config.create().expect("a producer");
    for payload in payloads {
        let record: BaseRecord<'_, (), Vec<u8>> = BaseRecord::to(&settings.topic);
        let record = record.partition(i32::from(partition)).payload(payload);
        producer.send(record).map_err(|(error, _)| error).expect("room");
    }
    producer.flush(DEADLINE).expect("acknowledged");
}

/// Deletes what lies before an offset.
pub(crate) fn delete_before(settings: &KafkaSettings, partition: u16, offset: Offset) {
    let mut list = TopicPartitionList::new();
    let position = Position::Offset(offset.cast_signed());
    list.add_partition_offset(&settings.topic, i32::from(partition), position)
        .expect("a list");
    block_on(admin(settings).delete_records(&list, &AdminOptions::new())).expect("deleted");
}

/// A reader that holds all partitions.
pub(crate) fn open_whole(settings: &ReaderSettings) -> KafkaReader {
    let mut reader = KafkaReader::open(settings).expect("a reader");
    let count = usize::from(settings.kafka.partitions);
    until("all partitions are assigned", || {
        reader.wait(MOMENT);
        held(&mut reader).len() == count
    });
    reader
}

pub(crate) fn held(reader: &mut KafkaReader) -> BTreeMap<u16, u64> {
    BTreeMap::from_iter(reader.assigned().expect("an assignment"))
}

/// Reads until `end`, however often the log is not available in between.
pub(crate) fn read_until(reader: &mut KafkaReader, partition: u16, from: Offset, end: Offset) -> Vec<Entry> {
    let (mut entries, mut at) = (Vec::new(), from);
    until("everything is read", || {
        reader.assigned().expect("an assignment");
        let more: Vec<Entry> = reader.read(partition, at, 1 << 20).unwrap_or_default();
        match more.last() {
            Some(last) => at = last.offset + 1,
            None => reader.wait(MOMENT),
        }
        entries.extend(more);
        at >= end
    });
    entries
}

/// Looks at a condition until it holds.
#[track_caller]
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < end, "not within {DEADLINE:?}: {what}");
        std::thread::sleep(PAUSE);
    }
}
