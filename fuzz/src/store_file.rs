//! The content of the file that a store keeps its document in.

use sha2::{Digest as _, Sha256};
use stytch_session::FileStore;
use stytch_session::store::{Document, StoreErrorKind, Version};

use crate::Seed;

/// The whole input is the file; and it is a document, which comes back and of which no prefix is one.
pub fn run(data: &[u8]) {
    match FileStore::decode(data) {
        Ok(read) => {
            let document = read.document.expect("a file has a document");
            assert_ne!(read.version, Version::NONE);
            let again = FileStore::encode(read.version, &document);
            assert!(again == data, "two files are one document");
        }
        Err(error) => assert!(
            matches!(
                error.kind(),
                StoreErrorKind::Damaged | StoreErrorKind::Newer | StoreErrorKind::TooLarge
            ),
            "{error:?}"
        ),
    }

    let version = Version::new(data.iter().fold(1, |sum: u64, byte| sum << 5 ^ u64::from(*byte)).max(1));
    let document = Document::new(data.to_vec());
    let mut file = FileStore::encode(version, &document);
    let read = FileStore::decode(&file).expect("it was written by the library");
    assert!(read.version == version && read.document == Some(document), "another comes back");

    // One place in it, chosen by the input.
    let at = version.get() as usize % file.len();
    let cut = FileStore::decode(&file[..at]).expect_err("a file that is cut off");
    assert_eq!(cut.kind(), StoreErrorKind::Damaged);
    file[at] ^= 1 << (version.get() % 8);
    let flipped = FileStore::decode(&file).expect_err("a file with a flipped bit");
    assert_eq!(flipped.kind(), StoreErrorKind::Damaged);
}

/// Files with documents, a head of a later format, and files that are none of ours.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let document = |bytes: &[u8]| Document::new(bytes.to_vec());
    let file = FileStore::encode(Version::new(7), &document(br#"{"version":1}"#));
    let mut seeds: Vec<Seed> = vec![
        ("document".to_owned(), file.clone()),
        ("empty_document".to_owned(), FileStore::encode(Version::new(u64::MAX), &document(b""))),
        ("no_version".to_owned(), FileStore::encode(Version::NONE, &document(b"{}"))),
        ("longer".to_owned(), [&*file, b"\n"].concat()),
        ("torn".to_owned(), file[..file.len() - 3].to_vec()),
        ("head_alone".to_owned(), file[..96].to_vec()),
        ("half_a_head".to_owned(), file[..40].to_vec()),
        ("json".to_owned(), br#"{"version":1,"session":{"state":"logged_out"}}"#.to_vec()),
        ("empty".to_owned(), Vec::new()),
    ];
    seeds.push(("newer".to_owned(), foreign(2, 2)));
    seeds.push(("too_large".to_owned(), foreign(1, u64::MAX)));
    seeds
}

/// A file with sums that are right, such as the library does not write.
fn foreign(format: u32, length: u64) -> Vec<u8> {
    let mut file = b"\x89STYSES\n".to_vec();
    file.extend(format.to_le_bytes());
    file.extend(&Sha256::digest(&file)[..4]);
    file.extend(7_u64.to_le_bytes());
    file.extend(length.to_le_bytes());
    file.extend(Sha256::digest(b"{}"));
    file.extend(Sha256::digest(&file));
    file.extend(b"{}");
    file
}
