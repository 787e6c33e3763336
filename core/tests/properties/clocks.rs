//! Clocks of every kind, and instants.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;
use stytch_session::{AnySession, Timestamp};

use crate::bodies::any_response;
use crate::cases;
use crate::world::{Case, Kit, Outcome, Side, now, success};

/// Seconds after 1970, or before it; the ends of what the system can say among them.
pub(crate) fn any_clock() -> impl Strategy<Value = SystemTime> {
    const YEAR_10000: i64 = 253_402_300_800;
    let story = 1_906_545_600_i64;
    let seconds = prop_oneof![
        3 => story - 5000..story + 5000,
        1 => select(vec![0, -1, 1, i64::MIN, i64::MAX, YEAR_10000 - 1, YEAR_10000]),
        1 => select(vec![story + 599, story + 600, story + 3599, story + 3600]),
        1 => any::<i64>(),
        1 => -100_000_000_000..300_000_000_000_i64,
    ];
    (seconds, 0..1_000_000_000_u32).prop_map(|(seconds, nanos)| {
        let whole = Duration::new(seconds.unsigned_abs(), nanos);
        let epoch = SystemTime::UNIX_EPOCH;
        let time = if seconds < 0 { epoch.checked_sub(whole) } else { epoch.checked_add(whole) };
        time.unwrap_or(epoch)
    })
}

/// An instant of the years 0000 to 9999.
fn any_timestamp() -> impl Strategy<Value = Timestamp> {
    let seconds = prop_oneof![
        Timestamp::MIN.unix_seconds()..=Timestamp::MAX.unix_seconds(),
        -100_000..100_000_i64,
    ];
    let nanos = prop_oneof![Just(0_u32), 0..1_000_000_000_u32, select(vec![1, 500_000_000])];
    (seconds, nanos).prop_map(|(seconds, nanos)| {
        Timestamp::from_unix_seconds(seconds).saturating_add(Duration::from_nanos(nanos.into()))
    })
}

fn is_expired(session: &AnySession, now: SystemTime) -> bool {
    match session {
        AnySession::LoggedOut(_) => true,
        AnySession::Discovery(session) => session.is_expired(now),
        AnySession::Intermediate(session) => session.is_expired(now),
        AnySession::Active(session) => session.is_expired(now),
    }
}

proptest! {
    #![proptest_config(cases(120))]

    #[test]
    fn what_has_expired_stays_expired(
        one in any_clock(),
        other in any_clock(),
        which in 1..5_usize,
    ) {
        let (early, late) = (one.min(other), one.max(other));
        let [.., session] = &mut Kit::default().every_state()[..=which] else { unreachable!() };
        prop_assert!(!is_expired(session, early) || is_expired(session, late));
    }

    /// Whatever the clock says when a token arrives, it is good for ten minutes and no longer.
    #[test]
    fn an_intermediate_session_lives_for_ten_minutes(clock in any_clock(), side in 0..2_usize) {
        let kit = Kit::default();
        let side = Side::BOTH[side];
        for (case, name) in [
            (Case::Login, "passwords.authenticate.mfa_required"),
            (Case::Discover, "passwords.discovery.authenticate.success"),
            (Case::Exchange, "sessions.exchange.primary_required"),
        ] {
            let reply = success(side, &kit.payload(name));
            let Outcome::Done(session) = case.complete(side, &kit, &reply, clock)
            else {
                return Err(TestCaseError::fail("not done"));
            };
            let expires_at = match &session {
                AnySession::Discovery(session) => session.expires_at(),
                AnySession::Intermediate(session) => session.expires_at(),
                other => return Err(TestCaseError::fail(format!("{other:?}"))),
            };
            let received = Timestamp::from(clock);
            prop_assert_eq!(expires_at, received.saturating_add(Duration::from_secs(600)));
            let is_in_range = SystemTime::from(received) == clock;
            if let Some(late) = clock.checked_add(Duration::from_secs(600)).filter(|_| is_in_range) {
                prop_assert!(is_expired(&session, late));
            }
        }
    }

    /// The same token coming back gets no fresh ten minutes.
    #[test]
    fn the_same_token_does_not_live_longer(clock in any_clock(), fresh in any::<bool>()) {
        let kit = Kit::default();
        for (case, name) in [
            (Case::LoginFromIntermediate, "passwords.authenticate.mfa_required"),
            (Case::ExchangeFromDiscovery, "discovery.intermediate_sessions.exchange.mfa_required"),
            (Case::ExchangeFromIntermediate, "discovery.intermediate_sessions.exchange.mfa_required"),
        ] {
            let side = Side::Backend;
            let mut payload = kit.payload(name);
            if fresh {
                payload["intermediate_session_token"] = json!("another-token");
            }
            let reply = success(side, &payload);
            let Outcome::Done(AnySession::Intermediate(session)) =
                case.complete(side, &kit, &reply, clock)
            else {
                return Err(TestCaseError::fail("not intermediate"));
            };
            let since = if fresh { clock } else { now() };
            let expected = Timestamp::from(since).saturating_add(Duration::from_secs(600));
            prop_assert_eq!(session.expires_at(), expected);
        }
    }

    #[test]
    fn no_clock_breaks_a_step(
        (case, side) in select(Case::with_sides()),
        clock in any_clock(),
        reply in any_response(),
    ) {
        let kit = Kit::default();
        let request = case.request(side, &kit, clock);
        prop_assert!(request.headers().contains_key("authorization"));
        let _ = case.complete(side, &kit, &reply, clock);
        let due = success(side, &kit.payload(case.successes()[0]));
        let _ = case.complete(side, &kit, &due, clock);
    }

    #[test]
    fn timestamps_print_what_they_parse(at in any_timestamp()) {
        let text = at.to_string();
        prop_assert_eq!(Timestamp::parse(&text).unwrap(), at);
        let json = serde_json::to_string(&at).unwrap();
        prop_assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), at);
        prop_assert_eq!(Timestamp::from(SystemTime::from(at)), at);
    }

    #[test]
    fn timestamps_are_ordered_as_instants_are(one in any_timestamp(), other in any_timestamp()) {
        prop_assert_eq!(one.cmp(&other), SystemTime::from(one).cmp(&SystemTime::from(other)));
        let between = one.saturating_duration_since(other);
        if one >= other {
            prop_assert_eq!(other.saturating_add(between), one);
        } else {
            prop_assert_eq!(between, Duration::ZERO);
        }
    }

    #[test]
    fn every_clock_is_a_timestamp(one in any_clock(), other in any_clock()) {
        let (early, late) = (one.min(other), one.max(other));
        prop_assert!(Timestamp::from(early) <= Timestamp::from(late));
        let text = Timestamp::from(early).to_string();
        prop_assert_eq!(Timestamp::parse(&text).unwrap(), Timestamp::from(early));
    }

    #[test]
    fn any_text_is_a_timestamp_or_none(
        text in prop_oneof![
            any::<String>(),
            "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,12})?(Z|z|[+-][0-9]{2}:[0-9]{2})?",
        ],
    ) {
        if let Ok(at) = Timestamp::parse(&text) {
            prop_assert!(text.is_ascii());
            prop_assert_eq!(Timestamp::parse(&at.to_string()).unwrap(), at);
            prop_assert!(Timestamp::MIN <= at && at <= Timestamp::MAX);
        }
    }
}
