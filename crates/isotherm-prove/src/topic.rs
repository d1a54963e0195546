//! The topic of a cluster: its batches as they lie on the broker's disk and as a consumer gets them, decoded.
//!
//! Source of the formats: the Apache Kafka documentation, "Message format" (record batch, version 2) and "The protocol".

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use isotherm_testkit::Kafka;

/// Partitions of the topic.
const PARTITIONS: u16 = 4;
/// Bytes of a batch before its records.
const HEAD_BYTES: usize = 61;
/// Bytes before those that a batch's length counts.
const UNCOUNTED_BYTES: usize = 12;
/// The version of the format, in the byte at [`MAGIC_AT`].
const MAGIC: u8 = 2;
const MAGIC_AT: usize = 16;
/// The two bytes whose lowest three bits name the compression.
const ATTRIBUTES_AT: usize = 21;
/// How long the broker may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// Most bytes of a partition in one answer; more than the whole load.
const FETCH_BYTES_MAX: u32 = 1 << 26;

const PRODUCE: u16 = 0;
const FETCH: u16 = 1;

/// A broker with the topic.
pub(crate) struct Topic {
    kafka: Kafka,
    name: &'static str,
}

impl Topic {
    pub(crate) async fn start(name: &'static str) -> anyhow::Result<Topic> {
        let kafka = Kafka::start().await?;
        Ok(Topic { kafka, name })
    }

    pub(crate) fn bootstrap(&self) -> String {
        self.kafka.bootstrap()
    }

    pub(crate) fn partitions(&self) -> u16 {
        PARTITIONS
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.kafka.pid()
    }

    /// The broker's folder: topics, its own log, its configuration.
    pub(crate) fn folder(&self) -> anyhow::Result<std::path::PathBuf> {
        let data = self.kafka.data_dir();
        data.parent().map(Path::to_owned).context("the broker has a folder")
    }

    /// Every record of the topic, as a consumer gets it.
    pub(crate) fn consumed(&self) -> anyhow::Result<Vec<u8>> {
        let mut all = Vec::new();
        for partition in 0..PARTITIONS {
            let batches = self.fetch(partition)?;
            see_batches(&batches, |records| all.extend_from_slice(records))?;
        }
        Ok(all)
    }

    /// Appends a record that no fold can decode.
    pub(crate) fn poison(&self, payload: &[u8]) -> anyhow::Result<()> {
        let mut body = Vec::new();
        body.extend((-1_i16).to_be_bytes()); // not in a transaction
        body.extend((-1_i16).to_be_bytes()); // acknowledged by all replicas
        body.extend(10_000_u32.to_be_bytes());
        let batch = batch(payload, self.hour_ms()?);
        self.one_partition(&mut body, 0);
        body.extend((batch.len() as u32).to_be_bytes());
        body.extend(batch);
        let answer = self.ask((PRODUCE, 3), &body)?;
        let error = self.partition_answer(&answer, 0)?.0;
        ensure!(error == 0, "the broker refuses a record: error {error}");
        Ok(())
    }

    /// The hour in which the broker last made or removed a file, in milliseconds since 1970: a record of long ago would be
    /// removed with its segment at once.
    fn hour_ms(&self) -> anyhow::Result<u64> {
        const HOUR_MS: u64 = 3_600_000;
        let changed = self.kafka.data_dir().metadata()?.modified()?;
        let since = changed.duration_since(std::time::UNIX_EPOCH)?.as_millis() as u64;
        Ok(since / HOUR_MS * HOUR_MS)
    }

    fn fetch(&self, partition: u16) -> anyhow::Result<Vec<u8>> {
        let mut body = Vec::new();
        body.extend((-1_i32).to_be_bytes()); // not a replica
        body.extend(500_u32.to_be_bytes()); // wait, ms
        body.extend(0_u32.to_be_bytes()); // for at least so many bytes
        body.extend(FETCH_BYTES_MAX.to_be_bytes());
        body.push(0); // read uncommitted
        self.one_partition(&mut body, partition);
        body.extend(0_u64.to_be_bytes()); // from the beginning
        body.extend(FETCH_BYTES_MAX.to_be_bytes());
        let answer = self.ask((FETCH, 4), &body)?;
        let throttle_bytes = 4;
        let (error, rest) = self.partition_answer(&answer, throttle_bytes)?;
        ensure!(
            error == 0,
            "the broker does not give partition {partition}: error {error}"
        );
        // High watermark, last stable offset, aborted transactions, length of the batches.
        let (aborted, length) = (number(rest, 16)?, number(rest, 20)?);
        ensure!(aborted <= 0, "there are no transactions");
        let batches = rest.get(24..24 + length as usize);
        Ok(batches.context("an answer is whole")?.to_vec())
    }

    /// The beginning of a list of one topic with one partition.
    fn one_partition(&self, body: &mut Vec<u8>, partition: u16) {
        body.extend(1_u32.to_be_bytes());
        body.extend((self.name.len() as u16).to_be_bytes());
        body.extend(self.name.as_bytes());
        body.extend(1_u32.to_be_bytes());
        body.extend(u32::from(partition).to_be_bytes());
    }

