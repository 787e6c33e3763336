//! Very many live sessions on one timer, and what a live session takes of memory.
#![cfg(all(feature = "live", feature = "tokio"))]

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use stytch_session::live::{Reason, Task};
use stytch_session::{
    Active, Authenticated, Client, LiveSession, LiveSessions, OrganizationId, Password, Project,
    PublicToken, Request, Response, Runtime, Session, SessionToken, TokioRuntime, Transport,
    TransportError,
};
use stytch_session_mock::{Emulator, Example};
use tokio::time::{Instant, sleep};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
/// How long a session lives from its last refresh.
const LIFE: Duration = HOUR.saturating_mul(6);
/// How often the thousand are refreshed.
const INTERVAL: Duration = HOUR.saturating_mul(2);

/// tokio, and how many tasks there are.
#[derive(Clone)]
struct Counted {
    runtime: TokioRuntime,
    tasks: Arc<AtomicUsize>,
}

impl Counted {
    fn new() -> Self {
        Self { runtime: TokioRuntime::current(), tasks: Arc::default() }
    }

    fn tasks(&self) -> usize {
        self.tasks.load(Ordering::Relaxed)
    }
}

struct Alive(Arc<AtomicUsize>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Runtime for Counted {
    fn spawn(&self, task: Task) {
        self.tasks.fetch_add(1, Ordering::Relaxed);
        let alive = Alive(Arc::clone(&self.tasks));
        self.runtime.spawn(Box::pin(async move {
            let _alive = alive;
            task.await;
        }));
    }

    fn sleep(&self, duration: Duration) -> Task {
        self.runtime.sleep(duration)
    }

    fn now(&self) -> Duration {
        self.runtime.now()
    }
}

fn start_of_time() -> SystemTime {
    // Of the reply.
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_906_545_600)
}

/// A server that honours each token, for a while from the last refresh, and makes no JWTs.
#[derive(Clone)]
struct Server {
    start: Instant,
    /// When each token was seen last, and the longest pause before.
    seen: Arc<Mutex<HashMap<String, (Instant, Duration)>>>,
    requests: Arc<AtomicUsize>,
}

impl Server {
    fn new() -> Self {
        Self { start: Instant::now(), seen: Arc::default(), requests: Arc::default() }
    }

    fn project() -> Project {
        let token = "public-token-test-9f1c2d3e-4a5b-4c6d-8e7f-0a1b2c3d4e5f";
        Project::frontend(PublicToken::new(token).unwrap())
    }

    fn client(&self) -> Client {
        let start = self.start;
        let transport: Arc<dyn Transport> = Arc::new(self.clone());
        Client::builder(Self::project(), transport)
            .clock(move || start_of_time() + start.elapsed())
            .build()
    }

    fn reply(&self, token: &str) -> Response {
        let date = |from_now: Duration| {
            let date = start_of_time() + self.start.elapsed() + from_now;
            stytch_session::Timestamp::from(date).to_string()
        };
        let body = include_str!("../benches/authenticate.json")
            .replace("2030-06-01T13:00:00Z", &date(LIFE))
            .replace(
                "\"last_accessed_at\":\"2030-06-01T12:00:00Z\"",
                &format!("\"last_accessed_at\":\"{}\"", date(Duration::ZERO)),
            )
            .replace("u0u6azdKXPzcSWxEr_2Lc2np0KnEq5xHbbUK-1BijvNs", token);
        let (before, jwt) = body.split_once("\"session_jwt\":\"").unwrap();
        let (_, after) = jwt.split_once('"').unwrap();
        let body = format!("{{\"data\":{before}\"session_jwt\":\"\"{after}}}");
        Response::new(body.into_bytes())
    }

    fn session(&self, token: &str) -> Session<Active> {
        self.seen.lock().unwrap().insert(token.to_owned(), (Instant::now(), Duration::ZERO));
        let step = Session::new().authenticate(SessionToken::new(token).unwrap());
        let now = start_of_time() + self.start.elapsed();
        Self::project().complete(step, &self.reply(token), now).unwrap()
    }
}

