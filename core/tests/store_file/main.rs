//! The store in a file: what it writes, where, and what it makes of what it finds there.
#![allow(clippy::disallowed_methods, reason = "files and processes are what is tested")]

mod damage;
mod locks;
mod place;
mod processes;

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use stytch_session::store::{Document, Saved, Snapshot, StoreError, StoreErrorKind, Version};
use stytch_session::{FileStore, Store};
use stytch_session_mock::conformance;
use tempfile::TempDir;

/// What no error may show.
const SECRET: &str = "the-session-token";

/// A directory of this test's own, and a path in it.
fn place() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("session");
    (directory, path)
}

/// A directory in memory where there is one: for tests that write much and pull no plugs.
fn quick_place() -> (TempDir, PathBuf) {
    let memory = Path::new("/dev/shm");
    let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let directory = tempfile::tempdir_in(parent).expect("a directory");
    let path = directory.path().join("session");
    (directory, path)
}

fn document(text: &str) -> Document {
    Document::new(text.as_bytes().to_vec())
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

/// Saves over what is there.
async fn save(store: &FileStore, document: &Document) -> Version {
    let expected = store.version().await.expect("a version");
    match store.save(document, expected).await.expect("a save") {
        Saved::Done(version) => version,
        Saved::Conflict => panic!("nobody else saves"),
    }
}

fn bytes(snapshot: &Snapshot) -> Option<&[u8]> {
    snapshot.document.as_ref().map(Document::as_bytes)
}

fn names(directory: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(directory).expect("a directory");
    entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect()
}

/// The kind of an error, which shows nothing of a document.
fn kind(error: &StoreError) -> StoreErrorKind {
    let mut texts = vec![format!("{error} {error:?}")];
    let mut source = error.source();
    while let Some(error) = source {
        texts.push(format!("{error} {error:?}"));
        source = error.source();
    }
    assert!(!texts.concat().contains(SECRET), "{texts:?}");
    error.kind()
}

/// The kind of error with which all methods fail that read; what is there stays.
async fn refused(path: &Path) -> StoreErrorKind {
    let store = FileStore::at(path);
    let before = fs::read(path).ok();
    let load = kind(&store.load().await.expect_err("it loads"));
    for expected in [Version::NONE, Version::new(1)] {
        let saved = store.save(&document("new"), expected).await;
        assert_eq!(kind(&saved.expect_err("it saves")), load);
    }
    assert_eq!(fs::read(path).ok(), before);
    load
}

#[test]
fn it_does_the_duties_of_a_store() {
    let (_directory, path) = quick_place();
    block_on(conformance::store(&FileStore::at(&path), &FileStore::at(&path)));

    let (_directory, path) = quick_place();
    let store = FileStore::at(&path);
    block_on(conformance::store(&store, &store.clone()));
}

#[tokio::test]
async fn a_file_that_was_removed_and_written_anew_has_another_version() {
    let (_directory, path) = quick_place();
    let store = FileStore::at(&path);
    let mut versions = Vec::new();
    for _ in 0..20 {
        let version = save(&store, &document("{}")).await;
        assert!(!versions.contains(&version), "{version:?} comes again after {versions:?}");
        versions.push(version);
        fs::remove_file(&path).expect("it is removed");
        assert_eq!(store.version().await.expect("a version"), Version::NONE);
        assert!(store.load().await.expect("nothing").document.is_none());
        let late = store.save(&document("late"), version).await.expect("a conflict");
        assert_eq!(late, Saved::Conflict);
        assert!(!path.exists());
    }
}

#[test]
fn debug_shows_the_path_alone() {
    let shown = format!("{:?}", FileStore::at("/somewhere/session"));
    assert_eq!(shown, "FileStore { path: \"/somewhere/session\", .. }");
}
