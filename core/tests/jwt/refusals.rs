//! The whole list of attacks.

use std::collections::BTreeSet;

use stytch_session::jwt::{JwtError, JwtErrorKind, RingProvider};

use super::attacks;
use super::forge::{key_set, now, rules};

#[test]
fn each_attack_meets_its_check() {
    let keys = key_set(&RingProvider::default());
    let rows = attacks::all();
    let mut wrong = Vec::new();
    for row in &rows {
        let verdict = rules().verify(&row.token, &keys, now());
        if verdict.as_ref().err().map(JwtError::kind) != row.refused {
            wrong.push(format!("{}: {verdict:?}, not {:?}", row.name, row.refused));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    let names: BTreeSet<&str> = rows.iter().map(|row| &*row.name).collect();
    assert_eq!(names.len(), rows.len(), "each has a name of its own");
    let refused = rows.iter().filter(|row| row.refused.is_some()).count();
    assert!(refused >= 300, "{refused}");
}

#[test]
fn errors_hold_nothing_of_the_token() {
    let keys = key_set(&RingProvider::default());
    for row in attacks::all() {
        let Err(error) = rules().verify(&row.token, &keys, now()) else { continue };
        let shown = format!("{error} {error:?}");
        let windows = (8..=shown.len()).map(|end| &shown[end - 8..end]);
        for window in windows {
            assert!(!row.token.contains(window), "{}: {shown}", row.name);
        }
        assert!(shown.len() < 400, "{shown}");
    }
}

/// Only what Stytch made for this project, and what time alone speaks against, is worth a request.
#[test]
fn what_is_forged_is_not_genuine() {
    let keys = key_set(&RingProvider::default());
    for row in attacks::all() {
        let Err(error) = rules().verify(&row.token, &keys, now()) else { continue };
        let is_about_time = matches!(
            error.kind(),
            JwtErrorKind::Expired | JwtErrorKind::NotYetValid | JwtErrorKind::SessionExpired
        );
        assert_eq!(error.is_genuine(), is_about_time, "{}", row.name);
    }
}

/// Whoever only asks for the key meets the same checks up to there.
#[test]
fn key_ids_are_read_by_the_same_checks() {
    let keys = key_set(&RingProvider::default());
    for row in attacks::all() {
        let (verdict, kid) = (rules().verify(&row.token, &keys, now()), rules().key_id(&row.token));
        match (verdict.map_err(|error| error.kind()), kid) {
            (Err(JwtErrorKind::UnknownKey), Ok(kid)) => assert!(!keys.contains(&kid)),
            (
                Err(
                    JwtErrorKind::TooLarge
                    | JwtErrorKind::Malformed
                    | JwtErrorKind::Header
                    | JwtErrorKind::Algorithm
                    | JwtErrorKind::Type
                    | JwtErrorKind::Critical,
                ),
                Err(error),
            ) => assert_eq!(Some(error.kind()), row.refused, "{}", row.name),
            (_, Ok(kid)) => assert!(keys.contains(&kid), "{}", row.name),
            (verdict, Err(error)) => panic!("{}: {verdict:?}, {error}", row.name),
        }
    }
}
