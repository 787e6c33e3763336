//! What needs another patience than five seconds.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use super::{FileStore, Inner, PATIENCE, Worker, disk};
use crate::store::{Document, Saved, Store as _, StoreErrorKind, Version};

#[tokio::test]
async fn a_save_that_others_keep_waiting_is_busy() {
    assert_eq!(PATIENCE, Duration::from_secs(5));
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("session");
    let patience = Duration::from_millis(20);
    let inner = Inner { path: path.clone(), worker: Worker::new(), patience };
    let store = FileStore(Arc::new(inner));
    let document = Document::new(b"{}".to_vec());

    let Some(Ok(held)) = disk::lock(&path, ".lock") else { panic!("the lock is free") };
    let error = store.save(&document, Version::NONE).await.expect_err("it is saved");
    assert_eq!(error.kind(), StoreErrorKind::Busy);
    assert!(fs::symlink_metadata(&path).is_err());
    assert!(store.load().await.expect("nothing").document.is_none());

    drop(held);
    let saved = store.save(&document, Version::NONE).await.expect("a save");
    assert!(matches!(saved, Saved::Done(_)));
}
