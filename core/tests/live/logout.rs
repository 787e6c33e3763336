//! A logout is final, and quiet.

use stytch_session::live::{LiveError, Reason, Revoked};
use stytch_session::{OrganizationId, Progress, SessionToken, SmsCode};
use stytch_session_mock::Example;

use crate::world::{HOUR, World, organization, reasons};

/// Begins something with the session, then a logout, and lets both answers go in the same poll.
fn overtaken(order: [&str; 2], begin: fn(&World, &stytch_session::LiveSession)) {
    let world = World::new();
    let live = world.live();
    world.log_in(&live);
    world.net.hold();
    begin(&world, &live);
    let logout = world.begin_logout(&live);
    assert_eq!(world.net.waiting().len(), 2, "{:?}", world.net.waiting());
    order.iter().for_each(|path| world.net.release(path));
    world.runtime.run();
    match logout.ended() {
        // The other came first, and the logout was of the session before.
        Some(Err(LiveError::Superseded)) => return assert!(live.get().is_some()),
        Some(Ok(_)) => assert!(live.get().is_none()),
        other => panic!("{other:?}"),
    }
    assert!(live.view().pending().is_none());
    world.net.open();
    let requests = world.net.count();
    world.runtime.advance(2 * HOUR);
    assert_eq!(world.net.count(), requests, "it is quiet");
    assert!(live.get().is_none());
}

#[test]
fn no_answer_brings_a_session_back() {
    fn refresh(world: &World, live: &stytch_session::LiveSession) {
        world.stytch.clock().advance(std::time::Duration::from_secs(1));
        drop(world.begin_refresh(live));
    }
    fn exchange(world: &World, live: &stytch_session::LiveSession) {
        drop(world.begin_exchange(live, Example::NORTH_PIER));
    }
    fn login(world: &World, live: &stytch_session::LiveSession) {
        drop(world.begin_login(live, Example::HARBOR_LIGHTS));
    }
    fn unfinished(world: &World, live: &stytch_session::LiveSession) {
        drop(world.begin_login(live, Example::BLUE_KILN));
    }
    overtaken(["revoke", "sessions/authenticate"], refresh);
    overtaken(["sessions/authenticate", "revoke"], refresh);
    overtaken(["revoke", "exchange"], exchange);
    overtaken(["exchange", "revoke"], exchange);
    overtaken(["revoke", "passwords/authenticate"], login);
    overtaken(["passwords/authenticate", "revoke"], login);
    overtaken(["revoke", "passwords/authenticate"], unfinished);
    overtaken(["passwords/authenticate", "revoke"], unfinished);
}

#[test]
fn what_was_begun_before_is_told_that_it_is_superseded() {
    let world = World::new();
    let live = world.live();
    world.log_in(&live);
    world.net.hold();
    let login = world.begin_login(&live, Example::BLUE_KILN);
    world.run(live.forget()).unwrap();
    world.net.release("passwords/authenticate");
    world.runtime.run();
    assert!(matches!(login.ended(), Some(Err(LiveError::Superseded))));
    assert!(live.get().is_none() && live.pending().is_none());
}

#[test]
fn a_rejection_of_one_session_never_ends_another() {
    let world = World::new();
    let live = world.live();
    world.log_in(&live);
    let first = live.get().unwrap();
    world.stytch.revoke_session(first.member_session_id().as_str());
    world.net.hold();
    let refresh = world.begin_refresh(&live);
    let login = world.begin_login(&live, Example::HARBOR_LIGHTS);
    world.net.release("passwords/authenticate");
    world.runtime.run();
    // The rejection of the first is not waited for.
    assert!(world.net.waiting().is_empty());
    assert!(matches!(login.ended(), Some(Ok(Progress::Active(_)))));
    assert!(matches!(refresh.ended(), Some(Err(LiveError::Superseded))));
    assert_ne!(live.get().unwrap().member_session_id(), first.member_session_id());
}

#[test]
fn a_refresh_that_nobody_wants_any_more_is_broken_off() {
    let world = World::new();
    let live = world.live();
    world.log_in(&live);
    world.net.hold();
    let refresh = world.begin_refresh(&live);
    assert_eq!(world.net.waiting().len(), 1);
    world.run(live.forget()).unwrap();
    world.runtime.run();
    assert!(matches!(refresh.ended(), Some(Err(LiveError::Superseded))));
    assert!(world.net.waiting().is_empty());
}

