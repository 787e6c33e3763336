//! A month in the background.

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use stytch_session::live::Reason;
use stytch_session::{
    Client, LiveSession, Minutes, Project, PublicToken, Request, Response, Timestamp, Transport,
    TransportError,
};
use stytch_session_mock::{Example, VirtualClock};

use crate::world::{HOUR, Net, World, password, reasons};

#[test]
fn a_month_with_outages_takes_a_moment() {
    let world = World::new();
    let live = live(&world);
    let login = password(Example::HARBOR_LIGHTS);
    world.run(live.login(login).session_duration(week())).unwrap();
    let (_subscription, told) = reasons(&live);
    // Unoptimized, decoding takes its time.
    let days = if cfg!(debug_assertions) { 5 } else { 30 };
    for day in 0..days {
        world.runtime.advance(20 * HOUR);
        world.net.cut();
        world.runtime.advance(Duration::from_secs(60 * (1 + day * 7 % 240)));
        world.net.open();
        world.runtime.advance(4 * HOUR);
        let session = live.get().expect("an outage ends nothing");
        let left = SystemTime::from(session.expires_at())
            .duration_since(world.runtime.clock().now())
            .expect("it lives on");
        assert!(left > 6 * 24 * HOUR, "it is extended again and again");
    }
    let told = told.lock().unwrap();
    assert!(told.len() > days as usize * 470, "{}", told.len());
    assert!(told.iter().all(|reason| *reason == Reason::Refresh));
}

fn week() -> Minutes {
    Minutes::new(7 * 24 * 60).unwrap()
}

fn live(world: &World) -> LiveSession {
    let project = Project::frontend(PublicToken::new(world.stytch.public_token()).unwrap());
    let clock = world.runtime.clock().clone();
    let transport =
        Copying { net: world.net.clone(), clock: clock.clone(), first: Mutex::default() };
    let client = Client::builder(project, transport).clock(clock).seed(|| 7.into()).build();
    world.start(LiveSession::builder(client).keep_alive())
}

/// Answers refreshes as the emulator has answered the first, later: that takes much less time.
struct Copying {
    net: Net,
    clock: VirtualClock,
    first: Mutex<Option<First>>,
}

struct First {
    body: String,
    at: SystemTime,
    jwt: String,
    claims: String,
}

impl First {
    fn read(reply: &Response, at: SystemTime) -> Self {
        let body = String::from_utf8(reply.body().clone()).unwrap();
        let json: serde_json::Value = serde_json::from_str(&body).unwrap();
        let jwt = json["data"]["session_jwt"].as_str().unwrap().to_owned();
        let claims = jwt.split('.').nth(1).unwrap();
        let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        Self { body, at, jwt, claims }
    }

    fn later(&self, now: SystemTime) -> String {
        let later = now.duration_since(self.at).unwrap();
        let move_times = |text: &str| {
            let mut text = text.to_owned();
            for at in [self.at, self.at + Duration::from_secs(7 * 24 * 3600)] {
                let time = |at: SystemTime| Timestamp::from(at).to_string();
                text = text.replace(&time(at), &time(at + later));
            }
            for at in [self.at, self.at + Duration::from_secs(300)] {
                let seconds = |at: SystemTime| Timestamp::from(at).unix_seconds().to_string();
                text = text.replace(&seconds(at), &seconds(at + later));
            }
            text
        };
        let parts: Vec<_> = self.jwt.split('.').collect();
        let claims = URL_SAFE_NO_PAD.encode(move_times(&self.claims));
        let jwt = format!("{}.{claims}.{}", parts[0], parts[2]);
        move_times(&self.body).replace(&self.jwt, &jwt)
    }
}

#[async_trait]
impl Transport for Copying {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        if self.net.is_cut() || !request.uri().path().ends_with("/sessions/authenticate") {
            return self.net.send(request).await;
        }
        let now = self.clock.now();
        if let Some(first) = &*self.first.lock().unwrap() {
            return Ok(Response::new(first.later(now).into_bytes()));
        }
        let reply = self.net.send(request).await?;
        *self.first.lock().unwrap() = Some(First::read(&reply, now));
        Ok(reply)
    }
}
