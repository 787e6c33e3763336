//! Each token of the core's list of attacks, as a request would bring it.

use axum::Router;
use axum::routing::get;
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderName, HeaderValue};
use stytch_session::TokioRuntime;
use stytch_session::jwt::{JwtErrorKind, JwtVerifier};
use stytch_session_hyper::axum::{Auth, RenewCookies};
use stytch_session_mock::{Emulator, VirtualClock};

use super::jwt::attacks;
use super::jwt::forge::{PROJECT, now, web_keys};
use super::name;
use super::world::{ask, client, status};

#[tokio::test]
async fn each_attack_is_401_and_seldom_a_request() {
    let stytch = Emulator::example_builder().clock(VirtualClock::at(now())).build();
    assert_eq!(stytch.project_id(), PROJECT);
    let keys = web_keys(include_str!("../../../core/tests/jwt/fixtures/jwks_rotated.json"));
    let verifier = JwtVerifier::builder(client(&stytch)).keys(keys).start(TokioRuntime::current());
    let app = Router::new().route("/", get(name)).layer(RenewCookies::new());
    let app = app.with_state(Auth::new(verifier));
    let (mut sent, mut accepted, mut asked) = (0, 0, 0);
    for row in attacks::all() {
        let headers: [(HeaderName, String); 2] = [
            (AUTHORIZATION, format!("Bearer {}", row.token)),
            (COOKIE, format!("stytch_session_jwt={}", row.token)),
        ];
        // Blanks around a token and what follows a `;` are the header's, and no part of it.
        let bare = row.token.trim_matches([' ', '\t']).split(';').next();
        if bare != Some(&*row.token) {
            continue;
        }
        for (name, value) in headers {
            // What no header can hold never comes this far.
            let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) else { continue };
            let before = stytch.request_count();
            let reply = ask(&app, [(name.clone(), value)]).await;
            let requests = stytch.request_count() - before;
            sent += 1;
            match row.refused {
                None => {
                    assert_eq!((status(&reply), requests), (200, 0), "{} in {name}", row.name);
                    accepted += 1;
                }
                // Genuine: the server is asked, and does not know the session.
                Some(
                    JwtErrorKind::Expired
                    | JwtErrorKind::NotYetValid
                    | JwtErrorKind::SessionExpired,
                ) => {
                    assert_eq!((status(&reply), requests), (401, 1), "{} in {name}", row.name);
                    asked += 1;
                }
                Some(_) => {
                    assert_eq!((status(&reply), requests), (401, 0), "{} in {name}", row.name);
                }
            }
        }
    }
    assert!(sent > 600 && accepted > 20 && asked > 4, "{sent}, {accepted}, {asked}");
}
