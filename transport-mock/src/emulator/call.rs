//! One request on its way through a handler: who calls, and on whose behalf.

use serde_json::Value;
use stytch_session::Request;

use super::body::wrong_type;
use super::names::is_token;
use super::reply::{Object, Refusal};
use super::route::{Surface, percent_decoded};
use super::world::{Intermediate, MemberKey, OrganizationKey, SessionRecord, World, same_address};

pub(crate) struct Call<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) surface: Surface,
    pub(crate) now: i64,
    request: &'a Request,
    /// Without the fields that are null: these are absent.
    pub(super) body: Object,
    parameters: Vec<(&'static str, String)>,
    /// The Basic password on the frontend, where it is not the public token.
    session_token: Option<String>,
}

/// What stands for an authentication so far.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    None,
    /// The token of a live intermediate session.
    Intermediate(String),
    /// The id of an active session.
    Session(String),
}

/// What a call that mints a session wishes for it.
#[derive(Debug)]
pub(crate) struct Wishes {
    pub(crate) minutes: Option<i64>,
    pub(crate) claims: Object,
}

/// Who calls, by the credentials shown.
pub(super) struct Caller {
    pub(super) surface: Surface,
    /// The Basic password on the frontend, where it is not the public token.
    pub(super) session_token: Option<String>,
}

