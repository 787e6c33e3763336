//! A real browser, where there is one.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = "/usr/bin/chromium";

/// How long a page may take.
const LIMIT: Duration = Duration::from_secs(60);

/// The page as it stands in the browser once its scripts have run. Nothing, and a message, where
/// there is no browser.
pub(crate) fn dom(url: &str) -> Option<String> {
    if !Path::new(PROGRAM).exists() {
        eprintln!("skipped: there is no {PROGRAM}");
        return None;
    }
    let name = format!("stytch-emulator-{}-{}", std::process::id(), url.replace(['/', ':'], "-"));
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).expect("a folder for the browser");
    let output = folder.join("dom.html");
    let dom = std::fs::File::create(&output).expect("a file in it");
    let mut browser = Command::new(PROGRAM)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--virtual-time-budget=10000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(url)
        .stdout(dom)
        .stderr(Stdio::null())
        .spawn()
        .expect("the browser starts");
    let end = Instant::now() + LIMIT;
    let status = loop {
        match browser.try_wait().expect("it can be asked") {
            Some(status) => break Some(status),
            None if Instant::now() > end => break None,
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    if status.is_none() {
        let _ = browser.kill();
        let _ = browser.wait();
    }
    let dom = std::fs::read_to_string(&output).expect("the page is text");
    let _ = std::fs::remove_dir_all(&folder);
    assert!(status.is_some_and(|status| status.success()), "{status:?}: {dom}");
    Some(dom)
}
