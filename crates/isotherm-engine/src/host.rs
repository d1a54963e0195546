//! The child's side: opens the engine's library and stays in it. The only unsafe code of Isotherm.
//!
//! The library's command line entry is given two files to run as queries: one that opens the HTTP
//! listener, and `/dev/stdin`, which it reads to the end before it would run anything. So it serves
//! as long as standard input is open, and stops cleanly, tables closed, when the parent is gone.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::folder::{EXIT_CODE_FOLDER_IN_USE, EngineFolder};

/// `chdb_query_cmdline` of chdb.h: runs the command line, returns an owned result.
type QueryCommandLine = unsafe extern "C" fn(c_int, *mut *mut c_char) -> *mut c_void;

/// `chdb_result_error` of chdb.h: the result's error text, or null; owned by the result.
type ResultError = unsafe extern "C" fn(*mut c_void) -> *const c_char;

/// Why the engine's process ended otherwise than by its parent going.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// Another engine holds the folder.
    #[error("another engine is running in {}", .0.display())]
    FolderInUse(PathBuf),
    /// The folder is missing or cannot be locked.
    #[error("{0}")]
    Folder(String),
    /// The library could not be opened or has not the functions that it should have.
    #[error("cannot open the engine {}: {reason}; run `make build` to fetch it again", lib.display())]
    Library {
        /// The library's file.
        lib: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// The engine itself ended with an error.
    #[error("the engine ended: {0}")]
    Engine(String),
}

impl HostError {
    /// The exit code that the process should end with.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::FolderInUse(_) => EXIT_CODE_FOLDER_IN_USE,
            Self::Folder(_) | Self::Library { .. } | Self::Engine(_) => 1,
        }
    }
}

/// Turns this process into the engine: returns when standard input has ended and the engine has
/// stopped. `config` is the `config.xml` that [`crate::Engine::start`] wrote into its folder.
///
/// Call it from the main thread, before any other thread is started.
///
/// # Errors
/// When the folder is held by another engine, the library cannot be opened, or the engine fails.
pub fn run_engine_child(lib: &Path, config: &Path) -> Result<(), HostError> {
    let folder = EngineFolder::new(config.parent().unwrap_or_else(|| Path::new(".")));
    let held = folder
        .try_hold()
        .map_err(|error| HostError::Folder(error.to_string()))?;
    let Some(_held_until_the_engine_is_gone) = held else {
        return Err(HostError::FolderInUse(folder.path().to_owned()));
    };
    let listen_sql = folder.listen_sql();
    let arguments = ["clickhouse", "--config-file"]
        .into_iter()
        .map(|word| word.as_bytes())
        .chain([config.as_os_str().as_bytes(), b"--queries-file"])
        .chain([listen_sql.as_os_str().as_bytes(), b"/dev/stdin"])
        .map(CString::new)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| HostError::Folder("the folder's name has a zero byte".to_owned()))?;
    call_library(lib, arguments)
}

#[expect(
    unsafe_code,
    reason = "a foreign library is opened and called; nothing else can do it"
)]
fn call_library(lib: &Path, arguments: Vec<CString>) -> Result<(), HostError> {
    let refuse = |error: libloading::Error| HostError::Library {
        lib: lib.to_owned(),
        reason: error.to_string(),
    };
    // SAFETY: the library's initialisers run here. It is the pinned file whose hash the package
    // manager checked, made to be opened like this, and no other thread of this process runs yet.
    let library = unsafe { libloading::Library::new(lib) }.map_err(refuse)?;
    // Its threads and exit handlers outlive every scope of ours, so it is never closed.
    let library: &'static libloading::Library = Box::leak(Box::new(library));
    // SAFETY: the type is that of the function's declaration in the library's header, chdb.h.
    let run = unsafe { library.get::<QueryCommandLine>(b"chdb_query_cmdline\0") }.map_err(refuse)?;
    // SAFETY: as above.
    let error_of = unsafe { library.get::<ResultError>(b"chdb_result_error\0") }.map_err(refuse)?;

    let count = c_int::try_from(arguments.len()).map_err(|_| HostError::Engine("too many arguments".to_owned()))?;
    // Into raw and never back: the engine may write into its arguments and keep pointers to them.
    let mut pointers: Vec<*mut c_char> = arguments.into_iter().map(CString::into_raw).collect();
    pointers.push(std::ptr::null_mut());
    let pointers: &'static mut [*mut c_char] = Vec::leak(pointers);
    // SAFETY: like a C `main`: `count` pointers to zero-terminated strings, then a null pointer,
    // all leaked and so alive and writable for as long as the process lives.
    let result = unsafe { run(count, pointers.as_mut_ptr()) };
    if result.is_null() {
        return Err(HostError::Engine("it gave no result".to_owned()));
    }
    // SAFETY: `result` is the live, non-null result of the call above.
    let text = unsafe { error_of(result) };
    if text.is_null() {
        return Ok(());
    }
    // SAFETY: a non-null text is zero-terminated and owned by `result`, which is never freed.
    let text = unsafe { CStr::from_ptr(text) };
    Err(HostError::Engine(text.to_string_lossy().into_owned()))
}
