//! A file that is not as it was written is an error, and stays as it is.

use std::fs;

use proptest::prelude::*;
use proptest::sample::Index;
use sha2::{Digest as _, Sha256};
use stytch_session::store::{Document, MAX_DOCUMENT_BYTES, Saved, StoreErrorKind, Version};
use stytch_session::{FileStore, Store};

use super::{SECRET, block_on, bytes, document, kind, place, quick_place, refused, save};

/// The file by its description, made without the code under test.
fn file(format: u32, version: u64, length: u64, document: &[u8]) -> Vec<u8> {
    let mut file = b"\x89STYSES\n".to_vec();
    file.extend(format.to_le_bytes());
    file.extend(&Sha256::digest(&file)[..4]);
    file.extend(version.to_le_bytes());
    file.extend(length.to_le_bytes());
    file.extend(Sha256::digest(document));
    file.extend(Sha256::digest(&file));
    file.extend(document);
    file
}

fn sound(text: &str) -> Vec<u8> {
    file(1, 0x0102_0304_0506_0708, text.len() as u64, text.as_bytes())
}

#[tokio::test]
async fn the_format_is_the_one_described() {
    let (_directory, path) = place();
    fs::write(&path, sound(SECRET)).expect("a file");
    let store = FileStore::at(&path);
    let loaded = store.load().await.expect("a document");
    assert_eq!(bytes(&loaded), Some(SECRET.as_bytes()));
    assert_eq!(loaded.version, Version::new(0x0102_0304_0506_0708));
    assert_eq!(store.version().await.expect("a version"), loaded.version);

    let Saved::Done(version) = store.save(&document("{}"), loaded.version).await.expect("a save")
    else {
        panic!("nobody else saves")
    };
    assert_eq!(fs::read(&path).expect("a file"), file(1, version.get(), 2, b"{}"));
}

#[tokio::test]
async fn a_file_cut_off_anywhere_is_damaged() {
    let (_directory, path) = quick_place();
    let store = FileStore::at(&path);
    let whole = sound(SECRET);
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).expect("a file");
        assert_eq!(refused(&path).await, StoreErrorKind::Damaged, "{length} bytes");
        let version = store.version().await.expect_err("it has a version");
        assert_eq!(kind(&version), StoreErrorKind::Damaged, "{length} bytes");
    }
    let longer = [&*whole, b"\0"].concat();
    fs::write(&path, longer).expect("a file");
    assert_eq!(refused(&path).await, StoreErrorKind::Damaged);
    assert_eq!(kind(&store.version().await.expect_err("a version")), StoreErrorKind::Damaged);
}

#[tokio::test]
async fn a_foreign_file_is_damaged() {
    let (_directory, path) = quick_place();
    let foreign: [&[u8]; 6] = [
        b"",
        br#"{"version":1,"session":{"state":"logged_out"}}"#,
        b"the-session-token, in a file of somebody else's that is longer than a head of ours would be, so",
        &[0; 4096],
        &[0xff; 4096],
        &file(1, 0, 2, b"{}"), // a version that says that nothing is stored
    ];
    for foreign in foreign.iter().chain(&[&*file(0, 7, 2, b"{}")]) {
        fs::write(&path, foreign).expect("a file");
        assert_eq!(refused(&path).await, StoreErrorKind::Damaged, "{}", foreign.escape_ascii());
    }
}

#[tokio::test]
async fn a_newer_format_is_left_untouched() {
    let (_directory, path) = quick_place();
    let whole = file(2, 7, SECRET.len() as u64, SECRET.as_bytes());
    for newer in [&*whole, &whole[..16], &[&whole[..16], b"something else"].concat()] {
        fs::write(&path, newer).expect("a file");
        assert_eq!(refused(&path).await, StoreErrorKind::Newer);
        let version = FileStore::at(&path).version().await.expect_err("it has a version");
        assert_eq!(kind(&version), StoreErrorKind::Newer);
    }
    // Its number alone could be an accident.
    let mut damaged = sound(SECRET);
    damaged[8] = 2;
    fs::write(&path, damaged).expect("a file");
    assert_eq!(refused(&path).await, StoreErrorKind::Damaged);
}

