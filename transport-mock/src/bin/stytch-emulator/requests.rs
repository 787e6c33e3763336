//! A line per request on standard error.

use std::io;
use std::thread;
use std::time::Duration;

use stytch_session_mock::{Emulator, RecordedRequest};

/// How often new requests are looked for.
const PAUSE: Duration = Duration::from_millis(100);

/// Logs the requests to come from a thread of its own: if nobody reads standard error, only this
/// thread waits.
pub(crate) fn follow(emulator: &Emulator) -> io::Result<()> {
    let emulator = emulator.clone();
    let follow = move || {
        let mut seen = 0;
        loop {
            let count = emulator.request_count();
            if count != seen {
                // A reset begins anew.
                let new = if count > seen { count - seen } else { count };
                let requests = emulator.requests();
                let new = usize::try_from(new).unwrap_or(usize::MAX).min(requests.len());
                requests[requests.len() - new..].iter().for_each(write);
                seen = count;
            }
            thread::sleep(PAUSE);
        }
    };
    thread::Builder::new().name("log".to_owned()).spawn(follow).map(drop)
}

/// Method, path and status; no query and no body, which may hold secrets.
fn write(request: &RecordedRequest) {
    let status = request.status().map_or("cut".to_owned(), |status| status.as_u16().to_string());
    crate::log(&format!("{} {} {status}", request.method(), request.path()));
}
