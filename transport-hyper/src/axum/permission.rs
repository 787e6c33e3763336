//! A route for those who may.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use ::axum::extract::Request;
use ::axum::response::{IntoResponse as _, Response};
use stytch_session::{InvalidInput, ResourceId};
use tower_layer::Layer;
use tower_service::Service;

use super::auth::Auth;
use super::rejection::Rejection;

/// A layer that lets in who may do something: for `route_layer` of a router, or `layer` of a handler.
///
/// Who is not logged in is answered 401, who may not 403; see [`Rejection`]. A handler that takes the
/// [`Member`](super::Member) beside it costs nothing more. Several such layers demand all of their
/// permissions.
///
/// The answer is that of [`Auth::require`]. A resource that no role names is permitted to nobody,
/// an action that no role names to those whose role lists `*` on the resource: mind the spelling.
///
/// ```
/// use axum::Router;
/// use axum::routing::{delete, post};
/// use stytch_session::InvalidInput;
/// use stytch_session_hyper::axum::{Auth, RequirePermission};
///
/// fn keepers(auth: &Auth) -> Result<Router<Auth>, InvalidInput> {
///     Ok(Router::new()
///         .route("/lamps/trim", post(|| async { "trimmed" }))
///         .route("/lamps/soot", delete(|| async { "wiped" }))
///         .route_layer(RequirePermission::new(auth, "lamps", "trim")?))
/// }
/// ```
#[derive(Debug, Clone)]
pub struct RequirePermission {
    wanted: Arc<Wanted>,
}

#[derive(Debug)]
struct Wanted {
    auth: Auth,
    resource: ResourceId,
    action: Box<str>,
}

impl RequirePermission {
    /// Demands that the member may do `action` on `resource`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] if no resource can have this id.
    pub fn new(auth: &Auth, resource: &str, action: &str) -> Result<Self, InvalidInput> {
        let resource = ResourceId::new(resource)?;
        let wanted = Wanted { auth: auth.clone(), resource, action: action.into() };
        Ok(Self { wanted: Arc::new(wanted) })
    }
}

impl Wanted {
    /// The request, if it is let in.
    async fn admit(&self, request: Request) -> Result<Request, Rejection> {
        let (mut parts, body) = request.into_parts();
        let member = self.auth.member(&mut parts).await?;
        self.auth.require(&member, &self.resource, &self.action).await?;
        Ok(Request::from_parts(parts, body))
    }
}

impl<S> Layer<S> for RequirePermission {
    type Service = RequirePermissionService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequirePermissionService { wanted: Arc::clone(&self.wanted), inner }
    }
}

/// A service behind [`RequirePermission`].
#[derive(Clone)]
pub struct RequirePermissionService<S> {
    wanted: Arc<Wanted>,
    inner: S,
}

impl<S> Service<Request> for RequirePermissionService<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let wanted = Arc::clone(&self.wanted);
        // The one that is ready is this one; its clone need not be.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            match wanted.admit(request).await {
                Ok(request) => inner.call(request).await,
                Err(rejection) => Ok(rejection.into_response()),
            }
        })
    }
}

impl<S> fmt::Debug for RequirePermissionService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequirePermissionService")
            .field("wanted", &self.wanted)
            .finish_non_exhaustive()
    }
}
