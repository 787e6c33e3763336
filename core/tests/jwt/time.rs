//! The clock: ends, leeway, age.

use std::time::{Duration, SystemTime};

use stytch_session::jwt::JwtErrorKind::{
    Expired, IssuedInFuture, NotYetValid, SessionExpired, TooOld,
};
use stytch_session::jwt::{JwtErrorKind, JwtRules, RingProvider, VerifiedJwt};

use super::forge::{
    NOW, SESSION, after, claims, header, key_set, now, quoted, rules, session, token,
};

fn at(rules: &JwtRules, token: &str, now: SystemTime) -> Result<VerifiedJwt, JwtErrorKind> {
    let verdict = rules.verify(token, &key_set(&RingProvider::default()), now);
    verdict.map_err(|error| {
        assert!(error.is_genuine(), "{error}");
        error.kind()
    })
}

fn refusal(rules: &JwtRules, token: &str, now: SystemTime) -> Option<JwtErrorKind> {
    at(rules, token, now).err()
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn leeway_moves_both_ends() {
    let token = token(&header(), &claims()); // from NOW - 60 to NOW + 240
    let begin = after(0) - seconds(60);
    for (leeway, from, to) in [(0, 0, 300), (1, 1, 301), (60, 60, 360)] {
        let rules = rules().leeway(seconds(leeway));
        let (first, last) = (begin - seconds(from), begin + seconds(to) - Duration::from_nanos(1));
        assert_eq!(refusal(&rules, &token, first - Duration::from_nanos(1)), Some(NotYetValid));
        assert_eq!(refusal(&rules, &token, first), None);
        assert_eq!(refusal(&rules, &token, last), None);
        assert_eq!(refusal(&rules, &token, last + Duration::from_nanos(1)), Some(Expired));
    }
    let rules = rules().leeway(Duration::MAX);
    assert_eq!(refusal(&rules, &token, SystemTime::UNIX_EPOCH), None);
}

#[test]
fn leeway_does_not_lengthen_the_session() {
    let ends = session().with("expires_at", "\"2030-06-01T12:01:00Z\"").text();
    let token = token(&header(), &claims().with(SESSION, ends));
    let rules = rules().leeway(seconds(3600));
    assert_eq!(refusal(&rules, &token, after(59)), None);
    assert_eq!(refusal(&rules, &token, after(60)), Some(SessionExpired));
}

#[test]
fn a_session_without_an_end_ends_with_its_token() {
    let open = session().without("expires_at").text();
    let token = token(&header(), &claims().with(SESSION, open));
    let verified = at(&rules(), &token, now()).unwrap();
    assert_eq!(verified.member_session().expires_at(), verified.expires_at());
    assert_eq!(refusal(&rules(), &token, after(240)), Some(Expired));
}

#[test]
fn too_old_is_what_has_reached_the_age() {
    let token = token(&header(), &claims()); // 60 seconds old
    let limited = |age| rules().max_age(age);
    assert_eq!(refusal(&limited(seconds(61)), &token, now()), None);
    assert_eq!(refusal(&limited(seconds(60)), &token, now()), Some(TooOld));
    let almost = after(0) - Duration::from_nanos(1);
    assert_eq!(refusal(&limited(seconds(60)), &token, almost), None);
    assert_eq!(refusal(&limited(Duration::ZERO), &token, now()), Some(TooOld));
    // The leeway is not for the age.
    assert_eq!(refusal(&limited(seconds(60)).leeway(seconds(9)), &token, now()), Some(TooOld));
    assert_eq!(refusal(&limited(Duration::MAX), &token, now()), None);
}

#[test]
fn no_age_without_a_past() {
    let later = token(&header(), &claims().with("iat", (NOW + 30).to_string()));
    assert_eq!(refusal(&rules(), &later, now()), None);
    assert_eq!(refusal(&rules().max_age(seconds(60)), &later, now()), Some(IssuedInFuture));
    assert_eq!(refusal(&rules().max_age(Duration::MAX), &later, now()), Some(IssuedInFuture));
    let limited = rules().max_age(seconds(60)).leeway(seconds(30));
    assert_eq!(refusal(&limited, &later, now()), None, "its age is 0");
    let limited = rules().max_age(seconds(60)).leeway(seconds(29));
    assert_eq!(refusal(&limited, &later, now()), Some(IssuedInFuture));
}

#[test]
fn the_ends_of_time() {
    let span = claims().with("iat", "0").with("nbf", "0").with("exp", "253402300799.5").with(
        SESSION,
        session().with("expires_at", quoted("9999-12-31T23:59:59.999999999Z")).text(),
    );
    let token = token(&header(), &span);
    let far = SystemTime::UNIX_EPOCH + seconds(1 << 40);
    let early = SystemTime::UNIX_EPOCH - seconds(1 << 40);
    for leeway in [Duration::ZERO, Duration::MAX] {
        let rules = rules().leeway(leeway);
        assert_eq!(refusal(&rules, &token, SystemTime::UNIX_EPOCH), None);
        assert_eq!(refusal(&rules, &token, far), Some(Expired), "no year 10000");
    }
    assert_eq!(refusal(&rules(), &token, early), Some(NotYetValid));
    assert_eq!(refusal(&rules().max_age(Duration::MAX), &token, after(0)), None);
}

#[test]
fn fractions_count() {
    let token = token(
        &header(),
        &claims().with("exp", format!("{NOW}.5")).with("nbf", format!("{NOW}.25")),
    );
    let millis = |millis| now() + Duration::from_millis(millis);
    assert_eq!(refusal(&rules(), &token, millis(249)), Some(NotYetValid));
    assert_eq!(refusal(&rules(), &token, millis(250)), None);
    assert_eq!(refusal(&rules(), &token, millis(499)), None);
    assert_eq!(refusal(&rules(), &token, millis(500)), Some(Expired));
}
