//! What is refused before any I/O.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::uri::Scheme;
use http::{Method, Uri};
use stytch_session::{Delivery, Request, TransportError, TransportErrorKind};
use tokio::runtime::{Handle, Id};

/// Whether the transport can speak TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tls {
    Available,
    LoopbackOnly,
}

/// Why a request was not sent.
#[derive(Debug, thiserror::Error)]
#[cfg_attr(test, derive(PartialEq, Eq))]
pub(crate) enum Refusal {
    #[error("the URL has no host")]
    NoHost,
    #[error("the URL carries a user name or password")]
    UserInfo,
    #[error("what the URL names as a port is no port")]
    Port,
    #[error("the URL's scheme is neither https nor http")]
    Scheme,
    #[error("clear-text http is for loopback addresses only")]
    ClearText,
    #[error("the transport was built for loopback only, without TLS")]
    NoTls,
    #[error("CONNECT is not a request for a reply")]
    Connect,
    #[error("no tokio runtime is running here")]
    NoRuntime,
    #[error("a blocking transport does not work inside of a tokio runtime")]
    InsideRuntime,
}

impl Refusal {
    /// What the caller can do about it.
    pub(crate) const fn advice(&self) -> &'static str {
        match self {
            Self::NoHost | Self::UserInfo | Self::Port | Self::Scheme => "correct the base URL",
            Self::ClearText => "use https",
            Self::NoTls => "build the transport without `loopback_only`",
            Self::Connect => "use another method",
            Self::InsideRuntime => "use `HyperTransport` in async code",
            Self::NoRuntime => "call it inside of a tokio runtime, or use `BlockingHyperTransport`",
        }
    }
}

/// Lets a request pass that asks for a reply.
pub(crate) fn check_method(request: &Request) -> Result<(), TransportError> {
    if request.method() == Method::CONNECT {
        return Err(refused(Refusal::Connect));
    }
    Ok(())
}

/// Lets a URL pass that is reached over TLS, or is no further away than this machine.
pub(crate) fn check_url(url: &Uri, tls: Tls) -> Result<(), TransportError> {
    judge(url, tls).map_err(refused)
}

/// The runtime that drives connections which are opened here.
pub(crate) fn runtime() -> Result<Id, TransportError> {
    match Handle::try_current() {
        Ok(handle) => Ok(handle.id()),
        Err(_) => Err(refused(Refusal::NoRuntime)),
    }
}

pub(crate) fn no_host() -> TransportError {
    refused(Refusal::NoHost)
}

pub(crate) fn refused(why: Refusal) -> TransportError {
    let advice = why.advice();
    TransportError::new(TransportErrorKind::Refused, Delivery::NotSent)
        .with_advice(advice)
        .with_source(why)
}

fn judge(url: &Uri, tls: Tls) -> Result<(), Refusal> {
    let authority = url.authority().ok_or(Refusal::NoHost)?;
    if authority.as_str().contains('@') {
        return Err(Refusal::UserInfo);
    }
    if authority.host().is_empty() {
        return Err(Refusal::NoHost);
    }
    // What is no port would count as the usual one.
    let port = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
    if !port.is_empty() && port.strip_prefix(':').is_none_or(|port| port.parse::<u16>().is_err()) {
        return Err(Refusal::Port);
    }
    match url.scheme() {
        Some(scheme) if *scheme == Scheme::HTTPS && tls == Tls::Available => Ok(()),
        Some(scheme) if *scheme == Scheme::HTTPS => Err(Refusal::NoTls),
        Some(scheme) if *scheme == Scheme::HTTP && is_loopback(authority.host()) => Ok(()),
        Some(scheme) if *scheme == Scheme::HTTP => Err(Refusal::ClearText),
        _ => Err(Refusal::Scheme),
    }
}

/// `localhost`, 127.0.0.0/8 in its usual notation, or `[::1]`.
pub(crate) fn is_loopback(host: &str) -> bool {
    if is_localhost(host) {
        return true;
    }
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(inner) => inner.parse().is_ok_and(|address: Ipv6Addr| address.is_loopback()),
        None => host.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback()),
    }
}

/// The one name that means this machine, whatever a resolver says (RFC 6761).
pub(crate) fn is_localhost(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::{Refusal, Tls, judge};

    fn verdict(url: &str) -> Result<(), Refusal> {
        judge(&url.parse().unwrap(), Tls::Available)
    }

    #[test]
    fn tls_goes_anywhere() {
        for url in ["https://api.stytch.com/v1", "HTTPS://10.0.0.1", "https://[2001:db8::1]:8443/"]
        {
            assert_eq!(verdict(url), Ok(()), "{url}");
        }
    }

    #[test]
    fn clear_text_stays_on_this_machine() {
        for url in [
            "http://localhost:8080/",
            "http://LOCALHOST",
            "http://127.0.0.1",
            "http://127.8.9.1:1/",
            "http://[::1]:80/",
        ] {
            assert_eq!(verdict(url), Ok(()), "{url}");
        }
        for url in [
            "http://api.stytch.com/",
            "http://localhost.example.com/",
            "http://localhost./",
            "http://example.localhost/",
            "http://127.0.0.1.example.com/",
            "http://127.1/",
            "http://0.0.0.0/",
            "http://0x7f000001/",
            "http://2130706433/",
            "http://128.0.0.1/",
            "http://[::]/",
            "http://[::2]/",
            "http://[::ffff:127.0.0.1]/",
        ] {
            assert_eq!(verdict(url), Err(Refusal::ClearText), "{url}");
        }
    }

    #[test]
    fn a_user_name_does_not_disguise_the_host() {
        for url in [
            "http://127.0.0.1@example.com/",
            "http://localhost:80@example.com/",
            "https://a:b@example.com/",
        ] {
            assert_eq!(verdict(url), Err(Refusal::UserInfo), "{url}");
        }
    }

    #[test]
    fn other_urls_are_refused() {
        assert_eq!(verdict("ftp://127.0.0.1/"), Err(Refusal::Scheme));
        assert_eq!(verdict("/v1/b2b/sessions"), Err(Refusal::NoHost));
        assert_eq!(verdict("https://api.stytch.com:99999/"), Err(Refusal::Port));
        let https = "https://localhost/".parse().unwrap();
        assert_eq!(judge(&https, Tls::LoopbackOnly), Err(Refusal::NoTls));
    }
}
