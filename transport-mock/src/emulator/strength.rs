//! How strong a password is: the rule of this project is a length and no more.

use serde_json::json;

use super::call::Call;
use super::form::{CAPTCHA, Field::Text};
use super::reply::{Object, Refusal, object};
use super::route::{Answer, Route};

pub(super) const ROUTES: &[Route] = &[Route::post("b2b/passwords/strength_check", check).fields(
    &[Text("password"), Text("email_address")],
    &[CAPTCHA],
    &[],
)];

/// How many characters a password must have.
pub(super) const MINIMUM_LENGTH: usize = 8;

/// How many of the four kinds of characters a password must have.
pub(super) const COMPLEXITY: usize = 1;

fn check(call: &mut Call<'_>) -> Answer {
    Ok(judgement(&call.required_text("password")?))
}

impl Call<'_> {
    /// A new password that must be there, and be strong enough.
    pub(super) fn new_password(&self, name: &'static str) -> Result<String, Refusal> {
        let password = self.required_text(name)?;
        if judgement(&password)["valid_password"] != true {
            return Err(Refusal::new("weak_password"));
        }
        Ok(password)
    }
}

fn judgement(password: &str) -> Object {
    let has = |kind: fn(char) -> bool| password.chars().any(kind);
    let kinds = [
        has(char::is_lowercase),
        has(char::is_uppercase),
        has(char::is_numeric),
        has(|letter| !letter.is_alphanumeric()),
    ];
    let complexity = kinds.iter().filter(|has| **has).count();
    let length = password.chars().count();
    let missing_characters = MINIMUM_LENGTH.saturating_sub(length);
    let missing_complexity = COMPLEXITY.saturating_sub(complexity);
    let valid = missing_characters == 0 && missing_complexity == 0;
    object(json!({
        "valid_password": valid,
        "score": if valid { complexity.min(4) } else { 0 },
        "breached_password": false,
        "strength_policy": "luds",
        "breach_detection_on_create": false,
        "luds_feedback": {
            "has_lower_case": kinds[0],
            "has_upper_case": kinds[1],
            "has_digit": kinds[2],
            "has_symbol": kinds[3],
            "missing_complexity": missing_complexity,
            "missing_characters": missing_characters,
        },
        "zxcvbn_feedback": null,
    }))
}
