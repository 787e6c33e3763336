//! Whose the files are, and what else may be at their places.

use std::fs;
use std::path::Path;

use stytch_session::store::{StoreErrorKind, Version};
use stytch_session::{FileStore, Store};

use super::{document, kind, names, place, quick_place, refused, save};

const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

#[tokio::test]
async fn nothing_is_touched_by_reading() {
    let (directory, path) = place();
    let store = FileStore::at(directory.path().join("missing").join("session"));
    assert!(store.load().await.expect("nothing").document.is_none());
    assert_eq!(store.version().await.expect("nothing"), Version::NONE);
    let store = FileStore::at(&path);
    assert!(store.load().await.expect("nothing").document.is_none());
    assert!(names(directory.path()).is_empty());
}

#[tokio::test]
async fn beside_the_document_there_are_two_locks() {
    let (directory, path) = quick_place();
    let store = FileStore::at(&path);
    save(&store, &document("{}")).await;
    drop(store.lock(PATIENCE).await.expect("a lock"));
    save(&store, &document("{}")).await;
    let names = names(directory.path());
    assert_eq!(names.iter().collect::<Vec<_>>(), ["session", "session.lock", "session.refresh"]);
}

#[tokio::test]
async fn leftovers_of_killed_writers_are_removed() {
    let (directory, path) = quick_place();
    let at = |name: &str| directory.path().join(name);
    let leftovers = [".session.abcDEF123456.new", ".session.000000000000.new"];
    let others = [
        "session.abcDEF123456.new",
        ".session.abcDEF12345.new",
        ".session.abcDEF123456.newer",
        ".session.abcDEF-23456.new",
        ".session.other.abcDEF123456.new",
        ".other.abcDEF123456.new",
    ];
    for name in leftovers.iter().chain(&others) {
        fs::write(at(name), "half a docu").expect("a file");
    }
    save(&FileStore::at(&path), &document("{}")).await;
    for name in leftovers {
        assert!(!at(name).exists(), "{name}");
    }
    for name in others {
        assert!(at(name).exists(), "{name}");
    }
}

#[tokio::test]
async fn a_save_that_fails_leaves_nothing_behind() {
    let (directory, path) = quick_place();
    // A directory at the place of the document: the renaming fails, should the check ever be lost.
    fs::create_dir(&path).expect("a directory");
    assert_eq!(refused(&path).await, StoreErrorKind::Unavailable);
    let names = names(directory.path());
    assert_eq!(names.iter().collect::<Vec<_>>(), ["session", "session.lock"]);
}

