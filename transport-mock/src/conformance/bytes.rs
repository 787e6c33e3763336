//! What is stored, comes back.

use stytch_session::Store;
use stytch_session::store::Version;

use super::{Pair, save};

pub(super) async fn nothing_at_first<S: Store + ?Sized>(pair: &Pair<'_, S>) {
    pair.expect("nothing is stored at first", Version::NONE, None).await;
}

pub(super) async fn come_back<S: Store + ?Sized>(pair: &Pair<'_, S>) {
    let duty = "bytes come back as they were saved";
    for bytes in documents() {
        for (_, handle) in pair.both() {
            let version = save(duty, handle, &bytes).await;
            pair.expect(duty, version, Some(&bytes)).await;
        }
    }
}

/// From nothing to 1 MiB, and what text or lines do not survive.
fn documents() -> Vec<Vec<u8>> {
    vec![
        b"{}".to_vec(),
        Vec::new(),
        (0..=u8::MAX).collect(),
        b" \xef\xbb\xbf line\r\nline\n\n\0 ".to_vec(),
        (0..1_u32 << 20).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect(),
        b"short again".to_vec(),
    ]
}
