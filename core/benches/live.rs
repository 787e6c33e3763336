//! What a live session costs: reading it, telling of a change, one step of its machine, its memory.
#![allow(clippy::disallowed_methods, reason = "time is what is measured")]

mod ratio;
// These are private, and need nothing of the rest but what stands in for it below.
#[allow(dead_code, reason = "not all of it is used here")]
#[path = "../src/live/board.rs"]
mod board;
#[allow(dead_code, unreachable_pub, reason = "not all of it is used here")]
#[path = "../src/live/hub.rs"]
mod hub;

#[allow(dead_code, reason = "not all of it is used here")]
#[path = "../src/live/alarm.rs"]
mod alarm;
#[path = "."]
mod sessions {
    #[allow(dead_code, unused_imports, reason = "not all of it is used here")]
    #[path = "../src/live/sessions/timer.rs"]
    pub(crate) mod timer;
    pub(crate) use self::timer::Entry;
}
#[allow(dead_code, unused_imports, reason = "not all of it is used here")]
#[path = "../src/live/wheel.rs"]
mod wheel;

mod driver {
    use std::marker::PhantomData;

    /// In place of a session. It has nothing to do.
    pub(crate) struct Shared<P>(PhantomData<P>);

    impl<P> Shared<P> {
        pub(crate) const fn wake(&self) {}
    }
}

mod runtime {
    pub(crate) use stytch_session::Runtime;
    pub(crate) use stytch_session::live::Task;
}

mod surface {
    pub(crate) use stytch_session::Surface;
}

#[path = "../src/sync.rs"]
mod sync;

#[allow(dead_code, unreachable_pub, reason = "it is public where it is at home")]
mod machine {
    pub(super) use stytch_session::live::{Reason, Unfinished, View};

    /// As large as the real one, whose count of missed changes only the crate can set.
    #[derive(Clone)]
    pub struct Change {
        pub reason: Reason,
        pub view: View,
        pub missed: u64,
    }
}

mod model {
    pub(crate) use stytch_session::MemberSession;
}

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use board::Board;
use criterion::Criterion;
use hub::{Hub, Subscription};
use machine::Change;
use ratio::{Way, compare};
use sessions::timer::{Entry, Timer};
use stytch_session::live::machine::{
    Answer, Command, FlightId, Machine, Now, Output, RefreshOptions, Settings, Verdict,
};
use stytch_session::live::{Reader, Reason, Task};
use stytch_session::{
    Active, Client, Frontend, LiveSession, LiveSessions, MemberSession, Project, PublicToken,
    Request, Response, Runtime, Session, SessionToken, TokioRuntime, Transport, TransportError,
};

fn main() {
    let mut criterion = ratio::criterion();
    let live = turned().0;
    let mut lines = vec![get(&mut criterion, &live), reader(&mut criterion, &live)];
    lines.extend([0, 1, 3].map(|subscribers| publish(&mut criterion, subscribers)));
    lines.extend([timeout(&mut criterion), login(&mut criterion), refresh(&mut criterion)]);
    criterion.final_summary();
    for line in lines {
        println!("{line}");
    }
    among_neighbours();
    memory();
    many();
}

/// How often something is done; once only without `--bench`.
fn rounds(rounds: usize) -> usize {
    let measured = |wanted: &str| std::env::args().any(|argument| argument == wanted);
    if measured("--bench") && !measured("--test") { rounds } else { 1 }
}

/// Nanoseconds that one of `count` in a call takes: the median.
fn nanoseconds(count: u32, mut run: impl FnMut()) -> f64 {
    let mut times = Vec::new();
    allocation_counter::opt_out(|| {
        for _ in 0..rounds(1001) {
            let start = Instant::now();
            run();
            times.push(start.elapsed());
        }
    });
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e9 / f64::from(count)
}

const READS: u32 = 1000;

