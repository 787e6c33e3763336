//! The world in a file, so that nobody is logged out when the program starts again.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use stytch_session_mock::Emulator;

/// How often changes are looked for.
const PAUSE: Duration = Duration::from_millis(100);

/// How many times as long as a save took nothing is saved, so that a large world leaves the
/// processor to its clients.
const REST: u32 = 9;

/// Keeps the world in a file. Clones keep the same one.
#[derive(Clone)]
pub(crate) struct Keeper {
    saved: Arc<Mutex<Saved>>,
    emulator: Emulator,
}

/// What is in the file.
struct Saved {
    file: PathBuf,
    /// Changes up to this count are in it.
    count: u64,
    document: Vec<u8>,
    /// Whether the latest attempt to write has failed, which is told once.
    failed: bool,
}

impl Keeper {
    /// Puts the emulator into the state of the file, or begins the file if there is none. An error
    /// is a message.
    pub(crate) fn open(file: &Path, emulator: &Emulator) -> Result<Self, String> {
        let name = file.display();
        let document = match fs::read(file) {
            Ok(document) => {
                emulator.restore(&document).map_err(|error| {
                    format!(
                        "{name} is no state to go on from: {error}; \
                         to begin anew, move the file away"
                    )
                })?;
                document
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(format!("cannot read {name}: {error}")),
        };
        let is_new = document.is_empty();
        let count = emulator.change_count();
        let mut saved = Saved { file: file.to_owned(), count, document, failed: false };
        if is_new {
            let written = saved.write(emulator.snapshot());
            written.map_err(|error| format!("cannot write {name}: {error}"))?;
        }
        Ok(Self { saved: Arc::new(Mutex::new(saved)), emulator: emulator.clone() })
    }

    /// Saves changes soon after they are made, from a thread of its own.
    pub(crate) fn follow(&self) -> io::Result<()> {
        let keeper = self.clone();
        let follow = move || {
            loop {
                let began = Instant::now();
                keeper.save();
                thread::sleep(PAUSE.max(began.elapsed().saturating_mul(REST)));
            }
        };
        thread::Builder::new().name("state".to_owned()).spawn(follow).map(drop)
    }

    /// Saves what has changed; whether the file says how the world is. A failure is logged once.
    pub(crate) fn save(&self) -> bool {
        let mut saved = self.saved.lock().unwrap_or_else(PoisonError::into_inner);
        // First the count: what changes after it is saved again.
        let count = self.emulator.change_count();
        if count == saved.count {
            return true;
        }
        let document = self.emulator.snapshot();
        let written = if document == saved.document { Ok(()) } else { saved.write(document) };
        let is_news = written.is_err() && !saved.failed;
        saved.failed = written.is_err();
        match written {
            Ok(()) => saved.count = count,
            Err(error) if is_news => {
                crate::log(&format!("cannot write {}: {error}", saved.file.display()));
            }
            Err(_) => {}
        }
        !saved.failed
    }
}

impl Saved {
    fn write(&mut self, document: Vec<u8>) -> io::Result<()> {
        replace(&self.file, &document)?;
        self.document = document;
        Ok(())
    }
}

/// Writes the file so that there is always a whole one, which nobody else may read.
fn replace(file: &Path, document: &[u8]) -> io::Result<()> {
    let mut beside = OsString::from(file);
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = write(&beside, document).and_then(|()| fs::rename(&beside, file));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write(file: &Path, document: &[u8]) -> io::Result<()> {
    // Left by one that was killed and had the same number.
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file: File = private().open(file)?;
    file.write_all(document)?;
    file.sync_all()
}

/// A new file, for the owner only: it holds tokens.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
