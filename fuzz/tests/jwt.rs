//! Our verifier of session JWTs beside that of the crate `jsonwebtoken`, over all attacks and over
//! changed tokens. Where they disagree, a table says why.
//!
//! That crate is told as much of our rules as it can be: RS256, issuer, audience, required claims,
//! and the shape of the claims as a type. It reads the system's clock and knows no other, so the
//! times are compared here.

#[path = "../../core/tests/jwt"]
#[allow(dead_code, reason = "each program asks for its own part")]
mod jwt {
    pub(crate) mod attacks;
    pub(crate) mod forge;
}

mod theirs;

use std::collections::BTreeMap;

use stytch_session::jwt::{JwtErrorKind, KeySet, RingProvider};

use self::jwt::attacks;
use self::jwt::forge::{claims, header, key_set, now, rules, token};

/// Why one accepts what the other refuses.
struct Explanation {
    /// How the names of the rows begin.
    rows: &'static [&'static str],
    /// Our verdict; the other's is the opposite.
    ours: Option<JwtErrorKind>,
    why: &'static str,
}

use JwtErrorKind::{Claims, Critical, Header, TooLarge, Type};

const EXPLANATIONS: &[Explanation] = &[
    Explanation { rows: &["typ "], ours: Some(Type), why: "it does not look at `typ`" },
    Explanation {
        rows: &["crit ", "b64 false"],
        ours: Some(Critical),
        why: "it reads `crit` and does not heed it",
    },
    Explanation {
        rows: &["header: an unknown name twice", "3,000 header parameters and one twice"],
        ours: Some(Header),
        why: "it takes the last of several values of a name that it does not know",
    },
    Explanation {
        rows: &[
            "jti twice",
            "plan twice",
            "3,000 claims and one twice",
            "https://stytch.com/session: an unknown name twice",
            "https://stytch.com/organization: an unknown name twice",
        ],
        ours: Some(Claims),
        why: "it ignores what its type does not name, and so how often it is there",
    },
    Explanation {
        rows: &[
            "payload: half a surrogate",
            "payload: a number too large",
            "payload: not UTF-8",
            "claim: 200 levels",
            "claim: 10,000 levels",
            "a number of 20,000 digits",
        ],
        ours: Some(Claims),
        why: "a custom claim, which ours keeps, is skipped by it and need not be a value",
    },
    Explanation {
        rows: &["header: 200 levels", "header: 10,000 levels"],
        ours: None,
        why: "a header parameter, which ours skips, is kept by it and must not be too deep",
    },
    Explanation { rows: &["64 KiB + 1"], ours: Some(TooLarge), why: "it has no limit" },
];

fn explanation(name: &str, ours: Option<JwtErrorKind>) -> Option<usize> {
    EXPLANATIONS.iter().position(|explanation| {
        explanation.ours == ours && explanation.rows.iter().any(|begin| name.starts_with(begin))
    })
}

fn verdict(token: &str, keys: &KeySet) -> Option<JwtErrorKind> {
    rules().verify(token, keys, now()).err().map(|error| error.kind())
}

#[test]
fn each_disagreement_is_explained() {
    let keys = key_set(&RingProvider::default());
    let mut used: BTreeMap<usize, usize> = BTreeMap::new();
    let mut unexplained = Vec::new();
    for row in attacks::all() {
        let ours = verdict(&row.token, &keys);
        let theirs = theirs::verify(&row.token);
        if ours.is_none() == theirs.is_ok() {
            continue;
        }
        match explanation(&row.name, ours) {
            Some(place) => *used.entry(place).or_default() += 1,
            None => unexplained.push(format!("{}: ours {ours:?}, theirs {theirs:?}", row.name)),
        }
    }
    assert!(unexplained.is_empty(), "{}:\n{}", unexplained.len(), unexplained.join("\n"));
    for (place, explanation) in EXPLANATIONS.iter().enumerate() {
        assert!(used.contains_key(&place), "no longer so: {}", explanation.why);
    }
}

/// Each byte of a good token, changed in some way: both refuse.
#[test]
fn both_refuse_each_changed_byte() {
    let keys = key_set(&RingProvider::default());
    let good = token(&header(), &claims());
    assert!(verdict(&good, &keys).is_none() && theirs::verify(&good).is_ok());
    for place in 0..good.len() {
        for bit in [0, 1, 5] {
            let mut changed = good.clone().into_bytes();
            changed[place] ^= 1 << bit;
            let Ok(changed) = String::from_utf8(changed) else { continue };
            assert!(verdict(&changed, &keys).is_some(), "{place} {bit}");
            assert!(theirs::verify(&changed).is_err(), "{place} {bit}");
        }
    }
}

/// Each letter of the claims, changed and signed again: what ours accepts is a subset.
#[test]
fn ours_accepts_nothing_that_the_other_refuses() {
    let keys = key_set(&RingProvider::default());
    let good = claims().text();
    let mut both = 0;
    for place in 0..good.len() {
        for letter in ["0", "\""] {
            let Some(rest) = good.get(place + 1..) else { continue };
            let changed = format!("{}{letter}{rest}", &good[..place]);
            let token = jwt::forge::signed(header().text(), &changed, &jwt::forge::A);
            let (ours, theirs) = (verdict(&token, &keys), theirs::verify(&token));
            if ours.is_none() {
                assert!(theirs.is_ok(), "{changed}: {theirs:?}");
                both += 1;
            } else {
                assert!(theirs.is_err(), "{changed}: {ours:?}");
            }
        }
    }
    assert!(both > 100, "{both}");
}
