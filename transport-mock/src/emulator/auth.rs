//! Basic authorization on both surfaces.

use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use http::{HeaderMap, header};
use serde_json::Value;

use super::reply::Refusal;
use super::route::Surface;
use super::world::World;

/// Standard base64, padded or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Checks the caller's credentials. On the frontend it returns the session token, if there is one.
pub(super) fn authorize(
    world: &World,
    surface: Surface,
    headers: &HeaderMap,
) -> Result<Option<String>, Refusal> {
    let (user, password) =
        basic(headers).ok_or_else(|| Refusal::new("invalid_authorization_header"))?;
    let refused = |distinct: &'static str| {
        let distinct = Some(distinct).filter(|_| world.options.distinct_credential_errors);
        Err(Refusal::new(distinct.unwrap_or("unauthorized_credentials")))
    };
    match surface {
        Surface::Backend if user != world.project.id => {
            refused("invalid_project_id_authentication")
        }
        Surface::Backend if password != world.project.secret => {
            refused("invalid_secret_authentication")
        }
        Surface::Backend => Ok(None),
        Surface::Frontend => {
            if user != world.project.public_token {
                return Err(Refusal::new("unauthorized_credentials"));
            }
            if world.options.strict_telemetry && telemetry(headers).is_none() {
                return Err(Refusal::new("bad_request"));
            }
            world.settings.check_caller(headers)?;
            Ok(Some(password).filter(|password| *password != user))
        }
    }
}

/// User and password of the Basic credentials.
pub(crate) fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// What `X-SDK-Client` says, if it decodes to a JSON object.
pub(super) fn telemetry(headers: &HeaderMap) -> Option<Value> {
    let decoded = BASE64.decode(headers.get("x-sdk-client")?).ok()?;
    serde_json::from_slice::<Value>(&decoded).ok().filter(Value::is_object)
}
