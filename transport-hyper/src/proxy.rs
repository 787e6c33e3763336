//! Proxies: which request goes through one, and the tunnel through it.
//!
//! A proxy is asked for a tunnel with `CONNECT` and learns host and port of the origin, nothing else:
//! TLS with the origin runs inside of the tunnel, and so does every request.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use http::uri::Scheme;
use http::{HeaderValue, Uri};
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub(crate) use self::settings::{Proxies, ProxyChoice};

mod settings;

type BoxError = Box<dyn StdError + Send + Sync>;

/// The longest reply to `CONNECT`, in bytes.
const MAX_REPLY_BYTES: usize = 16 * 1024;

/// What every reply to `CONNECT` starts with.
const REPLY_START: &[u8] = b"HTTP/1.";

/// A proxy that requests go through. Its URL here is without credentials.
#[derive(Debug)]
pub(crate) struct Proxy {
    url: Uri,
    authorization: Option<HeaderValue>,
    user_agent: HeaderValue,
}

/// Why there is no connection, where a proxy stands in between. Found in the sources of the error.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProxyError {
    /// The name is not found, nobody listens there, or there is no TLS with it.
    #[error("the proxy {proxy} cannot be reached")]
    Unreachable { proxy: String, source: BoxError },
    /// Status 407, and there were no credentials to send.
    #[error("the proxy {proxy} asks for a user name and password (status 407)")]
    CredentialsWanted { proxy: String },
    /// Status 407 in spite of credentials.
    #[error("the proxy {proxy} does not accept the user name and password (status 407)")]
    CredentialsRefused { proxy: String },
    /// Another status that is no success.
    #[error("the proxy {proxy} refused the tunnel with status {status}")]
    TunnelRefused { proxy: String, status: u16 },
    /// The connection to the proxy ended before its reply did.
    #[error("the proxy {proxy} closed the connection before it had answered")]
    Closed { proxy: String, source: io::Error },
    /// No reply in HTTP, one without an end, or more than a reply.
    #[error("the proxy {proxy} answered nonsense: {what}")]
    Nonsense { proxy: String, what: &'static str },
    /// The tunnel stands, and what is in it failed: TLS with the origin. Or the time was up.
    #[error("no connection through the proxy {proxy}")]
    Through { proxy: String, source: BoxError },
}

impl ProxyError {
    /// What the caller can do about it; nothing is said if it is not the proxy's fault.
    pub(crate) const fn advice(&self) -> Option<&'static str> {
        Some(match self {
            Self::Unreachable { .. } => {
                "check the address of the proxy (`HTTPS_PROXY`, or the setting), and whether it is up"
            }
            Self::CredentialsWanted { .. } | Self::CredentialsRefused { .. } => {
                "put the right user name and password into the address of the proxy"
            }
            Self::TunnelRefused { .. } => {
                "ask whoever runs the proxy to let this host through, or name it in `NO_PROXY`"
            }
            Self::Closed { .. } | Self::Nonsense { .. } => {
                "check whether the address of the proxy names a proxy for HTTP"
            }
            Self::Through { .. } => return None,
        })
    }
}

impl Proxy {
    /// Where the proxy is, for a connector.
    pub(crate) fn url(&self) -> &Uri {
        &self.url
    }

    /// Asks the proxy at the other end of `stream` for a tunnel to the host of `origin`.
    pub(crate) async fn tunnel<S>(&self, stream: S, origin: &Uri) -> Result<S, ProxyError>
    where
        S: Read + Write + Unpin,
    {
        let mut stream = TokioIo::new(stream);
        let request = self.request(origin);
        stream.write_all(&request).await.map_err(|source| self.closed(source))?;
        stream.flush().await.map_err(|source| self.closed(source))?;
        let mut reply = Vec::with_capacity(1024);
        loop {
            let room = (MAX_REPLY_BYTES - reply.len()) as u64;
            let read = (&mut stream).take(room).read_buf(&mut reply).await;
            match read.map_err(|source| self.closed(source))? {
                0 if room == 0 => return Err(self.nonsense("headers without an end")),
                0 => return Err(self.closed(io::ErrorKind::UnexpectedEof.into())),
                _ => {}
            }
            let start = reply.len().min(REPLY_START.len());
            if reply[..start] != REPLY_START[..start] {
                return Err(self.nonsense("not HTTP/1"));
            }
            if let Some(end) = head_end(&reply) {
                self.judge(&reply[..end])?;
                // The origin's side of TLS never speaks first.
                return match reply.len() == end {
                    true => Ok(stream.into_inner()),
                    false => Err(self.nonsense("more than a reply")),
                };
            }
        }
    }

