//! Standard input.

use std::io::{self, BufRead as _, IsTerminal as _};

use tokio::sync::oneshot;

/// One line, which is asked for if a person sits there; none at the end.
pub(crate) async fn line(what: &'static str) -> io::Result<Option<String>> {
    // Elsewhere, so that the live session goes on meanwhile.
    let reading = tokio::task::spawn_blocking(move || {
        if io::stdin().is_terminal() {
            eprint!("{what} (shows as it is typed): ");
        }
        let mut line = String::new();
        let bytes = io::stdin().lock().read_line(&mut line)?;
        Ok((bytes > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
    });
    reading.await.map_err(io::Error::other)?
}

/// Comes to its end with standard input; never, if that is a terminal.
pub(crate) async fn end() {
    if io::stdin().is_terminal() {
        return std::future::pending().await;
    }
    let (reading, end) = oneshot::channel::<()>();
    // A thread that nobody waits for: it may read as long as the program runs.
    std::thread::spawn(move || {
        let _reading = reading;
        io::copy(&mut io::stdin().lock(), &mut io::sink())
    });
    let _ = end.await;
}
