//! A client of HTTP/1.1 that costs little: requests are ready to be sent, and of an answer it reads
//! no more than it must.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection that is kept alive.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the program listens");
        stream.set_nodelay(true).expect("a connected socket");
        stream.set_nonblocking(true).expect("a connected socket");
        Self { stream, buffer: vec![0; 64 * 1024] }
    }

    pub(crate) fn send(&mut self, request: &[u8]) {
        self.stream.write_all(request).expect("the program reads");
    }

    /// The body of the answer to the oldest request, which must be a success.
    pub(crate) fn receive(&mut self) -> &[u8] {
        let mut filled = 0;
        let body = loop {
            filled += self.read(filled);
            if let Some(body) = body(&self.buffer[..filled]) {
                break body;
            }
        };
        while filled < body.end {
            filled += self.read(filled);
        }
        assert_eq!(filled, body.end, "one answer at a time");
        &self.buffer[body]
    }

    /// Reads on. It does not sleep until something comes: to wake up takes long, on both sides.
    fn read(&mut self, filled: usize) -> usize {
        let start = Instant::now();
        loop {
            match self.stream.read(&mut self.buffer[filled..]) {
                Ok(0) => panic!("the connection was closed"),
                Ok(count) => return count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    assert!(start.elapsed() < PATIENCE, "no answer");
                    std::hint::spin_loop();
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    pub(crate) fn ask(&mut self, request: &[u8]) -> &[u8] {
        self.send(request);
        self.receive()
    }
}

/// Where the body of an answer lies, once all of its head is there.
fn body(answer: &[u8]) -> Option<std::ops::Range<usize>> {
    const END: &[u8] = b"\r\n\r\n";
    let length = answer.windows(END.len()).position(|window| window == END)?;
    let head = std::str::from_utf8(&answer[..length]).expect("text");
    assert!(head.starts_with("HTTP/1.1 200 "), "no success: {head}");
    let body = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let body: usize = body.and_then(|length| length.parse().ok()).expect("a length");
    Some(length + END.len()..length + END.len() + body)
}
