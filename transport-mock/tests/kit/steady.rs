//! The client written by hand, refreshing by itself: in one process, or in two with one store.

use std::ops::Deref;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use stytch_session_mock::kit::{AsyncClient, Observation, Operation, Outcome, Wire};

use super::bugs::Bug;
use super::memory::Store;
use super::plain::Plain;

const INTERVAL: Duration = Duration::from_secs(180);

pub(crate) struct Steady(Arc<Keeper>);

/// Keeps a session alive.
struct Keeper {
    plain: Plain,
    /// The session, how many refreshes of it have failed, and when to go on.
    failed: Mutex<(String, u32, Duration)>,
    /// The token of the last session, and when it was refreshed.
    last: Mutex<Option<(String, Duration)>>,
}

impl Deref for Keeper {
    type Target = Plain;

    fn deref(&self) -> &Plain {
        &self.plain
    }
}

impl Steady {
    pub(crate) fn new(wire: &Wire, bug: Option<Bug>, store: Store) -> Self {
        let plain = Plain::steady(wire.clone(), bug, store);
        let keeper = Arc::new(Keeper { plain, failed: Mutex::default(), last: Mutex::default() });
        wire.spawn(Box::pin(watch(Arc::downgrade(&keeper), wire.clone())));
        let held = keeper.has(Bug::OutlivesItsHandle).then(|| Arc::clone(&keeper));
        wire.spawn(Box::pin(go_on(Arc::downgrade(&keeper), wire.clone(), held)));
        Self(keeper)
    }

    pub(crate) fn pair([one, two]: &[Wire; 2], bug: Option<Bug>) -> [Self; 2] {
        let store = Store::default();
        [Self::new(one, bug, store.clone()), Self::new(two, bug, store)]
    }
}

/// Looks every second at what is stored and at the time.
async fn watch(keeper: Weak<Keeper>, wire: Wire) {
    loop {
        wire.sleep(Duration::from_secs(1)).await;
        let Some(keeper) = keeper.upgrade() else { return };
        keeper.memory.catch_up();
        keeper.observe();
    }
}

async fn go_on(keeper: Weak<Keeper>, wire: Wire, _held: Option<Arc<Keeper>>) {
    loop {
        wire.sleep(Duration::from_secs(1)).await;
        let Some(keeper) = keeper.upgrade() else { return };
        keeper.tick().await;
    }
}

impl Keeper {
    async fn tick(&self) {
        if !self.is_due() {
            self.refresh_what_is_over().await;
            return;
        }
        let _turn = if self.has(Bug::TwoRefreshes) { None } else { Some(self.memory.turn().await) };
        self.memory.catch_up();
        self.observe();
        if !self.is_due() {
            return;
        }
        let before = self.memory.look().clone();
        let Some(active) = before.active.clone() else { return };
        *self.last.lock().unwrap() = Some((active.token.clone(), self.wire.elapsed()));
        let refresh = Operation::Refresh { session_duration_minutes: None };
        let outcome = self.online(&refresh, before).await;
        let mut failed = self.failed.lock().unwrap();
        if outcome == Outcome::Done || failed.0 != active.id {
            *failed = (active.id, 0, Duration::ZERO);
        }
        if outcome != Outcome::Done {
            let wait = Duration::from_secs(2) * (1 << failed.1.min(7));
            failed.1 += 1;
            failed.2 = self.wire.elapsed() + wait;
        }
    }

    fn is_due(&self) -> bool {
        let now = self.wire.elapsed();
        let state = self.memory.own();
        let Some(active) = &state.active else { return false };
        let failed = self.failed.lock().unwrap();
        let waits = failed.0 == active.id && now < failed.2 && !self.has(Bug::HasNoPatience);
        let interval = if self.has(Bug::IsTooEager) { INTERVAL / 6 } else { INTERVAL };
        now >= active.asked_at + interval && !waits && !self.has(Bug::NeverRefreshes)
    }

    async fn refresh_what_is_over(&self) {
        let over = self.memory.own().active.is_none() && self.has(Bug::RefreshesForEver);
        let last = self.last.lock().unwrap().clone().filter(|_| over);
        let now = self.wire.elapsed();
        if let Some((token, _)) = last.filter(|(_, at)| now >= *at + INTERVAL) {
            *self.last.lock().unwrap() = Some((token.clone(), now));
            self.ask("b2b/sessions/authenticate", json!({}), Some(&token)).await;
        }
    }
}

#[async_trait]
impl AsyncClient for Steady {
    async fn apply(&self, operation: Operation) -> Outcome {
        self.0.apply(operation).await
    }

    fn observe(&self) -> Observation {
        self.0.observe()
    }

    fn told(&self) -> Option<Vec<Observation>> {
        self.0.told()
    }

    fn stored(&self) -> Option<Observation> {
        self.0.stored()
    }

    fn log(&self) -> String {
        self.0.log()
    }
}