#[test]
fn a_login_goes_on_when_the_session_before_turns_out_to_be_dead() {
    let world = World::new();
    let live = world.live();
    world.log_in(&live);
    world.stytch.revoke_session(live.get().unwrap().member_session_id().as_str());
    world.net.hold();
    let refresh = world.begin_refresh(&live);
    let login = world.begin_login(&live, Example::HARBOR_LIGHTS);
    world.net.release("sessions/authenticate");
    world.runtime.run();
    assert!(matches!(refresh.ended(), Some(Err(LiveError::Ended(_)))));
    assert!(live.get().is_none());
    world.net.release("passwords/authenticate");
    world.runtime.run();
    assert!(matches!(login.ended(), Some(Ok(Progress::Active(_)))));
    assert!(live.get().is_some());
}

#[test]
fn a_logout_of_one_session_never_clears_another() {
    let world = World::new();
    let live = world.live();
    world.log_in(&live);
    world.net.hold();
    let logout = world.begin_logout(&live);
    let login = world.begin_login(&live, Example::HARBOR_LIGHTS);
    world.net.release("passwords/authenticate");
    world.runtime.run();
    assert!(matches!(login.ended(), Some(Ok(Progress::Active(_)))));
    let second = live.get().unwrap();
    world.net.release("revoke");
    world.runtime.run();
    assert!(matches!(logout.ended(), Some(Err(LiveError::Superseded))));
    assert_eq!(live.get(), Some(second));
}

#[test]
fn a_logout_without_the_server_keeps_the_session_unless_forced() {
    let world = World::new();
    let live = world.live();
    world.log_in(&live);
    let (_subscription, told) = reasons(&live);
    world.net.cut();
    let kept = world.run(live.revoke());
    assert!(matches!(kept, Err(LiveError::Kept(_))), "{kept:?}");
    assert!(live.get().is_some());
    let forced = world.run(live.revoke().force()).unwrap();
    assert!(matches!(forced, Revoked::Unconfirmed(_)), "{forced:?}");
    assert!(live.get().is_none());
    assert_eq!(*told.lock().unwrap(), [Reason::Logout]);
    let nobody = world.run(live.revoke());
    assert!(matches!(nobody, Err(LiveError::NoSession)), "{nobody:?}");
}

#[test]
fn a_logout_of_a_dead_session_is_a_logout() {
    let world = World::new();
    let live = world.live();
    world.log_in(&live);
    world.stytch.revoke_session(live.get().unwrap().member_session_id().as_str());
    let revoked = world.run(live.revoke()).unwrap();
    assert!(matches!(revoked, Revoked::AlreadyEnded(_)), "{revoked:?}");
    assert!(live.get().is_none());
}

#[test]
fn dropping_the_last_handle_ends_everything() {
    let world = World::new();
    let live = world.live();
    world.log_in(&live);
    let (other, reader) = (live.clone(), live.reader());
    let mut changes = live.changes();
    drop(live);
    drop(reader);
    world.runtime.advance(4 * super::world::MINUTE);
    assert_eq!(world.net.count(), 2, "the other handle keeps it going");
    world.net.hold();
    let waiting = world.begin_exchange(&other, Example::NORTH_PIER);
    // The operation's own handle is one, too: it has its answer first.
    drop(other);
    world.net.release("exchange");
    world.runtime.run();
    assert!(waiting.ended().is_some());
    assert_eq!(world.runtime.tasks(), 0, "no task is left");
    let count = world.net.count();
    world.net.open();
    world.runtime.advance(HOUR);
    assert_eq!(world.net.count(), count);
    while world.run(changes.next()).is_some() {}
}

#[test]
fn closing_ends_everything_and_logs_nobody_out() {
    let world = World::new();
    let store = stytch_session::MemoryStore::new();
    let live = world.live_on(store.clone());
    world.log_in(&live);
    world.net.hold();
    let exchange = world.begin_exchange(&live, Example::NORTH_PIER);
    live.close();
    world.runtime.run();
    assert!(matches!(exchange.ended(), Some(Err(LiveError::Closed))));
    assert_eq!(world.runtime.tasks(), 0);
    let refused = world.run(live.authenticate());
    assert!(matches!(refused, Err(LiveError::Closed)), "{refused:?}");
    assert!(world.live_on(store).get().is_some());
}

