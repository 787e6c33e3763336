//! Single-use tokens that come back by a redirect: in links of e-mails, and from identity
//! providers.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;

use super::Emulator;
use super::call::Call;
use super::factor::Kind;
use super::reply::Refusal;
use super::world::{MemberKey, World};

/// Where links lead that are sent without a redirect URL.
const DEFAULT_REDIRECT: &str = "http://localhost:3000/authenticate";

/// The life of what an identity provider's redirect brings: five minutes, in seconds.
pub(crate) const PROVIDER_LIFE: i64 = 5 * 60;

/// A token on its way, and what it stands for.
#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
pub(crate) struct Ticket {
    pub(crate) purpose: Purpose,
    pub(crate) email_address: String,
    /// `None` for discovery, where no organization is chosen yet.
    pub(crate) member: Option<MemberKey>,
    /// The factor that whoever brings the token has proven.
    pub(crate) factor: Kind,
    /// The PKCE challenge that the flow was started with.
    pub(crate) challenge: Option<String>,
    pub(crate) expires_at: i64,
    pub(crate) used: bool,
}

/// The call that takes a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Purpose {
    MagicLink,
    DiscoveryLink,
    Reset,
    DiscoveryReset,
    Sso,
    OAuth,
    DiscoveryOAuth,
    Impersonation,
}

impl Purpose {
    /// `stytch_token_type` of redirects.
    const fn token_type(self) -> &'static str {
        match self {
            Self::MagicLink => "multi_tenant_magic_links",
            Self::DiscoveryLink => "discovery",
            Self::Reset | Self::DiscoveryReset => "multi_tenant_passwords",
            Self::Sso => "sso",
            Self::OAuth => "oauth",
            Self::DiscoveryOAuth => "discovery_oauth",
            Self::Impersonation => "multi_tenant_impersonation",
        }
    }

    /// The refusal of a token that there is not, and of one that was used or has expired.
    const fn refusals(self) -> (&'static str, &'static str) {
        match self {
            Self::MagicLink | Self::DiscoveryLink => {
                ("magic_link_not_found", "unable_to_auth_magic_link")
            }
            Self::Reset | Self::DiscoveryReset => {
                ("unable_to_auth_password_reset_token", "unable_to_auth_password_reset_token")
            }
            Self::Sso => ("sso_token_not_found", "sso_token_not_found"),
            Self::OAuth | Self::DiscoveryOAuth => {
                ("oauth_token_not_found", "oauth_token_not_found")
            }
            Self::Impersonation => {
                ("unable_to_auth_impersonation_token", "unable_to_auth_impersonation_token")
            }
        }
    }
}

impl World {
    /// Gives out a token.
    pub(crate) fn issue(&mut self, ticket: Ticket) -> String {
        let token = self.ids.token();
        self.tickets.insert(token.clone(), ticket);
        token
    }

    /// The token has done its work.
    pub(crate) fn spend(&mut self, token: &str) {
        if let Some(ticket) = self.tickets.get_mut(token) {
            ticket.used = true;
        }
    }
}

impl Call<'_> {
    /// The token in a field and what it stands for. A PKCE challenge is checked against the
    /// verifier in another field. Neither a refusal nor this call uses the token up.
    pub(super) fn ticket(
        &self,
        purpose: Purpose,
        field: &'static str,
        verifier: &'static str,
    ) -> Result<(String, Ticket), Refusal> {
        let token = self.required_text(field)?;
        let verifier = self.token(verifier)?;
        let (unknown, spent) = purpose.refusals();
        let ticket = self.world.tickets.get(&token).filter(|ticket| ticket.purpose == purpose);
        let ticket = ticket.ok_or_else(|| Refusal::new(unknown))?;
        if ticket.used || self.now >= ticket.expires_at {
            return Err(Refusal::new(spent));
        }
        match (&ticket.challenge, verifier) {
            (None, None) => {}
            (Some(challenge), Some(verifier)) if *challenge == challenge_of(&verifier) => {}
            (Some(_), Some(_)) => return Err(Refusal::new("pkce_mismatch")),
            (Some(_), None) => return Err(Refusal::new("pkce_expected_code_verifier")),
            (None, Some(_)) => return Err(Refusal::new("pkce_did_not_expect_code_verifier")),
        }
        Ok((token, ticket.clone()))
    }
}

/// The S256 challenge of a PKCE verifier.
fn challenge_of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()))
}

/// The redirect URL with a token in its query.
pub(crate) fn link(redirect_url: Option<&str>, purpose: Purpose, token: &str) -> String {
    let url = redirect_url.filter(|url| !url.is_empty()).unwrap_or(DEFAULT_REDIRECT);
    let (url, fragment) = match url.split_once('#') {
        Some((url, fragment)) => (url, format!("#{fragment}")),
        None => (url, String::new()),
    };
    let joint = if url.contains('?') { '&' } else { '?' };
    let token_type = purpose.token_type();
    format!("{url}{joint}stytch_token_type={token_type}&token={token}{fragment}")
}

impl Emulator {
    /// Demands, of whoever brings this token, the verifier of a PKCE `code_challenge` (S256), as if
    /// the flow had been started with it. It holds for the tokens that play the identity provider
    /// and for those in links; unknown tokens are ignored.
    ///
    /// ```
    /// use stytch_session_mock::{Emulator, Example};
    ///
    /// let emulator = Emulator::example();
    /// let token = emulator
    ///     .oauth_token("google", Example::HARBOR_LIGHTS, Example::EMAIL_ADDRESS)
    ///     .expect("Ada is a member");
    /// emulator.demand_verifier(&token, "JBbiqONGWPaAmwXk_8bT6UnlPfrn65D32eZlJS-zGG0");
    /// ```
    pub fn demand_verifier(&self, token: &str, code_challenge: impl Into<String>) {
        if let Some(ticket) = self.lock().tickets.get_mut(token) {
            ticket.challenge = Some(code_challenge.into());
        }
    }
}
