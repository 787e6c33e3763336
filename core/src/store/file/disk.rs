//! What is done on the disk. All of it blocks, and runs on the thread of the store.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this is the store that keeps its document in a file"
)]

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use super::format::{self, HEAD_BYTES, Head, damaged, unavailable};
use crate::client::SystemSeed;
use crate::clock::SeedSource as _;
use crate::store::{
    Document, MAX_DOCUMENT_BYTES, Saved, Snapshot, StoreError, StoreErrorKind, Version,
};

/// How many letters and digits a temporary file has in its name.
const RANDOM_LETTERS: usize = 12;

/// What is stored at the path.
pub(super) fn load(path: &Path) -> Result<Snapshot, StoreError> {
    open(path)?.map_or(Ok(Snapshot::NOTHING), |mut file| format::read(&mut file))
}

/// The version at the path, by the head and the size of the file.
pub(super) fn version(path: &Path) -> Result<Version, StoreError> {
    let Some(mut file) = open(path)? else { return Ok(Version::NONE) };
    let head = Head::read(&mut file)?;
    let size = file.metadata().map_err(unavailable)?.len();
    if size == HEAD_BYTES + head.document_bytes { Ok(head.version) } else { Err(damaged()) }
}

/// Writes a document if the version is still `expected`; none while another writes.
pub(super) fn save(
    path: &Path,
    document: &Document,
    expected: Version,
) -> Option<Result<Saved, StoreError>> {
    if document.as_bytes().len() > MAX_DOCUMENT_BYTES {
        return Some(Err(StoreError::new(StoreErrorKind::TooLarge)));
    }
    let _held = match lock(path, ".lock")? {
        Ok(held) => held,
        Err(error) => return Some(Err(error)),
    };
    Some(replace(path, document, expected))
}

/// Takes the lock in a file beside the document; none while another has it.
pub(super) fn lock(path: &Path, suffix: &str) -> Option<Result<Held, StoreError>> {
    let opened = Place::of(path).and_then(|place| {
        place.create_directory()?;
        let mut path = path.as_os_str().to_owned();
        path.push(suffix);
        let path = Path::new(&path);
        check_regular(path)?;
        // It stays when it is free: who removes such a file takes it from under one that waits.
        private().create(true).truncate(false).open(path)
    });
    let file = match opened {
        Ok(file) => file,
        Err(error) => return Some(Err(unavailable(error))),
    };
    match fs4::FileExt::try_lock(&file) {
        Ok(()) => Some(Ok(Held(file))),
        Err(fs4::TryLockError::WouldBlock) => None,
        Err(fs4::TryLockError::Error(error)) => Some(Err(unavailable(error))),
    }
}

/// A lock of the system's on an open file, until it is dropped or the process has ended.
pub(super) struct Held(File);

impl Drop for Held {
    fn drop(&mut self) {
        // Closing alone would leave it to a child process that was forked at this moment.
        let _ = fs4::FileExt::unlock(&self.0);
    }
}

/// Under the lock of writers.
fn replace(path: &Path, document: &Document, expected: Version) -> Result<Saved, StoreError> {
    // The whole of it: what is damaged or newer is not written over.
    let found = load(path)?.version;
    if found != expected {
        return Ok(Saved::Conflict);
    }
    let version = new_version(found);
    let place = Place::of(path).map_err(unavailable)?;
    place.remove_leftovers();
    place.write(path, &Head::write(version, document), document).map_err(unavailable)?;
    Ok(Saved::Done(version))
}

/// By chance, since after a removal nothing is there to count from.
fn new_version(found: Version) -> Version {
    loop {
        let number =
            SystemSeed.seed().bytes().first_chunk().map_or(0, |half| u64::from_le_bytes(*half));
        let version = Version::new(number);
        if version != Version::NONE && version != found {
            return version;
        }
    }
}

/// The file at the path, if one is there.
fn open(path: &Path) -> Result<Option<File>, StoreError> {
    let place = Place::of(path);
    match place.and_then(|_| check_regular(path)).and_then(|()| File::open(path)) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unavailable(error)),
    }
}

/// Links would be followed to files of other people, and pipes have no end.
fn check_regular(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => {
            Err(io::Error::other("a link, a directory or something else that is no file is there"))
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A directory, and the name of the document in it.
struct Place<'a> {
    directory: &'a Path,
    name: &'a OsStr,
}

impl<'a> Place<'a> {
    fn of(path: &'a Path) -> io::Result<Self> {
        let nameless = || io::Error::new(io::ErrorKind::InvalidInput, "the path has no file name");
        Ok(Self { directory: parent(path), name: path.file_name().ok_or_else(nameless)? })
    }

    /// Creates what is missing of the directory, for its owner alone.
    fn create_directory(&self) -> io::Result<()> {
        let mut missing: Vec<&Path> = Vec::new();
        for directory in self.directory.ancestors() {
            if directory.as_os_str().is_empty() || directory.try_exists()? {
                break;
            }
            missing.push(directory);
        }
        for directory in missing.into_iter().rev() {
            match private_directory().create(directory) {
                // Another was faster.
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => sync_directory(parent(directory))?,
            }
        }
        Ok(())
    }

    /// Writes a temporary file and puts it in place of the one at the path.
    fn write(&self, path: &Path, head: &[u8], document: &Document) -> io::Result<()> {
        let (prefix, suffix) = self.temporary_name();
        let mut file: NamedTempFile = tempfile::Builder::new()
            .prefix(&prefix)
            .suffix(&suffix)
            .rand_bytes(RANDOM_LETTERS)
            .make_in(self.directory, |path| private().create_new(true).open(path))?;
        file.write_all(head)?;
        file.write_all(document.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        sync_directory(self.directory)
    }

    /// Removes the temporary files of writers that were killed. It is no failure of this writer's if
    /// one stays.
    fn remove_leftovers(&self) {
        let Ok(entries) = fs::read_dir(self.directory) else { return };
        for entry in entries.flatten() {
            if self.is_temporary(&entry.file_name()) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn is_temporary(&self, name: &OsStr) -> bool {
        let (prefix, suffix) = self.temporary_name();
        let random = name
            .as_encoded_bytes()
            .strip_prefix(prefix.as_encoded_bytes())
            .and_then(|rest| rest.strip_suffix(suffix.as_encoded_bytes()));
        random.is_some_and(|random| {
            random.len() == RANDOM_LETTERS && random.iter().all(u8::is_ascii_alphanumeric)
        })
    }

    /// What comes before and after the random part. No other document's temporary files match: a dot
    /// is not random.
    fn temporary_name(&self) -> (OsString, OsString) {
        let mut prefix = OsString::from(".");
        prefix.push(self.name);
        prefix.push(".");
        (prefix, OsString::from(".new"))
    }
}

/// The directory that a path is in.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Options for a file that is its owner's alone from its first byte.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn private_directory() -> DirBuilder {
    #[allow(unused_mut, reason = "Unix alone has modes")]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Makes new names in a directory outlive a loss of power. Not all file systems can, nor need to.
fn sync_directory(directory: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(directory)?.sync_all() {
        Err(error)
            if !matches!(
                error.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
            ) =>
        {
            Err(error)
        }
        _ => Ok(()),
    }
}
