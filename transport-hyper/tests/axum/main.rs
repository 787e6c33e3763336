//! Members of requests, beyond what the example `backend` shows. Without a network: the emulator is the
//! transport, and requests are given to the router.

mod attacks;
#[path = "../../../core/tests/jwt/mount.rs"]
mod jwt;
mod world;

use std::convert::Infallible;
use std::error::Error as _;

use axum::extract::{FromRef, State};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use http::header::{CACHE_CONTROL, SET_COOKIE, VARY};
use http::{HeaderValue, StatusCode};
use stytch_session::jwt::AnsweredBy;
use stytch_session::{ResourceId, SessionJwt};
use stytch_session_hyper::axum::{
    Auth, Member, Rejection, RejectionKind, RenewCookies, RequirePermission,
};
use stytch_session_mock::{EmulatorBuilder, Fault};
use tower::ServiceExt as _;
use world::{FIVE_MINUTES, World, bearer, cookie, jwt_of, status};

async fn name(member: Member) -> String {
    member.member_session().member_id().to_string()
}

fn router(auth: &Auth) -> Router {
    Router::new().route("/", get(name)).layer(RenewCookies::new()).with_state(auth.clone())
}

#[tokio::test]
async fn names_and_domain_can_be_set() {
    let world = World::new();
    let ada = world.ada().await;
    world.stytch.clock().advance(FIVE_MINUTES);
    let auth = world.auth().jwt_cookie("who").unwrap().session_token_cookie("it").unwrap();
    let app = router(&auth.cookie_domain("lighthouse.example").unwrap());
    let jwt = jwt_of(&ada);
    let reply = world.ask(&app, &[("cookie", &format!("who={jwt}"))]).await;
    assert_eq!(reply.status(), StatusCode::OK);
    let set = reply.headers()[SET_COOKIE].to_str().unwrap();
    assert!(set.starts_with("who=ey"), "{set}");
    assert!(set.contains("; Path=/; Domain=lighthouse.example; Max-Age="), "{set}");
    assert!(reply.headers()[SET_COOKIE].is_sensitive());
    let reply = world.ask(&app, &[("cookie", &cookie(&jwt))]).await;
    assert_eq!(reply.status(), StatusCode::UNAUTHORIZED);
    let token = ada.session_token().secret();
    assert_eq!(status(&world.ask(&app, &[("cookie", &format!("it={token}"))]).await), 200);

    for name in ["", "a b", "a=b", "a;b", "ä"] {
        assert!(world.auth().jwt_cookie(name).is_err(), "{name:?}");
        assert!(world.auth().session_token_cookie(name).is_err(), "{name:?}");
        assert!(world.auth().cookie_domain(&format!("{name}.")).is_err(), "{name:?}");
    }
}

#[tokio::test]
async fn cookies_can_be_left_alone() {
    let world = World::new();
    let ada = world.ada().await;
    let token = format!("stytch_session={}", ada.session_token().secret());
    let (jwt, by_cookie) = (jwt_of(&ada), cookie(&jwt_of(&ada)));
    let before = world.stytch.request_count();
    let app = router(&world.auth().no_session_tokens());
    assert_eq!(status(&world.ask(&app, &[("cookie", &token)]).await), 401);
    assert_eq!(world.stytch.request_count(), before);
    assert_eq!(status(&world.ask(&app, &[("cookie", &by_cookie)]).await), 200);
    let app = router(&world.auth().bearer_only());
    for cookie in [&token, &by_cookie] {
        assert_eq!(status(&world.ask(&app, &[("cookie", cookie)]).await), 401);
    }
    assert_eq!(status(&world.ask(&app, &[("authorization", &bearer(&jwt))]).await), 200);
}

/// A program's state, with more in it.
#[derive(Clone)]
struct Lighthouse {
    auth: Auth,
}

impl FromRef<Lighthouse> for Auth {
    fn from_ref(state: &Lighthouse) -> Self {
        state.auth.clone()
    }
}

