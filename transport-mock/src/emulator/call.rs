//! One request on its way through a handler: who calls, and what the body says.

use serde_json::{Value, json};
use stytch_session::Request;

use super::jwt::{ORGANIZATION_CLAIM, RESERVED_CLAIMS, SESSION_CLAIM};
use super::reply::{Object, Refusal};
use super::route::{Surface, percent_decoded};
use super::world::{Intermediate, MemberKey, OrganizationKey, World, same_address};

/// The limits of `session_duration_minutes`: 5 minutes to 366 days.
const MINUTES: std::ops::RangeInclusive<i64> = 5..=527_040;

/// The limit of all custom claims together, in bytes of JSON.
const CLAIMS_BYTES: usize = 4096;

pub(crate) struct Call<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) surface: Surface,
    pub(crate) now: i64,
    request: &'a Request,
    body: Object,
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

impl<'a> Call<'a> {
    pub(super) fn new(
        world: &'a mut World,
        surface: Surface,
        request: &'a Request,
        parameters: Vec<(&'static str, String)>,
        session_token: Option<String>,
        now: i64,
    ) -> Result<Self, Refusal> {
        let blank = request.body().iter().all(u8::is_ascii_whitespace);
        let body = if blank {
            Value::Null
        } else {
            serde_json::from_slice(request.body()).map_err(|_| Refusal::new("bad_request"))?
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
    pub(super) fn header(&self, name: &str) -> Option<String> {
        self.request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    }

    /// An optional text field.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<String>, Refusal> {
        match self.body.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.wrong_type(name, "string")),
        }
    }

    /// A text field that must be there.
    pub(super) fn required_text(&self, name: &'static str) -> Result<String, Refusal> {
        self.text(name)?.ok_or_else(|| self.missing(name))
    }

