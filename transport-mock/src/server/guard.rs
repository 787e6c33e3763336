//! Keeps web pages away from what shows codes and links.
//!
//! A page of another origin cannot read an answer without CORS headers, unless its name resolves to
//! a loopback address (DNS rebinding): then `Host` gives it away. It can send some requests
//! nevertheless, without reading the answer: then `Origin` does.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::{HeaderMap, header};
use stytch_session::Request;

/// Says why a request is refused, if it is.
pub(super) fn check(request: &Request) -> Result<(), &'static str> {
    let Some(host) = only(request.headers(), header::HOST) else {
        return Err("exactly one Host header is needed here");
    };
    // A target with a host of its own overrides the header.
    let target = request.uri().authority().map(http::uri::Authority::as_str);
    if !is_loopback(host) || target.is_some_and(|target| !is_loopback(target)) {
        return Err(
            "this is shown to this machine only: Host must be 127.0.0.1, [::1] or localhost",
        );
    }
    if request.headers().contains_key(header::ORIGIN) {
        let own = only(request.headers(), header::ORIGIN)
            .and_then(|origin| origin.strip_prefix("http://"))
            .is_some_and(|origin| origin.eq_ignore_ascii_case(host));
        if !own {
            return Err("web pages may not use this");
        }
    }
    Ok(())
}

/// The header's value, if it occurs once and is text.
fn only(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { value.to_str().ok() }
}

/// Whether a host, perhaps with a port, is one of 127.0.0.0/8, `[::1]` and `localhost`.
fn is_loopback(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => {
            if !address.parse().is_ok_and(|address: Ipv6Addr| address.is_loopback()) {
                return false;
            }
            ("localhost", rest)
        }
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let digits = port.strip_prefix(':').unwrap_or("");
    let port_is_fine = port.is_empty() || digits.parse::<u16>().is_ok();
    let loopback = name.eq_ignore_ascii_case("localhost")
        || name.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback());
    port_is_fine && loopback
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:80",
            "127.255.0.9",
            "[::1]",
            "[::1]:80",
            "localhost:9",
            "LocalHost",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            ":80",
            "128.0.0.1",
            "127.1",
            "0.0.0.0:80",
            "[::]:80",
            "::1",
            "[::1",
            "[::1]x",
            "[::ffff:127.0.0.1]",
            "localhost:",
            "localhost:http",
            "localhost:99999",
            "localhost.example.com",
            "evil@localhost",
            "localhost@evil",
            "127.0.0.1.example.com",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    fn request(headers: &[(&str, &str)]) -> Request {
        let mut request = http::Request::get("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Vec::new()).expect("the request is valid")
    }

    #[test]
    fn pages_of_other_origins_are_refused() {
        let host = ("host", "localhost:80");
        assert_eq!(check(&request(&[host])), Ok(()));
        assert_eq!(check(&request(&[host, ("origin", "http://localhost:80")])), Ok(()));
        for origin in ["http://localhost:81", "https://localhost:80", "null", "http://evil.example"]
        {
            assert!(check(&request(&[host, ("origin", origin)])).is_err(), "{origin}");
        }
        assert!(check(&request(&[])).is_err());
        assert!(check(&request(&[host, host])).is_err());
        assert!(check(&request(&[("host", "evil.example")])).is_err());
    }
}
