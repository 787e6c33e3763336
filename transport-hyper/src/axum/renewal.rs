//! What the server has renewed reaches the browser, and caches learn that it matters who asks.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use ::axum::extract::Request;
use ::axum::response::Response;
use http::header::{CACHE_CONTROL, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue};
use tower_layer::Layer;
use tower_service::Service;

use super::cookie;

/// A layer, around all of a router, that hands fresh session JWTs to browsers.
///
/// Where a request came with a cookie and the server was asked, because the JWT had expired or there was
/// a session token only, the response sets the JWT's cookie: `HttpOnly`, `Secure`, `SameSite=Lax`,
/// `Path=/`, for as long as the session lives. Without this layer the server is asked again for each
/// request that comes with the old one. Set cookies go to no cache: `Cache-Control: no-store`.
///
/// * Nothing is set where the response sets or clears that cookie by itself, as those of a login and a
///   logout do.
/// * Who came with a bearer gets no cookie; see [`Member::renewed_jwt`](super::Member::renewed_jwt).
/// * Where a session token was given and the server has replaced it, its cookie is set too.
/// * If Stytch's JavaScript SDK keeps the cookies of your site it refreshes them too, and has to read
///   them: leave this layer away.
/// * Browsers keep no cookie of more than some 4,000 bytes: mind it when you add custom claims.
///
/// Where somebody asked who the member was, the response has `Vary: Authorization, Cookie`, and
/// `Cache-Control: private` if it does not say otherwise, so that no cache shows one member what another
/// one may see. Without this layer that is yours to do.
///
/// A logout has to clear both cookies, or what was renewed a moment ago stays. The response to a request
/// that was on its way meanwhile may bring a JWT once more, which is good until it expires.
///
/// ```
/// use axum::Router;
/// use stytch_session_hyper::axum::{Auth, RenewCookies};
///
/// fn app(routes: Router<Auth>, auth: Auth) -> Router {
///     routes.layer(RenewCookies::new()).with_state(auth)
/// }
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct RenewCookies;

impl RenewCookies {
    /// The layer. It has no options: names and domain are those of each [`Auth`](super::Auth).
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl<S> Layer<S> for RenewCookies {
    type Service = RenewCookiesService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RenewCookiesService { inner }
    }
}

/// A service behind [`RenewCookies`].
#[derive(Clone)]
pub struct RenewCookiesService<S> {
    inner: S,
}

impl<S> Service<Request> for RenewCookiesService<S>
where
    S: Service<Request, Response = Response>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        if request.extensions().get::<Notes>().is_some() {
            // Such a layer is around this one, and does it.
            return Box::pin(self.inner.call(request));
        }
        let notes = Notes::default();
        request.extensions_mut().insert(notes.clone());
        let response = self.inner.call(request);
        Box::pin(async move {
            let mut response = response.await?;
            notes.write(response.headers_mut());
            Ok(response)
        })
    }
}

impl<S> fmt::Debug for RenewCookiesService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RenewCookiesService").finish_non_exhaustive()
    }
}

/// What a response is to say, noted down while a request is answered.
#[derive(Clone, Default)]
pub(super) struct Notes(Arc<Inner>);

#[derive(Default)]
struct Inner {
    asked: AtomicBool,
    cookies: Mutex<Vec<HeaderValue>>,
}

impl Notes {
    /// Somebody wants to know who asks.
    pub(super) fn note_question(&self) {
        self.0.asked.store(true, Ordering::Relaxed);
    }

    /// The browser is to keep these.
    pub(super) fn note_cookies(&self, cookies: impl IntoIterator<Item = HeaderValue>) {
        self.0.cookies.lock().unwrap_or_else(PoisonError::into_inner).extend(cookies);
    }

    fn write(&self, headers: &mut HeaderMap) {
        if self.0.asked.load(Ordering::Relaxed) {
            if !varies(headers) {
                headers.append(VARY, HeaderValue::from_static("Authorization, Cookie"));
            }
            // Caches that many share seldom care for `Vary`.
            headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("private"));
        }
        let cookies =
            std::mem::take(&mut *self.0.cookies.lock().unwrap_or_else(PoisonError::into_inner));
        for cookie in cookies {
            let name = cookie::name_of(&cookie);
            if headers.get_all(SET_COOKIE).iter().all(|set| cookie::name_of(set) != name) {
                headers.append(SET_COOKIE, cookie);
                headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            }
        }
    }
}

/// Whether it is said already that both headers matter, or all of them.
fn varies(headers: &HeaderMap) -> bool {
    let named = |name: &str| {
        let values = headers.get_all(VARY).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|it| it.trim().eq_ignore_ascii_case(name))
    };
    named("*") || (named("Authorization") && named("Cookie"))
}
