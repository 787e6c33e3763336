//! What can happen to a request and its answer.

use std::fmt;

use http::header;
use serde_json::{Value, json};
use stytch_session::{Delivery, Request, Response, TransportError, TransportErrorKind};

use super::model::Answer;
use super::wire::Surface;
use crate::emulator::basic;

/// What happens to a request and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mishap {
    /// There is no connection; the request never leaves.
    NotSent,
    /// The connection breaks before the server acts.
    LostRequest,
    /// The server acts, and the connection breaks before its answer arrives.
    LostAnswer,
    /// The server refuses, without acting, whatever was asked.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The error's type.
        error_type: &'static str,
    },
    /// The frontend's schema check refuses.
    Schema,
    /// An error in the style of OAuth.
    OAuth,
    /// An error that repeats the request's secrets.
    Echo,
    /// A proxy answers with an HTML page; the server does not act.
    Html(u16),
    /// The answer is a redirect to somewhere else.
    Redirect,
    /// The server acts, and its answer has a flaw.
    Flawed(Flaw),
    /// The server acts, and its answer holds what no client can know yet.
    Odd,
}

/// What is wrong with an answer that should be a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// It ends in the middle.
    Cut,
    /// It has no body.
    Empty,
    /// Its body is `null`.
    Null,
    /// Its body is an error, though the status is a success.
    Error,
    /// Its metadata is nested deeper than 128 levels.
    Deep,
    /// The token is the empty text.
    EmptyToken,
    /// The token is missing.
    NoToken,
    /// A finished login says that it is not, or the reverse.
    Contradiction,
    /// The session is missing.
    NoSession,
    /// A time is impossible.
    BadTime,
    /// An id is the empty text.
    EmptyId,
}

impl Flaw {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Cut,
        Self::Empty,
        Self::Null,
        Self::Error,
        Self::Deep,
        Self::EmptyToken,
        Self::NoToken,
        Self::Contradiction,
        Self::NoSession,
        Self::BadTime,
        Self::EmptyId,
    ];
}

/// A request after what happened to it: what the client gets, and what the model makes of it.
pub(super) struct Met {
    pub(super) result: Result<Response, TransportError>,
    pub(super) answer: Answer,
    /// The tokens in what the client gets.
    pub(super) tokens: Vec<String>,
}

/// The tokens of a payload.
fn tokens(payload: &Value) -> Vec<String> {
    let names = ["session_token", "session_jwt", "intermediate_session_token"];
    names.iter().filter_map(|name| payload[name].as_str()).map(str::to_owned).collect()
}

impl Met {
    fn unclear(response: Response) -> Self {
        Self { result: Ok(response), answer: Answer::Unclear, tokens: Vec::new() }
    }

    /// The server's answer as it is.
    pub(super) fn with(response: Response, surface: Surface) -> Self {
        match payload(&response, surface) {
            Ok(payload) => Self {
                result: Ok(response),
                tokens: tokens(&payload),
                answer: Answer::Success(payload),
            },
            Err(met) => *met,
        }
    }
}

