//! What an endpoint's requests may say, and the strict mode that refuses everything else.

use serde_json::{Value, json};
use stytch_session::Request;

use super::body::wrong_type;
use super::reply::{Object, Refusal};
use super::route::{Surface, percent_decoded};

/// One field of a body, by name and type.
#[derive(Debug)]
pub(super) enum Field {
    Text(&'static str),
    Number(&'static str),
    Flag(&'static str),
    /// A list of texts.
    Texts(&'static str),
    List(&'static str),
    Map(&'static str),
    /// Several fields that go together.
    All(&'static [Self]),
}

use Field::{All, Flag, List, Map, Number, Text, Texts};

/// What the frontend's login endpoints accept against robots.
pub(super) const CAPTCHA: Field = All(&[Text("dfp_telemetry_id"), Text("captcha_token")]);

/// What every backend call that can mint a session accepts.
pub(super) const MINT: Field =
    All(&[Number("session_duration_minutes"), Map("session_custom_claims"), Text("telemetry_id")]);

/// The session of a backend call.
pub(super) const SESSION: Field = All(&[Text("session_token"), Text("session_jwt")]);

/// What the frontend's primary logins accept beside their own fields.
pub(super) const LOGIN_FRONTEND: &[Field] = &[CAPTCHA, DURATION, INTERMEDIATE, Text("locale")];

/// The same on the backend.
pub(super) const LOGIN_BACKEND: &[Field] = &[MINT, SESSION, INTERMEDIATE, Text("locale")];

pub(super) const DURATION: Field = Number("session_duration_minutes");
pub(super) const INTERMEDIATE: Field = Text("intermediate_session_token");

/// What the requests to one endpoint may say.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) both: &'static [Field],
    pub(super) frontend: &'static [Field],
    pub(super) backend: &'static [Field],
    /// Parameters of the query; a final `*` stands for any ending.
    pub(super) query: &'static [&'static str],
    /// Whether a backend call may be made on behalf of a member, by two headers.
    pub(super) on_behalf: bool,
    /// Whether the body is none of the endpoint's business.
    pub(super) any_body: bool,
}

impl Form {
    pub(super) const EMPTY: Self = Self {
        both: &[],
        frontend: &[],
        backend: &[],
        query: &[],
        on_behalf: false,
        any_body: false,
    };

    /// Whether a body may have a field of this name.
    pub(super) fn knows(&self, surface: Surface, name: &str) -> bool {
        self.find(surface, name).is_some()
    }

    fn find(&self, surface: Surface, name: &str) -> Option<&'static Field> {
        let own = match surface {
            Surface::Frontend => self.frontend,
            Surface::Backend => self.backend,
        };
        find(self.both, name).or_else(|| find(own, name))
    }

    /// Refuses what the protocol does not name for this endpoint and surface. The `parameters` of the
    /// path may be repeated in query and body, as official SDKs repeat them.
    pub(super) fn check(
        &self,
        surface: Surface,
        request: &Request,
        parameters: &[&str],
    ) -> Result<(), Refusal> {
        self.check_headers(surface, request)?;
        for name in query_names(request) {
            let names = |known: &&str| match known.strip_suffix('*') {
                Some(beginning) => name.starts_with(beginning),
                None => name == **known,
            };
            if !self.query.iter().chain(parameters).any(names) {
                return Err(unexpected(surface, "query", &name));
            }
        }
        match serde_json::from_slice(request.body()) {
            Ok(Value::Object(body)) if !self.any_body => {
                self.check_body(surface, &body, parameters)
            }
            // What is no object is judged elsewhere, in every mode.
            _ => Ok(()),
        }
    }

    fn check_body(
        &self,
        surface: Surface,
        body: &Object,
        parameters: &[&str],
    ) -> Result<(), Refusal> {
        let own = |(name, _): &(&String, &Value)| !parameters.contains(&name.as_str());
        for (name, value) in body.iter().filter(own) {
            let field = self.find(surface, name);
            let field = field.ok_or_else(|| unexpected(surface, "body", name))?;
            let (expected, fits) = field.fits(value);
            if !value.is_null() && !fits {
                return Err(match surface {
                    Surface::Frontend => wrong_type(name, expected),
                    Surface::Backend => Refusal::new("bad_request"),
                });
            }
        }
        Ok(())
    }

    fn check_headers(&self, surface: Surface, request: &Request) -> Result<(), Refusal> {
        let of_surface: &[&str] = match surface {
            Surface::Frontend => &["x-sdk-client", "x-sdk-parent-host"],
            Surface::Backend if self.on_behalf => {
                &["x-stytch-member-session", "x-stytch-member-sessionjwt"]
            }
            Surface::Backend => &[],
        };
        let known = |name: &str| {
            ORDINARY_HEADERS.contains(&name)
                || ORDINARY_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
                || of_surface.contains(&name)
        };
        if request.headers().keys().all(|name| known(name.as_str())) {
            Ok(())
        } else {
            Err(Refusal::new("bad_request"))
        }
    }
}

/// Headers of HTTP itself, of browsers and of proxies, which say nothing to the API.
const ORDINARY_HEADERS: [&str; 22] = [
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "dnt",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "origin",
    "pragma",
    "priority",
    "referer",
    "te",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
];

const ORDINARY_BEGINNINGS: [&str; 5] = ["accept", "if-", "sec-", "trace", "x-forwarded-"];

impl Field {
    /// The type's name, and whether `value` has it.
    fn fits(&self, value: &Value) -> (&'static str, bool) {
        match self {
            Self::Text(_) => ("string", value.is_string()),
            Self::Number(_) => ("number", value.is_number()),
            Self::Flag(_) => ("boolean", value.is_boolean()),
            Self::Texts(_) => {
                ("array", value.as_array().is_some_and(|items| items.iter().all(Value::is_string)))
            }
            Self::List(_) => ("array", value.is_array()),
            Self::Map(_) => ("object", value.is_object()),
            // Never found by a name.
            Self::All(_) => ("", true),
        }
    }
}

fn find(fields: &'static [Field], name: &str) -> Option<&'static Field> {
    fields.iter().find_map(|field| match field {
        Text(own) | Number(own) | Flag(own) | Texts(own) | List(own) | Map(own) => {
            (*own == name).then_some(field)
        }
        All(fields) => find(fields, name),
    })
}

fn query_names(request: &Request) -> impl Iterator<Item = String> {
    let pairs = request.uri().query().unwrap_or_default().split('&');
    let named = pairs.filter(|pair| !pair.is_empty());
    named.map(|pair| {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        percent_decoded(name).unwrap_or_else(|| name.to_owned())
    })
}

/// The refusal of something that the endpoint does not know; `place` is `body` or `query`.
fn unexpected(surface: Surface, place: &'static str, name: &str) -> Refusal {
    if surface == Surface::Backend {
        return Refusal::new("bad_request");
    }
    Refusal::Schema {
        place,
        finding: json!({
            "keyword": "additionalProperties",
            "dataPath": "",
            "schemaPath": "#/additionalProperties",
            "params": { "additionalProperty": name },
            "message": format!("should NOT have additional property '{name}'"),
        }),
    }
}
