//! The example `backend`, over HTTP, beside an emulated Stytch over HTTP.

#[path = "../../examples/backend/app.rs"]
mod app;
mod attacks;
mod world;

use std::time::Duration;

use serde_json::json;
use world::{FIVE_MINUTES, World, bearer, cookie, jwt_of, token_cookie};

const FORGED: &str = "eyJhbGciOiJub25lIn0.e30.";

#[tokio::test]
async fn a_member_comes_by_bearer_or_cookie_and_costs_no_request() {
    let world = World::new().await;
    let ada = world.ada().await;
    world.verifier.preload().await.expect("the keys");
    let before = world.stytch.request_count();
    for headers in [bearer(&jwt_of(&ada)), cookie(&jwt_of(&ada))] {
        for _ in 0..3 {
            let me = world.get("/me", &headers).await;
            assert_eq!(me.status(), 200, "{me:?}");
            assert_eq!(me.json()["member_id"], ada.member_session().member_id().as_str());
            assert_eq!(me.json()["stytch_was_asked"], false);
            assert_eq!(me.header("vary"), "Authorization, Cookie");
            assert!(me.all("set-cookie").is_empty(), "{me:?}");
            let lamps = world.get("/lamps", &headers).await;
            assert!(lamps.json()["lamps"].is_array(), "{lamps:?}");
        }
    }
    assert_eq!(world.stytch.request_count(), before);
}

#[tokio::test]
async fn nobody_is_told_why_they_are_nobody() {
    let world = World::new().await;
    let ada = world.ada().await;
    let (jwt, token) = (jwt_of(&ada), ada.session_token().secret().to_owned());
    let id = ada.member_session().member_session_id().as_str().to_owned();
    world.stytch.revoke_session(&id);
    world.stytch.clock().advance(FIVE_MINUTES);
    let nobody = world.get("/me", &[]).await;
    assert_eq!(nobody.status(), 401);
    assert_eq!(nobody.json(), json!({ "error": "unauthenticated" }));
    assert_eq!(nobody.header("www-authenticate"), "Bearer");
    assert_eq!(nobody.header("cache-control"), "no-store");
    assert_eq!(nobody.header("vary"), "Authorization, Cookie");
    let alive = world.ada().await;
    let other = jwt_of(&alive);
    let twice = format!("Cookie: stytch_session_jwt={other}; stytch_session_jwt={jwt}");
    let tampered = other.replacen('.', ".A", 1);
    for headers in [
        bearer(&jwt),
        cookie(&jwt),
        bearer(FORGED),
        cookie(FORGED),
        bearer(&tampered),
        bearer(""),
        bearer("ä"),
        token_cookie(&token),
        token_cookie("made-up"),
        token_cookie("no!token"),
        vec![twice],
        [bearer(&other), bearer(&other)].concat(),
        // A bearer decides alone.
        [bearer(FORGED), cookie(&other)].concat(),
        // And so does a JWT.
        vec![format!(
            "Cookie: stytch_session_jwt={FORGED}; stytch_session={}",
            alive.session_token().secret()
        )],
    ] {
        let reply = world.get("/me", &headers).await;
        assert_eq!(reply.undated(), nobody.undated(), "{headers:?}");
        let lamps = world.get("/lamps", &headers).await;
        assert_eq!(lamps.json(), json!({ "lamps": 3 }), "{headers:?}");
        assert_eq!(lamps.header("vary"), "Authorization, Cookie");
        assert_eq!(world.ask("POST /lamps", &headers).await.undated(), nobody.undated());
    }
    assert_eq!(world.get("/me", &bearer(&other)).await.status(), 200);
}

#[tokio::test]
async fn an_expired_jwt_is_renewed_in_the_browser() {
    let world = World::new().await;
    let ada = world.ada().await;
    let old = jwt_of(&ada);
    world.verifier.preload().await.expect("the keys");
    world.stytch.clock().advance(FIVE_MINUTES);
    let before = world.stytch.request_count();
    let me = world.get("/me", &cookie(&old)).await;
    assert_eq!((me.status(), &me.json()["stytch_was_asked"]), (200, &json!(true)));
    assert_eq!(me.header("cache-control"), "no-store");
    assert_eq!(world.stytch.request_count(), before + 1);

    let (fresh, attributes) = me.header("set-cookie").split_once("; ").expect("attributes");
    let fresh = fresh.strip_prefix("stytch_session_jwt=").expect("the cookie of the JWT");
    assert_ne!(fresh, old);
    let session = ada.member_session();
    let life = session.expires_at().saturating_duration_since(session.started_at());
    let life = (life - FIVE_MINUTES).as_secs();
    assert_eq!(attributes, format!("Path=/; Max-Age={life}; Secure; HttpOnly; SameSite=Lax"));

    let me = world.get("/me", &cookie(fresh)).await;
    assert_eq!(me.json()["stytch_was_asked"], false);
    assert!(me.all("set-cookie").is_empty());
    assert_eq!(world.stytch.request_count(), before + 1);

    // Who comes with a bearer has no use for a cookie.
    let me = world.get("/me", &bearer(&old)).await;
    assert_eq!((me.status(), me.all("set-cookie").len()), (200, 0));
    assert_eq!(me.json()["stytch_was_asked"], true);
}

