//! The Stytch project that requests are made for: its credentials and its server.

use std::marker::PhantomData;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::SystemTime;
use std::{fmt, str};

use http::HeaderValue;
use http::uri::{Authority, Scheme, Uri};

use crate::ascii;
use crate::context::Context;
use crate::error::{Error, InvalidInput};
use crate::secret::ProjectSecret;
use crate::surface::{Backend, Frontend, Surface};
use crate::transition::{Call, Endpoint, Failure, Transition};
use crate::transport::{Request, Response};

/// A Stytch project on one API surface: credentials and base URL.
///
/// It builds requests and completes steps; it does no I/O.
///
/// ```
/// use stytch_session::{Project, ProjectId, ProjectSecret, PublicToken};
///
/// let app = Project::frontend(PublicToken::new(
///     "public-token-test-9f1c2d3e-4a5b-4c6d-8e7f-0a1b2c3d4e5f",
/// )?);
/// assert_eq!(app.base_url().to_string(), "https://test.stytch.com/");
///
/// let server = Project::backend(
///     ProjectId::new("project-live-6f1d9c52-3b7e-4a80-9d2c-5e8f0a1b2c3d")?,
///     ProjectSecret::new("secret-live-made-up")?,
/// );
/// assert_eq!(server.base_url().to_string(), "https://api.stytch.com/");
/// # Ok::<(), stytch_session::InvalidInput>(())
/// ```
#[derive(Clone)]
pub struct Project<P: Surface = Frontend> {
    pub(crate) user: Box<str>,
    pub(crate) secret: Option<ProjectSecret>,
    pub(crate) base: Base,
    pub(crate) parent_host: Option<HeaderValue>,
    surface: PhantomData<P>,
}

/// Where requests go: an origin and perhaps a path prefix without a final slash.
#[derive(Clone)]
pub(crate) struct Base {
    pub(crate) scheme: Scheme,
    pub(crate) authority: Authority,
    pub(crate) prefix: Box<str>,
}

/// Stytch's two environments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Environment {
    /// `https://test.stytch.com`
    Test,
    /// `https://api.stytch.com`
    Live,
}

impl Environment {
    fn base(self) -> Base {
        let host = match self {
            Self::Test => "test.stytch.com",
            Self::Live => "api.stytch.com",
        };
        Base {
            scheme: Scheme::HTTPS,
            authority: Authority::from_static(host),
            prefix: Box::default(),
        }
    }
}

impl Project<Frontend> {
    /// A project seen from an application, with the token that may be published.
    ///
    /// The token's environment chooses the server; [`Project::with_base_url`] overrides it.
    #[must_use]
    pub fn frontend(token: PublicToken) -> Self {
        Self::new(token.text, None, token.environment)
    }

    /// Sends `X-SDK-Parent-Host`, the page origin that browsers send and native programs do not.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] if the text is not a legal header value.
    pub fn with_parent_host(mut self, origin: &str) -> Result<Self, InvalidInput> {
        let value = HeaderValue::from_str(origin)
            .map_err(|_| InvalidInput::new("parent host", "it is not a legal header value"))?;
        self.parent_host = Some(value);
        Ok(self)
    }
}

impl Project<Backend> {
    /// A project seen from a server that keeps its secret.
    #[must_use]
    pub fn backend(id: ProjectId, secret: ProjectSecret) -> Self {
        let environment = id.environment();
        Self::new(id.text, Some(secret), environment)
    }
}

impl<P: Surface> Project<P> {
    fn new(user: Box<str>, secret: Option<ProjectSecret>, environment: Environment) -> Self {
        Self { user, secret, base: environment.base(), parent_host: None, surface: PhantomData }
    }

