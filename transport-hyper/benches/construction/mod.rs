//! How long it takes to build a transport whose root certificates are compiled in.

#[cfg(not(feature = "webpki-roots"))]
pub(crate) fn measure(_builds: usize) {
    println!("building a transport: not measured without feature `webpki-roots`");
}

#[cfg(feature = "webpki-roots")]
pub(crate) fn measure(builds: usize) {
    use std::time::{Duration, Instant};

    use stytch_session_hyper::{HyperTransport, Roots};

    const AIM: Duration = Duration::from_micros(20);

    let mut times: Vec<Duration> = (0..builds)
        .map(|_| {
            let start = Instant::now();
            let built = HyperTransport::builder().roots(Roots::WebPki).build();
            let elapsed = start.elapsed();
            built.expect("everything is compiled in");
            elapsed
        })
        .collect();
    times.sort();
    let Some(median) = times.get(builds / 2).copied() else { return };
    let verdict = if median <= AIM { "met" } else { "MISSED" };
    println!("building a transport with built-in roots: {median:.1?}, aim <= {AIM:?}: {verdict}");
}
