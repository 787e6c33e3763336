//! A client that is the live session, under test.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll, Waker};

use async_trait::async_trait;
use stytch_session::live::{Change, LiveError, Subscription, Unfinished, View};
use stytch_session::store::{Store as _, Version};
use stytch_session::{
    Client, DiscoveryPassword, LiveSession, MagicLink, MemoryStore, Minutes, OrganizationId,
    Password, RecoveryCode, SessionToken, SmsCode, TotpCode,
};
use stytch_session_mock::kit::{
    AsyncClient, Needs, Observation, Operation, Outcome, ShownPending, Wire,
};

use crate::typed::{Side, active, needs};

/// One live session on a store in memory; a restart begins another one on the same store.
pub(crate) struct Live<P: Side> {
    wire: Wire,
    store: MemoryStore,
    running: Mutex<Running<P>>,
    told: Arc<Mutex<Vec<Observation>>>,
    /// What was found in the store last, and as which version.
    found: Mutex<Option<(Version, Observation)>>,
}

struct Running<P: Side> {
    live: LiveSession<P>,
    _subscription: Subscription,
}

impl<P: Side> Live<P> {
    pub(crate) fn new(wire: Wire) -> Self {
        Self::on(wire, MemoryStore::new())
    }

    /// A live session on a store that may be another's, too.
    pub(crate) fn on(wire: Wire, store: MemoryStore) -> Self {
        let told = Arc::new(Mutex::new(Vec::new()));
        let running = Mutex::new(start(&wire, &store, &told));
        Self { wire, store, running, told, found: Mutex::default() }
    }

    /// Two on one store.
    pub(crate) fn pair(wires: [Wire; 2]) -> [Self; 2] {
        let store = MemoryStore::new();
        wires.map(|wire| Self::on(wire, store.clone()))
    }

    fn live(&self) -> LiveSession<P> {
        self.running.lock().unwrap().live.clone()
    }

    async fn second(&self, operation: Operation) -> Result<(), LiveError> {
        let live = self.live();
        match operation {
            Operation::GiveSms { code } => {
                live.authenticate_with(SmsCode::new(&*code).unwrap()).await.map(drop)
            }
            Operation::GiveTotp { code } => {
                live.authenticate_with(TotpCode::new(&*code).unwrap()).await.map(drop)
            }
            Operation::GiveRecoveryCode { code } => {
                live.authenticate_with(RecoveryCode::new(&*code).unwrap()).await.map(drop)
            }
            _ => Err(LiveError::NothingPending),
        }
    }

    async fn do_it(&self, operation: Operation) -> Result<(), LiveError> {
        use Operation as O;
        let live = self.live();
        let organization = |id: &str| OrganizationId::new(id).unwrap();
        match operation {
            O::Login { organization_id, email_address, password } => {
                let organization = organization(&organization_id);
                live.login(Password::new(&organization, email_address, password)).await.map(drop)
            }
            O::LoginByLink { token } => {
                live.login(MagicLink::new(&*token).unwrap()).await.map(drop)
            }
            O::Discover { email_address, password } => {
                live.discover(DiscoveryPassword::new(email_address, password)).await.map(drop)
            }
            O::Enter { organization_id } => {
                // A choice of an organization is an exchange from what is unfinished.
                let view = live.view();
                match (view.pending(), view.active()) {
                    (Some(Unfinished::Discovery(_)), _) | (Some(_), None) => {
                        live.exchange(&organization(&organization_id)).await.map(drop)
                    }
                    _ => Err(LiveError::NothingPending),
                }
            }
            O::SendSms => {
                let Some(pending) = live.intermediate() else {
                    return Err(LiveError::NothingPending);
                };
                live.call(&pending.send_sms_code()).await.map(drop)
            }
            O::Refresh { session_duration_minutes } => {
                let refresh = live.authenticate();
                match session_duration_minutes {
                    Some(minutes) => {
                        refresh.session_duration(Minutes::new(minutes).unwrap()).await.map(drop)
                    }
                    None => refresh.await.map(drop),
                }
            }
            O::Adopt { session_token } => match SessionToken::new(&*session_token) {
                Ok(token) => live.update_session(token).await.map(drop),
                Err(error) => Err(LiveError::Kept(Arc::new(error.into()))),
            },
            O::Exchange { organization_id } => {
                if matches!(live.view().pending(), Some(Unfinished::Discovery(_)))
                    || live.get().is_none()
                {
                    return Err(LiveError::NoSession);
                }
                live.exchange(&organization(&organization_id)).await.map(drop)
            }
            O::Revoke if live.get().is_none() => Err(LiveError::NoSession),
            O::Revoke => live.revoke().await.map(drop),
            O::Abandon => live.abandon().await,
            O::Forget => live.forget().await,
            O::Restart => {
                live.close();
                self.told.lock().unwrap().clear();
                let again = start(&self.wire, &self.store, &self.told);
                *self.running.lock().unwrap() = again;
                Ok(())
            }
            operation => self.second(operation).await,
        }
    }
}