#[tokio::test]
async fn a_session_token_is_judged_by_stytch_and_followed_by_a_jwt() {
    let world = World::new().await;
    let ada = world.ada().await;
    let before = world.stytch.request_count();
    let me = world.get("/me", &token_cookie(ada.session_token().secret())).await;
    assert_eq!((me.status(), &me.json()["stytch_was_asked"]), (200, &json!(true)));
    assert_eq!(world.stytch.request_count(), before + 1);
    let cookie = me.header("set-cookie");
    assert!(cookie.starts_with("stytch_session_jwt=ey"), "{cookie}");
    let jwt = cookie.split(['=', ';']).nth(1).expect("a value");
    assert_eq!(world.get("/me", &bearer(jwt)).await.status(), 200);
}

#[tokio::test]
async fn only_who_keeps_the_lamps_trims_them() {
    let world = World::new().await;
    let (ada, ben) = (world.ada().await, world.ben().await);
    let trim = |session| {
        let headers = cookie(&jwt_of(session));
        let world = &world;
        async move { world.ask("POST /lamps", &headers).await }
    };
    let refused = trim(&ada).await;
    assert_eq!(refused.status(), 403);
    assert_eq!(refused.json(), json!({ "error": "forbidden" }));
    assert_eq!(refused.header("cache-control"), "no-store");
    assert_eq!(refused.all("www-authenticate").len(), 0);
    let trimmed = trim(&ben).await;
    assert_eq!(trimmed.status(), 200);
    assert_eq!(trimmed.json()["trimmed_by"], ben.member_session().member_id().as_str());
    // The policy is here now.
    let before = world.stytch.request_count();
    assert_eq!((trim(&ada).await.status(), trim(&ben).await.status()), (403, 200));
    assert_eq!(world.stytch.request_count(), before);
}

#[tokio::test]
async fn an_outage_is_not_mistaken_for_nobody() {
    let mut world = World::new().await;
    let ada = world.ada().await;
    world.take_stytch_away().await;
    for headers in
        [bearer(&jwt_of(&ada)), cookie(&jwt_of(&ada)), token_cookie(ada.session_token().secret())]
    {
        for what in ["GET /me", "GET /lamps", "POST /lamps"] {
            let reply = world.ask(what, &headers).await;
            assert_eq!(reply.status(), 503, "{what} with {headers:?}");
            assert_eq!(reply.json(), json!({ "error": "unavailable" }));
            assert_eq!(reply.header("retry-after"), "30");
            assert_eq!(reply.header("cache-control"), "no-store");
        }
    }
    // Who brings nothing is nobody even so.
    assert_eq!(world.get("/me", &[]).await.status(), 401);
    assert_eq!(world.get("/lamps", &[]).await.status(), 200);
}

#[tokio::test]
async fn with_keys_at_hand_an_outage_concerns_few() {
    let mut world = World::new().await;
    let ben = world.ben().await;
    let jwt = jwt_of(&ben);
    assert_eq!(world.ask("POST /lamps", &bearer(&jwt)).await.status(), 200);
    world.take_stytch_away().await;
    assert_eq!(world.get("/me", &bearer(&jwt)).await.status(), 200);
    assert_eq!(world.ask("POST /lamps", &bearer(&jwt)).await.status(), 200);
    assert_eq!(world.get("/me", &bearer(FORGED)).await.status(), 401);
    world.stytch.clock().advance(FIVE_MINUTES - Duration::from_secs(1));
    assert_eq!(world.get("/me", &bearer(&jwt)).await.status(), 200);
    world.stytch.clock().advance(Duration::from_secs(1));
    assert_eq!(world.get("/me", &bearer(&jwt)).await.status(), 503);
}
