//! Both libraries come to the same verdicts.
#![cfg(feature = "aws-lc-rs")]

use stytch_session::jwt::{AwsLcProvider, RingProvider};

use super::attacks;
use super::forge::{key_set, now, rules};

#[test]
fn ring_and_aws_lc_agree() {
    let (ring, aws_lc) = (key_set(&RingProvider::default()), key_set(&AwsLcProvider::default()));
    for row in attacks::all() {
        let verdict = rules().verify(&row.token, &aws_lc, now());
        assert_eq!(verdict, rules().verify(&row.token, &ring, now()), "{}", row.name);
        assert_eq!(verdict.err().map(|error| error.kind()), row.refused, "{}", row.name);
    }
}