    /// Sends requests to another server: a custom domain, a proxy, the emulator.
    ///
    /// A path in the URL is kept as a prefix.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] unless it is an absolute `https` URL with a host, or an `http` one whose
    /// host is a loopback address or `localhost`; also if it has a user, a query or a fragment.
    ///
    /// ```
    /// # use stytch_session::{Project, PublicToken};
    /// # let token = PublicToken::new("public-token-test-9f1c2d3e-4a5b-4c6d-8e7f-0a1b2c3d4e5f")?;
    /// let project = Project::frontend(token);
    /// assert!(project.clone().with_base_url("http://127.0.0.1:8080").is_ok());
    /// assert!(project.with_base_url("http://login.example.com").is_err());
    /// # Ok::<(), stytch_session::InvalidInput>(())
    /// ```
    pub fn with_base_url(mut self, url: &str) -> Result<Self, InvalidInput> {
        self.base = parse_base(url).map_err(|problem| InvalidInput::new("base URL", problem))?;
        Ok(self)
    }

    /// The URL that all paths are appended to.
    #[must_use]
    pub fn base_url(&self) -> Uri {
        let path = format!("{}/", self.base.prefix);
        Uri::builder()
            .scheme(self.base.scheme.clone())
            .authority(self.base.authority.clone())
            .path_and_query(path)
            .build()
            .unwrap_or_default()
    }

    /// The request of a step or call.
    ///
    /// ```
    /// # use stytch_session::{Application, Context, Project, PublicToken, Session, SessionToken};
    /// # use std::time::SystemTime;
    /// # let token = PublicToken::new("public-token-test-9f1c2d3e-4a5b-4c6d-8e7f-0a1b2c3d4e5f")?;
    /// # let project = Project::frontend(token);
    /// let application = Application::new("com.example.app", 1);
    /// let step = Session::new().authenticate(SessionToken::new("made-up-token")?);
    /// let context = Context::new(SystemTime::UNIX_EPOCH, 2, &application);
    /// let request = project.request(&step, &context);
    /// assert_eq!(request.uri().path(), "/sdk/v1/b2b/sessions/authenticate");
    /// # Ok::<(), stytch_session::InvalidInput>(())
    /// ```
    #[must_use]
    pub fn request<E: Endpoint<P>>(&self, endpoint: &E, context: &Context<'_>) -> Request {
        endpoint.request(self, context)
    }

    /// Ends a step with the reply to its request.
    ///
    /// # Errors
    ///
    /// A [`Failure`] that gives the session back, unless the server no longer knows it.
    pub fn complete<T: Transition<P>>(
        &self,
        step: T,
        response: &Response,
        now: SystemTime,
    ) -> Result<T::After, Failure<T::Before>> {
        step.complete(response, now)
            .map_err(|failure| failure.map_error(|error| self.redact(error)))
    }

    /// The result of a call.
    ///
    /// # Errors
    ///
    /// An [`Error`] if the server refused, or the reply cannot be understood.
    pub fn decode<C: Call<P>>(&self, call: &C, response: &Response) -> Result<C::Output, Error> {
        call.decode(response).map_err(|error| self.redact(error))
    }

    fn redact(&self, error: Error) -> Error {
        match &self.secret {
            Some(secret) => error.without_secrets(&[secret.secret()]),
            None => error,
        }
    }
}

impl<P: Surface> fmt::Debug for Project<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Project")
            .field("surface", &P::SIDE)
            .field("user", &self.user)
            .field("secret", &self.secret)
            .field("base_url", &self.base_url())
            .finish()
    }
}

/// A project's public token (`public-token-test-…`): it may be published.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PublicToken {
    text: Box<str>,
    environment: Environment,
}

impl PublicToken {
    /// Checks the form `public-token-(test|live)-<uuid in lower-case hex>`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] if the form is another; see [`PublicToken::with_environment`].
    pub fn new(text: impl Into<Box<str>>) -> Result<Self, InvalidInput> {
        let text = text.into();
        let problem = if text.is_empty() {
            Some("it is empty")
        } else if text.contains(char::is_whitespace) {
            Some("it has a blank or a line break")
        } else {
            None
        };
        if let Some(problem) = problem {
            return Err(InvalidInput::new("public token", problem));
        }
        let (environment, uuid) = if let Some(uuid) = text.strip_prefix("public-token-test-") {
            (Environment::Test, uuid)
        } else if let Some(uuid) = text.strip_prefix("public-token-live-") {
            (Environment::Live, uuid)
        } else {
            return Err(InvalidInput::new(
                "public token",
                "it does not start with public-token-test- or public-token-live-",
            ));
        };
        if !is_uuid(uuid) {
            return Err(InvalidInput::new("public token", "it does not end in a lower-case UUID"));
        }
        Ok(Self { text, environment })
    }