impl Mishap {
    /// Lets it happen. `act` is the server.
    pub(super) fn befall(
        &self,
        request: &Request,
        surface: Surface,
        act: impl FnOnce(&Request) -> Response,
    ) -> Met {
        let nothing = |kind, delivery| Met {
            result: Err(TransportError::new(kind, delivery)),
            answer: Answer::Unclear,
            tokens: Vec::new(),
        };
        let unclear = Met::unclear;
        match self {
            Self::NotSent => nothing(TransportErrorKind::Connect, Delivery::NotSent),
            Self::LostRequest => nothing(TransportErrorKind::Interrupted, Delivery::Unknown),
            Self::LostAnswer => {
                let _ = act(request);
                nothing(TransportErrorKind::Interrupted, Delivery::Unknown)
            }
            Self::Refused { status, error_type } => refusal(*status, error_type, "Refused."),
            Self::Echo => refusal(400, "bad_request", &secrets_in(request).join(" and ")),
            Self::Schema => unclear(json_response(400, &schema_error())),
            Self::OAuth => unclear(json_response(
                400,
                &json!({ "status_code": 400, "error": "invalid_grant", "error_description": "No." }),
            )),
            Self::Html(status) => {
                let page = b"<!doctype html><title>From a proxy</title>\n".to_vec();
                unclear(response(*status, "text/html", page))
            }
            Self::Redirect => {
                let mut moved = response(302, "text/plain", Vec::new());
                moved.headers_mut().insert(
                    header::LOCATION,
                    http::HeaderValue::from_static("https://elsewhere.example/"),
                );
                unclear(moved)
            }
            Self::Flawed(flaw) => match payload(&act(request), surface) {
                Ok(payload) => {
                    let tokens = tokens(&payload);
                    Met { tokens, ..unclear(flaw.mar(payload, surface)) }
                }
                // A refusal has no success to be flawed.
                Err(other) => *other,
            },
            Self::Odd => match payload(&act(request), surface) {
                Ok(payload) => {
                    let mut odd = payload.clone();
                    estrange(&mut odd);
                    let result = Ok(json_response(200, &enveloped(odd, surface)));
                    Met { result, tokens: tokens(&payload), answer: Answer::Success(payload) }
                }
                Err(other) => *other,
            },
        }
    }
}

impl Flaw {
    fn mar(self, mut payload: Value, surface: Surface) -> Response {
        let json = |payload| json_response(200, &enveloped(payload, surface));
        let whole = json(payload.clone()).into_body();
        let session = payload.get("member_session").is_some_and(Value::is_object);
        let token = if session { "session_token" } else { "intermediate_session_token" };
        // What gives nobody a session has none of it to be wrong.
        let bare = payload.get(token).is_none();
        match self {
            Self::Cut => response(200, "application/json", whole[..whole.len() / 2].to_vec()),
            Self::Null => response(200, "application/json", b"null".to_vec()),
            Self::Error => json_response(200, &api_error(404, "session_not_found", "None.")),
            Self::Empty => response(200, "application/json", Vec::new()),
            _ if bare => response(200, "application/json", Vec::new()),
            Self::EmptyToken => {
                payload[token] = "".into();
                json(payload)
            }
            Self::NoToken => {
                payload.as_object_mut().map(|fields| fields.remove(token));
                json(payload)
            }
            Self::Contradiction if payload["member_authenticated"].is_boolean() => {
                payload["member_authenticated"] = (!session).into();
                json(payload)
            }
            Self::NoSession | Self::Contradiction if session => {
                payload["member_session"] = Value::Null;
                json(payload)
            }
            Self::BadTime if session => {
                payload["member_session"]["expires_at"] = "2030-13-45T25:61:00Z".into();
                json(payload)
            }
            Self::EmptyId if session => {
                payload["member_session"]["member_session_id"] = "".into();
                json(payload)
            }
            Self::Deep if payload["member"].is_object() => {
                let mut deep = Value::Null;
                for _ in 0..200 {
                    deep = json!({ "x": deep });
                }
                payload["member"]["trusted_metadata"] = deep;
                json(payload)
            }
            _ => {
                payload[token] = Value::Null;
                json(payload)
            }
        }
    }
}

/// The payload of a success, or the answer itself.
pub(super) fn payload(answer: &Response, surface: Surface) -> Result<Value, Box<Met>> {
    let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    if answer.status().is_success() {
        return Ok(match surface {
            Surface::Frontend => body["data"].clone(),
            Surface::Backend => body,
        });
    }
    let error_type = body["error_type"].as_str();
    let answered = match error_type {
        Some(error_type) => {
            Answer::Refused { status: answer.status().as_u16(), error_type: error_type.to_owned() }
        }
        None => Answer::Unclear,
    };
    Err(Box::new(Met { answer: answered, ..Met::unclear(answer.clone()) }))
}

