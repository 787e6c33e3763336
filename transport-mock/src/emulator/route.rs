//! From a request to its handler.

use http::Method;
use stytch_session::{Request, Response};

use super::auth::authorize;
use super::call::{Call, Caller};
use super::form::{Field, Form};
use super::reply::{Object, Refusal, html, redirect, refusal, success};
use super::world::World;
use super::{
    creation, discovery, email_codes, enrolment, imports, magic_links, mfa, own, passwords,
    project, providers, rbac, resets, sessions, start, strength,
};
use crate::fault::{Delay, Fault, HeldBack};

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
    form: Form,
    handler: Handler,
}

/// What an endpoint does.
enum Handler {
    Answer(fn(&mut Call<'_>) -> Answer),
    /// Sends a browser elsewhere.
    Redirect(fn(&mut Call<'_>) -> Result<String, Refusal>),
}

/// What a request comes to, unless it is refused.
enum Outcome {
    Payload(Object),
    Redirect(String),
}

impl Route {
    /// `POST` on both surfaces.
    pub(super) const fn post(template: &'static str, handler: fn(&mut Call<'_>) -> Answer) -> Self {
        Self::new(Method::POST, template, Handler::Answer(handler))
    }

    /// `GET` on both surfaces.
    pub(super) const fn get(template: &'static str, handler: fn(&mut Call<'_>) -> Answer) -> Self {
        Self::new(Method::GET, template, Handler::Answer(handler))
    }

    /// `PUT` on both surfaces.
    pub(super) const fn put(template: &'static str, handler: fn(&mut Call<'_>) -> Answer) -> Self {
        Self::new(Method::PUT, template, Handler::Answer(handler))
    }

    /// `GET` by a browser, which shows no credentials and is sent elsewhere.
    pub(super) const fn redirect(
        template: &'static str,
        handler: fn(&mut Call<'_>) -> Result<String, Refusal>,
    ) -> Self {
        Self::new(Method::GET, template, Handler::Redirect(handler))
            .only(Surface::Backend)
            .without_authorization()
    }

    const fn new(method: Method, template: &'static str, handler: Handler) -> Self {
        Self { method, template, surface: None, authorized: true, form: Form::EMPTY, handler }
    }

    pub(super) const fn only(mut self, surface: Surface) -> Self {
        self.surface = Some(surface);
        self
    }

    pub(super) const fn without_authorization(mut self) -> Self {
        self.authorized = false;
        self
    }

    /// The fields of the body: those of both surfaces, the frontend's own, the backend's own.
    pub(super) const fn fields(
        mut self,
        both: &'static [Field],
        frontend: &'static [Field],
        backend: &'static [Field],
    ) -> Self {
        self.form.both = both;
        self.form.frontend = frontend;
        self.form.backend = backend;
        self
    }

    /// The parameters of the query; a final `*` stands for any ending.
    pub(super) const fn query(mut self, names: &'static [&'static str]) -> Self {
        self.form.query = names;
        self
    }

    /// On the backend the call may be made on behalf of a member, by two headers.
    pub(super) const fn on_behalf(mut self) -> Self {
        self.form.on_behalf = true;
        self
    }

    /// The body is not read, whatever it is.
    pub(super) const fn any_body(mut self) -> Self {
        self.form.any_body = true;
        self
    }

    /// Whether a path would be this route's if it began with `b2b`: it is meant for the product for
    /// consumers then.
    fn is_without_vertical(&self, path: &[String]) -> bool {
        let mut template = self.template.split('/');
        template.next() == Some("b2b") && template.eq(path.iter().map(String::as_str))
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

/// The tables of all rooms. A new endpoint is a line in its room's.
const TABLES: [&[Route]; 16] = [
    sessions::ROUTES,
    imports::ROUTES,
    passwords::ROUTES,
    resets::ROUTES,
    strength::ROUTES,
    magic_links::ROUTES,
    email_codes::ROUTES,
    providers::ROUTES,
    start::ROUTES,
    discovery::ROUTES,
    creation::ROUTES,
    mfa::ROUTES,
    enrolment::ROUTES,
    rbac::ROUTES,
    project::ROUTES,
    own::ROUTES,
];

/// Answers one request.
pub(super) fn answer(world: &mut World, request: &Request, now: i64) -> Response {
    let request_id = world.ids.id("request-id");
    let (surface, path) = split(request.uri().path());
    let result = match path {
        Some(path) => dispatch(world, surface, &path, request, now),
        None => Err(Refusal::new("route_not_found")),
    };
    match result {
        Ok(Outcome::Payload(payload)) => success(payload, request_id, surface, &world.options),
        Ok(Outcome::Redirect(location)) => redirect(&location),
        Err(refused) => refusal(refused, &request_id, surface, &world.options),
    }
}

fn dispatch(
    world: &mut World,
    surface: Surface,
    path: &[String],
    request: &Request,
    now: i64,
) -> Result<Outcome, Refusal> {
    let mut refused = Refusal::new("route_not_found");
    for route in TABLES.into_iter().flatten() {
        let Some(parameters) = route.parameters(surface, path) else {
            if route.is_without_vertical(path) {
                refused = Refusal::new(match surface {
                    Surface::Frontend => "bad_vertical_for_stytch_sdk",
                    Surface::Backend => "invalid_consumer_endpoint",
                });
            }
            continue;
        };
        if route.method != *request.method() {
            refused = Refusal::new("method_not_allowed");
            continue;
        }
        let session_token =
            if route.authorized { authorize(world, surface, request.headers())? } else { None };
        if surface == Surface::Frontend {
            world.settings.check_endpoint(route.template)?;
        }
        if world.options.strict {
            let names: Vec<&str> = parameters.iter().map(|(name, _)| *name).collect();
            route.form.check(surface, request, &names)?;
        }
        let caller = Caller { surface, session_token };
        let body = if route.form.any_body { &[] } else { request.body().as_slice() };
        let mut call = Call::new(world, caller, request, body, parameters, now)?;
        if route.form.knows(surface, "locale") {
            call.check_locale()?;
        }
        if surface == Surface::Frontend && route.form.knows(surface, "captcha_token") {
            call.check_captcha()?;
        }
        return match route.handler {
            Handler::Answer(handler) => handler(&mut call).map(Outcome::Payload),
            Handler::Redirect(handler) => handler(&mut call).map(Outcome::Redirect),
        };
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
    if let Some((status, error_type)) = fault.refusal() {
        let request_id = world.ids.id("request-id");
        let refused = Refusal::with_status(error_type, status);
        return refusal(refused, &request_id, surface, &world.options);
    }
    if let Fault::Html(status) = fault {
        return html(*status);
    }
    let mut answer = answer.unwrap_or_default();
    fault.damage(&mut answer);
    match fault {
        Fault::Delay(delay) => {
            answer.extensions_mut().insert(Delay(*delay));
        }
        Fault::Reordered => {
            answer.extensions_mut().insert(HeldBack);
        }
        _ => {}
    }
    answer
}