#[tokio::test]
async fn who_asks_is_found_out_once_and_by_each_auth_for_itself() {
    async fn twice(
        first: Member,
        second: Option<Member>,
        State(state): State<Lighthouse>,
    ) -> String {
        let Some(second) = second else { return "nobody".to_owned() };
        assert_eq!(first.session_jwt(), second.session_jwt());
        assert!(format!("{:?}", state.auth).contains("stytch_session_jwt"));
        format!("{:?}", second.answered_by())
    }
    let world = World::new();
    let ben = world.ben().await;
    let auth = world.auth();
    let may_read = RequirePermission::new(&auth, "lamps", "read").unwrap();
    let may_trim = RequirePermission::new(&auth, "lamps", "trim").unwrap();
    let app = |state: Auth| {
        Router::new()
            .route("/", get(twice))
            .route_layer(may_read.clone())
            .route_layer(may_trim.clone())
            .layer(RenewCookies::new())
            .layer(RenewCookies::new())
            .with_state(Lighthouse { auth: state })
    };
    let by_cookie = cookie(&jwt_of(&ben));
    assert_eq!(status(&world.ask(&app(auth.clone()), &[("cookie", &by_cookie)]).await), 200);
    world.stytch.clock().advance(FIVE_MINUTES);
    let before = world.authentications();
    let reply = world.ask(&app(auth), &[("cookie", &by_cookie)]).await;
    assert_eq!((status(&reply), world.authentications()), (200, before + 1));
    assert_eq!(reply.headers().get_all(SET_COOKIE).iter().count(), 1);
    assert_eq!(reply.headers().get_all(VARY).iter().count(), 1);
    // What one has found out binds no other one.
    let other = world.auth().bearer_only();
    assert_eq!(status(&world.ask(&app(other), &[("cookie", &by_cookie)]).await), 401);
}

#[tokio::test]
async fn a_response_that_sets_the_cookie_itself_is_left_alone() {
    async fn log_out(_: Member) -> impl IntoResponse {
        [(SET_COOKIE, "stytch_session_jwt=; Path=/; Max-Age=0")]
    }
    async fn choose_theme(_: Member) -> impl IntoResponse {
        [
            (SET_COOKIE, "theme=dark"),
            (CACHE_CONTROL, "public"),
            (VARY, "accept, COOKIE, authorization"),
        ]
    }
    let world = World::new();
    let ada = world.ada().await;
    world.stytch.clock().advance(FIVE_MINUTES);
    let with = |handler| {
        Router::new().route("/", handler).layer(RenewCookies::new()).with_state(world.auth())
    };
    let by_cookie = cookie(&jwt_of(&ada));
    let reply = world.ask(&with(get(log_out)), &[("cookie", &by_cookie)]).await;
    let set: Vec<_> = reply.headers().get_all(SET_COOKIE).iter().collect();
    assert_eq!(set, ["stytch_session_jwt=; Path=/; Max-Age=0"]);
    let reply = world.ask(&with(get(choose_theme)), &[("cookie", &by_cookie)]).await;
    let set: Vec<_> = reply.headers().get_all(SET_COOKIE).iter().collect();
    assert_eq!((set.len(), set[0]), (2, &HeaderValue::from_static("theme=dark")));
    assert_eq!(reply.headers()[CACHE_CONTROL], "no-store");
    assert_eq!(reply.headers().get_all(VARY).iter().count(), 1);
}

#[tokio::test]
async fn who_comes_with_a_bearer_is_told_by_the_handler() {
    async fn tell(member: Member) -> String {
        assert!(!format!("{member:?}").contains("ey"), "no token is shown");
        member.renewed_jwt().map(SessionJwt::secret).unwrap_or_default().to_owned()
    }
    let world = World::new();
    let jwt = jwt_of(&world.ada().await);
    let app = Router::new().route("/", get(tell)).with_state(world.auth());
    let ask = || world.text(&app, vec![("authorization", bearer(&jwt))]);
    assert_eq!(ask().await, "");
    world.stytch.clock().advance(FIVE_MINUTES);
    let fresh = ask().await;
    assert!(fresh.starts_with("ey") && fresh != jwt);
}