#[tokio::test]
async fn a_document_that_is_too_large_is_refused() {
    let (_directory, path) = quick_place();
    fs::write(&path, file(1, 7, MAX_DOCUMENT_BYTES as u64 + 1, b"{}")).expect("a file");
    assert_eq!(refused(&path).await, StoreErrorKind::TooLarge);
    fs::write(&path, file(1, 7, u64::MAX, b"{}")).expect("a file");
    assert_eq!(refused(&path).await, StoreErrorKind::TooLarge);

    fs::remove_file(&path).expect("it is removed");
    let store = FileStore::at(&path);
    let too_large = Document::new(vec![7; MAX_DOCUMENT_BYTES + 1]);
    let saved = store.save(&too_large, Version::NONE).await.expect_err("it is saved");
    assert_eq!(kind(&saved), StoreErrorKind::TooLarge);
    assert!(!path.exists());

    let largest = Document::new(vec![7; MAX_DOCUMENT_BYTES]);
    save(&store, &largest).await;
    assert!(store.load().await.expect("a document").document == Some(largest));
}

#[derive(Debug, Clone)]
enum Change {
    Flip(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Cut(Index),
    Double(Index),
    EndOfAnother(Index),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        4 => (any::<Index>(), 1..=u8::MAX).prop_map(|(at, bits)| Change::Flip(at, bits)),
        1 => (any::<Index>(), prop::collection::vec(any::<u8>(), 1..9))
            .prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        1 => (any::<Index>(), 1_usize..40).prop_map(|(at, count)| Change::Remove(at, count)),
        1 => any::<Index>().prop_map(Change::Cut),
        1 => any::<Index>().prop_map(Change::Double),
        2 => any::<Index>().prop_map(Change::EndOfAnother),
    ];
    prop::collection::vec(change, 1..4)
}

fn apply(file: &mut Vec<u8>, another: &[u8], change: &Change) {
    let at = |index: &Index| index.index(file.len() + 1);
    match change {
        Change::Flip(index, bits) if !file.is_empty() => {
            let at = index.index(file.len());
            file[at] ^= bits;
        }
        Change::Flip(..) => {}
        Change::Insert(index, bytes) => {
            let at = at(index);
            file.splice(at..at, bytes.iter().copied());
        }
        Change::Remove(index, count) => {
            let at = at(index);
            let end = file.len().min(at + count);
            file.drain(at..end);
        }
        Change::Cut(index) => file.truncate(at(index)),
        Change::Double(index) => file.extend_from_within(at(index)..),
        Change::EndOfAnother(index) => {
            let at = at(index);
            file.truncate(at);
            file.extend(another.get(at..).unwrap_or_default());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// By chance a change can give the other file, or be taken back; nothing else is a document.
    #[test]
    fn no_change_gives_another_document(
        text in "the-session-token[a-z]{0,200}",
        other in prop::collection::vec(any::<u8>(), 0..200),
        versions in (1..=u64::MAX, 1..=u64::MAX),
        changes in changes(),
    ) {
        let text = document(&text);
        let other = Document::new(other);
        let whole = FileStore::encode(Version::new(versions.0), &text);
        let another = FileStore::encode(Version::new(versions.1), &other);
        let mut changed = whole.clone();
        for change in &changes {
            apply(&mut changed, &another, change);
        }
        let read = FileStore::decode(&changed);

        let (_directory, path) = quick_place();
        fs::write(&path, &changed).expect("a file");
        match read {
            Ok(read) => {
                prop_assert!(changed == whole || changed == another);
                let loaded = block_on(FileStore::at(&path).load()).expect("a document");
                prop_assert_eq!(loaded.version, read.version);
                prop_assert!(loaded.document == read.document);
                let document = read.document.expect("a document");
                prop_assert_eq!(FileStore::encode(read.version, &document), changed);
            }
            Err(error) => prop_assert_eq!(block_on(refused(&path)), kind(&error)),
        }
    }
}
