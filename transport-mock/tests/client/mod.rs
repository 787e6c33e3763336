//! A client of HTTP/1.1 in a few lines, which shows everything that comes back.
#![allow(dead_code, unreachable_pub, reason = "each test crate uses a part of this")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// A client of a server; each request has a connection of its own.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    pub address: SocketAddr,
}

/// What came back; empty if the connection was cut.
#[derive(Debug)]
pub struct Reply {
    pub head: String,
    pub body: String,
}

impl Client {
    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], "")
    }

    pub fn post(&self, path: &str, body: &str) -> Reply {
        self.send("POST", path, &[], body)
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "Host") {
            request.push_str(&format!("Host: {}\r\n", self.address));
        }
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        self.raw(request.as_bytes())
    }

    pub fn raw(&self, request: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(self.address).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a valid timeout");
        // The server may close before it has read everything; then the answer still counts.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        // A fault may have put bytes into it that are no text.
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        Reply { head: head.to_owned(), body: body.to_owned() }
    }
}

impl Reply {
    pub fn is_cut(&self) -> bool {
        self.head.is_empty()
    }

    #[track_caller]
    pub fn status(&self) -> u16 {
        let status = self.head.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.unwrap_or_else(|| panic!("no status in {:?}", self.head))
    }

    /// All values of a header.
    pub fn header(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.filter(|(other, _)| *other == name).map(|(_, value)| value).collect()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {:?} {:?}", self.head, self.body))
    }

    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status(), 200, "{}", self.body);
        self.json()
    }

    /// The message of a refusal by a control route.
    #[track_caller]
    pub fn refused(self, status: u16) -> String {
        assert_eq!(self.status(), status, "{}", self.body);
        self.json()["error"].as_str().expect("a message").to_owned()
    }
}