#[tokio::test]
async fn a_session_token_that_stytch_replaces_is_replaced_in_the_browser() {
    let world = World::with(EmulatorBuilder::rotate_session_tokens);
    let ada = world.ada().await;
    let old = format!("stytch_session={}", ada.session_token().secret());
    let app = router(&world.auth());
    let reply = world.ask(&app, &[("cookie", &old)]).await;
    let set: Vec<_> = reply.headers().get_all(SET_COOKIE).iter().collect();
    let [jwt, token] = set[..] else { panic!("{set:?}") };
    assert!(jwt.to_str().unwrap().starts_with("stytch_session_jwt=ey"));
    let token = token.to_str().unwrap().split("; ").next().unwrap();
    assert!(token.starts_with("stytch_session=") && token != old);
    assert_eq!(status(&world.ask(&app, &[("cookie", token)]).await), 200);
    assert_eq!(status(&world.ask(&app, &[("cookie", &old)]).await), 401);
}

#[tokio::test]
async fn without_keys_or_policy_stytch_decides() {
    let world = World::new();
    let (ada, ben) = (world.ada().await, world.ben().await);
    let auth = world.auth();
    let may_trim = RequirePermission::new(&auth, "lamps", "trim").unwrap();
    let app = Router::new().route("/", get(name)).route_layer(may_trim).with_state(auth);
    let ask = |jwt: String| world.ask_owned(&app, vec![("authorization", bearer(&jwt))]);
    world.stytch.fail_next_to("/sessions/jwks/", 9, Fault::Status(503));
    world.stytch.fail_next_to("/rbac/", 9, Fault::Status(503));
    assert_eq!(status(&ask(jwt_of(&ben)).await), 200);
    assert_eq!(status(&ask(jwt_of(&ada)).await), 403);
    assert_eq!(status(&ask("a.b.c".to_owned()).await), 401);
    let jwt = jwt_of(&ben);
    let (signed, signature) = jwt.rsplit_once('.').expect("a signature");
    assert_eq!(status(&ask(format!("{signed}.AAAA{}", &signature[4..])).await), 401);
    world.stytch.revoke_session(ben.member_session().member_session_id().as_str());
    assert_eq!(status(&ask(jwt_of(&ben)).await), 401);
}

#[tokio::test]
async fn a_handler_can_ask_for_more() {
    async fn trim(State(auth): State<Auth>, member: Member) -> Result<&'static str, Rejection> {
        let lamps = ResourceId::new("lamps").expect("an id");
        auth.require(&member, &lamps, "read").await?;
        assert_eq!(member.answered_by(), AnsweredBy::Signature);
        auth.require(&member, &lamps, "sell").await?;
        Ok("sold")
    }
    let world = World::new();
    let ben = world.ben().await;
    let app = Router::new().route("/", get(trim)).with_state(world.auth());
    let reply = world.ask(&app, &[("authorization", &bearer(&jwt_of(&ben)))]).await;
    assert_eq!(status(&reply), 403);
}

/// What is whose fault: by what the server answers to a session token.
#[tokio::test]
async fn whose_fault_it_is() {
    let world = World::new();
    let token = world.ada().await.session_token().secret().to_owned();
    let app = router(&world.auth());
    for (fault, expected) in [
        (Fault::Error(StatusCode::NOT_FOUND.as_u16(), "session_not_found".into()), 401),
        (Fault::Error(400, "invalid_session_token".into()), 401),
        (Fault::Error(403, "organization_suspended".into()), 401),
        (Fault::Error(401, "unauthorized_credentials".into()), 503),
        (Fault::Error(404, "route_not_found".into()), 503),
        (Fault::Error(400, "bad_request".into()), 503),
        (Fault::Status(429), 503),
        (Fault::Status(500), 503),
        (Fault::Html(403), 503),
        (Fault::Html(502), 503),
        (Fault::MalformedBody, 503),
        (Fault::EmptyBody, 503),
        (Fault::NotSent, 503),
        (Fault::LostAnswer, 503),
    ] {
        world.stytch.fail_next_to("/sessions/authenticate", 1, fault.clone());
        let reply = world.ask(&app, &[("cookie", &format!("stytch_session={token}"))]).await;
        assert_eq!(status(&reply), expected, "{fault:?}");
    }
}