/// `LiveSession::get` against what it cannot do without.
fn get(criterion: &mut Criterion, live: &LiveSession) -> String {
    struct Held {
        session: Option<Arc<MemberSession>>,
        expires_at: SystemTime,
    }
    let session = live.get();
    let expires_at = session.as_ref().expect("it is active").expires_at().into();
    let held = ArcSwap::from_pointee(Held { session, expires_at });
    let run = |()| {
        for _ in 0..READS {
            black_box(black_box(live).get());
        }
    };
    let least = |()| {
        for _ in 0..READS {
            let held = black_box(&held).load();
            let session = held.session.as_ref().filter(|_| SystemTime::now() < held.expires_at);
            black_box(session.map(Arc::clone));
        }
    };
    let each = (nanoseconds(READS, || run(())), nanoseconds(READS, || least(())));
    let ours = Way { name: "get, 1000 times", prepare: || (), run };
    let floor = Way { name: "a load, a clone and a clock", prepare: || (), run: least };
    let line = compare(criterion, "live/get", &ours, &floor);
    format!("{line}; {:.1} ns against {:.1} ns", each.0, each.1)
}

/// `Reader::get` against a field.
fn reader(criterion: &mut Criterion, live: &LiveSession) -> String {
    struct Plain {
        session: Option<Arc<MemberSession>>,
    }
    let reader = RefCell::new(live.reader());
    let plain = RefCell::new(Plain { session: live.get() });
    let run = |()| read(&mut reader.borrow_mut());
    let least = |()| {
        let plain: &mut Plain = &mut plain.borrow_mut();
        for _ in 0..READS {
            black_box(black_box(&mut *plain).session.as_deref());
        }
    };
    let each = (nanoseconds(READS, || run(())), nanoseconds(READS, || least(())));
    let ours = Way { name: "a reader's get, 1000 times", prepare: || (), run };
    let floor = Way { name: "a field", prepare: || (), run: least };
    let line = compare(criterion, "live/reader", &ours, &floor);
    format!("{line}; {:.2} ns against {:.2} ns", each.0, each.1)
}

fn read(reader: &mut Reader) {
    for _ in 0..READS {
        black_box(black_box(&mut *reader).get());
    }
}

/// A reader beside one that reads the same session and a writer that changes it a thousand times a
/// second, against a reader whose neighbours do the same to another session: both have the same of
/// the machine.
fn among_neighbours() {
    let (ours, other) = (turned(), turned());
    let mut reader = ours.0.reader();
    let (same, stop) = (AtomicBool::new(false), AtomicBool::new(false));
    let changes = AtomicU64::new(0);
    let choose = |same: bool| if same { &ours } else { &other };
    let (mut alone, mut among) = (Vec::new(), Vec::new());
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut readers = [other.0.reader(), ours.0.reader()];
            while !stop.load(Ordering::Relaxed) {
                read(&mut readers[usize::from(same.load(Ordering::Relaxed))]);
            }
        });
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let (live, runtime) = choose(same.load(Ordering::Relaxed));
                runtime.finish(async { live.authenticate().await.expect("it is answered") });
                changes.fetch_add(1, Ordering::Relaxed);
                thread::sleep(Duration::from_millis(1));
            }
        });
        let start = Instant::now();
        for round in 0..rounds(200) {
            let with = round % 2 == 1;
            same.store(with, Ordering::Relaxed);
            let until = Instant::now() + Duration::from_millis(20);
            while Instant::now() < until {
                let start = Instant::now();
                read(&mut reader);
                let times = if with { &mut among } else { &mut alone };
                times.push(start.elapsed().as_secs_f64() * 1e9 / f64::from(READS));
            }
        }
        stop.store(true, Ordering::Relaxed);
        let pace = changes.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64();
        for times in [&mut alone, &mut among] {
            times.sort_by(f64::total_cmp);
        }
        let median = |times: &[f64]| times.get(times.len() / 2).copied().unwrap_or(f64::NAN);
        let (alone, among) = (median(&alone), median(&among));
        println!(
            "live/reader with neighbours: {:.2}x of one whose neighbours are elsewhere; {among:.2} ns \
             against {alone:.2} ns, {pace:.0} changes a second",
            among / alone,
        );
    });
}

