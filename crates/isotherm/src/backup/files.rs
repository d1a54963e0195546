//! The files of a backup: LZ4 frames, written durably, read back against their SHA-256.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use bytes::Bytes;
use lz4_flex::frame::{FrameDecoder, FrameEncoder};
use sha2::{Digest, Sha256};

use super::TableEntry;

/// Bytes that are read or hashed at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// A table's file under construction.
pub(crate) struct TableWriter {
    path: PathBuf,
    encoder: FrameEncoder<BufWriter<Hashed>>,
}

/// A file that knows the hash of what was written to it.
struct Hashed {
    file: File,
    sha256: Sha256,
    bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.sha256.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl TableWriter {
    /// A new file for the table.
    pub(crate) fn create(dir: &Path, table: &str) -> anyhow::Result<TableWriter> {
        let path = dir.join(file_name(table));
        let file = create(&path).with_context(|| cannot_write(&path))?;
        let hashed = Hashed {
            file,
            sha256: Sha256::new(),
            bytes: 0,
        };
        Ok(TableWriter {
            path,
            encoder: FrameEncoder::new(BufWriter::new(hashed)),
        })
    }

    /// Adds bytes.
    pub(crate) fn add(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.encoder.write_all(bytes).with_context(|| cannot_write(&self.path))
    }

    /// Makes the file durable and describes it.
    pub(crate) fn finish(self, table: &str) -> anyhow::Result<TableEntry> {
        let finish = || -> io::Result<Hashed> {
            let buffer = self.encoder.finish()?;
            let hashed = buffer.into_inner().map_err(io::IntoInnerError::into_error)?;
            hashed.file.sync_all()?;
            Ok(hashed)
        };
        let hashed = finish().with_context(|| cannot_write(&self.path))?;
        Ok(TableEntry {
            table: table.into(),
            file: file_name(table),
            bytes: hashed.bytes,
            sha256: hex(&hashed.sha256.finalize()),
        })
    }
}

/// Refuses a file that is missing or not what was written.
pub(crate) fn check(dir: &Path, entry: &TableEntry) -> anyhow::Result<()> {
    if entry.file != file_name(&entry.table) {
        bail!("the backup is damaged: its manifest names a file that is not its own");
    }
    let path = dir.join(&entry.file);
    let found = hash(&path).with_context(|| format!("the backup is damaged: cannot read {}", path.display()))?;
    if found != (entry.bytes, entry.sha256.clone()) {
        bail!(
            "the backup is damaged: {} is not what was written; take another backup",
            path.display()
        );
    }
    Ok(())
}

/// Reads a table's bytes in pieces; `None` at the end.
pub(crate) fn reader(dir: &Path, entry: &TableEntry) -> anyhow::Result<impl FnMut() -> anyhow::Result<Option<Bytes>>> {
    let path = dir.join(&entry.file);
    let file = File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut decoder = FrameDecoder::new(BufReader::new(file));
    Ok(move || {
        let mut chunk = Vec::new();
        let mut limited = decoder.by_ref().take(CHUNK_BYTES as u64);
        limited
            .read_to_end(&mut chunk)
            .with_context(|| format!("the backup is damaged: {} cannot be decompressed", path.display()))?;
        Ok((!chunk.is_empty()).then(|| chunk.into()))
    })
}

/// Writes a small file that is there, whole, when this returns.
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let write = || -> io::Result<()> {
        let mut file = create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().with_context(|| cannot_write(path))
}

/// Makes a directory that only its owner may read.
pub(crate) fn make_private_dir(path: &Path) -> anyhow::Result<()> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.with_context(|| format!("cannot make {}", path.display()))
}

/// Makes the names in a directory durable.
pub(crate) fn sync_dir(path: &Path) -> anyhow::Result<()> {
    let sync = || File::open(path)?.sync_all();
    sync().with_context(|| format!("cannot sync {}", path.display()))
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn create(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}: make room, or name another directory", path.display())
}

fn file_name(table: &str) -> String {
    format!("{table}.native.lz4")
}

fn hash(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let (mut sha256, mut bytes) = (Sha256::new(), 0);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            return Ok((bytes, hex(&sha256.finalize())));
        }
        sha256.update(&chunk[..read]);
        bytes += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_back_and_a_changed_byte_is_found() {
        let dir = tempfile::tempdir().expect("a directory");
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        let mut writer = TableWriter::create(dir.path(), "live").expect("created");
        for piece in bytes.chunks(700_001) {
            writer.add(piece).expect("added");
        }
        let entry = writer.finish("live").expect("finished");
        assert!(entry.bytes < bytes.len() as u64 / 10, "it is compressed");
        check(dir.path(), &entry).expect("whole");
        let mut next = reader(dir.path(), &entry).expect("open");
        let mut read = Vec::new();
        while let Some(piece) = next().expect("readable") {
            read.extend(piece);
        }
        assert!(read == bytes);

        let path = dir.path().join(&entry.file);
        let mut damaged = fs::read(&path).expect("read");
        damaged[100] ^= 1;
        fs::write(&path, &damaged).expect("written");
        assert!(check(dir.path(), &entry).is_err());
        damaged[100] ^= 1;
        damaged.pop();
        fs::write(&path, &damaged).expect("written");
        assert!(check(dir.path(), &entry).is_err(), "a cut file");
        fs::remove_file(&path).expect("removed");
        assert!(check(dir.path(), &entry).is_err(), "a missing file");
    }

    #[test]
    fn a_file_that_is_there_is_never_overwritten() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("manifest.json");
        write_durably(&path, b"one").expect("written");
        assert!(write_durably(&path, b"two").is_err());
        assert_eq!(fs::read(&path).expect("read"), b"one");
    }
}
