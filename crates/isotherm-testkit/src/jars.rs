//! Apache Kafka's own jars, fetched once by Maven into `target/kafka`.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::TestkitError;

/// The folder with Kafka's jars, as `kafka/pom.xml` names them; fetched when they are not there.
pub(crate) fn kafka_libs() -> Result<PathBuf, TestkitError> {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pom = crate_dir.join("kafka").join("pom.xml");
    let dir = crate_dir.join("..").join("..").join("target").join("kafka");
    fs::create_dir_all(&dir)?;
    let dir = dir.canonicalize()?;
    let libs = dir.join("libs");

    // Test binaries may run at the same time; one fetches, the others wait for it.
    let lock = File::create(dir.join(".lock"))?;
    lock.lock()?;
    let wanted = fs::read_to_string(&pom)?;
    let stamp = dir.join(".stamp");
    if fs::read_to_string(&stamp).is_ok_and(|had| had == wanted) {
        return Ok(libs);
    }
    fetch(&pom, &libs)?;
    fs::write(stamp, wanted)?;
    Ok(libs)
}

fn fetch(pom: &Path, libs: &Path) -> Result<(), TestkitError> {
    if libs.exists() {
        fs::remove_dir_all(libs)?;
    }
    // Nothing depends on whether this line is read.
    let _ = writeln!(
        std::io::stderr(),
        "Fetching Apache Kafka, about 60 MB. This is done once…"
    );
    let mut directory = std::ffi::OsString::from("-DoutputDirectory=");
    directory.push(libs);
    let output = Command::new("mvn")
        .args(["--quiet", "--batch-mode", "--file"])
        .arg(pom)
        .arg("dependency:copy-dependencies")
        .arg(directory)
        .output()
        .map_err(|error| TestkitError::Program("mvn", error))?;
    if output.status.success() {
        return Ok(());
    }
    let log_tail = [output.stdout, output.stderr].concat();
    Err(TestkitError::Failed {
        what: "fetching Apache Kafka".to_owned(),
        log_tail: String::from_utf8_lossy(&log_tail).into_owned(),
    })
}