/// A change is shown, queued and told, against what it cannot do without: one store, and the calls.
fn publish(criterion: &mut Criterion, subscribers: usize) -> String {
    let hub = Arc::new(Hub::default());
    let heard = Arc::new(AtomicU64::new(0));
    let listener = || {
        let heard = Arc::clone(&heard);
        move |change: &Change| {
            heard.fetch_add(u64::from(change.view.active().is_some()), Ordering::Relaxed);
        }
    };
    let _subscriptions: Vec<Subscription> =
        (0..subscribers).map(|_| Subscription::new(&hub, Box::new(listener()))).collect();
    let mut callbacks: Vec<_> = (0..subscribers).map(|_| listener()).collect();
    let changes = [held(), held()].map(|(machine, _)| {
        let change = Change { reason: Reason::Refresh, view: machine.view().clone(), missed: 0 };
        (change, machine.local_expiry())
    });
    let (change, expiry) = &changes[0];
    let board = Board::new(&change.view, *expiry);
    let turn = Cell::new(0);
    let next = || {
        turn.set(1 - turn.get());
        &changes[turn.get()]
    };
    let run = |()| {
        let (change, expiry) = next();
        hub.publish(change);
        board.show(&change.view, *expiry);
        hub.dispatch();
    };
    let cell = ArcSwap::from_pointee(change.view.clone());
    let callbacks = RefCell::new(&mut callbacks);
    let least = |()| {
        let (change, _) = next();
        cell.store(Arc::new(change.view.clone()));
        for callback in callbacks.borrow_mut().iter_mut() {
            callback(change);
        }
    };
    let several = |run: &dyn Fn(())| nanoseconds(100, || (0..100).for_each(|_| run(())));
    let each = (several(&run), several(&least));
    let ours = Way { name: "publish", prepare: || (), run };
    let floor = Way { name: "a store and the calls", prepare: || (), run: least };
    let line = compare(criterion, &format!("live/publish to {subscribers}"), &ours, &floor);
    format!("{line}; {:.0} ns against {:.0} ns", each.0, each.1)
}

/// A step of the machine when nothing is due, against asking for the time.
fn timeout(criterion: &mut Criterion) -> String {
    let machine = RefCell::new(held().0);
    let run = |()| {
        let mut machine = machine.borrow_mut();
        let now = begun();
        machine.timeout(now);
        machine.poll().is_some() || machine.deadline(now).is_none()
    };
    let least = |()| SystemTime::now();
    let several = |run: &dyn Fn()| nanoseconds(100, || (0..100).for_each(|_| run()));
    let each = (several(&|| _ = black_box(run(()))), several(&|| _ = black_box(least(()))));
    let ours = Way { name: "a timeout", prepare: || (), run };
    let floor = Way { name: "a clock", prepare: || (), run: least };
    let line = compare(criterion, "live/timeout", &ours, &floor);
    format!("{line}; {:.0} ns against {:.0} ns", each.0, each.1)
}

/// A login that is begun and answered, against reading two dates of the new session's JWT.
fn login(criterion: &mut Criterion) -> String {
    let prepare = || (Machine::new(Settings::new()), answer());
    let run = |(mut machine, answer): (Machine, Answer)| {
        let now = begun();
        let (operation, subject) = machine.begin(Command::Login, now).expect("nobody is logged in");
        machine.answered(operation, answer, None, now, 1);
        let outputs = [machine.poll(), machine.poll()];
        (machine.deadline(now), machine, outputs, subject)
    };
    against_dates(criterion, "live/login", "begin and answered", &prepare, &run)
}

/// A refresh that is asked for and answered, against the same.
fn refresh(criterion: &mut Criterion) -> String {
    let prepare = || (held().0, answer());
    let run = |(mut machine, answer): (Machine, Answer)| {
        let now = begun();
        let operation = machine.refresh(RefreshOptions::plain(), now).expect("it is active");
        let sent = machine.poll();
        let Some(Output::Refresh { flight, .. }) = &sent else { panic!("it is sent") };
        let flight: FlightId = *flight;
        machine.refreshed(flight, answer, now, 1);
        let outputs = [sent, machine.poll(), machine.poll()];
        (machine.deadline(now), machine, outputs, operation)
    };
    against_dates(criterion, "live/refresh", "refresh and refreshed", &prepare, &run)
}

