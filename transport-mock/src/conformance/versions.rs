//! Versions tell writings apart, and a save compares them.

use stytch_session::Store;
use stytch_session::store::{Document, Saved, Version};

use super::run::join;
use super::{Pair, broken, no_error, save};

/// How many saves are made at the same time.
const RIVALS: usize = 16;

pub(super) async fn differ<S: Store + ?Sized>(pair: &Pair<'_, S>) {
    let duty = "each save has another version";
    let mut before = vec![Version::NONE];
    for number in 0..16 {
        let (_, handle) = pair.both()[number % 2];
        // Each document comes several times.
        let bytes = [number as u8 / 3 % 2];
        let version = save(duty, handle, &bytes).await;
        if before.contains(&version) {
            broken(duty, format_args!("{version:?} comes again after {before:?}"));
        }
        before.push(version);
        pair.expect(duty, version, Some(&bytes)).await;
    }
}

pub(super) async fn are_compared<S: Store + ?Sized>(pair: &Pair<'_, S>) {
    let duty = "a save compares versions";
    let older = save(duty, pair.first, b"older").await;
    let old = save(duty, pair.second, b"old").await;
    let version = save(duty, pair.first, b"there").await;
    let never = Version::new(version.get() ^ u64::MAX);
    for stale in [Version::NONE, older, old, never] {
        for (name, handle) in pair.both() {
            let document = Document::new(b"late".to_vec());
            if let Saved::Done(_) = no_error(duty, "save", handle.save(&document, stale).await) {
                broken(
                    duty,
                    format_args!("{name} saves over {version:?} where {stale:?} was expected"),
                );
            }
            pair.expect("a conflict writes nothing", version, Some(b"there")).await;
        }
    }
}

pub(super) async fn have_one_winner<S: Store + ?Sized>(pair: &Pair<'_, S>) {
    let duty = "of several saves that expect one version, exactly one is done";
    for round in 0..8 {
        let expected = save(duty, pair.first, b"before").await;
        let saves = (0..RIVALS).map(async |number| {
            let (_, handle) = pair.both()[(number + round) % 2];
            let bytes = format!("rival {number}").into_bytes();
            let document = Document::new(bytes.clone());
            (bytes, no_error(duty, "save", handle.save(&document, expected).await))
        });
        let done: Vec<_> = join(saves)
            .await
            .into_iter()
            .filter_map(|(bytes, saved)| match saved {
                Saved::Done(version) => Some((bytes, version)),
                Saved::Conflict => None,
            })
            .collect();
        let [(bytes, version)] = &*done else {
            broken(duty, format_args!("{} of {RIVALS} are done", done.len()));
        };
        pair.expect(duty, *version, Some(bytes)).await;
    }
}
