//! Several processes on one file, some of which are killed.
//!
//! The other processes are this test program again: [`helper`], with a task in its environment.

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use stytch_session::store::{Document, Saved};
use stytch_session::{FileStore, Store};

use super::{block_on, bytes, names, place, quick_place, save};

const TASK: &str = "STORE_FILE_TASK";
const PLACE: &str = "STORE_FILE_PLACE";
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts this program again, for one task.
fn start(task: &str, path: &Path) -> Child {
    let program = env::current_exe().expect("this program");
    Command::new(program)
        .args(["--exact", "processes::helper", "--nocapture", "--test-threads=1"])
        .env(TASK, task)
        .env(PLACE, path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("another process")
}

/// Not a test: what other processes do.
#[test]
fn helper() {
    let (Ok(task), Some(path)) = (env::var(TASK), env::var_os(PLACE)) else { return };
    let store = FileStore::at(path);
    match &*task {
        "write" => block_on(write(&store)),
        "count" => block_on(count(&store, 500)),
        "count under the lock" => block_on(count_under_the_lock(&store, 100)),
        "hold the lock" => {
            let lock = block_on(store.lock(PATIENCE)).expect("locks").expect("a free lock");
            println!("\nlocked");
            let _ = std::io::stdin().read(&mut [0]);
            drop(lock);
        }
        task => panic!("what is {task}?"),
    }
}

/// A document that is known to be whole: its number, and text that depends on it.
fn numbered(number: u64) -> Document {
    let mut bytes = format!("{number}\n").into_bytes();
    let length = number * 7919 % 60_000;
    bytes.extend((0..length).map(|at| (at * (number % 251 + 1)) as u8));
    Document::new(bytes)
}

fn number(document: &[u8]) -> u64 {
    let text = document.split(|byte| *byte == b'\n').next().expect("a first line");
    let number = std::str::from_utf8(text).expect("text").parse().expect("a number");
    assert!(numbered(number).as_bytes() == document, "number {number} is torn");
    number
}

async fn write(store: &FileStore) {
    let mut there = bytes(&store.load().await.expect("a whole document")).map_or(0, number);
    loop {
        save(store, &numbered(there + 1)).await;
        there += 1;
        println!("\nsaved {there}");
    }
}

/// Promise 23: of 200 kills, none tears the document.
#[test]
fn a_killed_writer_leaves_the_old_document_or_the_new_one() {
    let left: usize = thread::scope(|threads| {
        let threads: Vec<_> = (0..4).map(|seed| threads.spawn(move || kill(50, seed))).collect();
        threads.into_iter().map(|thread| thread.join().expect("none torn")).sum()
    });
    assert!(left > 0, "nobody was killed while writing: the test tests nothing");
    println!("{left} of 200 were killed between creating the temporary file and renaming it");
}

/// Kills writers of one file, and counts how many left a temporary file.
fn kill(times: u64, seed: u64) -> usize {
    let (directory, path) = place();
    let mut chance = fastrand::Rng::with_seed(seed);
    let store = FileStore::at(&path);
    let mut left = 0;
    let mut newest = 0;
    for _ in 0..times {
        let mut writer = start("write", &path);
        let mut lines = BufReader::new(writer.stdout.take().expect("a pipe")).lines();
        let mut saved = || {
            let line = lines
                .by_ref()
                .find_map(|line| line.expect("a line").strip_prefix("saved ").map(str::to_owned))?;
            Some(line.parse::<u64>().expect("a number"))
        };
        newest = newest.max(saved().expect("it saves"));
        thread::sleep(Duration::from_micros(chance.u64(0..20_000)));
        writer.kill().expect("it is killed");
        assert!(!writer.wait().expect("it has ended").success());
        newest = std::iter::from_fn(saved).last().unwrap_or(newest);

        let loaded = block_on(store.load()).expect("a whole document");
        let there = number(bytes(&loaded).expect("a document"));
        assert!(there == newest || there == newest + 1, "{there} is there after {newest}");
        assert_eq!(block_on(store.version()).expect("a version"), loaded.version);
        newest = there;
        left += names(directory.path())
            .iter()
            .filter(|name| name.starts_with('.'))
            .inspect(|name| assert_private(&directory.path().join(name)))
            .count();
        assert!(names(directory.path()).len() <= 3, "leftovers pile up");
    }
    block_on(save(&store, &numbered(newest + 1)));
    assert_eq!(names(directory.path()).iter().collect::<Vec<_>>(), ["session", "session.lock"]);
    left
}

#[cfg(unix)]
fn assert_private(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).expect("a file").permissions().mode();
    assert_eq!(mode & 0o7777, 0o600, "{path:?}");
}

