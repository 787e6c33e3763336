//! What is in the file: a head that vouches for itself and for the document, and the document.
//!
//! | bytes | what |
//! | --- | --- |
//! | 0–7 | [`MAGIC`] |
//! | 8–11 | the number of the format, 1; little-endian like all numbers here |
//! | 12–15 | the first bytes of the SHA-256 of those before |
//! | 16–23 | the version, never 0 |
//! | 24–31 | the length of the document |
//! | 32–63 | the SHA-256 of the document |
//! | 64–95 | the SHA-256 of all before |
//! | 96– | the document, to the end of the file |
//!
//! Later formats keep the first 16 bytes, so that this version knows them for newer and a damaged
//! number is not taken for one. The sums find accidents. They are no signature: who may write to the
//! file may write another session there.

use std::io::{self, Read};

use hmac_sha256::Hash;
use zeroize::Zeroizing;

use crate::store::{Document, MAX_DOCUMENT_BYTES, Snapshot, StoreError, StoreErrorKind, Version};

/// No text begins so, and programs that convert line ends spoil it.
const MAGIC: [u8; 8] = *b"\x89STYSES\n";
const FORMAT: u32 = 1;
pub(super) const HEAD_BYTES: u64 = 96;

/// What the head says.
pub(super) struct Head {
    pub(super) version: Version,
    pub(super) document_bytes: u64,
    sum: [u8; 32],
}

impl Head {
    /// Reads the head, and nothing after it.
    pub(super) fn read(source: &mut impl Read) -> Result<Self, StoreError> {
        let mut bytes = Vec::with_capacity(HEAD_BYTES as usize);
        source.by_ref().take(HEAD_BYTES).read_to_end(&mut bytes).map_err(unavailable)?;
        Self::parse(&bytes)
    }

    fn parse(bytes: &[u8]) -> Result<Self, StoreError> {
        let mut rest = bytes;
        let magic: [u8; 8] = next(&mut rest)?;
        let format = u32::from_le_bytes(next(&mut rest)?);
        let before = consumed(bytes, rest);
        let sum: [u8; 4] = next(&mut rest)?;
        if magic != MAGIC || format == 0 || !Hash::hash(before).starts_with(&sum) {
            return Err(damaged());
        }
        if format > FORMAT {
            return Err(StoreError::new(StoreErrorKind::Newer));
        }
        let version = Version::new(u64::from_le_bytes(next(&mut rest)?));
        let document_bytes = u64::from_le_bytes(next(&mut rest)?);
        let sum = next(&mut rest)?;
        let before = consumed(bytes, rest);
        if Hash::hash(before) != next(&mut rest)? || version == Version::NONE {
            return Err(damaged());
        }
        if document_bytes > MAX_DOCUMENT_BYTES as u64 {
            return Err(StoreError::new(StoreErrorKind::TooLarge));
        }
        Ok(Self { version, document_bytes, sum })
    }

    /// The head of a file with this document.
    pub(super) fn write(version: Version, document: &Document) -> Vec<u8> {
        let document = document.as_bytes();
        let mut bytes = Vec::with_capacity(HEAD_BYTES as usize);
        bytes.extend(MAGIC);
        bytes.extend(FORMAT.to_le_bytes());
        bytes.extend(Hash::hash(&bytes).iter().take(4));
        bytes.extend(version.get().to_le_bytes());
        bytes.extend((document.len() as u64).to_le_bytes());
        bytes.extend(Hash::hash(document));
        bytes.extend(Hash::hash(&bytes));
        bytes
    }
}

/// Reads a whole file.
pub(super) fn read(source: &mut impl Read) -> Result<Snapshot, StoreError> {
    let head = Head::read(source)?;
    // Room for a byte too many, so that the buffer is not moved and leaves no copy behind.
    let limit = head.document_bytes.saturating_add(1);
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit as usize));
    source.by_ref().take(limit).read_to_end(&mut bytes).map_err(unavailable)?;
    if bytes.len() as u64 != head.document_bytes || Hash::hash(&bytes) != head.sum {
        return Err(damaged());
    }
    Ok(Snapshot::new(head.version, Document::new(std::mem::take(&mut *bytes))))
}

fn next<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], StoreError> {
    let (first, after) = rest.split_first_chunk().ok_or_else(damaged)?;
    *rest = after;
    Ok(*first)
}

/// What of `bytes` comes before `rest`, which is its end.
fn consumed<'a>(bytes: &'a [u8], rest: &[u8]) -> &'a [u8] {
    bytes.get(..bytes.len() - rest.len()).unwrap_or_default()
}

pub(super) fn damaged() -> StoreError {
    StoreError::new(StoreErrorKind::Damaged)
}

pub(super) fn unavailable(error: io::Error) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable).with_source(error)
}
