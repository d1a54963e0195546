//! The country of an address, from a file in MaxMind's format.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use isotherm_core::Country;
use maxminddb::{LookupResult, MaxMindDbError, PathElement, Reader, WithinOptions};

use crate::address::ClientAddress;

/// Largest country file in bytes; country files are around 10 MB, and a file is held in memory whole. A larger one is
/// refused: it is a file of cities.
pub const COUNTRY_FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// An open country file. It is read into memory whole, so that it can be replaced on disk at any time.
pub struct Countries {
    path: PathBuf,
    reader: RwLock<Arc<Reader<Vec<u8>>>>,
}

/// Why a file cannot say countries. The file is named, addresses never are.
#[derive(Debug, thiserror::Error)]
pub enum GeoError {
    /// It is missing or not readable.
    #[error("cannot read country file {}; name another one in [geo] mmdb_path", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// See [`COUNTRY_FILE_BYTES_MAX`].
    #[error("country file {} has more than {COUNTRY_FILE_BYTES_MAX} bytes; use one of countries, not cities", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// It is damaged or in another format.
    #[error("country file {} is not a sound MMDB file; fetch it again", .path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: MaxMindDbError,
    },
    /// It is sound and says other things than countries.
    #[error("country file {} has neither country_code nor country.iso_code in its records", .path.display())]
    NoCountries {
        /// The file.
        path: PathBuf,
    },
}

impl Countries {
    /// Opens a file and checks all of it, so that a damaged one is an error at start and not a world without countries.
    ///
    /// # Errors
    /// [`GeoError`] says what is wrong with the file.
    pub fn open(path: &Path) -> Result<Countries, GeoError> {
        let reader = read(path)?;
        Ok(Countries {
            path: path.to_owned(),
            reader: RwLock::new(Arc::new(reader)),
        })
    }

    /// Opens the same path again. Calls that run meanwhile get their answer from the old file.
    ///
    /// # Errors
    /// As [`Countries::open`]; the old file then stays in use.
    pub fn reload(&self) -> Result<(), GeoError> {
        let reader = Arc::new(read(&self.path)?);
        // A lock is poisoned by a panic while it is held; nothing between taking and leaving this one can panic.
        *self.reader.write().unwrap_or_else(PoisonError::into_inner) = reader;
        Ok(())
    }

    /// The country of an address; [`Country::UNKNOWN`] where the file knows none or says no two capital letters.
    pub fn country(&self, address: &ClientAddress<'_>) -> Country {
        country_of(&self.current(), address.ip()).unwrap_or(Country::UNKNOWN)
    }

    /// When the file was made, in seconds since 1970: addresses move, and a file a year old is wrong about many.
    pub fn built_at_s(&self) -> u64 {
        self.current().metadata().build_epoch
    }

    fn current(&self) -> Arc<Reader<Vec<u8>>> {
        // See `reload`.
        Arc::clone(&self.reader.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A checked file.
fn read(path: &Path) -> Result<Reader<Vec<u8>>, GeoError> {
    let unreadable = |source| GeoError::Read {
        path: path.to_owned(),
        source,
    };
    let unsound = |source| GeoError::Format {
        path: path.to_owned(),
        source,
    };
    if std::fs::metadata(path).map_err(unreadable)?.len() > COUNTRY_FILE_BYTES_MAX {
        return Err(GeoError::TooLarge { path: path.to_owned() });
    }
    let reader = Reader::from_source(std::fs::read(path).map_err(unreadable)?).map_err(unsound)?;
    // Every record, because a lookup would only see a damaged one much later. The file's description may be empty,
    // as that of the usual file is, which is why `Reader::verify` is of no use here.
    let mut countries = 0_usize;
    for network in reader.networks(WithinOptions::default()).map_err(unsound)? {
        let found = network.map_err(unsound)?;
        countries += usize::from(country_in(&found).map_err(unsound)?.is_some());
    }
    match countries {
        0 => Err(GeoError::NoCountries { path: path.to_owned() }),
        _ => Ok(reader),
    }
}

fn country_of(reader: &Reader<Vec<u8>>, ip: IpAddr) -> Option<Country> {
    // An IPv6 address in a file of IPv4 networks alone is an error to the reader; here its country is just not known.
    country_in(&reader.lookup(ip).ok()?).ok().flatten()
}

/// The country of a record: flat as ip-location-db writes it, or nested as MaxMind does.
fn country_in(found: &LookupResult<'_, Vec<u8>>) -> Result<Option<Country>, MaxMindDbError> {
    let flat = found.decode_path::<&str>(&[PathElement::Key("country_code")])?;
    let code = match flat {
        Some(code) => Some(code),
        None => found.decode_path::<&str>(&[PathElement::Key("country"), PathElement::Key("iso_code")])?,
    };
    Ok(code.and_then(Country::parse))
}