#[cfg(not(unix))]
fn assert_private(path: &Path) {
    assert!(fs::metadata(path).is_ok());
}

async fn count(store: &FileStore, times: u64) {
    for _ in 0..times {
        loop {
            let loaded = store.load().await.expect("a whole document");
            let there = bytes(&loaded).map_or(0, number);
            let saved = store.save(&numbered(there + 1), loaded.version).await;
            if let Saved::Done(_) = saved.expect("a save") {
                break;
            }
        }
    }
}

async fn count_under_the_lock(store: &FileStore, times: u64) {
    for _ in 0..times {
        let lock = store.lock(PATIENCE).await.expect("locks").expect("its turn");
        let loaded = store.load().await.expect("a whole document");
        let there = bytes(&loaded).map_or(0, number);
        let saved = store.save(&numbered(there + 1), loaded.version).await.expect("a save");
        assert!(matches!(saved, Saved::Done(_)), "another has saved under the lock");
        drop(lock);
    }
}

/// Four processes do a task; then the document has this number.
fn all_count(task: &str, total: u64) {
    let (directory, path) = quick_place();
    let children: Vec<_> = (0..4).map(|_| start(task, &path)).collect();
    for child in children {
        let output = child.wait_with_output().expect("it has ended");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    let loaded = block_on(FileStore::at(&path).load()).expect("a whole document");
    assert_eq!(number(bytes(&loaded).expect("a document")), total);
    assert!(names(directory.path()).iter().all(|name| !name.starts_with('.')));
}

/// Promise 24: four processes, 500 operations each.
#[test]
fn no_save_of_several_processes_is_lost() {
    all_count("count", 4 * 500);
}

#[test]
fn processes_take_turns_under_the_lock() {
    all_count("count under the lock", 4 * 100);
}

#[test]
fn a_dead_owner_loses_the_lock() {
    let (_directory, path) = quick_place();
    let store = FileStore::at(&path);
    let mut owner = start("hold the lock", &path);
    let output = BufReader::new(owner.stdout.take().expect("a pipe"));
    assert!(output.lines().any(|line| line.expect("a line") == "locked"));
    assert!(block_on(store.lock(Duration::ZERO)).expect("locks").is_none());
    owner.kill().expect("it is killed");
    owner.wait().expect("it has ended");
    assert!(block_on(store.lock(Duration::ZERO)).expect("locks").is_some());
}

/// A process in which new files are everybody's unless their makers say otherwise.
#[cfg(unix)]
#[test]
fn files_are_private_whatever_the_mask() {
    use std::os::unix::fs::PermissionsExt as _;
    let (directory, _) = quick_place();
    let new = directory.path().join("new");
    let path = new.join("session");
    let program = env::current_exe().expect("this program");
    let mut child = Command::new("sh")
        .args(["-c", "umask 000; exec \"$0\" \"$@\""])
        .arg(program)
        .args(["--exact", "processes::helper", "--nocapture", "--test-threads=1"])
        .env(TASK, "count")
        .env(PLACE, &path)
        .stdout(Stdio::null())
        .spawn()
        .expect("another process");
    assert!(child.wait().expect("it has ended").success());
    drop(block_on(FileStore::at(&path).lock(PATIENCE)).expect("locks"));
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o7777;
    assert_eq!(mode(&new), 0o700);
    for name in names(&new) {
        assert_eq!(mode(&new.join(&name)), 0o600, "{name}");
    }
}
