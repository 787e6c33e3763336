//! The project's settings, as its dashboard has them, and what they refuse.

use http::HeaderMap;

use super::auth::telemetry;
use super::builder::EmulatorBuilder;
use super::call::Call;
use super::factor::{Factor, Kind};
use super::reply::Refusal;
use super::world::World;

/// What the dashboard says. All is allowed unless something is set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// The captcha token that counts as solved, where one is demanded.
    captcha: Option<String>,
    domains: Vec<String>,
    apps: Vec<String>,
    disabled_endpoints: Vec<String>,
    redirect_urls: Vec<String>,
    unreachable_numbers: Vec<String>,
    separate_passwords: bool,
}

/// Methods for what is set in a project's dashboard.
impl EmulatorBuilder {
    /// Demands a captcha of the frontend's logins: without `captcha_token` they are a 403
    /// `captcha_required`, with another than this one a 429 `captcha_failed`.
    ///
    /// ```
    /// use stytch_session_mock::{Emulator, Example};
    ///
    /// let emulator = Emulator::example_builder().demand_captcha("solved").build();
    /// let login = |captcha: &str| {
    ///     http::Request::post("/sdk/v1/b2b/passwords/discovery/authenticate")
    ///         .header("authorization", emulator.frontend_authorization(None))
    ///         .body(
    ///             serde_json::json!({
    ///                 "email_address": Example::EMAIL_ADDRESS,
    ///                 "password": Example::PASSWORD,
    ///                 "captcha_token": captcha,
    ///             })
    ///             .to_string()
    ///             .into_bytes(),
    ///         )
    /// };
    /// assert_eq!(emulator.handle(&login("guessed")?).status(), 429);
    /// assert_eq!(emulator.handle(&login("solved")?).status(), 200);
    /// # Ok::<(), http::Error>(())
    /// ```
    pub fn demand_captcha(mut self, token: impl Into<String>) -> Self {
        self.settings.captcha = Some(token.into());
        self
    }

    /// Allows the frontend to pages of this origin, for instance `https://app.example.com`, as
    /// `X-SDK-Parent-Host` names it; once one is set, others are a 400 `bad_domain_for_stytch_sdk`.
    pub fn allow_domain(mut self, origin: impl Into<String>) -> Self {
        self.settings.domains.push(origin.into());
        self
    }

    /// Allows the frontend to native programs of this `app.identifier`, as `X-SDK-Client` names it;
    /// once one is set, others are a 400 `bad_app_bundle_for_stytch_sdk`.
    pub fn allow_app(mut self, identifier: impl Into<String>) -> Self {
        self.settings.apps.push(identifier.into());
        self
    }

    /// Turns the endpoints below this path off for the frontend, for instance `b2b/totp`: they are a
    /// 401 `endpoint_not_authorized_for_sdk`.
    pub fn disable_sdk_endpoint(mut self, path: impl Into<String>) -> Self {
        self.settings.disabled_endpoints.push(path.into().trim_matches('/').to_owned());
        self
    }

    /// Allows this redirect URL; its query does not matter. Once one is set, others are a 400
    /// `no_match_for_provided_oauth_url`.
    pub fn allow_redirect_url(mut self, url: impl Into<String>) -> Self {
        self.settings.redirect_urls.push(url.into());
        self
    }

    /// No SMS reaches this number: to send one is a 400 `downstream_carrier_error`.
    pub fn unreachable_phone_number(mut self, number: impl Into<String>) -> Self {
        self.settings.unreachable_numbers.push(number.into());
        self
    }

    /// A password proves nothing in other organizations: the discovery calls with passwords are a
    /// 400 `cross_org_passwords_not_enabled`, and an exchange does not carry the factor. The person's
    /// password is the same everywhere nevertheless.
    pub const fn no_cross_org_passwords(mut self) -> Self {
        self.settings.separate_passwords = true;
        self
    }
}

impl Settings {
    pub(super) const fn demands_captcha(&self) -> bool {
        self.captcha.is_some()
    }

    /// Refuses a page or a program that is not on its list.
    pub(super) fn check_caller(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let allows = |list: &[String], name: Option<&str>| {
            list.is_empty() || name.is_some_and(|name| list.iter().any(|known| known == name))
        };
        match headers.get("x-sdk-parent-host") {
            Some(origin) if !allows(&self.domains, origin.to_str().ok()) => {
                Err(Refusal::new("bad_domain_for_stytch_sdk"))
            }
            Some(_) => Ok(()),
            None => {
                let telemetry = telemetry(headers);
                let app =
                    telemetry.as_ref().and_then(|client| client["app"]["identifier"].as_str());
                if allows(&self.apps, app) {
                    Ok(())
                } else {
                    Err(Refusal::new("bad_app_bundle_for_stytch_sdk"))
                }
            }
        }
    }

    /// Refuses an endpoint, by its path, that is turned off for the frontend.
    pub(super) fn check_endpoint(&self, path: &str) -> Result<(), Refusal> {
        let below = |disabled: &String| {
            path.strip_prefix(disabled.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if self.disabled_endpoints.iter().any(below) {
            return Err(Refusal::new("endpoint_not_authorized_for_sdk"));
        }
        Ok(())
    }
}

impl World {
    /// Whether the factor holds in other organizations of the same person.
    pub(super) fn carries(&self, factor: &Factor) -> bool {
        let stays = self.settings.separate_passwords && *factor.kind() == Kind::Password;
        factor.travels() && !stays
    }

    /// Refuses to send an SMS to a number that none reaches.
    pub(super) fn check_carrier(&self, number: &str) -> Result<(), Refusal> {
        if self.settings.unreachable_numbers.iter().any(|known| known == number) {
            return Err(Refusal::new("downstream_carrier_error"));
        }
        Ok(())
    }
}

impl Call<'_> {
    /// Refuses a call without the captcha token that is demanded.
    pub(super) fn check_captcha(&self) -> Result<(), Refusal> {
        let Some(solved) = &self.world.settings.captcha else { return Ok(()) };
        match self.token("captcha_token")? {
            None => Err(Refusal::new("captcha_required")),
            Some(token) if token != *solved => Err(Refusal::new("captcha_failed")),
            Some(_) => Ok(()),
        }
    }

    /// Refuses what needs passwords that hold in all organizations.
    pub(super) fn check_cross_org_passwords(&self) -> Result<(), Refusal> {
        if self.world.settings.separate_passwords {
            return Err(Refusal::new("cross_org_passwords_not_enabled"));
        }
        Ok(())
    }

    /// A redirect URL in the body, if it is given.
    pub(super) fn redirect_url(&self, name: &'static str) -> Result<Option<String>, Refusal> {
        let url = self.text(name)?;
        self.check_redirect_url(url.as_deref())?;
        Ok(url)
    }

    /// Refuses a redirect URL that is not on the list.
    pub(super) fn check_redirect_url(&self, url: Option<&str>) -> Result<(), Refusal> {
        let known = &self.world.settings.redirect_urls;
        let bare = |url: &str| url.split(['?', '#']).next().unwrap_or_default().to_owned();
        let matches = |url: &str| known.iter().any(|known| bare(known) == bare(url));
        match url.filter(|url| !url.is_empty()) {
            Some(url) if !known.is_empty() && !matches(url) => {
                Err(Refusal::new("no_match_for_provided_oauth_url"))
            }
            _ => Ok(()),
        }
    }
}