    /// Accepts a token of any form, for servers that mint others, and says which environment it
    /// belongs to.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] if it cannot stand in a Basic credential: empty, not visible ASCII, or
    /// with a colon.
    pub fn with_environment(
        text: impl Into<Box<str>>,
        environment: Environment,
    ) -> Result<Self, InvalidInput> {
        let text = text.into();
        check_basic_user("public token", &text)?;
        Ok(Self { text, environment })
    }

    /// The token's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The environment it belongs to.
    #[must_use]
    pub const fn environment(&self) -> Environment {
        self.environment
    }
}

impl fmt::Debug for PublicToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicToken").field(&self.text).finish()
    }
}

/// A project's id (`project-test-…`).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ProjectId {
    text: Box<str>,
}

impl ProjectId {
    /// Takes the id.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] if it cannot stand in a Basic credential: empty, not visible ASCII, or
    /// with a colon.
    pub fn new(text: impl Into<Box<str>>) -> Result<Self, InvalidInput> {
        let text = text.into();
        check_basic_user("project id", &text)?;
        Ok(Self { text })
    }

    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    #[cfg(feature = "jwt")]
    pub(crate) fn into_text(self) -> Box<str> {
        self.text
    }

    /// Live if the id starts with `project-live-`, test otherwise.
    #[must_use]
    pub fn environment(&self) -> Environment {
        if self.text.starts_with("project-live-") { Environment::Live } else { Environment::Test }
    }
}

impl fmt::Debug for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProjectId").field(&self.text).finish()
    }
}

#[cfg(feature = "jwt")]
impl Base {
    /// The URL without a final slash.
    fn text(&self) -> Box<str> {
        format!("{}://{}{}", self.scheme, self.authority, self.prefix).into()
    }
}

/// A base URL, checked and without a final slash.
#[cfg(feature = "jwt")]
pub(crate) fn base_text(url: &str) -> Result<Box<str>, &'static str> {
    Ok(parse_base(url)?.text())
}

#[cfg(feature = "jwt")]
impl<P: Surface> Project<P> {
    /// The base URL without a final slash.
    pub(crate) fn base_text(&self) -> Box<str> {
        self.base.text()
    }

    /// Whether requests go to one of Stytch's own two hosts.
    pub(crate) fn is_at_stytch(&self) -> bool {
        [Environment::Test, Environment::Live].into_iter().any(|environment| {
            self.base.authority.host().eq_ignore_ascii_case(environment.base().authority.host())
        })
    }
}

fn check_basic_user(what: &'static str, text: &str) -> Result<(), InvalidInput> {
    let problem = if text.is_empty() {
        "it is empty"
    } else if text.len() > 1024 {
        "it is longer than 1024 bytes"
    } else if text.contains(':') {
        "it has a colon"
    } else if ascii::is_visible(text) {
        return Ok(());
    } else {
        "it has characters other than visible ASCII"
    };
    Err(InvalidInput::new(what, problem))
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

fn parse_base(url: &str) -> Result<Base, &'static str> {
    if url.contains('#') {
        return Err("it has a fragment");
    }
    let uri: Uri = url.parse().map_err(|_| "it is not a URL")?;
    let parts = uri.into_parts();
    let scheme = parts.scheme.ok_or("it has no scheme; it should start with https://")?;
    let authority = parts.authority.ok_or("it has no host")?;
    if authority.host().is_empty() {
        return Err("it has no host");
    }
    if authority.as_str().contains('@') {
        return Err("it has a user; credentials do not belong in the URL");
    }
    if authority.as_str().len() > authority.host().len() && authority.port_u16().is_none() {
        return Err("its port is not a number up to 65535");
    }
    if scheme == Scheme::HTTP {
        if !is_loopback(authority.host()) {
            return Err("clear http is for loopback hosts only; use https");
        }
    } else if scheme != Scheme::HTTPS {
        return Err("its scheme is neither https nor http");
    }
    let path = match &parts.path_and_query {
        Some(path) if path.query().is_some() => return Err("it has a query"),
        Some(path) => path.path().trim_end_matches('/'),
        None => "",
    };
    if path.len() > 1024 {
        return Err("its path is longer than 1024 bytes");
    }
    if !path.is_empty() && !ascii::is_visible(path) {
        return Err("its path has characters other than visible ASCII");
    }
    Ok(Base { scheme, authority, prefix: path.into() })
}