impl<'a> Call<'a> {
    pub(super) fn new(
        world: &'a mut World,
        caller: Caller,
        request: &'a Request,
        body: &[u8],
        parameters: Vec<(&'static str, String)>,
        now: i64,
    ) -> Result<Self, Refusal> {
        let Caller { surface, session_token } = caller;
        let body = if body.iter().all(u8::is_ascii_whitespace) {
            Value::Null
        } else {
            serde_json::from_slice(body).map_err(|_| Refusal::new("bad_request"))?
        };
        let body = match body {
            // Absent and null are the same.
            Value::Object(mut fields) => {
                fields.retain(|_, field| !field.is_null());
                fields
            }
            Value::Null => Object::new(),
            _ if surface == Surface::Frontend => return Err(wrong_type("", "object")),
            _ => return Err(Refusal::new("bad_request")),
        };
        Ok(Self { world, surface, now, request, body, parameters, session_token })
    }

    /// A parameter of the path.
    pub(super) fn parameter(&self, name: &str) -> String {
        let found = self.parameters.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// A parameter of the query.
    pub(super) fn query(&self, name: &str) -> Option<String> {
        let pairs = self.request.uri().query().unwrap_or_default().split('&');
        let mut values =
            pairs.filter_map(|pair| pair.split_once('=')).filter(|(key, _)| *key == name);
        values.next().and_then(|(_, value)| percent_decoded(&value.replace('+', " ")))
    }

    /// A header as text.
    fn header(&self, name: &str) -> Option<String> {
        self.request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    }

    /// The session of the call: on the frontend the header's, on the backend the body's.
    pub(super) fn session(&self) -> Result<String, Refusal> {
        match self.surface {
            Surface::Frontend => match &self.session_token {
                Some(token) => self.session_of_token(token),
                None => Err(Refusal::new("user_unauthenticated")),
            },
            Surface::Backend => {
                let found = self.session_fields()?;
                found.ok_or_else(|| Refusal::new("no_session_arguments"))
            }
        }
    }

    /// The member whose session the call carries.
    pub(super) fn session_member(&self) -> Result<MemberKey, Refusal> {
        let id = self.session()?;
        let session = self.world.sessions.get(&id);
        session.map(|session| session.member).ok_or_else(|| Refusal::new("session_not_found"))
    }

    /// Checks a backend call made on behalf of a member, as two headers say it is: the member must
    /// be of this organization and have the permission.
    pub(super) fn on_behalf(
        &self,
        organization: OrganizationKey,
        resource: &str,
        action: &str,
    ) -> Result<(), Refusal> {
        let tokens =
            (self.header("x-stytch-member-session"), self.header("x-stytch-member-sessionjwt"));
        let id = match tokens {
            (Some(_), Some(_)) => return Err(Refusal::new("too_many_session_arguments")),
            (Some(token), None) => self.session_of_token(&token)?,
            (None, Some(jwt)) => self.session_of_jwt(&jwt)?,
            (None, None) => return Ok(()),
        };
        let session = self.world.sessions.get(&id);
        let caller = session.ok_or_else(|| Refusal::new("session_not_found"))?.member;
        if self.world.member(caller).organization != organization {
            return Err(Refusal::new("session_authorization_tenancy_error"));
        }
        self.world.demand(caller, resource, action)
    }

    /// The session or intermediate session that a login or second factor is to be added to.
    pub(super) fn credential(&self) -> Result<Credential, Refusal> {
        let intermediate = self.token("intermediate_session_token")?;
        let both = || Refusal::new("too_many_session_arguments");
        match (self.surface, intermediate) {
            (Surface::Frontend, Some(token)) => {
                if self.session_token.is_some() && self.world.options.strict_session_arguments {
                    return Err(both());
                }
                self.live(token)
            }
            (Surface::Frontend, None) => match &self.session_token {
                Some(token) => self.session_of_token(token).map(Credential::Session),
                None => Ok(Credential::None),
            },
            (Surface::Backend, Some(token)) => {
                if self.token("session_token")?.is_some() || self.token("session_jwt")?.is_some() {
                    return Err(both());
                }
                self.live(token)
            }
            (Surface::Backend, None) => {
                Ok(self.session_fields()?.map_or(Credential::None, Credential::Session))
            }
        }
    }

    /// As [`credential`](Self::credential), for calls that cannot do without.
    pub(super) fn required_credential(&self) -> Result<Credential, Refusal> {
        match self.credential()? {
            Credential::None => Err(self.unauthenticated()),
            credential => Ok(credential),
        }
    }

    /// The refusal of a call that needs a session or an intermediate session and has neither.
    pub(super) fn unauthenticated(&self) -> Refusal {
        Refusal::new(match self.surface {
            Surface::Frontend => "user_unauthenticated",
            Surface::Backend => "no_session_arguments",
        })
    }

    /// The live intermediate session with this token.
    pub(super) fn intermediate(&self, token: &str) -> Result<Intermediate, Refusal> {
        let found = self.world.intermediate(token, self.now).cloned();
        found.ok_or_else(|| Refusal::new("intermediate_session_not_found"))
    }

    /// Refuses an intermediate session that is not this member's.
    pub(super) fn check_owner(
        &self,
        intermediate: &Intermediate,
        member: MemberKey,
    ) -> Result<(), Refusal> {
        let own = match intermediate.member {
            Some(owner) => owner == member,
            None => {
                same_address(&intermediate.email_address, &self.world.member(member).email_address)
            }
        };
        if own {
            Ok(())
        } else {
            Err(Refusal::new("invalid_intermediate_session_token_for_organization"))
        }
    }

    /// The active session with this JWT.
    pub(super) fn session_of_jwt(&self, jwt: &str) -> Result<String, Refusal> {
        let id = self.world.session_id_of_jwt(jwt)?;
        let found = self.world.active_session(&id, self.now);
        self.usable(found.ok_or_else(|| Refusal::new("session_not_found"))?)
    }

    /// The active session with this token.
    pub(super) fn session_of_token(&self, token: &str) -> Result<String, Refusal> {
        if !is_token(token) {
            return Err(Refusal::new("invalid_session_token"));
        }
        let found = self.world.session_by_token(token, self.now);
        self.usable(found.ok_or_else(|| Refusal::new("session_not_found"))?)
    }

    /// The id of a session, unless its organization is suspended.
    fn usable(&self, session: &SessionRecord) -> Result<String, Refusal> {
        self.world.check_suspension(self.world.member(session.member).organization)?;
        Ok(session.id.clone())
    }

    fn live(&self, token: String) -> Result<Credential, Refusal> {
        self.intermediate(&token)?;
        Ok(Credential::Intermediate(token))
    }

    /// The session that `session_token` or `session_jwt` names, if one of them is given.
    pub(super) fn session_fields(&self) -> Result<Option<String>, Refusal> {
        match (self.token("session_token")?, self.token("session_jwt")?) {
            (Some(_), Some(_)) => Err(Refusal::new("too_many_session_arguments")),
            (Some(token), None) => self.session_of_token(&token).map(Some),
            (None, Some(jwt)) => self.session_of_jwt(&jwt).map(Some),
            (None, None) => Ok(None),
        }
    }
}