    /// An optional object.
    pub(super) fn object(&self, name: &'static str) -> Result<Option<&Object>, Refusal> {
        match self.body.get(name) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(object)),
            Some(_) => Err(self.wrong_type(name, "object")),
        }
    }

    /// `session_duration_minutes`, if it is given.
    pub(super) fn minutes(&self) -> Result<Option<i64>, Refusal> {
        const NAME: &str = "session_duration_minutes";
        let Some(value) = self.body.get(NAME) else { return Ok(None) };
        if !value.is_number() {
            return Err(self.wrong_type(NAME, "number"));
        }
        let Some(minutes) = value.as_i64() else {
            let whole =
                value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0);
            return Err(if whole {
                Refusal::new("invalid_session_duration_minutes")
            } else {
                self.wrong_type(NAME, "integer")
            });
        };
        if !MINUTES.contains(&minutes) {
            return Err(Refusal::new("invalid_session_duration_minutes"));
        }
        if self.surface == Surface::Frontend
            && minutes > self.world.options.maximum_duration_minutes
        {
            return Err(Refusal::new("invalid_session_duration"));
        }
        Ok(Some(minutes))
    }

    /// Duration and custom claims for a call that may mint a session. The frontend demands the
    /// first and does not know the second.
    pub(super) fn wishes(&self) -> Result<Wishes, Refusal> {
        let minutes = self.minutes()?;
        if self.surface == Surface::Frontend && minutes.is_none() {
            return Err(self.missing("session_duration_minutes"));
        }
        Ok(Wishes { minutes, claims: self.claims()? })
    }

    /// `session_custom_claims` of the backend; a null in it deletes a claim.
    pub(super) fn claims(&self) -> Result<Object, Refusal> {
        if self.surface == Surface::Frontend {
            return Ok(Object::new());
        }
        let claims = self.object("session_custom_claims")?.cloned().unwrap_or_default();
        for name in claims.keys().map(String::as_str) {
            if RESERVED_CLAIMS.contains(&name) {
                return Err(Refusal::new("reserved_claims_in_custom_claims"));
            }
            if [SESSION_CLAIM, ORGANIZATION_CLAIM].contains(&name) {
                return Err(Refusal::new("stytch_claims_in_custom_claims"));
            }
        }
        Ok(claims)
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

    /// The organization that the body names.
    pub(super) fn organization(&self) -> Result<OrganizationKey, Refusal> {
        let name = self.required_text("organization_id")?;
        let found = self.world.find_organization(&name);
        found.ok_or_else(|| Refusal::new("organization_not_found"))
    }

    /// The member that the body names, by organization and member id.
    pub(super) fn member(&self) -> Result<MemberKey, Refusal> {
        let name = self.required_text("member_id")?;
        let organization = self.organization()?;
        let found = self.world.find_member(organization, &name);
        found.ok_or_else(|| Refusal::new("member_not_found"))
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
        found.map(|session| session.id.clone()).ok_or_else(|| Refusal::new("session_not_found"))
    }

    /// The active session with this token.
    pub(super) fn session_of_token(&self, token: &str) -> Result<String, Refusal> {
        let found = self.world.session_by_token(token, self.now);
        found.map(|session| session.id.clone()).ok_or_else(|| Refusal::new("session_not_found"))
    }

    /// A field that holds a token; an empty one is none.
    pub(super) fn token(&self, name: &'static str) -> Result<Option<String>, Refusal> {
        Ok(self.text(name)?.filter(|token| !token.is_empty()))
    }

    /// The refusal of a call that lacks a field.
    pub(super) fn missing(&self, name: &'static str) -> Refusal {
        if self.surface == Surface::Backend {
            return Refusal::new("bad_request");
        }
        Refusal::Schema {
            place: "body",
            finding: json!({
                "keyword": "required",
                "dataPath": "",
                "schemaPath": "#/required",
                "params": { "missingProperty": name },
                "message": format!("should have required property '{name}'"),
            }),
        }
    }

    fn live(&self, token: String) -> Result<Credential, Refusal> {
        self.intermediate(&token)?;
        Ok(Credential::Intermediate(token))
    }

    /// The session that `session_token` or `session_jwt` names, if one of them is given.
    fn session_fields(&self) -> Result<Option<String>, Refusal> {
        match (self.token("session_token")?, self.token("session_jwt")?) {
            (Some(_), Some(_)) => Err(Refusal::new("too_many_session_arguments")),
            (Some(token), None) => self.session_of_token(&token).map(Some),
            (None, Some(jwt)) => self.session_of_jwt(&jwt).map(Some),
            (None, None) => Ok(None),
        }
    }

    fn wrong_type(&self, name: &str, expected: &str) -> Refusal {
        match self.surface {
            Surface::Frontend => wrong_type(name, expected),
            Surface::Backend => Refusal::new("bad_request"),
        }
    }
}

/// The frontend's finding about a field of the wrong type; no name stands for the body itself.
fn wrong_type(name: &str, expected: &str) -> Refusal {
    let (data_path, schema_path) = if name.is_empty() {
        (String::new(), "#/type".to_owned())
    } else {
        (format!(".{name}"), format!("#/properties/{name}/type"))
    };
    Refusal::Schema {
        place: "body",
        finding: json!({
            "keyword": "type",
            "dataPath": data_path,
            "schemaPath": schema_path,
            "params": { "type": expected },
            "message": format!("should be {expected}"),
        }),
    }
}

/// Merges `new` into the claims of a session: a null deletes.
pub(super) fn merge_claims(claims: &mut Object, new: Object) -> Result<(), Refusal> {
    let mut merged = claims.clone();
    for (name, value) in new {
        if value.is_null() {
            merged.remove(&name);
        } else {
            merged.insert(name, value);
        }
    }
    if Value::Object(merged.clone()).to_string().len() > CLAIMS_BYTES {
        return Err(Refusal::new("custom_claims_too_large"));
    }
    *claims = merged;
    Ok(())
}