fn against_dates<I, O>(
    criterion: &mut Criterion,
    title: &str,
    name: &'static str,
    prepare: &dyn Fn() -> I,
    run: &dyn Fn(I) -> O,
) -> String {
    #[derive(serde::Deserialize)]
    struct Dates {
        exp: f64,
        iat: f64,
    }
    let session = active();
    let jwt = session.session_jwt().expect("it has one").secret();
    let least = |()| {
        let payload = jwt.split('.').nth(1).expect("it has a payload");
        let payload = URL_SAFE_NO_PAD.decode(payload).expect("it is base64");
        let dates: Dates = serde_json::from_slice(&payload).expect("it is JSON");
        dates.exp - dates.iat
    };
    let each = {
        let mut times = Vec::new();
        allocation_counter::opt_out(|| {
            for _ in 0..rounds(10_001) {
                let input = prepare();
                let start = Instant::now();
                let output = black_box(run(black_box(input)));
                times.push(start.elapsed());
                drop(output);
            }
        });
        times.sort();
        times[times.len() / 2].as_nanos()
    };
    let ours = Way { name, prepare, run };
    let floor = Way { name: "reading two dates of a JWT", prepare: || (), run: least };
    format!("{}; {each} ns", compare(criterion, title, &ours, &floor))
}

/// Bytes on the heap of a live session that sleeps, without the session that it holds.
fn memory() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("it is");
    let client = client();
    let start = |sessions: Vec<Session<Active>>| {
        let start = async {
            let mut started = Vec::with_capacity(sessions.len());
            for session in sessions {
                let builder = LiveSession::builder(client.clone()).session(session);
                started.push(builder.start(TokioRuntime::current()).await.expect("it starts"));
            }
            tokio::task::yield_now().await;
            started
        };
        runtime.block_on(start)
    };
    // What the runtime keeps for all.
    let _first = start((0..64).map(|_| active()).collect());
    let sessions: Vec<_> = (0..64).map(|_| active()).collect();
    let mut started = Vec::new();
    let info = allocation_counter::measure(|| started = start(sessions));
    let bytes = info.bytes_current / 64;
    println!(
        "live/memory of a sleeping session: {bytes} bytes beyond its data, its copy of the \
              client included"
    );
}

/// Very many sessions on one timer: the time of a random one is set anew, by the whole way that its
/// alarm goes. Time passes meanwhile, and what is due comes off the wheel.
fn many() {
    let entries: u32 = if rounds(2) == 2 { 1_000_000 } else { 1_000 };
    let interval = Duration::from_secs(180);
    let (runtime, mut random) = (turning(), fastrand::Rng::with_seed(7));
    let timer = Timer::<Frontend>::start(&runtime);
    let places: Vec<_> = (0..entries).map(|_| Entry::new(Arc::clone(&timer))).collect();
    let memory = allocation_counter::measure(|| {
        for place in &places {
            place.enter(Weak::new());
        }
    });
    let bytes = memory.bytes_current as f64 / f64::from(entries);
    println!("live/many: {entries} entries of the timer, {bytes:.1} bytes each");
    allocation_counter::opt_out(|| {
        let mut now = Duration::ZERO;
        let mut set = |count: u32, later: bool| {
            let start = Instant::now();
            for number in 0..count {
                now += interval / entries;
                let sooner = if later { 0 } else { random.u32(0..entries / 2) };
                let place = &places[random.usize(0..places.len())];
                place.set(Some(now + interval - interval / entries * sooner));
                if number % 64 == 0 {
                    while timer.due(now).len() > 100 {}
                }
            }
            start.elapsed().as_secs_f64() * 1e9 / f64::from(count)
        };
        for (later, what) in [(true, "to later"), (false, "to any time")] {
            set(4 * entries, later);
            let mut times = [set(entries, later), set(entries, later), set(entries, later)];
            times.sort_by(f64::total_cmp);
            println!("live/many: {:.0} ns to set a random one's time {what}", times[1]);
        }
        // As a session does in its own turn: its entry is in the caches.
        let mut step = interval;
        let place = &places[0];
        let each = nanoseconds(100, || {
            for _ in 0..100 {
                step += Duration::from_millis(1);
                place.set(Some(now + step));
            }
        });
        println!("live/many: {each:.0} ns to set one's time to later again and again");
    });

    let sessions = LiveSessions::builder(client()).start(Arc::clone(&runtime));
    let made: Vec<_> = (0..1000).map(|_| active()).collect();
    let mut lives = Vec::with_capacity(made.len());
    let memory = allocation_counter::measure(|| {
        lives.extend(made.into_iter().map(|session| sessions.adopt(session)));
    });
    let bytes = memory.bytes_current / 1000;
    println!("live/memory of a sleeping session on one timer: {bytes} bytes beyond its data");
}

