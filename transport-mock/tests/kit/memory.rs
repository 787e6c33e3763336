//! What the client written by hand holds, stores, and tells its subscribers.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use stytch_session_mock::kit::{Needs, Observation, ShownActive, ShownPending};

use super::bugs::Bug;

/// Everything that is held, which is also what is saved.
#[derive(Clone, Default)]
pub(crate) struct State {
    /// Moves with every change of session; an answer to an earlier request is dropped.
    pub(crate) generation: u64,
    pub(crate) active: Option<Active>,
    pub(crate) pending: Option<Pending>,
    /// The latest intermediate token, and when it ends.
    pub(crate) receipt: Option<(String, SystemTime)>,
}

#[derive(Clone)]
pub(crate) struct Active {
    pub(crate) token: String,
    pub(crate) jwt: String,
    pub(crate) id: String,
    pub(crate) member: String,
    pub(crate) organization: String,
    pub(crate) expires_at: SystemTime,
    /// How long it lives, by the server, and when it was asked for.
    pub(crate) life: Duration,
    pub(crate) asked_at: Duration,
}

#[derive(Clone)]
pub(crate) struct Pending {
    pub(crate) token: String,
    pub(crate) needs: Needs,
    /// Member and organization.
    pub(crate) who: Option<(String, String)>,
    pub(crate) expires_at: SystemTime,
}

impl State {
    pub(crate) fn shown(&self) -> Observation {
        let mut shown = Observation::nobody();
        if let Some(active) = &self.active {
            shown = shown.active(
                ShownActive::new(&active.token)
                    .session_jwt(&active.jwt)
                    .member_session_id(&active.id)
                    .member_id(&active.member)
                    .organization_id(&active.organization),
            );
        }
        if let Some(pending) = &self.pending {
            shown = shown.pending(ShownPending::new(&pending.token).needs(pending.needs));
        }
        shown
    }
}

/// Where two processes meet: what is stored, its version, and who may refresh.
#[derive(Clone, Default)]
pub(crate) struct Store(Arc<Mutex<(u64, State)>>, Arc<tokio::sync::Mutex<()>>);

/// What is held, in one process.
#[derive(Default)]
pub(crate) struct Memory {
    state: Mutex<State>,
    bug: Option<Bug>,
    store: Option<Store>,
    /// The version of the store that is known.
    version: Mutex<u64>,
    subscriber: Mutex<Subscriber>,
    refreshing: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct Subscriber {
    last: Observation,
    told: Vec<Observation>,
}

impl Memory {
    pub(crate) fn shared(store: Store, bug: Option<Bug>) -> Self {
        let mut memory = Self { bug, ..Self::default() };
        if bug != Some(Bug::EachForItself) {
            memory.refreshing = Arc::clone(&store.1);
        }
        memory.store = Some(store);
        memory
    }

    /// Waits until this one may refresh.
    pub(crate) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.refreshing.lock().await
    }

    /// What is held, as far as this process knows.
    pub(crate) fn own(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// What is held now, also by what the other process has stored.
    pub(crate) fn look(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap();
        if self.bug == Some(Bug::LooksTooLate) {
            return state;
        }
        self.read(&mut state);
        state
    }

    /// Takes what the other process has stored.
    pub(crate) fn catch_up(&self) {
        self.read(&mut self.state.lock().unwrap());
    }

    fn read(&self, state: &mut State) {
        let Some(store) = &self.store else { return };
        let stored = store.0.lock().unwrap();
        if stored.0 != std::mem::replace(&mut *self.version.lock().unwrap(), stored.0) {
            state.clone_from(&stored.1);
            self.tell(state);
        }
    }

    /// Takes what this process has stored when it ended, and has other subscribers.
    pub(crate) fn restart(&self) {
        let Some(store) = &self.store else { return };
        let stored = store.0.lock().unwrap();
        self.state.lock().unwrap().clone_from(&stored.1);
        *self.version.lock().unwrap() = stored.0;
        self.subscriber.lock().unwrap().last = stored.1.shown();
    }

    /// Stores what is held, and tells the subscribers.
    pub(crate) fn changed(&self, state: &State) {
        let Some(store) = &self.store else { return };
        let mut stored = store.0.lock().unwrap();
        if stored.1.generation == state.generation && stored.1.shown() == state.shown() {
            return;
        }
        let gone = state.active.is_none() && state.pending.is_none();
        if !(gone && self.bug == Some(Bug::KeepsStored)) {
            stored.0 += 1;
            stored.1.clone_from(state);
            *self.version.lock().unwrap() = stored.0;
        }
        self.tell(state);
    }

    fn tell(&self, state: &State) {
        let mut subscriber = self.subscriber.lock().unwrap();
        let shown = state.shown();
        let twice = self.bug == Some(Bug::TellsTwice);
        let silent = self.bug == Some(Bug::TellsNoEnd) && shown == Observation::nobody();
        if silent || shown == subscriber.last {
            return;
        }
        subscriber.told.extend(std::iter::repeat_n(shown.clone(), 1 + usize::from(twice)));
        subscriber.last = shown;
    }

    pub(crate) fn told(&self) -> Option<Vec<Observation>> {
        self.store.as_ref()?;
        Some(std::mem::take(&mut self.subscriber.lock().unwrap().told))
    }

    pub(crate) fn stored(&self, now: SystemTime) -> Option<Observation> {
        let mut state = self.store.as_ref()?.0.lock().unwrap().1.clone();
        state.active.take_if(|active| now >= active.expires_at);
        state.pending.take_if(|pending| now >= pending.expires_at);
        Some(state.shown())
    }
}
