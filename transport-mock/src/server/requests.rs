//! Remembered requests as they may be shown: without what gives access.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header;
use serde_json::{Map, Value, json};

use crate::emulator::Emulator;
use crate::record::{REDACTED, RecordedRequest, redacted, redacted_query};

/// The headers that are shown as they are; others may hold anything.
const SHOWN: [header::HeaderName; 4] =
    [header::CONTENT_TYPE, header::ORIGIN, header::USER_AGENT, header::REFERER];

/// A remembered request as JSON.
pub(super) fn json(emulator: &Emulator, request: &RecordedRequest) -> Value {
    let body = match request.json() {
        Value::Null if request.body().is_empty() => Value::Null,
        Value::Null => format!("{} bytes that are not JSON", request.body().len()).into(),
        body => redacted(&body),
    };
    json!({
        "method": request.method().as_str(),
        "path": request.path(),
        "query": request.uri().query().map(redacted_query),
        "status": request.status().map(|status| status.as_u16()),
        "received_at": crate::emulator::time_text(request.received_at),
        "headers": headers(emulator, request),
        "body": body,
    })
}

fn headers(emulator: &Emulator, request: &RecordedRequest) -> Value {
    let mut headers = Map::new();
    if let Some(authorization) = request.header("authorization") {
        headers.insert("authorization".to_owned(), user(emulator, authorization).into());
    }
    for name in SHOWN {
        if let Some(value) = request.header(name.as_str()) {
            // The address of a page may hold a token.
            let value = value.split(['?', '#']).next().unwrap_or_default();
            headers.insert(name.to_string(), value.into());
        }
    }
    Value::Object(headers)
}

/// The user name of Basic credentials, where it is one that is no secret.
fn user(emulator: &Emulator, authorization: &str) -> String {
    let decoded = authorization.strip_prefix("Basic ").and_then(|text| STANDARD.decode(text).ok());
    let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let user = decoded.split(':').next().unwrap_or_default();
    if user == emulator.project_id() || user == emulator.public_token() {
        format!("Basic {user}:{REDACTED}")
    } else {
        REDACTED.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_shown() {
        let emulator = Emulator::example();
        let request =
            http::Request::post("/v1/x?a=1&token=hidden1&%74oken=hidden2&code_challenge=hidden3")
                .header("authorization", emulator.frontend_authorization(Some("hidden4")))
                .header("cookie", "stytch_session=hidden5")
                .header("x-stytch-member-session", "hidden6")
                .header("referer", "http://localhost/?token=hidden7")
                .header("origin", "http://localhost:3000")
                .body(br#"{"password":"hidden8","email_address":"ada@example.com"}"#.to_vec())
                .expect("the request is valid");
        assert_eq!(emulator.handle(&request).status(), 404);
        let request = &emulator.requests()[0];
        assert!(!format!("{request:?}").contains("hidden"), "{request:?}");
        let shown = json(&emulator, request);
        assert!(!shown.to_string().contains("hidden"), "{shown}");
        assert_eq!(shown["status"], 404);
        assert_eq!(shown["body"]["email_address"], "ada@example.com");
        assert_eq!(shown["headers"]["origin"], "http://localhost:3000");
        let user = format!("Basic {}:[redacted]", emulator.public_token());
        assert_eq!(shown["headers"]["authorization"], user);
    }

    #[test]
    fn unknown_user_names_are_hidden() {
        let emulator = Emulator::example();
        for authorization in ["Bearer hidden", "Basic aGlkZGVuOng=", "Basic !", ""] {
            assert_eq!(user(&emulator, authorization), REDACTED);
        }
    }
}
