//! Four processes with a live session each on one file, some of which are killed.
//!
//! The others are this test program again ([`worker`]): they log in, refresh, exchange and log out at
//! random over a local server, and say what they see.

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use stytch_session::live::LiveError;
use stytch_session::{
    Client, Error, FileStore, LiveSession, MemberSession, OrganizationId, Password, Progress,
    Project, PublicToken, TokioRuntime, TransportErrorKind,
};
use stytch_session_hyper::HyperTransport;
use stytch_session_mock::{Emulator, Example, Server};

const PROCESSES: usize = 4;
const OPERATIONS: usize = 500;
/// How many operations pass between two kills, at the least.
const BETWEEN_KILLS: u64 = 25;

const URL: &str = "LIVE_PROCESSES_URL";
const TOKEN: &str = "LIVE_PROCESSES_TOKEN";
const PLACE: &str = "LIVE_PROCESSES_PLACE";
const SEED: &str = "LIVE_PROCESSES_SEED";

/// One process is told of another's logout within a second, and may be slow.
const NOTICE: u128 = Duration::from_secs(3).as_nanos();

fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos())
}

/// A small generator of numbers, from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Not a test: what the other processes do.
#[test]
fn worker() {
    let Ok(url) = env::var(URL) else { return };
    let var = |name: &str| env::var(name).expect("it is set");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let seed = var(SEED).parse().expect("a number");
    let work = work(url, var(TOKEN), var(PLACE), Random(seed));
    runtime.expect("a runtime").block_on(work);
}

async fn work(url: String, token: String, place: String, mut random: Random) {
    let project = Project::frontend(PublicToken::new(token).expect("a token"));
    let project = project.with_base_url(&url).expect("a URL");
    let client = Client::new(project, HyperTransport::new().expect("a transport"));
    let start = LiveSession::builder(client).store(FileStore::at(place)).keep_alive();
    let begun = now();
    let live = match start.start(TokioRuntime::current()).await {
        Ok(live) => live,
        Err(error) => return println!("\ntorn {error}"),
    };
    say("restored", begun, live.get().as_deref());
    loop {
        let before = live.get();
        let result = operate(&live, &mut random).await;
        match (result, before) {
            (Ok(What::LoggedOut), Some(before)) => say("out", now(), Some(&before)),
            (Ok(What::Nothing), _) => continue,
            (Err(problem), _) => println!("\nproblem {problem}"),
            _ => {}
        }
        let at = now();
        say("saw", at, live.get().as_deref());
    }
}

/// One line for each thing that is seen; standard output passes it on whole.
fn say(what: &str, at: u128, session: Option<&MemberSession>) {
    let session = session.map_or("nobody", |session| session.member_session_id().as_str());
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "\n{what} {at} {session}");
    let _ = out.flush();
}

enum What {
    /// It made no sense, and nothing was done.
    Nothing,
    LoggedOut,
    Else,
}

async fn operate(live: &LiveSession, random: &mut Random) -> Result<What, String> {
    let places = [Example::HARBOR_LIGHTS, Example::NORTH_PIER, Example::BLUE_KILN];
    let place = places[random.below(3) as usize];
    let organization = OrganizationId::new(place).expect("an id");
    let done = match random.below(10) {
        0..=2 => {
            let login = Password::new(&organization, Example::EMAIL_ADDRESS, Example::PASSWORD);
            live.login(login).await.map(|_: Progress| What::Else)
        }
        3..=5 => live.authenticate().await.map(|_| What::Else),
        6 => live.exchange(&organization).await.map(|_| What::Else),
        7 => live.revoke().await.map(|_| What::LoggedOut),
        8 => live.forget().await.map(|()| What::LoggedOut),
        _ => live.abandon().await.map(|()| What::Else),
    };
    match done {
        Ok(what) => Ok(what),
        Err(LiveError::NoSession | LiveError::NothingPending) => {
            tokio::task::yield_now().await;
            Ok(What::Nothing)
        }
        // What others do meanwhile is no problem.
        Err(LiveError::Superseded | LiveError::Ended(_)) => Ok(What::Else),
        Err(LiveError::Kept(error)) if is_refusal(&error) => Ok(What::Else),
        Err(error) => Err(format!("{error:?}").replace('\n', " ")),
    }
}

