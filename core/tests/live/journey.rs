//! A whole journey on tokio, whose time is paused.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use stytch_session::live::Reason;
use stytch_session::{
    Client, LiveSession, MemoryStore, Minutes, OrganizationId, Password, Progress, Project,
    PublicToken, SmsCode, TokioRuntime,
};
use stytch_session_mock::{Emulator, Example};

fn client(stytch: &Emulator) -> Client<stytch_session::Frontend, Emulator> {
    let project = Project::frontend(PublicToken::new(stytch.public_token()).unwrap());
    let clock = stytch.clock().clone();
    Client::builder(project, stytch.clone()).clock(clock).build()
}

fn password(place: &str) -> Password {
    let organization = OrganizationId::new(place).unwrap();
    Password::new(&organization, Example::EMAIL_ADDRESS, Example::PASSWORD)
}

#[tokio::test(start_paused = true)]
async fn a_whole_journey() {
    let stytch = Emulator::example();
    let store = MemoryStore::new();
    let live = LiveSession::builder(client(&stytch))
        .store(store.clone())
        .keep_alive()
        .start(TokioRuntime::current())
        .await
        .unwrap();
    assert!(live.get().is_none());
    let told = Arc::new(Mutex::new(Vec::new()));
    let subscription = live.on_change({
        let told = Arc::clone(&told);
        move |change| told.lock().unwrap().push(change.reason())
    });
    let progress = live.login(password(Example::BLUE_KILN)).await.unwrap();
    assert!(matches!(progress, Progress::Intermediate(_)));
    let pending = live.intermediate().unwrap();
    live.call(&pending.send_sms_code()).await.unwrap();
    let wrong = live.authenticate_with(SmsCode::new("999999").unwrap()).await;
    assert!(wrong.is_err());
    let code = stytch.last_code(Example::PHONE_NUMBER).unwrap();
    let session = live
        .authenticate_with(SmsCode::new(code).unwrap())
        .session_duration(Minutes::new(30).unwrap())
        .await
        .unwrap();
    assert_eq!(live.get(), Some(session));
    let mut reader = live.reader();
    assert!(reader.get().is_some());
    stytch.clock().advance(Duration::from_secs(1));
    live.authenticate().await.unwrap();
    let other = OrganizationId::new(Example::HARBOR_LIGHTS).unwrap();
    let progress = live.exchange(&other).await.unwrap();
    assert!(matches!(progress, Progress::Active(_)), "{progress:?}");
    assert_eq!(reader.get(), live.get().as_deref());
    // Ten minutes pass, and it is refreshed.
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_secs(60)).await;
        stytch.clock().advance(Duration::from_secs(60));
    }
    live.revoke().await.unwrap();
    assert!(live.get().is_none() && reader.get().is_none());
    drop(subscription);
    use Reason as R;
    assert_eq!(
        *told.lock().unwrap(),
        [
            R::Unfinished,
            R::Login,
            R::Refresh,
            R::Exchange,
            R::Refresh,
            R::Refresh,
            R::Refresh,
            R::Logout
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_woken_also_after_a_time_without_changes() {
    let stytch = Emulator::example();
    let live = LiveSession::builder(client(&stytch))
        .store(MemoryStore::new())
        .start(TokioRuntime::current())
        .await
        .unwrap();
    let mut changes = live.changes();
    let next = tokio::spawn(async move { changes.next().await.map(|change| change.reason()) });
    // The store is looked at again and again, and nothing is found.
    tokio::time::sleep(Duration::from_secs(10)).await;
    live.login(password(Example::HARBOR_LIGHTS)).await.unwrap();
    let told = tokio::time::timeout(Duration::from_secs(60), next).await;
    assert_eq!(told.expect("it is woken").unwrap(), Some(Reason::Login));
}