#[async_trait]
impl Transport for Server {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let basic = request.headers()[AUTHORIZATION].to_str().unwrap();
        let basic = STANDARD.decode(basic.strip_prefix("Basic ").unwrap()).unwrap();
        let basic = String::from_utf8(basic).unwrap();
        let token = basic.split_once(':').unwrap().1;
        {
            let mut seen = self.seen.lock().unwrap();
            let (last, longest) = seen.get_mut(token).unwrap();
            *longest = last.elapsed().max(*longest);
            *last = Instant::now();
        }
        sleep(Duration::from_millis(50)).await;
        Ok(self.reply(token))
    }
}

fn reasons(live: &LiveSession) -> (Arc<Mutex<Vec<Reason>>>, stytch_session::live::Subscription) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let subscription = live.on_change({
        let told = Arc::clone(&told);
        move |change| told.lock().unwrap().push(change.reason())
    });
    (told, subscription)
}

#[tokio::test(start_paused = true)]
async fn a_thousand_stay_alive_for_a_day_with_one_task() {
    let (server, runtime) = (Server::new(), Counted::new());
    let sessions = LiveSessions::builder(server.client())
        .keep_alive()
        .refresh_interval(INTERVAL)
        .start(runtime.clone());
    let lives: Vec<_> = (0..1000)
        .map(|number| sessions.adopt(server.session(&format!("made-up-token-{number}"))))
        .collect();
    assert_eq!((sessions.len(), runtime.tasks()), (1000, 1));

    // All begin in the same moment, and are not refreshed in the same minute.
    let mut busiest = 0;
    for _ in 0..120 {
        let before = server.requests.load(Ordering::Relaxed);
        sleep(MINUTE).await;
        busiest = busiest.max(server.requests.load(Ordering::Relaxed) - before);
    }
    assert!((8..=40).contains(&busiest), "{busiest}");

    sleep(24 * HOUR - INTERVAL).await;
    assert!(lives.iter().all(|live| live.get().is_some()));
    let requests = server.requests.load(Ordering::Relaxed);
    assert!((11_700..=12_100).contains(&requests), "{requests}");
    for (token, (last, longest)) in &*server.seen.lock().unwrap() {
        // One tick of the wheel, and the way of the answer.
        let interval = INTERVAL + Duration::from_millis(63 + 51);
        assert!(*longest <= interval && last.elapsed() <= interval, "{token}: {longest:?}");
    }

    let mut lives = lives.into_iter();
    lives.by_ref().take(400).for_each(drop);
    assert_eq!(sessions.len(), 600);
    drop(sessions);
    let seen = lives.next().unwrap();
    drop(lives);
    let before = server.requests.load(Ordering::Relaxed);
    sleep(4 * INTERVAL).await;
    assert!(seen.get().is_some(), "the last one goes on without `LiveSessions`");
    assert!((3..=5).contains(&(server.requests.load(Ordering::Relaxed) - before)));
    drop(seen);
    sleep(Duration::from_millis(200)).await;
    assert_eq!(runtime.tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn expiry_is_told_to_each() {
    let (server, runtime) = (Server::new(), Counted::new());
    // No refresh comes before the end.
    let sessions =
        LiveSessions::builder(server.client()).refresh_interval(1000 * HOUR).start(runtime.clone());
    // More than are woken at once.
    let lives: Vec<_> = (0..300)
        .map(|number| sessions.adopt(server.session(&format!("made-up-{number}"))))
        .collect();
    let told: Vec<_> = lives.iter().map(reasons).collect();
    sleep(LIFE - MINUTE).await;
    assert!(lives.iter().all(|live| live.get().is_some()));
    sleep(MINUTE + Duration::from_millis(100)).await;
    let heard = told.iter().filter(|(told, _)| *told.lock().unwrap() == [Reason::Expiry]).count();
    // A few were refreshed by chance.
    assert!(heard >= 290, "{heard}");
    assert!(told.iter().filter(|(told, _)| told.lock().unwrap().is_empty()).count() == 0);
    assert_eq!((sessions.len(), runtime.tasks()), (300, 1));
}

#[tokio::test(start_paused = true)]
async fn what_a_reader_finds_expired_is_told_by_the_task() {
    let server = Server::new();
    let ahead = Arc::new(Mutex::new(Duration::ZERO));
    let (start, shift) = (server.start, Arc::clone(&ahead));
    let client = Client::builder(Server::project(), server.clone())
        .clock(move || start_of_time() + start.elapsed() + *shift.lock().unwrap())
        .build();
    let sessions = LiveSessions::builder(client).start(TokioRuntime::current());
    let live = sessions.adopt(server.session("made-up-token"));
    let (told, _subscription) = reasons(&live);
    tokio::task::yield_now().await;
    *ahead.lock().unwrap() = LIFE;
    assert!(live.get().is_none());
    assert!(told.lock().unwrap().is_empty(), "a reader calls nobody");
    sleep(Duration::from_millis(1)).await;
    assert_eq!(*told.lock().unwrap(), [Reason::Expiry]);
}

#[tokio::test(start_paused = true)]
async fn a_logout_of_one_leaves_the_others() {
    let stytch = Emulator::example();
    let project = Project::frontend(PublicToken::new(stytch.public_token()).unwrap());
    let client = Client::builder(project, stytch.clone()).clock(stytch.clock().clone()).build();
    let runtime = Counted::new();
    let sessions = LiveSessions::builder(client.clone()).keep_alive().start(runtime.clone());
    let organization = OrganizationId::new(Example::HARBOR_LIGHTS).unwrap();
    let password = || Password::new(&organization, Example::EMAIL_ADDRESS, Example::PASSWORD);
    let mut lives = Vec::new();
    for number in 0..20 {
        let live = if number % 2 == 0 {
            let live = sessions.empty();
            live.login(password()).await.unwrap();
            live
        } else {
            match client.run(Session::new().login(password())).await.unwrap() {
                Authenticated::Active(session) => sessions.adopt(session),
                Authenticated::Intermediate(_) => panic!("it wants no second factor"),
            }
        };
        assert!(live.get().is_some());
        lives.push(live);
    }
    let told: Vec<_> = lives.iter().map(reasons).collect();
    lives[3].revoke().await.unwrap();
    for _ in 0..120 {
        sleep(MINUTE).await;
        stytch.clock().advance(MINUTE);
    }
    assert_eq!(*told[3].0.lock().unwrap(), [Reason::Logout]);
    for (number, live) in lives.iter().enumerate() {
        assert_eq!(live.get().is_some(), number != 3);
        if number != 3 {
            let told = told[number].0.lock().unwrap();
            assert!(told.iter().all(|reason| *reason == Reason::Refresh), "{told:?}");
            assert!((39..=42).contains(&told.len()), "{told:?}");
        }
    }
    assert_eq!((sessions.len(), runtime.tasks()), (20, 1));
    lives[3].login(password()).await.unwrap();
    assert!(lives[3].get().is_some());
    lives.truncate(2);
    assert_eq!(sessions.len(), 2);
    drop((lives, sessions));
    tokio::task::yield_now().await;
    assert_eq!(runtime.tasks(), 0);
}

const MANY: usize = 64;

#[test]
fn a_sleeping_session_takes_two_kilobytes() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let server = Server::new();
        let make = || (0..MANY).map(|_| server.session("made-up-token")).collect::<Vec<_>>();
        let client = server.client();
        let start = async |made: Vec<Session<Active>>| {
            let mut started = Vec::with_capacity(MANY);
            for session in made {
                let builder = LiveSession::builder(client.clone()).session(session);
                started.push(builder.start(TokioRuntime::current()).await.unwrap());
            }
            tokio::task::yield_now().await;
            started
        };
        // What the runtime keeps for all.
        let _first = start(make()).await;
        let made = make();
        let (bytes, _started) = allocated(start(made)).await;
        assert!(bytes <= 2048, "{bytes}");

        let sessions = LiveSessions::builder(client.clone()).start(TokioRuntime::current());
        let _first: Vec<_> = make().into_iter().map(|session| sessions.adopt(session)).collect();
        let made = make();
        let adopt =
            async { made.into_iter().map(|session| sessions.adopt(session)).collect::<Vec<_>>() };
        let (shared, _adopted) = allocated(adopt).await;
        assert!(shared <= bytes - 200, "{shared} on one timer, {bytes} with a task each");
        println!("{bytes} bytes with a task each, {shared} on one timer");
    });
}

/// What is on the heap for one of many after it.
async fn allocated<T>(work: impl Future<Output = T>) -> (usize, T) {
    let mut work = std::pin::pin!(work);
    let mut bytes = 0;
    let output = std::future::poll_fn(|context| {
        let mut polled = None;
        let info = allocation_counter::measure(|| polled = Some(work.as_mut().poll(context)));
        bytes += info.bytes_current;
        polled.unwrap()
    })
    .await;
    (usize::try_from(bytes).unwrap_or_default() / MANY, output)
}
