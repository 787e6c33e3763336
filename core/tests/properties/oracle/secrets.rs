//! Which secrets a step or call knows, and what shows them.

use std::error::Error as _;
use std::fmt::Debug;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use stytch_session::{AnySession, Error, Failure, Project, Request, Surface, Transition};

use super::world::{Case, Kit, Outcome, Side, Visit, now, stored};

pub(crate) fn all_secrets(kit: &Kit) -> Vec<String> {
    [
        &kit.session_token,
        &kit.session_jwt,
        &kit.previous_token,
        &kit.previous_jwt,
        &kit.intermediate_token,
        &kit.code,
        &kit.project_secret,
        &kit.captcha,
        &kit.password,
        &kit.new_password,
        &kit.login_token,
        &kit.access_token,
        &kit.trusted_token,
        &kit.foreign_token,
        &kit.totp_secret,
        &kit.verifier,
    ]
    .map(Clone::clone)
    .to_vec()
}

/// The secrets that a step or call knows: those of its request, and those of its session.
pub(crate) fn known_secrets(case: Case, side: Side, kit: &Kit) -> Vec<String> {
    let request = case.request(side, kit, now());
    let credential = request.headers()["authorization"].as_bytes();
    let credential = STANDARD.decode(credential.strip_prefix(b"Basic ").unwrap()).unwrap();
    let (_, credential) = std::str::from_utf8(&credential).unwrap().split_once(':').unwrap();
    let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    let mut known = vec![credential.to_owned()];
    known.extend(
        request
            .headers()
            .get("x-stytch-member-session")
            .map(|value| value.to_str().unwrap().to_owned()),
    );
    texts(&body, &mut known);
    if let Some(session) = case.before(side, kit) {
        texts(&stored(&session), &mut known);
    }
    all_secrets(kit).into_iter().filter(|secret| known.contains(secret)).collect()
}

fn texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Object(members) => members.values().for_each(|member| texts(member, into)),
        _ => {}
    }
}

/// The secret as programs quote it: in JSON, in a URL, in a form, in HTML.
pub(crate) fn escapes(secret: &str) -> [String; 4] {
    let json = json!(secret).to_string();
    let hex = |byte: &u8| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(*byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    let url: String = secret.as_bytes().iter().map(hex).collect();
    let form = url.replace("%20", "+");
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&#34;");
    [json[1..json.len() - 1].to_owned(), url, form, html]
}

/// The secret as it might stand in a text: as it is, escaped, with blanks for what is not shown,
/// or in base64 with and without a user before it.
pub(crate) fn forms(secret: &str, kit: &Kit) -> Vec<String> {
    let escaped = format!("{secret:?}");
    let blanked = secret.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut forms = vec![secret.to_owned(), escaped.trim_matches('"').to_owned(), blanked];
    for user in [&kit.project_id, &kit.public_token] {
        forms.push(STANDARD.encode(format!("{user}:{secret}")));
    }
    forms
}

pub(crate) fn check(text: &str, secrets: &[String], kit: &Kit) {
    for secret in secrets {
        for form in forms(secret, kit) {
            assert!(!text.contains(&form), "{form:?} is shown in: {text}");
        }
    }
}

/// What `Debug` prints. To show nothing at all is no way to keep a secret.
pub(crate) fn shown<T: Debug>(value: &T) -> String {
    let text = format!("{value:?}");
    assert!(!text.is_empty(), "nothing is shown of {}", std::any::type_name::<T>());
    format!("{text}\n{value:#?}")
}

/// Everything that an error says.
pub(crate) fn said(error: &Error) -> String {
    let mut text = format!("{error}\n{}", shown(error));
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!("\n{error}\n{error:?}"));
        source = error.source();
    }
    if let Some(api) = error.api() {
        let parts = [api.error_type(), api.message(), api.url(), api.request_id()];
        text.push_str(&format!("\n{api}\n{api:?}\n"));
        text.extend(parts.into_iter().flatten());
    }
    text
}

pub(crate) fn said_by(outcome: &Outcome) -> String {
    let error = outcome.error().map(said).unwrap_or_default();
    format!("{error}\n{}", shown(outcome))
}

/// Shows a step or a call, and the failure that it comes to.
pub(crate) struct Show<'a>(pub(crate) &'a stytch_session::Response);

impl Visit for Show<'_> {
    type Out = String;

    fn step<P: Surface, T>(self, project: &Project<P>, step: T) -> String
    where
        T: Transition<P> + Debug,
        T::Before: Into<AnySession> + Debug,
        T::After: Into<AnySession> + Debug,
    {
        let step_text = shown(&step);
        let failure: Failure<T::Before> = match project.complete(step, self.0, now()) {
            Ok(after) => return format!("{step_text}\n{}", shown(&after)),
            Err(failure) => failure,
        };
        let mut text = format!("{step_text}\n{failure}\n{}", shown(&failure));
        let mut source = failure.source();
        while let Some(error) = source {
            text.push_str(&format!("\n{error}\n{error:?}"));
            source = error.source();
        }
        text.push_str(&said(&Error::from(failure)));
        text
    }

    fn call<P: Surface, C: stytch_session::Call<P> + Debug>(
        self,
        project: &Project<P>,
        call: &C,
    ) -> String {
        let result = project.decode(call, self.0);
        format!("{}\n{}", shown(call), result.err().map(|error| said(&error)).unwrap_or_default())
    }
}

pub(crate) fn request_texts(request: &Request) -> String {
    format!("{}\n{}\n{}", request.uri(), shown(request), shown(request.headers()))
}