fn refusal(status: u16, error_type: &'static str, message: &str) -> Met {
    Met {
        answer: Answer::Refused { status, error_type: error_type.to_owned() },
        ..Met::unclear(json_response(status, &api_error(status, error_type, message)))
    }
}

fn api_error(status: u16, error_type: &str, message: &str) -> Value {
    json!({
        "status_code": status,
        "request_id": "request-id-test-6f4d8f0e-2f4c-4b7e-9a77-0d6f3f8b1f5e",
        "error_type": error_type,
        "error_message": message,
        "error_url": format!("https://stytch.com/docs/b2b/api/errors/{status}#{error_type}"),
    })
}

fn schema_error() -> Value {
    json!({ "body": [{
        "keyword": "type",
        "dataPath": ".session_duration_minutes",
        "schemaPath": "#/properties/session_duration_minutes/type",
        "params": { "type": "number" },
        "message": "should be number",
    }] })
}

fn enveloped(payload: Value, surface: Surface) -> Value {
    match surface {
        Surface::Frontend => json!({ "data": payload }),
        Surface::Backend => payload,
    }
}

fn json_response(status: u16, body: &Value) -> Response {
    response(status, "application/json", body.to_string().into_bytes())
}

fn response(status: u16, content_type: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() =
        http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::BAD_GATEWAY);
    let content_type = http::HeaderValue::from_static(content_type);
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

/// The texts of a request that are worth stealing: the password of its credentials, and the strings
/// of its body.
fn secrets_in(request: &Request) -> Vec<String> {
    let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    let mut texts = Vec::new();
    for (name, value) in body.as_object().into_iter().flatten() {
        let public = ["organization_id", "member_id", "email_address"].contains(&name.as_str());
        texts.extend(value.as_str().filter(|_| !public).map(str::to_owned));
    }
    texts.extend(basic(request.headers()).map(|(_, password)| password));
    texts
}

/// Adds what no client can know.
fn estrange(payload: &mut Value) {
    payload["field_from_the_future"] = json!([{ "nested": true }, null, 1.5]);
    if payload["member"].is_object() {
        payload["member"]["status"] = "hibernating".into();
        payload["member"]["moods"] = json!(["calm"]);
    }
    if payload["organization"].is_object() {
        payload["organization"]["mfa_policy"] = "SOMETIMES".into();
    }
    if let Some(Value::Array(factors)) =
        payload.pointer_mut("/member_session/authentication_factors")
    {
        factors.push(json!({ "type": "telepathy", "delivery_method": "thought" }));
    }
}

impl fmt::Display for Mishap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent => f.write_str("no connection"),
            Self::LostRequest => f.write_str("the connection breaks before the server acts"),
            Self::LostAnswer => f.write_str("the server acts, and its answer is lost"),
            Self::Refused { status, error_type } => {
                write!(f, "{status} {error_type}, by the kit; the server does not act")
            }
            Self::Schema => f.write_str("400, a schema error"),
            Self::OAuth => f.write_str("400, an error in the style of OAuth"),
            Self::Echo => f.write_str("400 bad_request, which repeats the request's secrets"),
            Self::Html(status) => write!(f, "{status}, an HTML page of a proxy"),
            Self::Redirect => f.write_str("302 to elsewhere"),
            Self::Flawed(flaw) => write!(f, "the server acts, and its answer is flawed: {flaw}"),
            Self::Odd => f.write_str("the server acts; its answer holds things of the future"),
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cut => "it ends in the middle",
            Self::Empty => "it has no body",
            Self::Null => "its body is null",
            Self::Error => "its body is an error, with status 200",
            Self::Deep => "its metadata is nested too deep",
            Self::EmptyToken => "its token is empty",
            Self::NoToken => "its token is missing",
            Self::Contradiction => "it contradicts itself about being finished",
            Self::NoSession => "its session is missing",
            Self::BadTime => "a time in it is impossible",
            Self::EmptyId => "the session's id is empty",
        })
    }
}
