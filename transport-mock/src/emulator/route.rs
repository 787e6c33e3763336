//! From a request to its handler.

use http::Method;
use stytch_session::{Request, Response};

use super::auth::authorize;
use super::call::Call;
use super::reply::{Object, Refusal, html, refusal, success};
use super::world::World;
use super::{discovery, mfa, passwords, sessions};
use crate::fault::Fault;

/// The two surfaces of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Surface {
    Frontend,
    Backend,
}

/// What a handler answers: the payload without `request_id` and `status_code`.
pub(super) type Answer = Result<Object, Refusal>;

/// One endpoint.
pub(super) struct Route {
    method: Method,
    /// The path below the surface's prefix; a segment in braces is a parameter.
    template: &'static str,
    /// `None`: both.
    surface: Option<Surface>,
    authorized: bool,
    handler: fn(&mut Call<'_>) -> Answer,
}

impl Route {
    /// `POST` on both surfaces.
    pub(super) const fn post(template: &'static str, handler: fn(&mut Call<'_>) -> Answer) -> Self {
        Self { method: Method::POST, template, surface: None, authorized: true, handler }
    }

    /// `GET` on both surfaces.
    pub(super) const fn get(template: &'static str, handler: fn(&mut Call<'_>) -> Answer) -> Self {
        Self { method: Method::GET, template, surface: None, authorized: true, handler }
    }

    pub(super) const fn only(mut self, surface: Surface) -> Self {
        self.surface = Some(surface);
        self
    }

    pub(super) const fn without_authorization(mut self) -> Self {
        self.authorized = false;
        self
    }

    /// The path's parameters, if it is this route's.
    fn parameters(&self, surface: Surface, path: &[String]) -> Option<Vec<(&'static str, String)>> {
        if self.surface.is_some_and(|only| only != surface) {
            return None;
        }
        let template: Vec<&'static str> = self.template.split('/').collect();
        if template.len() != path.len() {
            return None;
        }
        let mut parameters = Vec::new();
        for (expected, segment) in template.into_iter().zip(path) {
            match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(name) if !segment.is_empty() => parameters.push((name, segment.clone())),
                None if expected == segment => {}
                _ => return None,
            }
        }
        Some(parameters)
    }
}

/// Every endpoint. A new one is a line in its room's table.
fn routes() -> impl Iterator<Item = &'static Route> {
    [sessions::ROUTES, passwords::ROUTES, discovery::ROUTES, mfa::ROUTES].into_iter().flatten()
}

/// Answers one request.
pub(super) fn answer(world: &mut World, request: &Request, now: i64) -> Response {
    let request_id = world.ids.id("request-id");
    let (surface, path) = split(request.uri().path());
    let result = match path {
        Some(path) => dispatch(world, surface, &path, request, now),
        None => Err(Refusal::new("route_not_found")),
    };
    match result {
        Ok(payload) => success(payload, request_id, surface, &world.options),
        Err(refused) => refusal(refused, &request_id, surface, &world.options),
    }
}

fn dispatch(
    world: &mut World,
    surface: Surface,
    path: &[String],
    request: &Request,
    now: i64,
) -> Answer {
    let mut refused = Refusal::new("route_not_found");
    for route in routes() {
        let Some(parameters) = route.parameters(surface, path) else { continue };
        if route.method != *request.method() {
            refused = Refusal::new("method_not_allowed");
            continue;
        }
        let session_token =
            if route.authorized { authorize(world, surface, request.headers())? } else { None };
        let mut call = Call::new(world, surface, request, parameters, session_token, now)?;
        return (route.handler)(&mut call);
    }
    Err(refused)
}

/// The surface, and the decoded segments below its prefix; none if the path has neither prefix.
fn split(path: &str) -> (Surface, Option<Vec<String>>) {
    let (surface, rest) = if let Some(rest) = path.strip_prefix("/sdk/v1/") {
        (Surface::Frontend, rest)
    } else if let Some(rest) = path.strip_prefix("/v1/") {
        (Surface::Backend, rest)
    } else {
        return (Surface::Backend, None);
    };
    (surface, rest.split('/').map(percent_decoded).collect())
}

/// Decodes `%2D` and the like; none if the result is not text.
pub(super) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
            let (high, low) = (digit()?, digit()?);
            bytes.push((high * 16 + low) as u8);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Answers a request that meets a fault which still lets an answer through. `answer` is the true
/// one, where the request has been acted on.
pub(super) fn faulty(
    world: &mut World,
    request: &Request,
    fault: &Fault,
    answer: Option<Response>,
) -> Response {
    let (surface, _) = split(request.uri().path());
    let mut refuse = |error_type: &str, status: u16| {
        let request_id = world.ids.id("request-id");
        refusal(Refusal::with_status(error_type, status), &request_id, surface, &world.options)
    };
    match fault {
        Fault::Status(status) => {
            let error_type = match status {
                429 => "too_many_requests",
                503 => "server_unavailable",
                500.. => "internal_server_error",
                _ => "bad_request",
            };
            refuse(error_type, *status)
        }
        Fault::Error(status, error_type) => refuse(error_type, *status),
        Fault::Html(status) => html(*status),
        Fault::MalformedBody => {
            let mut answer = answer.unwrap_or_default();
            let half = answer.body().len() / 2;
            answer.body_mut().truncate(half);
            answer
        }
        Fault::EmptyBody => {
            let mut answer = answer.unwrap_or_default();
            answer.body_mut().clear();
            answer
        }
        // The caller holds it back.
        Fault::Delay(_) => answer.unwrap_or_default(),
        // They leave no answer; the caller has reported an error.
        Fault::NotSent | Fault::LostRequest | Fault::LostAnswer => answer.unwrap_or_default(),
    }
}
