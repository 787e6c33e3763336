//! What a store keeps: bytes that it need not understand.

use std::fmt;

use zeroize::Zeroizing;

/// The largest document: 16 MiB. A session with all its objects has a few KiB; a reply, at most 4
/// MiB.
pub const MAX_DOCUMENT_BYTES: usize = 16 * 1024 * 1024;

/// What a store keeps: JSON that holds session tokens in clear. `Debug` shows none of it.
///
/// ```
/// use stytch_session::store::Document;
///
/// let document = Document::new(b"{}".to_vec());
/// assert_eq!(document.as_bytes(), b"{}");
/// assert_eq!(format!("{document:?}"), "Document([redacted])");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Document(Zeroizing<Vec<u8>>);

impl Document {
    /// A document of these bytes.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, as they were saved.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Document([redacted])")
    }
}