fn is_loopback(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    match bare {
        Some(v6) => v6.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback()),
        None => {
            host.eq_ignore_ascii_case("localhost")
                || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> Project<Frontend> {
        let token = "public-token-live-9f1c2d3e-4a5b-4c6d-8e7f-0a1b2c3d4e5f";
        Project::frontend(PublicToken::new(token).unwrap())
    }

    #[test]
    fn base_urls_that_are_refused() {
        for (url, part) in [
            ("", "not a URL"),
            ("/path", "no scheme"),
            ("login.example.com", "no scheme"),
            ("https://", "not a URL"),
            ("https:///path", "not a URL"),
            ("https://:443", "no host"),
            ("http://login.example.com", "loopback"),
            ("http://128.0.0.1", "loopback"),
            ("http://127.0.0.1.example.com", "loopback"),
            ("http://localhost.example.com", "loopback"),
            ("http://[::2]", "loopback"),
            ("ftp://127.0.0.1", "scheme"),
            ("https://user:pass@example.com", "user"),
            ("https://example.com/?a=1", "query"),
            ("https://example.com/#a", "fragment"),
            ("https://example.com:99999", "port"),
            ("https://exa mple.com", "not a URL"),
            ("https://example.com/caf\u{e9}", "visible ASCII"),
            ("https://example.com\r\nX: 1", "not a URL"),
        ] {
            let error = project().with_base_url(url).unwrap_err();
            assert_eq!(error.what(), "base URL", "{url}");
            assert!(error.problem().contains(part), "{url}: {error}");
        }
    }

    #[test]
    fn base_urls_that_are_accepted() {
        for (url, shown) in [
            ("https://login.example.com", "https://login.example.com/"),
            ("https://login.example.com/", "https://login.example.com/"),
            ("https://login.example.com:8443/stytch/", "https://login.example.com:8443/stytch/"),
            ("http://localhost:3000", "http://localhost:3000/"),
            ("http://127.9.9.9", "http://127.9.9.9/"),
            ("http://[::1]:80", "http://[::1]:80/"),
        ] {
            assert_eq!(project().with_base_url(url).unwrap().base_url().to_string(), shown);
        }
        for (length, fits) in [(1024, true), (1025, false)] {
            let url = format!("https://login.example.com/{:x<1$}", "", length - 1);
            assert_eq!(project().with_base_url(&url).is_ok(), fits, "{length}");
        }
    }

    #[test]
    fn public_tokens() {
        for text in [
            "",
            "public-token-test-",
            "public-token-prod-9f1c2d3e-4a5b-4c6d-8e7f-0a1b2c3d4e5f",
            "public-token-test-9F1C2D3E-4a5b-4c6d-8e7f-0a1b2c3d4e5f",
            "public-token-test-9f1c2d3e-4a5b-4c6d-8e7f-0a1b2c3d4e5f ",
        ] {
            assert!(PublicToken::new(text).is_err(), "{text}");
        }
        assert!(PublicToken::with_environment("my-token", Environment::Test).is_ok());
        assert!(PublicToken::with_environment("my:token", Environment::Test).is_err());
        assert!(ProjectId::new("project:1").is_err());
        for (length, fits) in [(1024, true), (1025, false)] {
            let text = "x".repeat(length);
            assert_eq!(ProjectId::new(&*text).is_ok(), fits, "{length}");
            let token = PublicToken::with_environment(&*text, Environment::Test);
            assert_eq!(token.is_ok(), fits, "{length}");
        }
        assert_eq!(project().base_url().host(), Some("api.stytch.com"));
    }
}
