//! Tells what happens: each state, each request, each reply. Secrets are left out.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use stytch_session::{
    Active, Discovery, Intermediate, LoggedOut, Request, Response, Session, Transport,
    TransportError,
};

/// A transport that prints what passes through it.
pub(crate) struct Story<T>(T);

impl<T> Story<T> {
    pub(crate) const fn new(transport: T) -> Self {
        Self(transport)
    }
}

#[async_trait]
impl<T: Transport> Transport for Story<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let body = match serde_json::from_slice(request.body()) {
            Ok(body) => without_secrets(&body).to_string(),
            Err(_) => "no body".to_owned(),
        };
        let session =
            if carries_session(&request) { "  (session token in the header)" } else { "" };
        println!("  -> {} {}  {body}{session}", request.method(), request.uri().path());
        let response = self.0.send(request).await;
        match &response {
            Ok(response) => println!("  <- {}", response.status()),
            Err(error) => println!("  <- {error}"),
        }
        response
    }
}

/// Whether the frontend's Basic credential has a session token for a password; without a session
/// the public token stands there a second time.
fn carries_session(request: &Request) -> bool {
    let value = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    let decoded = value
        .and_then(|value| STANDARD.decode(value.strip_prefix("Basic ")?).ok())
        .and_then(|credential| String::from_utf8(credential).ok());
    decoded
        .as_deref()
        .and_then(|credential| credential.split_once(':'))
        .is_some_and(|(user, password)| user != password)
}

/// The body with the values of secret members replaced.
fn without_secrets(body: &Value) -> Value {
    let Value::Object(members) = body else { return body.clone() };
    let redact = |(name, value): (&String, &Value)| {
        let secret = ["token", "jwt", "code", "password"].iter().any(|part| name.contains(part));
        let value = if secret { Value::from("[redacted]") } else { without_secrets(value) };
        (name.clone(), value)
    };
    members.iter().map(redact).collect()
}

/// Begins a new part of the story.
pub(crate) fn scene(title: &str) {
    println!("\n{title}");
}

/// Says which state the session is in.
pub(crate) fn show(session: &impl Describe) {
    println!("  == {}", session.describe());
}

/// What there is to say about a state.
pub(crate) trait Describe {
    fn describe(&self) -> String;
}

impl Describe for Session<LoggedOut> {
    fn describe(&self) -> String {
        "logged out".to_owned()
    }
}

impl Describe for Session<Discovery> {
    fn describe(&self) -> String {
        let organizations = self.discovered_organizations().iter();
        let names: Vec<_> = organizations
            .filter_map(|found| Some(found.organization()?.organization_name()))
            .collect();
        format!("discovery of {}, who may enter {}", self.email_address(), names.join(", "))
    }
}

impl Describe for Session<Intermediate> {
    fn describe(&self) -> String {
        let previous = match self.previous() {
            Some(session) => format!(" (kept: {})", session.organization().organization_name()),
            None => String::new(),
        };
        let organization = self.organization().organization_name();
        format!("intermediate in {organization}, requires {}{previous}", self.requirement())
    }
}

impl Describe for Session<Active> {
    fn describe(&self) -> String {
        format!(
            "active: {} in {}, until {}, {:?}",
            self.member().name(),
            self.organization().organization_name(),
            self.member_session().expires_at(),
            self.session_token(),
        )
    }
}