#[test]
fn leaving_gives_the_typed_session_back() {
    let world = World::new();
    let live = world.live();
    world.log_in(&live);
    let other = live.clone();
    let live = live.into_session().expect_err("another handle is there");
    drop(other);
    let session = live.into_session().expect("it is the last one");
    let session = stytch_session::Session::<stytch_session::Active>::try_from(session).unwrap();
    let refreshed = world.run(world.client().run(session.authenticate())).unwrap();
    let revoked = world.run(world.client().run(refreshed.revoke()));
    assert!(revoked.is_ok());
    world.runtime.run();
    assert_eq!(world.runtime.tasks(), 0);
}

#[test]
fn an_exchange_that_is_unfinished_gives_the_session_back() {
    let world = World::new();
    let live = world.live();
    world.log_in(&live);
    let before = live.active().unwrap();
    let progress = world.run(live.exchange(&organization(Example::BLUE_KILN))).unwrap();
    assert!(matches!(progress, Progress::Intermediate(_)), "{progress:?}");
    assert!(live.pending().is_some());
    let beside = live.active().unwrap();
    assert!(std::sync::Arc::ptr_eq(&before, &beside), "bit for bit");
    world.run(live.abandon()).unwrap();
    assert!(live.pending().is_none() && live.get().is_some());
    // And again, to its end.
    world.run(live.exchange(&organization(Example::BLUE_KILN))).unwrap();
    let pending = live.intermediate().unwrap();
    world.run(live.call(&pending.send_sms_code())).unwrap();
    let code = world.stytch.last_code(Example::PHONE_NUMBER).unwrap();
    world.run(live.authenticate_with(SmsCode::new(code).unwrap())).unwrap();
    let organization = live.organization().unwrap();
    assert_eq!(organization.organization_slug(), Example::BLUE_KILN);
    assert!(live.pending().is_none());
}

#[test]
fn adopted_tokens_show_once_they_are_confirmed() {
    let world = World::new();
    let other = world.live();
    world.log_in(&other);
    let tokens = other.tokens().unwrap();
    let live = world.live();
    world.net.cut();
    let failed = world.run(live.update_session(tokens.clone()));
    assert!(matches!(failed, Err(LiveError::Kept(_))), "{failed:?}");
    assert!(live.get().is_none() && live.tokens().is_none());
    world.net.open();
    world.run(live.update_session(tokens)).unwrap();
    assert_eq!(
        live.tokens().unwrap().session_token.secret(),
        other.tokens().unwrap().session_token.secret()
    );
    let unknown = SessionToken::new("bm90aGluZy10aGF0LWFueWJvZHktaGFzLWdpdmVuLW91").unwrap();
    let refused = world.run(live.update_session(unknown));
    assert!(matches!(refused, Err(LiveError::Kept(_))), "{refused:?}");
    assert!(live.get().is_some(), "a token from outside ends no session");
}

#[test]
fn a_dead_unfinished_login_is_dropped_at_once() {
    let world = World::new();
    let live = world.live();
    world.log_in_halfway(&live);
    let pending = live.intermediate().unwrap();
    world.stytch.reset();
    let error = world.run(live.call(&pending.send_sms_code())).map(|_| ()).unwrap_err();
    assert!(matches!(error, LiveError::Ended(_)), "{error:?}");
    assert!(live.pending().is_none());
}

#[test]
fn a_discovery_login_leads_to_an_organization() {
    let world = World::new();
    let live = world.live();
    let discovery =
        stytch_session::DiscoveryPassword::new(Example::EMAIL_ADDRESS, Example::PASSWORD);
    let organizations = world.run(live.discover(discovery)).unwrap();
    assert!(!organizations.is_empty());
    assert!(live.discovery().is_some() && live.pending().is_none());
    let chosen = OrganizationId::new(Example::HARBOR_LIGHTS).unwrap();
    let progress = world.run(live.exchange(&chosen)).unwrap();
    assert!(matches!(progress, Progress::Active(_) | Progress::Intermediate(_)));
    assert!(live.discovery().is_none());
}
