//! Where an HTTP/1.1 reply may stop.

/// Replies that are not whole, whatever comes after.
pub(crate) const UNFINISHED: &[&str] = &[
    "",
    "H",
    "HTTP/1.1 20",
    "HTTP/1.1 200 OK",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 200 OK\r\nx-na",
    "HTTP/1.1 200 OK\r\nx-name: val",
    "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r",
    "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n1",
    "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n123456789",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-trailer: 1\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 2",
];

/// A reply that has no end but that of the connection.
pub(crate) const AT_THE_END: &str = "HTTP/1.1 200 OK\r\n\r\nhalf";

/// Whole replies, with their status and body.
pub(crate) const WHOLE: &[(&str, u16, &str)] = &[
    ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", 200, "ok"),
    ("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n", 500, ""),
    ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200, "ok"),
    ("HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
    ("HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n", 304, ""),
    ("HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", 200, "ok"),
];