    /// The error of the one partition that was asked for, and what follows it.
    fn partition_answer<'a>(&self, answer: &'a [u8], before: usize) -> anyhow::Result<(i16, &'a [u8])> {
        let at = before + 4 + 2 + self.name.len() + 4 + 4;
        let error = answer.get(at..at + 2).context("an answer is whole")?;
        Ok((i16::from_be_bytes([error[0], error[1]]), &answer[at + 2..]))
    }

    fn ask(&self, (key, version): (u16, u16), body: &[u8]) -> anyhow::Result<Vec<u8>> {
        let mut request = Vec::new();
        request.extend(key.to_be_bytes());
        request.extend(version.to_be_bytes());
        request.extend(7_u32.to_be_bytes()); // correlation
        request.extend((-1_i16).to_be_bytes()); // no client id
        request.extend(body);
        let mut stream = TcpStream::connect(self.bootstrap())?;
        stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
        stream.write_all(&(request.len() as u32).to_be_bytes())?;
        stream.write_all(&request)?;
        let mut length = [0; 4];
        stream.read_exact(&mut length)?;
        let mut answer = vec![0; u32::from_be_bytes(length) as usize];
        stream.read_exact(&mut answer)?;
        Ok(answer.get(4..).context("an answer has a head")?.to_vec())
    }
}

/// Whether a file is a segment of a topic: it begins with a batch.
pub(crate) fn is_segment(bytes: &[u8]) -> bool {
    bytes.get(MAGIC_AT) == Some(&MAGIC) && batch_bytes(bytes).is_some()
}

/// Shows the records of each batch, decompressed.
pub(crate) fn see_batches(mut bytes: &[u8], mut see: impl FnMut(&[u8])) -> anyhow::Result<()> {
    while let Some(length) = batch_bytes(bytes) {
        ensure!(bytes[MAGIC_AT] == MAGIC, "a batch has another format");
        let (batch, rest) = bytes.split_at(length);
        let records = &batch[HEAD_BYTES..];
        match batch[ATTRIBUTES_AT + 1] & 7 {
            0 => see(records),
            4 => see(&zstd::stream::decode_all(records).context("a batch cannot be decompressed")?),
            other => bail!("a batch is compressed in another way: {other}"),
        }
        bytes = rest;
    }
    Ok(())
}

/// Bytes of the batch that begins here, if it is whole.
fn batch_bytes(bytes: &[u8]) -> Option<usize> {
    let length = UNCOUNTED_BYTES + usize::try_from(number(bytes, 8).ok()?).ok()?;
    (length >= HEAD_BYTES && length <= bytes.len()).then_some(length)
}

fn number(bytes: &[u8], at: usize) -> anyhow::Result<i32> {
    let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
    Ok(i32::from_be_bytes(four.context("it is too short")?))
}

/// A batch of one record without compression, as a producer without identity sends it.
fn batch(payload: &[u8], unix_ms: u64) -> Vec<u8> {
    let mut record = vec![0, 0, 0]; // attributes, time and offset as differences
    zigzag(-1, &mut record); // no key
    zigzag(payload.len() as i64, &mut record);
    record.extend(payload);
    record.push(0); // no headers
    let mut counted = Vec::new();
    counted.extend(0_u16.to_be_bytes()); // attributes
    counted.extend(0_u32.to_be_bytes()); // last offset
    counted.extend([unix_ms.to_be_bytes(); 2].as_flattened()); // first and last time
    counted.extend([0xff; 14]); // no producer, epoch, sequence
    counted.extend(1_u32.to_be_bytes());
    zigzag(record.len() as i64, &mut counted);
    counted.extend(record);
    let mut batch = vec![0; 8];
    let behind_length = 4 + 1 + 4 + counted.len();
    batch.extend((behind_length as u32).to_be_bytes());
    batch.extend([0xff; 4]); // no leader's epoch
    batch.push(MAGIC);
    batch.extend(crc32c(&counted).to_be_bytes());
    batch.extend(counted);
    batch
}

/// A number of variable length, small in both directions.
fn zigzag(value: i64, into: &mut Vec<u8>) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest >= 0x80 {
        into.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    into.push(rest as u8);
}

/// CRC-32C (Castagnoli), bit by bit: one small batch is all there is.
fn crc32c(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0x82f6_3b78;
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (POLYNOMIAL & (sum & 1).wrapping_neg());
        }
    }
    !sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        // RFC 3720, appendix B.4: 32 bytes of zeros, and the check value of the polynomial.
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }

    #[test]
    fn compressed_batches_are_seen_decompressed_and_none_is_left_out() {
        let text = b"/garden/copper-watering-can".repeat(20);
        let mut compressed = batch(b"", 0);
        compressed.truncate(HEAD_BYTES);
        compressed[ATTRIBUTES_AT + 1] = 4;
        compressed.extend(zstd::stream::encode_all(&text[..], 3).expect("compressed"));
        let counted = (compressed.len() - UNCOUNTED_BYTES) as u32;
        compressed[8..12].copy_from_slice(&counted.to_be_bytes());
        assert!(!compressed.windows(text.len()).any(|window| window == text));
        let segment = [batch(b"first", 0), compressed, batch(b"last", 0)].concat();
        assert!(is_segment(&segment));
        let mut seen = Vec::new();
        see_batches(&segment, |records| seen.push(records.to_vec())).expect("seen");
        assert_eq!(seen.len(), 3);
        assert!(seen[0].ends_with(b"first\0") && seen[1] == text && seen[2].ends_with(b"last\0"));
    }
}