fn project() -> Project {
    let token = "public-token-test-9f1c2d3e-4a5b-4c6d-8e7f-0a1b2c3d4e5f";
    Project::frontend(PublicToken::new(token).expect("it is well-formed"))
}

fn body() -> Vec<u8> {
    format!(r#"{{"data":{}}}"#, include_str!("authenticate.json")).into_bytes()
}

fn active() -> Session<Active> {
    session_of(body())
}

fn session_of(body: Vec<u8>) -> Session<Active> {
    let token = SessionToken::new("made-up-token").expect("it is well-formed");
    let step = Session::new().authenticate(token);
    let now = SystemTime::UNIX_EPOCH;
    project().complete(step, &Response::new(body), now).expect("the reply is a success")
}

fn begun() -> Now {
    // When the session of the reply was.
    let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_906_545_600);
    Now { wall, elapsed: Duration::from_secs(10) }
}

/// The answer to a refresh: the times are others than before.
fn answer() -> Answer {
    let body = String::from_utf8(body()).expect("it is text");
    let session = session_of(body.replace("T12:00:00Z", "T12:03:00Z").into_bytes());
    Answer::new(Verdict::Active(session), begun()).dated(Some(begun().wall))
}

/// A machine that holds a session, and has nothing to do.
fn held() -> (Machine, Vec<Output>) {
    let mut machine = Machine::new(Settings::new());
    machine.hold(active(), begun(), 1);
    let outputs = std::iter::from_fn(|| machine.poll()).collect();
    (machine, outputs)
}

/// Answers at once.
struct Replies;

#[async_trait]
impl Transport for Replies {
    async fn send(&self, _: Request) -> Result<Response, TransportError> {
        Ok(Response::new(body()))
    }
}

fn client() -> Client {
    let transport: Arc<dyn Transport> = Arc::new(Replies);
    Client::new(project(), transport)
}

/// A live session on a runtime that is turned by hand.
fn turned() -> (LiveSession, Arc<Turned>) {
    let runtime = Arc::new(Turned::new());
    let starting = LiveSession::builder(client()).session(active()).start(Arc::clone(&runtime));
    let live = runtime.finish(starting).expect("it starts");
    (live, runtime)
}

struct Turned {
    tasks: Mutex<Vec<Task>>,
    start: Instant,
}

fn turning() -> Arc<dyn Runtime> {
    Arc::new(Turned::new())
}

impl Turned {
    fn new() -> Self {
        Self { tasks: Mutex::default(), start: Instant::now() }
    }

    /// Goes on with everything until the work is done.
    fn finish<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(output) = work.as_mut().poll(&mut context) {
                return output;
            }
            let mut tasks = std::mem::take(&mut *self.tasks.lock().expect("nobody has panicked"));
            tasks.retain_mut(|task| task.as_mut().poll(&mut context).is_pending());
            self.tasks.lock().expect("nobody has panicked").append(&mut tasks);
        }
    }
}

impl Runtime for Turned {
    fn spawn(&self, task: Task) {
        self.tasks.lock().expect("nobody has panicked").push(task);
    }

    fn sleep(&self, _: Duration) -> Task {
        Box::pin(std::future::pending())
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }
}
