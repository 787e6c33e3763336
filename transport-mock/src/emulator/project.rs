//! What a frontend asks before any login: the project's settings. And what it reports.

use serde_json::json;

use super::call::Call;
use super::reply::{Object, Refusal, object};
use super::route::{Answer, Route, Surface};
use super::strength::{COMPLEXITY, MINIMUM_LENGTH};

pub(super) const ROUTES: &[Route] = &[
    // Asked before anything else, by whoever knows the token in the path.
    Route::get("projects/bootstrap/{public_token}", bootstrap)
        .only(Surface::Frontend)
        .without_authorization(),
    Route::post("events", discard).only(Surface::Frontend).without_authorization().any_body(),
];

fn bootstrap(call: &mut Call<'_>) -> Answer {
    if call.parameter("public_token") != call.world.project.public_token {
        return Err(Refusal::new("public_token_not_found"));
    }
    Ok(object(json!({
        "project_name": "The emulated project",
        "disable_sdk_watermark": true,
        "cname_domain": null,
        "email_domains": [],
        "captcha_settings": {
            "enabled": call.world.settings.demands_captcha(),
            "siteKey": if call.world.settings.demands_captcha() { "the emulator's" } else { "" },
        },
        "pkce_required_for_email_magic_links": false,
        "pkce_required_for_password_resets": false,
        "pkce_required_for_oauth": false,
        "pkce_required_for_sso": false,
        "slug_pattern": null,
        "create_organization_enabled": true,
        "password_config": {
            "luds_complexity": COMPLEXITY,
            "luds_minimum_count": MINIMUM_LENGTH,
        },
        "dfp_protected_auth_enabled": false,
        "dfp_protected_auth_mode": "OBSERVATION",
        "rbac_policy": call.world.policy_json(),
        "siwe_required_for_crypto_wallets": false,
        "vertical": "B2B",
    })))
}

/// Takes what an SDK reports of itself, and forgets it.
fn discard(_: &mut Call<'_>) -> Answer {
    Ok(Object::new())
}