/// A session that another process has revoked is refused to an exchange.
fn is_refusal(error: &Error) -> bool {
    match error {
        Error::Transport(error) => error.kind() == TransportErrorKind::Interrupted,
        error => error.status().is_some_and(|status| status.is_client_error()),
    }
}

/// What the processes said.
#[derive(Default)]
struct Seen {
    operations: u64,
    /// When each session was logged out of, by the first process that did.
    out: BTreeMap<String, u128>,
    lines: Vec<(String, u128, String)>,
    problems: Vec<String>,
}

/// Promise 24: nothing is torn, and nobody is resurrected.
#[test]
fn killed_processes_tear_nothing_and_resurrect_nobody() {
    let stytch = Emulator::example();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let _inside = runtime.enter();
    let server = Server::start(&stytch, "127.0.0.1:0").expect("a server");
    let memory = Path::new("/dev/shm");
    let parent = if memory.is_dir() { memory.to_owned() } else { env::temp_dir() };
    let directory = tempfile::tempdir_in(parent).expect("a directory");
    let place = directory.path().join("session");

    let start = |number: usize, seed: u64, told: &Sender<(usize, String)>| -> Child {
        let mut child = Command::new(env::current_exe().expect("this program"))
            .args(["--exact", "worker", "--nocapture", "--test-threads=1"])
            .env(URL, server.url())
            .env(TOKEN, stytch.public_token())
            .env(PLACE, &place)
            .env(SEED, seed.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("another process");
        let out = child.stdout.take().expect("it is piped");
        let told = told.clone();
        thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if told.send((number, line)).is_err() {
                    return;
                }
            }
        });
        child
    };

    let (told, lines): (_, Receiver<(usize, String)>) = channel();
    let mut random = Random(20_301);
    let mut children: Vec<Child> =
        (0..PROCESSES).map(|number| start(number, number as u64, &told)).collect();
    let (mut seen, mut kills, mut next_kill) = (Seen::default(), 0, BETWEEN_KILLS);
    while seen.operations < (PROCESSES * OPERATIONS) as u64 {
        let (_, line) = lines.recv_timeout(Duration::from_secs(60)).expect("they go on");
        seen.read(&line);
        if seen.operations >= next_kill {
            // Some process, somewhere within its operation.
            let victim = random.below(PROCESSES as u64) as usize;
            children[victim].kill().expect("it runs");
            let _ = children[victim].wait();
            kills += 1;
            next_kill = seen.operations + BETWEEN_KILLS + random.below(BETWEEN_KILLS);
            children[victim] = start(victim, 1000 + kills, &told);
        }
    }
    for child in &mut children {
        let _ = child.kill();
        let _ = child.wait();
    }
    while let Ok((_, line)) = lines.recv_timeout(Duration::from_millis(1)) {
        seen.read(&line);
    }
    assert!(kills >= 40, "{kills}");
    assert!(seen.out.len() >= 50, "{} logouts", seen.out.len());
    seen.judge();
}

impl Seen {
    fn read(&mut self, line: &str) {
        let mut words = line.split(' ');
        match (words.next(), words.next(), words.next()) {
            (Some("torn" | "problem"), ..) => self.problems.push(line.to_owned()),
            (Some(what @ ("restored" | "saw" | "out")), Some(at), Some(session)) => {
                // A process that was killed may have left half a line.
                let Ok(at) = at.parse::<u128>() else { return };
                self.operations += u64::from(what == "saw");
                if what == "out" {
                    let first = self.out.entry(session.to_owned()).or_insert(at);
                    *first = at.min(*first);
                } else {
                    self.lines.push((what.to_owned(), at, session.to_owned()));
                }
            }
            _ => {}
        }
    }

    fn judge(&self) {
        assert!(self.problems.is_empty(), "{:#?}", self.problems);
        for (what, at, session) in &self.lines {
            let Some(out) = self.out.get(session) else { continue };
            // Whoever starts reads the store, and sees a logout at once.
            let notice = if what == "restored" { 0 } else { NOTICE };
            assert!(
                *at <= out + notice,
                "{session} was {what} {} ms after the logout",
                (at - out) / 1_000_000
            );
        }
    }
}
