//! The memory of a process, as the system shows it to root: every page that is there.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;

use anyhow::Context;

/// Bytes of a page.
const PAGE_BYTES: u64 = 4_096;
/// The bit of a page-map entry that says that the page is in memory.
const PRESENT: u64 = 1 << 63;
/// Pages read at a time; a value that crosses the edge is found because the next read begins before it.
const PAGES_AT_ONCE: u64 = 4_096;
/// Bytes that two reads share: longer than any form.
const OVERLAP_BYTES: usize = 1_024;

/// Shows each run of pages that are there, of everything the process may write. Says how many bytes that were.
pub(crate) fn read(pid: u32, mut see: impl FnMut(&[u8])) -> anyhow::Result<u64> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).context("no map of its memory")?;
    let memory = File::open(format!("/proc/{pid}/mem")).context("its memory cannot be read: run this as root")?;
    let mut page_map = File::open(format!("/proc/{pid}/pagemap")).context("no page map")?;
    let mut total = 0;
    for line in maps.lines() {
        let Some((from, to)) = writable(line) else { continue };
        let present = present(&mut page_map, from, to)?;
        total += runs(&memory, (from, &present), &mut see);
    }
    Ok(total)
}

/// The range of a mapping that the process may write and that is its own.
fn writable(line: &str) -> Option<(u64, u64)> {
    let mut fields = line.split_ascii_whitespace();
    let (range, rights) = (fields.next()?, fields.next()?);
    let (from, to) = range.split_once('-')?;
    let number = |text| u64::from_str_radix(text, 16).ok();
    rights.starts_with("rw").then_some((number(from)?, number(to)?))
}

fn present(page_map: &mut File, from: u64, to: u64) -> io::Result<Vec<bool>> {
    page_map.seek(SeekFrom::Start(from / PAGE_BYTES * 8))?;
    let mut entries = vec![0; ((to - from) / PAGE_BYTES * 8) as usize];
    page_map.read_exact(&mut entries)?;
    let entry = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap_or_default()) & PRESENT != 0;
    Ok(entries.chunks_exact(8).map(entry).collect())
}

fn runs(memory: &File, (from, present): (u64, &[bool]), see: &mut impl FnMut(&[u8])) -> u64 {
    let (mut page, mut total) = (0, 0);
    let mut kept: Vec<u8> = Vec::new();
    while page < present.len() {
        if !present[page] {
            kept.clear();
            page += 1;
            continue;
        }
        let run = present[page..]
            .iter()
            .take(PAGES_AT_ONCE as usize)
            .take_while(|there| **there)
            .count();
        let mut bytes = vec![0; run * PAGE_BYTES as usize];
        // What was unmapped meanwhile is not there any more.
        let read = memory.read_at(&mut bytes, from + page as u64 * PAGE_BYTES).unwrap_or(0);
        kept.extend_from_slice(&bytes[..read]);
        see(&kept);
        kept.drain(..kept.len().saturating_sub(OVERLAP_BYTES));
        total += read as u64;
        page += run;
    }
    total
}

/// The processes that a process started.
pub(crate) fn children(pid: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten();
    let of_thread = |thread: fs::DirEntry| fs::read_to_string(thread.path().join("children")).unwrap_or_default();
    let text: Vec<String> = threads.map(of_thread).collect();
    text.iter()
        .flat_map(|text| text.split_ascii_whitespace())
        .filter_map(|pid| pid.parse().ok())
        .collect()
}
