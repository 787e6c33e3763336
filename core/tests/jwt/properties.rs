//! What holds for all tokens.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use stytch_session::MemberSession;
use stytch_session::jwt::{KeySet, RingProvider};

use super::forge::{
    A, NOW, ORGANIZATION, SESSION, claims, encoded, header, key_set, now, organization, quoted,
    rules, session, signed, token,
};

static KEYS: LazyLock<KeySet> = LazyLock::new(|| key_set(&RingProvider::default()));
static GOOD: LazyLock<String> = LazyLock::new(|| token(&header(), &claims()));

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e30..1e30f64).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::hash_map(".{0,6}", inner, 0..5)
                .prop_map(|all| Value::Object(all.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>()) {
        prop_assert!(rules().verify(&text, &KEYS, now()).is_err());
        prop_assert!(rules().key_id(&text).is_err());
    }

    #[test]
    fn no_parts_panic(parts in prop::collection::vec(any::<Vec<u8>>(), 0..5)) {
        let text = parts.iter().map(encoded).collect::<Vec<_>>().join(".");
        prop_assert!(rules().verify(&text, &KEYS, now()).is_err());
    }

    #[test]
    fn no_header_panics(value in json_value()) {
        let token = signed(value.to_string(), claims().text(), &A);
        prop_assert!(rules().verify(&token, &KEYS, now()).is_err());
    }

    #[test]
    fn no_payload_panics(value in json_value()) {
        let token = signed(header().text(), value.to_string(), &A);
        prop_assert!(rules().verify(&token, &KEYS, now()).is_err());
    }

    #[test]
    fn no_signed_bytes_panic(bytes in any::<Vec<u8>>()) {
        let token = signed(header().text(), bytes, &A);
        prop_assert!(rules().verify(&token, &KEYS, now()).is_err());
    }

    /// Whatever stands for a claim, it is accepted or refused, and the verdict does not depend on
    /// where the claim stands.
    #[test]
    fn no_claim_panics(place in 0..claims().members().len(), value in json_value()) {
        let mut forward = claims();
        forward.members()[place].1 = value.to_string();
        let mut backward = forward.clone();
        backward.members().reverse();
        let verdict = |claims| rules().verify(&token(&header(), claims), &KEYS, now());
        prop_assert_eq!(verdict(&forward).is_ok(), verdict(&backward).is_ok());
    }

    #[test]
    fn any_order_of_claims(order in Just(claims().members().clone()).prop_shuffle()) {
        let mut shuffled = claims();
        *shuffled.members() = order;
        let verified = rules().verify(&token(&header(), &shuffled), &KEYS, now());
        prop_assert_eq!(verified, rules().verify(&GOOD, &KEYS, now()));
    }

    #[test]
    fn a_session_comes_out_as_it_went_in(
        ids in prop::array::uniform3("[a-z0-9-]{1,40}"),
        seconds in prop::array::uniform3(0..253_402_300_799_i64),
        roles in prop::collection::vec("[a-z_\u{e9}\"\\\\]{1,20}", 0..6),
        slug in prop::option::of("[a-z-]{1,20}"),
        custom in prop::collection::hash_map("x[a-z/\u{e9}\"]{0,12}", json_value(), 0..5),
    ) {
        let [id, member, organization_id] = ids;
        let [started_at, last_accessed_at, expires_at] = [
            seconds[0],
            seconds[1],
            seconds[2].max(1 + i64::try_from(NOW).unwrap()),
        ]
        .map(|at| json!(stytch_session::Timestamp::from_unix_seconds(at)));
        let custom: Map<String, Value> = custom.into_iter().collect();
        let session = session()
            .with("id", quoted(&id))
            .with("started_at", started_at.to_string())
            .with("last_accessed_at", last_accessed_at.to_string())
            .with("expires_at", expires_at.to_string())
            .with("authentication_factors", "[]")
            .with("roles", json!(roles).to_string());
        let organization = organization()
            .with("organization_id", quoted(&organization_id))
            .with("slug", json!(slug).to_string());
        let mut claims = claims()
            .with("sub", quoted(&member))
            .with(SESSION, session.text())
            .with(ORGANIZATION, organization.text());
        for (name, value) in &custom {
            let name = Value::from(&**name).to_string();
            claims = claims.and(&name[1..name.len() - 1], value.to_string());
        }
        let expected: MemberSession = serde_json::from_value(json!({
            "member_session_id": id,
            "member_id": member,
            "organization_id": organization_id,
            "organization_slug": slug,
            "started_at": started_at,
            "last_accessed_at": last_accessed_at,
            "expires_at": expires_at,
            "authentication_factors": [],
            "roles": roles,
            "custom_claims": custom,
        })).unwrap();
        let verified = rules().verify(&token(&header(), &claims), &KEYS, now());
        let found = verified.map(stytch_session::jwt::VerifiedJwt::into_member_session);
        prop_assert_eq!(found, Ok(expected));
    }
}

/// Not by chance: each byte of a token, changed in each bit and to what is likely to fool somebody.
#[test]
fn any_changed_byte_is_refused() {
    let good = GOOD.as_bytes();
    let mut tried = 0;
    for place in 0..good.len() {
        let bits = (0..8).map(|bit| good[place] ^ (1 << bit));
        for byte in bits.chain(*b"A_-.=+/ \0") {
            let mut changed = good.to_vec();
            changed[place] = byte;
            let Ok(text) = String::from_utf8(changed) else { continue };
            if text == *GOOD {
                continue;
            }
            tried += 1;
            let verdict = rules().verify(&text, &KEYS, now());
            assert!(verdict.is_err(), "byte {place} may be {byte}");
        }
    }
    assert!(tried > good.len() * 10, "{tried}");
}

#[test]
fn any_missing_or_doubled_byte_is_refused() {
    for place in 0..GOOD.len() {
        let (before, after) = GOOD.split_at(place);
        let without = format!("{before}{}", &after[1..]);
        assert!(rules().verify(&without, &KEYS, now()).is_err(), "{place} left out");
        let doubled = format!("{before}{}{after}", &after[..1]);
        assert!(rules().verify(&doubled, &KEYS, now()).is_err(), "{place} twice");
        assert!(rules().verify(before, &KEYS, now()).is_err(), "cut at {place}");
    }
}