#[tokio::test]
async fn the_reason_is_for_logs_and_has_no_secret() {
    async fn log(response: Response) -> Response {
        let Some(rejection) = response.extensions().get::<Rejection>() else { return response };
        assert_eq!(rejection.kind().status(), response.status());
        let source = rejection.source().expect("a reason");
        let told = format!("{rejection} / {source} / {rejection:?}");
        (Extension(told), response).into_response()
    }
    let world = World::new();
    let ada = world.ada().await;
    let app = router(&world.auth()).layer(map_response(log));
    let jwt = jwt_of(&ada);
    let (signed, signature) = jwt.rsplit_once('.').expect("a signature");
    let tampered = format!("{signed}.AAAA{}", &signature[4..]);
    world.stytch.clock().advance(FIVE_MINUTES);
    world.stytch.revoke_session(ada.member_session().member_session_id().as_str());
    for (header, value, reason) in [
        ("cookie", String::new(), "the request brings no session"),
        ("cookie", cookie(&jwt) + "; stytch_session_jwt=x", "cookies of the same name that differ"),
        ("authorization", "Bearer two tokens".to_owned(), "has characters that none has"),
        ("authorization", bearer(&tampered), "signature is wrong"),
        ("authorization", bearer(&jwt), "session_not_found"),
        ("cookie", format!("stytch_session={}", ada.session_token().secret()), "session_not_found"),
    ] {
        let reply = world.ask(&app, &[(header, &value)]).await;
        let told: &String = reply.extensions().get().expect("it was logged");
        assert!(told.starts_with("nobody is logged in / ") && told.contains(reason), "{told}");
        for secret in [&*jwt, &*tampered, ada.session_token().secret(), "two tokens"] {
            assert!(!told.contains(secret), "{told}");
        }
        assert!(told.contains(&format!("{:?}", RejectionKind::Unauthenticated)));
    }
}

/// Layers go around any service of tower that takes and gives what axum does.
#[tokio::test]
async fn layers_without_a_router() {
    use tower::Layer as _;
    let world = World::new();
    let auth = world.auth();
    let service = tower::service_fn(|_| async { Ok::<_, Infallible>(Response::default()) });
    let service = RequirePermission::new(&auth, "lamps", "trim").unwrap().layer(service);
    let service = RenewCookies::new().layer(service);
    assert!(format!("{service:?}").starts_with("RenewCookiesService"));
    let request = http::Request::new(axum::body::Body::empty());
    assert_eq!(status(&service.oneshot(request).await.unwrap()), 401);
    // A route that nobody is asked about says nothing of members.
    let app: Router = Router::new().route("/", post(|| async {})).layer(RenewCookies::new());
    assert!(world.ask(&app, &[]).await.headers().get(VARY).is_none());
}

#[tokio::test]
async fn a_refusal_is_found_out_once() {
    async fn nobody(first: Option<Member>, second: Option<Member>) -> &'static str {
        assert!(first.is_none() && second.is_none());
        "nobody"
    }
    let world = World::new();
    let app = Router::new().route("/", get(nobody)).with_state(world.auth());
    let before = world.authentications();
    let reply = world.ask(&app, &[("cookie", "stytch_session=made-up-token")]).await;
    assert_eq!((status(&reply), world.authentications()), (200, before + 1));
}

#[tokio::test]
async fn what_a_member_sees_is_for_no_shared_cache() {
    let world = World::new();
    let by_cookie = cookie(&jwt_of(&world.ada().await));
    let reply = world.ask(&router(&world.auth()), &[("cookie", &by_cookie)]).await;
    assert_eq!(
        (status(&reply), &reply.headers()[CACHE_CONTROL]),
        (200, &HeaderValue::from_static("private"))
    );
}

#[tokio::test]
async fn a_renewal_that_a_layer_outside_has_caused_reaches_the_browser() {
    let world = World::new();
    let ben = world.ben().await;
    let auth = world.auth();
    let may_trim = RequirePermission::new(&auth, "lamps", "trim").unwrap();
    let app = Router::new()
        .route("/", get(name))
        .layer(RenewCookies::new())
        .layer(may_trim)
        .with_state(auth);
    world.stytch.clock().advance(FIVE_MINUTES);
    let reply = world.ask(&app, &[("cookie", &cookie(&jwt_of(&ben)))]).await;
    assert_eq!(status(&reply), 200);
    assert_eq!(reply.headers().get_all(SET_COOKIE).iter().count(), 1);
}
