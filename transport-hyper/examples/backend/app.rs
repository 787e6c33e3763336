//! The routes.

use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use stytch_session::jwt::AnsweredBy;
use stytch_session::{InvalidInput, RoleId};
use stytch_session_hyper::axum::{Auth, Member, RenewCookies, RequirePermission};

/// | route | for whom |
/// | --- | --- |
/// | `GET /me` | members |
/// | `GET /lamps` | everybody, and more of it for members |
/// | `POST /lamps` | members who may `trim` the `lamps` |
pub(crate) fn app(auth: Auth) -> Result<Router, InvalidInput> {
    let may_trim = RequirePermission::new(&auth, "lamps", "trim")?;
    Ok(Router::new()
        .route("/me", get(me))
        .route("/lamps", get(lamps).merge(post(trim).route_layer(may_trim)))
        .layer(RenewCookies::new())
        .with_state(auth))
}

async fn me(member: Member) -> Json<Value> {
    let session = member.member_session();
    Json(json!({
        "member_id": session.member_id().as_str(),
        "organization_id": session.organization_id().as_str(),
        "roles": session.roles().iter().map(RoleId::as_str).collect::<Vec<_>>(),
        "expires_at": session.expires_at().to_string(),
        "stytch_was_asked": member.answered_by() == AnsweredBy::Server,
    }))
}

async fn lamps(member: Option<Member>) -> Json<Value> {
    Json(match member {
        None => json!({ "lamps": 3 }),
        Some(_) => json!({ "lamps": ["north, burning", "south, burning", "east, sooty"] }),
    })
}

async fn trim(member: Member) -> Json<Value> {
    Json(json!({ "trimmed_by": member.member_session().member_id().as_str() }))
}
