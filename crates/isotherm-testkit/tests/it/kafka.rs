//! A real broker keeps what it was given.

use std::time::Duration;

use isotherm_testkit::Kafka;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

const DEADLINE: Duration = Duration::from_secs(30);

async fn make_topic(kafka: &Kafka, name: &str) {
    let admin: AdminClient<DefaultClientContext> = ClientConfig::new()
        .set("bootstrap.servers", kafka.bootstrap())
        .create()
        .unwrap();
    let topic = NewTopic::new(name, 2, TopicReplication::Fixed(1)).set("retention.ms", "252000000");
    let made = admin.create_topics([&topic], &AdminOptions::new()).await.unwrap();
    assert_eq!(made, [Ok(name.to_owned())]);
}

async fn produce(kafka: &Kafka, topic: &str, payload: &str) -> i64 {
    let producer: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", kafka.bootstrap())
        .set("enable.idempotence", "true")
        .set("compression.type", "zstd")
        .create()
        .unwrap();
    let record: FutureRecord<'_, (), str> = FutureRecord::to(topic).partition(1).payload(payload);
    producer.send(record, DEADLINE).await.unwrap().offset
}

fn consume(kafka: &Kafka, topic: &str, count: usize) -> Vec<String> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", kafka.bootstrap())
        .set("group.id", "testkit")
        .set("enable.auto.commit", "false")
        .create()
        .unwrap();
    let mut from = TopicPartitionList::new();
    from.add_partition_offset(topic, 1, Offset::Beginning).unwrap();
    consumer.assign(&from).unwrap();
    let next = || {
        let message = consumer.poll(DEADLINE).expect("a record within the deadline").unwrap();
        String::from_utf8(message.payload().unwrap().to_vec()).unwrap()
    };
    (0..count).map(|_| next()).collect()
}

#[tokio::test]
async fn records_outlive_a_stop_and_a_kill_of_the_broker() {
    let mut kafka = Kafka::start().await.unwrap();
    let bootstrap = kafka.bootstrap();
    make_topic(&kafka, "records").await;
    assert_eq!(produce(&kafka, "records", "one").await, 0);
    assert_eq!(consume(&kafka, "records", 1), ["one"]);

    kafka.stop().await;
    assert_eq!(kafka.pid(), None);
    kafka.restart().await.unwrap();
    assert_eq!(kafka.bootstrap(), bootstrap);
    assert_eq!(consume(&kafka, "records", 1), ["one"]);

    assert_eq!(produce(&kafka, "records", "two").await, 1);
    kafka.kill().await;
    kafka.restart().await.unwrap();
    assert_eq!(consume(&kafka, "records", 2), ["one", "two"]);

    let producer: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", kafka.bootstrap())
        .set("message.timeout.ms", "5000")
        .create()
        .unwrap();
    let unknown: FutureRecord<'_, (), str> = FutureRecord::to("never-made").payload("x");
    producer
        .send(unknown, DEADLINE)
        .await
        .expect_err("topics are made only when asked for");
}
