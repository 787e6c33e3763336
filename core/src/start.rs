//! The URLs at which a browser starts a login by OAuth or single sign-on.

use std::fmt;

use form_urlencoded::Serializer;

use crate::model::{ConnectionId, OauthProvider, OrganizationId};
use crate::pkce::PkceChallenge;
use crate::project::Project;
use crate::surface::Frontend;

/// A URL to open in a browser, which starts a login and comes back by a
/// [`Redirect`](crate::Redirect).
///
/// It has no session and no secret in it. Made by [`Project::start_oauth`],
/// [`Project::start_discovery_oauth`] and [`Project::start_sso`].
///
/// ```
/// use stytch_session::{OauthProvider, OrganizationId, PkcePair, Project, PublicToken};
///
/// # let random_bytes = [7; 32];
/// let token = PublicToken::new("public-token-test-9f1c2d3e-4a5b-4c6d-8e7f-0a1b2c3d4e5f")?;
/// let pair = PkcePair::from_seed(random_bytes);
/// let url = Project::frontend(token)
///     .start_oauth(OauthProvider::Google, &OrganizationId::new("organization-test-1")?)
///     .login_redirect_url("http://127.0.0.1:8765/callback")
///     .pkce_code_challenge(pair.challenge())
///     .to_string();
/// assert!(url.starts_with("https://test.stytch.com/v1/b2b/public/oauth/google/start?public_token="));
/// # Ok::<(), stytch_session::InvalidInput>(())
/// ```
#[derive(Clone)]
#[must_use = "it does nothing until a browser opens it"]
pub struct StartUrl {
    text: String,
}

impl Project<Frontend> {
    /// Starts a login to one organization by an OAuth provider.
    ///
    /// Source: `/v1/b2b/public/oauth/{provider}/start`.
    pub fn start_oauth(&self, provider: OauthProvider, organization: &OrganizationId) -> StartUrl {
        let url = self.start(&format!("/v1/b2b/public/oauth/{}/start", provider.path_segment()));
        url.with("organization_id", organization.as_str())
    }

    /// Starts a login to the organization with this slug by an OAuth provider.
    ///
    /// Source: `/v1/b2b/public/oauth/{provider}/start`.
    pub fn start_oauth_by_slug(&self, provider: OauthProvider, slug: &str) -> StartUrl {
        let url = self.start(&format!("/v1/b2b/public/oauth/{}/start", provider.path_segment()));
        url.with("slug", slug)
    }

    /// Starts a login by an OAuth provider before an organization is chosen.
    ///
    /// Source: `/v1/b2b/public/oauth/{provider}/discovery/start`.
    pub fn start_discovery_oauth(&self, provider: OauthProvider) -> StartUrl {
        self.start(&format!("/v1/b2b/public/oauth/{}/discovery/start", provider.path_segment()))
    }

    /// Starts a login by single sign-on.
    ///
    /// Source: `/v1/public/sso/start`.
    pub fn start_sso(&self, connection: &ConnectionId) -> StartUrl {
        self.start("/v1/public/sso/start").with("connection_id", connection.as_str())
    }

    fn start(&self, path: &str) -> StartUrl {
        let base = self.base_url().to_string();
        let text = format!("{}{path}?", base.trim_end_matches('/'));
        StartUrl { text }.with("public_token", &self.user)
    }
}

impl StartUrl {
    /// Where to come back to after a login (`login_redirect_url`).
    pub fn login_redirect_url(self, url: &str) -> Self {
        self.with("login_redirect_url", url)
    }

    /// Where to come back to after the first login (`signup_redirect_url`).
    pub fn signup_redirect_url(self, url: &str) -> Self {
        self.with("signup_redirect_url", url)
    }

    /// Where to come back to after a discovery login (`discovery_redirect_url`).
    pub fn discovery_redirect_url(self, url: &str) -> Self {
        self.with("discovery_redirect_url", url)
    }

    /// The challenge whose verifier will finish the login (`pkce_code_challenge`).
    pub fn pkce_code_challenge(self, challenge: &PkceChallenge) -> Self {
        self.with("pkce_code_challenge", challenge.as_str())
    }

    /// Further scopes to ask of the OAuth provider (`custom_scopes`).
    pub fn custom_scopes<'a>(self, scopes: impl IntoIterator<Item = &'a str>) -> Self {
        let scopes: Vec<&str> = scopes.into_iter().collect();
        self.with("custom_scopes", &scopes.join(" "))
    }

    /// A parameter that is handed on to the OAuth provider (`provider_<name>`), such as `prompt`.
    pub fn provider_parameter(self, name: &str, value: &str) -> Self {
        self.with(&format!("provider_{name}"), value)
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn with(self, name: &str, value: &str) -> Self {
        let query = self.text.find('?').map_or(self.text.len(), |at| at.saturating_add(1));
        let mut url = Serializer::for_suffix(self.text, query);
        url.append_pair(name, value);
        Self { text: url.finish() }
    }
}

impl fmt::Display for StartUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for StartUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StartUrl").field(&self.text).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pkce::PkcePair;
    use crate::project::PublicToken;

    #[test]
    fn each_start() {
        let token = "public-token-live-9f1c2d3e-4a5b-4c6d-8e7f-0a1b2c3d4e5f";
        let project = Project::frontend(PublicToken::new(token).unwrap());
        let organization = OrganizationId::new("a b&c").unwrap();
        let base =
            format!("https://api.stytch.com/v1/b2b/public/oauth/google/start?public_token={token}");
        let oauth = project.start_oauth(OauthProvider::Google, &organization);
        assert_eq!(oauth.as_str(), format!("{base}&organization_id=a+b%26c"));
        assert_eq!(format!("{oauth:?}"), format!("StartUrl({:?})", oauth.as_str()));
        let by_slug = project.start_oauth_by_slug(OauthProvider::Google, "acme");
        let challenge = PkcePair::from_seed(1);
        let url = by_slug
            .login_redirect_url("https://x.example/?a=1&b=2")
            .signup_redirect_url("s")
            .custom_scopes(["one", "two"])
            .provider_parameter("prompt", "consent")
            .pkce_code_challenge(challenge.challenge());
        assert_eq!(
            url.to_string(),
            format!(
                "{base}&slug=acme&login_redirect_url=https%3A%2F%2Fx.example%2F%3Fa%3D1%26b%3D2\
                 &signup_redirect_url=s&custom_scopes=one+two&provider_prompt=consent\
                 &pkce_code_challenge={}",
                challenge.challenge().as_str()
            )
        );
        let project = project.with_base_url("http://127.0.0.1:9/prefix/").unwrap();
        let discovery = project.start_discovery_oauth(OauthProvider::Hubspot);
        assert_eq!(
            discovery.discovery_redirect_url("d").as_str(),
            format!(
                "http://127.0.0.1:9/prefix/v1/b2b/public/oauth/hubspot/discovery/start\
                 ?public_token={token}&discovery_redirect_url=d"
            )
        );
        let connection = ConnectionId::new("saml-connection-test-1").unwrap();
        assert_eq!(
            project.start_sso(&connection).as_str(),
            format!(
                "http://127.0.0.1:9/prefix/v1/public/sso/start?public_token={token}\
                 &connection_id=saml-connection-test-1"
            )
        );
    }
}