/// What a store in memory does takes no time.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut TaskContext::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a store in memory answers at once"),
    }
}

fn start<P: Side>(
    wire: &Wire,
    store: &MemoryStore,
    told: &Arc<Mutex<Vec<Observation>>>,
) -> Running<P> {
    let client = Client::builder(P::project(wire), wire.clone())
        .clock(wire.clone())
        .seed(|| 7.into())
        .application(stytch_session::Application::new("com.example.kit", 1))
        .build();
    let starting = LiveSession::builder(client).store(store.clone()).start(wire.clone());
    let live = at_once(starting).expect("what was stored can be read");
    let subscription = live.on_change({
        let (told, mut before) = (Arc::clone(told), live.view());
        move |change: &Change| {
            let (was, is) = (observe(&before), observe(change.view()));
            // The kit does not see all that may change: the member's name, for instance.
            if was != is || !has_other_objects(&before, change.view()) {
                told.lock().unwrap().push(is);
            }
            before = change.view().clone();
        }
    });
    Running { live, _subscription: subscription }
}

/// Whether what the API says of session, member, organization or login is something else.
fn has_other_objects(one: &View, other: &View) -> bool {
    let active = match (one.active(), other.active()) {
        (Some(one), Some(other)) => {
            one.member_session() != other.member_session()
                || one.member() != other.member()
                || one.organization() != other.organization()
                || one.member_device() != other.member_device()
                || one.recovery_codes_remaining() != other.recovery_codes_remaining()
        }
        _ => false,
    };
    let pending = match (one.pending(), other.pending()) {
        (Some(Unfinished::Intermediate(one)), Some(Unfinished::Intermediate(other))) => {
            one.requirement() != other.requirement()
                || one.member() != other.member()
                || one.organization() != other.organization()
        }
        (Some(Unfinished::Discovery(one)), Some(Unfinished::Discovery(other))) => {
            one.discovered_organizations() != other.discovered_organizations()
        }
        _ => false,
    };
    active || pending
}

fn observe(view: &View) -> Observation {
    let mut shown = Observation::nobody();
    if let Some(session) = view.active() {
        shown = shown.active(active(session));
    }
    match view.pending() {
        None => shown,
        Some(Unfinished::Discovery(session)) => {
            let token = session.intermediate_session_token().secret();
            shown.pending(ShownPending::new(token).needs(Needs::Organization))
        }
        Some(Unfinished::Intermediate(session)) => {
            let token = session.intermediate_session_token().secret();
            let pending = ShownPending::new(token)
                .needs(needs(session.requirement()))
                .member_id(session.member().member_id().as_str())
                .organization_id(session.organization().organization_id().as_str());
            shown.pending(pending)
        }
        Some(_) => shown,
    }
}

#[async_trait]
impl<P: Side> AsyncClient for Live<P> {
    async fn apply(&self, operation: Operation) -> Outcome {
        match self.do_it(operation).await {
            Ok(()) => Outcome::Done,
            Err(LiveError::NoSession | LiveError::NothingPending) => Outcome::NotPossible,
            Err(error) => Outcome::Failed(format!("{error} {error:?}")),
        }
    }

    fn observe(&self) -> Observation {
        observe(&self.live().view())
    }

    fn told(&self) -> Option<Vec<Observation>> {
        Some(std::mem::take(&mut *self.told.lock().unwrap()))
    }

    fn stored(&self) -> Option<Observation> {
        let snapshot = at_once(self.store.load()).expect("it can be read");
        let mut found = self.found.lock().unwrap();
        // What is in there is still there, unless it is over by now.
        let as_shown = |(version, stored): &(Version, Observation)| {
            *version == snapshot.version && *stored == self.observe()
        };
        if let Some((_, stored)) = found.as_ref().filter(|found| as_shown(found)) {
            return Some(stored.clone());
        }
        // A copy, which nobody else sees.
        let copy = MemoryStore::new();
        if let Some(document) = &snapshot.document {
            at_once(copy.save(document, Version::NONE)).expect("it can be written");
        }
        let running = start::<P>(&self.wire, &copy, &Arc::default());
        let stored = observe(&running.live.view());
        *found = Some((snapshot.version, stored.clone()));
        Some(stored)
    }

    fn log(&self) -> String {
        format!("{:?}", self.live())
    }
}