    /// The request for a tunnel: nothing in it but the origin's host and port, and what is meant for
    /// the proxy.
    fn request(&self, origin: &Uri) -> Vec<u8> {
        let (host, port) = host_and_port(origin);
        let mut request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
        request += "User-Agent: ";
        let mut request = request.into_bytes();
        request.extend_from_slice(self.user_agent.as_bytes());
        if let Some(authorization) = &self.authorization {
            request.extend_from_slice(b"\r\nProxy-Authorization: ");
            request.extend_from_slice(authorization.as_bytes());
        }
        request.extend_from_slice(b"\r\n\r\n");
        request
    }

    /// Any success opens the tunnel (RFC 9110, section 9.3.6).
    fn judge(&self, head: &[u8]) -> Result<(), ProxyError> {
        let proxy = self.to_string();
        match status(head) {
            Some(200..=299) => Ok(()),
            Some(407) if self.authorization.is_some() => {
                Err(ProxyError::CredentialsRefused { proxy })
            }
            Some(407) => Err(ProxyError::CredentialsWanted { proxy }),
            Some(status) => Err(ProxyError::TunnelRefused { proxy, status }),
            None => Err(self.nonsense("no status")),
        }
    }

    /// Names the proxy where `error` does not do so yet.
    pub(crate) fn involved(&self, error: BoxError) -> BoxError {
        if error.is::<ProxyError>() {
            return error;
        }
        ProxyError::Through { proxy: self.to_string(), source: error }.into()
    }

    pub(crate) fn unreachable(&self, source: BoxError) -> ProxyError {
        ProxyError::Unreachable { proxy: self.to_string(), source }
    }

    fn closed(&self, source: io::Error) -> ProxyError {
        ProxyError::Closed { proxy: self.to_string(), source }
    }

    fn nonsense(&self, what: &'static str) -> ProxyError {
        ProxyError::Nonsense { proxy: self.to_string(), what }
    }
}

/// Host and port.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port) = host_and_port(&self.url);
        write!(f, "{host}:{port}")
    }
}

fn host_and_port(url: &Uri) -> (&str, u16) {
    let usual = if url.scheme() == Some(&Scheme::HTTP) { 80 } else { 443 };
    (url.host().unwrap_or_default(), url.port_u16().unwrap_or(usual))
}

/// Where the header section ends: after an empty line.
fn head_end(reply: &[u8]) -> Option<usize> {
    let mut line_start = 0;
    while let Some(length) = reply[line_start..].iter().position(|byte| *byte == b'\n') {
        if matches!(&reply[line_start..line_start + length], b"" | b"\r") {
            return Some(line_start + length + 1);
        }
        line_start += length + 1;
    }
    None
}

/// The status in a head that starts as [`REPLY_START`].
fn status(head: &[u8]) -> Option<u16> {
    let line = head.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    match line.strip_prefix(REPLY_START)? {
        [minor, b' ', rest @ ..] if minor.is_ascii_digit() => {
            let digits = rest.split(|byte| *byte == b' ').next()?;
            let digits = std::str::from_utf8(digits).ok()?;
            digits.parse().ok().filter(|status| digits.len() == 3 && (100..1000).contains(status))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_three_digits_after_the_version() {
        for (head, expected) in [
            ("HTTP/1.1 200 Connection established\r\n\r\n", Some(200)),
            ("HTTP/1.0 407\r\n\r\n", Some(407)),
            ("HTTP/1.1 502 \nvia: x\n\n", Some(502)),
            ("HTTP/1.1 2000 OK\r\n\r\n", None),
            ("HTTP/1.1 020 OK\r\n\r\n", None),
            ("HTTP/1.1 +20 OK\r\n\r\n", None),
            ("HTTP/1.1  200 OK\r\n\r\n", None),
            ("HTTP/1.12 200 OK\r\n\r\n", None),
            ("HTTP/1.1\r\n200 OK\r\n\r\n", None),
            ("HTTP/1.\r\n\r\n", None),
        ] {
            assert_eq!(status(head.as_bytes()), expected, "{head:?}");
        }
    }

    #[test]
    fn a_head_ends_with_an_empty_line() {
        assert_eq!(head_end(b"HTTP/1.1 200 OK\r\n\r\n"), Some(19));
        assert_eq!(head_end(b"HTTP/1.1 200 OK\n\nmore"), Some(17));
        assert_eq!(head_end(b"HTTP/1.1 200 OK\r\nvia: x\r\n"), None);
        assert_eq!(head_end(b"HTTP/1.1 200 OK\r\n\r"), None);
        assert_eq!(head_end(b""), None);
    }
}
