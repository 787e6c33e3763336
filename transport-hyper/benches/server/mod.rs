//! The server, in a process of its own: one thread, and one answer, made beforehand.

use std::cell::Cell;
use std::io::{BufRead as _, BufReader, Read as _, Write as _, stdin, stdout};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::rc::Rc;
use std::{io, thread};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{LocalSet, spawn_local};

use crate::machine::Cores;

const BODY: &str = include_str!("../authenticate.json");

/// Answered with how many connections there have been.
const COUNT: &str = "GET /connections ";

/// The server at work; it ends with this.
pub(crate) struct Server {
    child: Child,
    /// Kept open: a server that cannot write any more would end.
    _output: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Server {
    pub(crate) fn start(cores: &Cores) -> Self {
        let program = std::env::current_exe().expect("the path of this program");
        let mut command = Command::new(program);
        command.arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = cores.on_the_servers(|| command.spawn().expect("the server starts"));
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        output.read_line(&mut line).expect("a line of text");
        let address = line.trim_end().parse().expect("an address");
        Self { child, _output: output, address }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections it has accepted.
    pub(crate) fn connections(&self) -> u32 {
        let mut stream = std::net::TcpStream::connect(self.address).expect("the server is there");
        write!(stream, "{COUNT}HTTP/1.1\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer.parse().expect("a number")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Answers until standard input ends, which it does at the latest with whoever started this.
pub(crate) fn serve() {
    thread::spawn(|| {
        let _ = io::copy(&mut stdin().lock(), &mut io::sink());
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    runtime.expect("a runtime").block_on(LocalSet::new().run_until(accept()));
}

async fn accept() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("{}", listener.local_addr().expect("its address"));
    stdout().flush().expect("somebody reads");
    let reply: Rc<[u8]> = format!(
        "HTTP/1.1 200 OK\r\ndate: Sat, 01 Jun 2030 12:00:00 GMT\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\
         strict-transport-security: max-age=31536000; includeSubDomains\r\n\
         x-content-type-options: nosniff\r\ncache-control: no-store\r\n\
         vary: Origin\r\n\r\n{BODY}",
        BODY.len(),
    )
    .into_bytes()
    .into();
    let count = Rc::new(Cell::new(0));
    loop {
        let (stream, _) = listener.accept().await.expect("connections");
        count.set(count.get() + 1);
        let (reply, count) = (Rc::clone(&reply), Rc::clone(&count));
        spawn_local(async move {
            // A client may leave as it likes.
            let _ = answer(stream, &reply, &count).await;
        });
    }
}

async fn answer(mut stream: TcpStream, reply: &[u8], count: &Cell<u32>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(4096);
    loop {
        let Some(length) = length_of_request(&buffer) else {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
            continue;
        };
        if buffer.starts_with(COUNT.as_bytes()) {
            // This one does not count.
            count.set(count.get() - 1);
            return stream.write_all(count.get().to_string().as_bytes()).await;
        }
        buffer.drain(..length);
        stream.write_all(reply).await?;
    }
}

/// How long the first request in `buffer` is, if all of it is there.
fn length_of_request(buffer: &[u8]) -> Option<usize> {
    let head = buffer.windows(4).position(|end| end == b"\r\n\r\n")?;
    let mut lines = buffer[..head].split(|byte| *byte == b'\n');
    let body = lines.find_map(|line| {
        let (name, value) = line.split_at_checked("content-length:".len())?;
        let value = std::str::from_utf8(value).ok()?;
        name.eq_ignore_ascii_case(b"content-length:").then(|| value.trim().parse::<usize>().ok())?
    });
    let length = head + 4 + body.unwrap_or(0);
    (buffer.len() >= length).then_some(length)
}
