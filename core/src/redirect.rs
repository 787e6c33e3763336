//! What the URL of a login redirect says.

use std::fmt;

use crate::credential::{
    DiscoveryMagicLink, DiscoveryOauth, DiscoveryPasswordReset, MagicLink, Oauth, PasswordReset,
    Sso,
};
use crate::error::InvalidInput;
use crate::secret::{LoginToken, PasswordText};

/// The longest URL that is looked at.
const MAX_URL_BYTES: usize = 64 * 1024;

/// A login that came back by a redirect: the credential for the step that goes on with it.
///
/// Stytch sends the member's browser to `<redirect URL>?stytch_token_type=<type>&token=<token>`
/// after a link, an OAuth provider or an identity provider.
///
/// ```
/// use stytch_session::{Redirect, Session};
///
/// let url = "https://app.example.com/callback?stytch_token_type=sso&token=made-up-token";
/// match Redirect::parse(url)? {
///     Redirect::Sso(credential) => {
///         let step = Session::new().login(credential);
/// #       let _ = step;
///     }
///     other => println!("not started here: {other:?}"),
/// }
/// # Ok::<(), stytch_session::InvalidInput>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Redirect {
    /// `multi_tenant_magic_links`: a login link or an invitation. Go on with
    /// [`login`](crate::Session::login).
    MagicLink(MagicLink),
    /// `discovery`: a link, before an organization is chosen. Go on with
    /// [`discover`](crate::Session::discover).
    DiscoveryMagicLink(DiscoveryMagicLink),
    /// `oauth`. Go on with [`login`](crate::Session::login).
    Oauth(Oauth),
    /// `discovery_oauth`. Go on with [`discover`](crate::Session::discover).
    DiscoveryOauth(DiscoveryOauth),
    /// `sso`. Go on with [`login`](crate::Session::login).
    Sso(Sso),
    /// `multi_tenant_passwords`: ask the member for a new password.
    PasswordReset(PasswordResetLink),
    /// `multi_tenant_impersonation`: a support person in the member's place. Go on with
    /// [`impersonate`](crate::Session::impersonate).
    Impersonation(LoginToken),
}

impl Redirect {
    /// Reads a URL, or its query alone.
    ///
    /// Parameters other than the two are ignored, and so is a fragment.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] if the URL is longer than 64 KiB, if one of the two parameters is missing or
    /// given twice, if the type is none that a redirect can have, or if the token is malformed. The
    /// error does not contain the token.
    pub fn parse(url: &str) -> Result<Self, InvalidInput> {
        let refused = |problem| InvalidInput::new("redirect URL", problem);
        if url.len() > MAX_URL_BYTES {
            return Err(refused("it is longer than 64 KiB"));
        }
        let url = url.split_once('#').map_or(url, |(before, _)| before);
        let query = url.split_once('?').map_or(url, |(_, query)| query);
        let (mut kind, mut token) = (None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "stytch_token_type" => &mut kind,
                "token" => &mut token,
                _ => continue,
            };
            if place.replace(value).is_some() {
                return Err(refused("it has the token or its type twice"));
            }
        }
        let kind = kind.ok_or(refused("it has no stytch_token_type"))?;
        let token = LoginToken::new(token.ok_or(refused("it has no token"))?)?;
        Ok(match &*kind {
            "multi_tenant_magic_links" => Self::MagicLink(token.into()),
            "discovery" => Self::DiscoveryMagicLink(token.into()),
            "oauth" => Self::Oauth(token.into()),
            "discovery_oauth" => Self::DiscoveryOauth(token.into()),
            "sso" => Self::Sso(token.into()),
            "multi_tenant_passwords" => Self::PasswordReset(PasswordResetLink(token)),
            "multi_tenant_impersonation" => Self::Impersonation(token),
            _ => return Err(refused("its stytch_token_type is none that is known")),
        })
    }
}

/// A link to set a new password: a credential once the member has chosen one.
#[derive(Clone)]
pub struct PasswordResetLink(LoginToken);

impl PasswordResetLink {
    /// The credential of a reset that was started for one organization
    /// ([`StartPasswordReset`](crate::StartPasswordReset)).
    #[must_use]
    pub fn with_password(self, new_password: impl Into<PasswordText>) -> PasswordReset {
        PasswordReset::with_token(self.0, new_password.into())
    }

    /// The credential of a reset that was started before an organization was chosen
    /// ([`StartDiscoveryPasswordReset`](crate::StartDiscoveryPasswordReset)).
    #[must_use]
    pub fn with_password_for_discovery(
        self,
        new_password: impl Into<PasswordText>,
    ) -> DiscoveryPasswordReset {
        DiscoveryPasswordReset::with_token(self.0, new_password.into())
    }
}

impl fmt::Debug for PasswordResetLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordResetLink([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_leads_to_its_credential() {
        for (kind, shown) in [
            ("multi_tenant_magic_links", "MagicLink(MagicLink {"),
            ("discovery", "DiscoveryMagicLink(DiscoveryMagicLink {"),
            ("oauth", "Oauth(Oauth {"),
            ("discovery_oauth", "DiscoveryOauth(DiscoveryOauth {"),
            ("sso", "Sso(Sso {"),
            ("multi_tenant_passwords", "PasswordReset(PasswordResetLink("),
            ("multi_tenant_impersonation", "Impersonation(LoginToken("),
        ] {
            for url in [
                format!("https://app.example.com/callback?stytch_token_type={kind}&token=t0ken-12"),
                format!("myapp://callback?x=1&token=t0ken%2D12&stytch_token_type={kind}&y#z=?"),
                format!("stytch_token_type={kind}&token=t0ken-12"),
            ] {
                let text = format!("{:?}", Redirect::parse(&url).unwrap());
                assert!(text.starts_with(shown) && !text.contains("t0ken"), "{text}");
            }
        }
    }

    #[test]
    fn what_is_refused_is_not_shown() {
        for (url, problem) in [
            ("https://x.example/", "no stytch_token_type"),
            ("https://x.example/?stytch_token_type=sso", "no token"),
            ("https://x.example/?token=t0ken-12", "no stytch_token_type"),
            ("https://x.example/?stytch_token_type=sso&token=", "empty"),
            ("https://x.example/?stytch_token_type=sso&token=t0ken-12%0a", "visible ASCII"),
            ("https://x.example/?stytch_token_type=sso&token=t0ken-12&token=b", "twice"),
            ("https://x.example/?stytch_token_type=new&token=t0ken-12", "none that is known"),
            ("https://x.example/#stytch_token_type=sso&token=t0ken-12", "no stytch_token_type"),
        ] {
            let error = Redirect::parse(url).unwrap_err().to_string();
            assert!(error.contains(problem) && !error.contains("t0ken"), "{url}: {error}");
        }
    }

    #[test]
    fn as_long_as_the_limit() {
        let url = |length| {
            let mut url = String::from("?stytch_token_type=sso&token=t0ken-12&x=");
            url.extend(std::iter::repeat_n('x', length - url.len()));
            url
        };
        assert!(Redirect::parse(&url(65_536)).is_ok());
        let error = Redirect::parse(&url(65_537)).unwrap_err();
        assert_eq!(error.problem(), "it is longer than 64 KiB");
    }
}