#[tokio::test]
async fn a_place_that_cannot_be_is_unavailable() {
    let (directory, path) = quick_place();
    fs::write(&path, "a file").expect("a file");
    let long = directory.path().join("n".repeat(300));
    for path in [path.join("session"), path.join("deeper").join("session"), long] {
        assert_eq!(refused(&path).await, StoreErrorKind::Unavailable);
        let version = FileStore::at(&path).version().await.expect_err("a version");
        assert_eq!(kind(&version), StoreErrorKind::Unavailable);
        let lock = FileStore::at(&path).lock(PATIENCE).await.expect_err("a lock");
        assert_eq!(kind(&lock), StoreErrorKind::Unavailable);
    }
    for path in ["", "/", "..", "nowhere/.."] {
        assert_eq!(refused(Path::new(path)).await, StoreErrorKind::Unavailable, "{path:?}");
    }
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::process::Command;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::super::{block_on, bytes};
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).expect("something is there").permissions().mode() & 0o7777
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
    }

    #[tokio::test]
    async fn files_and_new_directories_are_their_owners_alone() {
        let (directory, _) = quick_place();
        let first = directory.path().join("first");
        let second = first.join("second");
        let store = FileStore::at(second.join("session"));
        save(&store, &document("{}")).await;
        drop(store.lock(PATIENCE).await.expect("a lock"));
        assert_eq!((mode(&first), mode(&second)), (0o700, 0o700));
        for name in names(&second) {
            assert_eq!(mode(&second.join(&name)), 0o600, "{name}");
        }

        let other = directory.path().join("other");
        drop(FileStore::at(other.join("session")).lock(PATIENCE).await.expect("a lock"));
        assert_eq!(mode(&other), 0o700);
    }

    #[tokio::test]
    async fn a_directory_that_is_there_stays_as_it_is() {
        let (directory, path) = quick_place();
        for there in [0o755, 0o770, 0o700] {
            set_mode(directory.path(), there);
            save(&FileStore::at(&path), &document("{}")).await;
            assert_eq!(mode(directory.path()), there);
            assert_eq!(mode(&path), 0o600);
        }
        // What somebody else has opened to others is closed by the next save.
        set_mode(&path, 0o644);
        save(&FileStore::at(&path), &document("{}")).await;
        assert_eq!(mode(&path), 0o600);
    }

    /// Looks at all files again and again while somebody writes.
    #[test]
    fn a_file_is_its_owners_from_the_first_byte() {
        let (directory, path) = place();
        let store = FileStore::at(&path);
        let done = AtomicBool::new(false);
        let seen = thread::scope(|threads| {
            let watcher = threads.spawn(|| {
                let mut seen = 0;
                while !done.load(Ordering::Relaxed) {
                    for entry in fs::read_dir(directory.path()).expect("a directory").flatten() {
                        // It may be gone again.
                        let Ok(found) = entry.metadata() else { continue };
                        let mode = found.permissions().mode() & 0o7777;
                        assert_eq!(mode, 0o600, "{:?}", entry.file_name());
                        seen += usize::from(entry.file_name().as_encoded_bytes().starts_with(b"."));
                    }
                }
                seen
            });
            for _ in 0..50 {
                block_on(save(&store, &document(&"x".repeat(50_000))));
            }
            done.store(true, Ordering::Relaxed);
            watcher.join().expect("all were private")
        });
        assert!(seen > 0, "no temporary file was seen");
    }

    #[tokio::test]
    async fn a_directory_that_cannot_be_read_is_unavailable() {
        let (directory, _) = quick_place();
        let closed = directory.path().join("closed");
        fs::create_dir(&closed).expect("a directory");
        let path = closed.join("session");
        save(&FileStore::at(&path), &document("{}")).await;
        set_mode(&closed, 0o000);
        // Nothing is closed to the superuser.
        if fs::read_dir(&closed).is_err() {
            assert_eq!(refused(&path).await, StoreErrorKind::Unavailable);
            let version = FileStore::at(&path).version().await.expect_err("a version");
            assert_eq!(kind(&version), StoreErrorKind::Unavailable);
        }
        set_mode(&closed, 0o500);
        if fs::write(closed.join("probe"), "").is_err() {
            let store = FileStore::at(&path);
            let loaded = store.load().await.expect("reading is allowed");
            let saved = store.save(&document("new"), loaded.version).await.expect_err("a save");
            assert_eq!(kind(&saved), StoreErrorKind::Unavailable);
            assert_eq!(bytes(&store.load().await.expect("a document")), Some(&b"{}"[..]));
        }
        set_mode(&closed, 0o700);
    }

    #[tokio::test]
    async fn links_are_not_followed() {
        let (directory, path) = quick_place();
        let foreign = directory.path().join("foreign");
        let store = FileStore::at(&foreign);
        save(&store, &document("theirs")).await;
        let there = fs::read(&foreign).expect("a file");
        for target in [&*foreign, Path::new("nowhere")] {
            symlink(target, &path).expect("a link");
            assert_eq!(refused(&path).await, StoreErrorKind::Unavailable, "{target:?}");
            let version = FileStore::at(&path).version().await.expect_err("a version");
            assert_eq!(kind(&version), StoreErrorKind::Unavailable);
            fs::remove_file(&path).expect("the link is removed");
        }
        for (lock, removed) in
            [("session.lock", "session.refresh"), ("session.refresh", "session.lock")]
        {
            let _ = fs::remove_file(directory.path().join(removed));
            let lock = directory.path().join(lock);
            let _ = fs::remove_file(&lock);
            symlink("nowhere", &lock).expect("a link");
            let store = FileStore::at(&path);
            let error = if lock.ends_with("session.lock") {
                store.save(&document("new"), Version::NONE).await.expect_err("a save")
            } else {
                store.lock(PATIENCE).await.expect_err("a lock")
            };
            assert_eq!(kind(&error), StoreErrorKind::Unavailable);
            assert!(!directory.path().join("nowhere").exists());
            fs::remove_file(&lock).expect("the link is removed");
        }
        assert_eq!(fs::read(&foreign).expect("a file"), there);

        // A link above is the user's way to a place.
        symlink(directory.path(), directory.path().join("above")).expect("a link");
        let store = FileStore::at(directory.path().join("above").join("foreign"));
        assert_eq!(bytes(&store.load().await.expect("a document")), Some(&b"theirs"[..]));
    }

    #[tokio::test]
    async fn a_pipe_stops_nobody() {
        let (_directory, path) = quick_place();
        let made = Command::new("mkfifo").arg(&path).status();
        assert!(made.expect("mkfifo runs").success());
        let store = FileStore::at(&path);
        assert_eq!(kind(&store.load().await.expect_err("it loads")), StoreErrorKind::Unavailable);
        assert_eq!(
            kind(&store.version().await.expect_err("it loads")),
            StoreErrorKind::Unavailable
        );
        let saved = store.save(&document("new"), Version::NONE).await;
        assert_eq!(kind(&saved.expect_err("it saves")), StoreErrorKind::Unavailable);
    }
}
