//! What a person can do about an error: by its cause.

use std::error::Error as StdError;
use std::io;

use rustls::CertificateError as Certificate;
use stytch_session::{TransportError, TransportErrorKind, TransportPhase};

use crate::error::{Unresolved, find};
use crate::proxy::ProxyError;

/// Adds to an error who was talked to, how far it had come if that is not known yet, and what to do.
pub(crate) fn explain(error: TransportError, peer: Option<&str>) -> TransportError {
    let phase = error.phase().or_else(|| phase(&error));
    let advice = advice(&error, phase);
    let error = match peer {
        Some(peer) => error.with_peer(peer),
        None => error,
    };
    let error = match phase {
        Some(phase) => error.with_phase(phase),
        None => error,
    };
    match advice {
        Some(advice) => error.with_advice(advice),
        None => error,
    }
}

/// How far a connection had come.
fn phase(error: &TransportError) -> Option<TransportPhase> {
    match find(error) {
        None | Some(ProxyError::Through { .. }) => {}
        Some(ProxyError::Unreachable { .. }) => return Some(TransportPhase::Connect),
        Some(_) => return Some(TransportPhase::Proxy),
    }
    if find::<Unresolved>(error).is_some() {
        return Some(TransportPhase::Resolve);
    }
    if find::<rustls::Error>(error).is_some() {
        return Some(TransportPhase::Tls);
    }
    match error.kind() {
        TransportErrorKind::Connect => Some(TransportPhase::Connect),
        TransportErrorKind::Timeout if !error.can_have_reached_server() => {
            Some(TransportPhase::Connect)
        }
        _ => None,
    }
}

fn advice(error: &TransportError, phase: Option<TransportPhase>) -> Option<&'static str> {
    if error.advice().is_some() {
        return None;
    }
    if let Some(advice) = find(error).and_then(ProxyError::advice) {
        return Some(advice);
    }
    if let Some(rustls::Error::InvalidCertificate(reason)) = find(error) {
        return Some(certificate(reason));
    }
    Some(match (error.kind(), phase) {
        (_, Some(TransportPhase::Resolve)) => {
            "check the host in the base URL, and whether this machine is online"
        }
        (_, Some(TransportPhase::Tls)) => "check the base URL, and that TLS is spoken at this port",
        (TransportErrorKind::Connect, _) if is_refused(error) => {
            "nothing listens there: check host and port of the base URL, and the firewall"
        }
        (TransportErrorKind::Connect, _) => "check whether this machine is online",
        (TransportErrorKind::Timeout, Some(TransportPhase::Connect)) => {
            "check whether this machine is online, and whether a firewall is in the way"
        }
        (TransportErrorKind::Timeout | TransportErrorKind::Interrupted, _) => {
            "check the connection and try again"
        }
        (TransportErrorKind::Malformed, _) => {
            "check the base URL, and whether a proxy stands in between"
        }
        _ => return None,
    })
}

fn certificate(reason: &Certificate) -> &'static str {
    match reason {
        Certificate::Expired
        | Certificate::ExpiredContext { .. }
        | Certificate::NotValidYet
        | Certificate::NotValidYetContext { .. } => {
            "check the clock of this machine; if it is right, the server's certificate is out of date"
        }
        Certificate::UnknownIssuer => {
            "this machine does not trust who signed the server's certificate: check its root \
             certificates, and whether a proxy opens TLS in between"
        }
        Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
            "another server answers: check the host in the base URL, and the network"
        }
        _ => "check whether a proxy opens TLS in between, and the server's certificate",
    }
}

fn is_refused(error: &(dyn StdError + 'static)) -> bool {
    find::<io::Error>(error).is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}
