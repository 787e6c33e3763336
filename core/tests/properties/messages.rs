//! What is shown of a refusal.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;
use stytch_session::Error;

use crate::bodies::odd_value;
use crate::cases;
use crate::world::{Case, Kit, now, response};

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "\\PC{0,3000}",
        ("[\\x00-\\x7f]{1,6}|\\PC{1,3}", 1..20_000_usize)
            .prop_map(|(part, times)| { part.repeat(times.min(200_000 / part.len().max(1))) }),
    ]
}

fn is_fit(text: &str) -> bool {
    text.len() <= 4096 && !text.chars().any(char::is_control)
}

proptest! {
    #![proptest_config(cases(30))]

    #[test]
    fn errors_are_short_and_plain(
        (case, side) in select(Case::with_sides()),
        status in select(vec![400_u16, 404, 429, 500]),
        texts in prop::collection::vec(any_text(), 5),
        shape in 0..3_usize,
        odd in odd_value(),
    ) {
        let [a, b, c, d, e] = <[String; 5]>::try_from(texts).unwrap();
        let body = match shape {
            0 => json!({
                "error_type": a, "error_message": b, "error_url": c, "request_id": d,
                "status_code": odd, "error_details": e,
            }),
            1 => json!({ "error": a, "error_description": b, "error_uri": c, "request_id": d }),
            _ => json!({ "body": [{ "dataPath": a, "message": b, "keyword": c }], "request_id": d }),
        };
        let reply = response(status, body.to_string());
        let kit = Kit::default();
        let outcome = case.complete(side, &kit, &reply, now());
        let error = outcome.error().expect("no success");
        prop_assert!(is_fit(&error.to_string()), "{error}");
        // Written into a log line it must not be more than a line.
        let line = format!("{error:?}");
        prop_assert!(!line.contains(char::is_control), "{}", line);
        let api = match error {
            Error::Api(api) => api,
            Error::Unexpected(_) => return Ok(()),
            other => return Err(TestCaseError::fail(format!("{other:?}"))),
        };
        for text in [api.error_type(), api.message(), api.url(), api.request_id()] {
            prop_assert!(text.is_none_or(is_fit));
        }
        prop_assert!(is_fit(&api.to_string()));
        let fits = match shape {
            0 => api.error_type().is_some() != body["error_type"].as_str().is_none_or(str::is_empty),
            1 => body["error"] != "",
            _ => true,
        };
        prop_assert!(fits, "{api:?}");
    }
}
