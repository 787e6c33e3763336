//! The strategies, and what the typed sessions make of what they make.

mod caller;

use serde_json::{Value, json};
use stytch_session::{
    AnySession, ApiError, ApiErrorKind, Application, Authenticated, Backend, Code, Context, Error,
    ErrorKind, Frontend, ListSessions, MemberId, OrganizationId, Password, Project, ProjectId,
    ProjectSecret, Response, Session, SessionJwt, SessionToken, StateKind,
};
use stytch_session_mock::kit::ClockMove;
use stytch_session_mock::proptest::collection::vec;
use stytch_session_mock::proptest::prelude::*;
use stytch_session_mock::proptest::sample::select;
use stytch_session_mock::proptest::test_runner::{Config, TestError, TestRunner};
use stytch_session_mock::replies::{self, Reply};
use stytch_session_mock::strategies::{self, Endpoint, Quality};
use stytch_session_mock::{Fault, VirtualClock};

use caller::{Asked, Came, Side, active, came};

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

/// Runs `check` on what comes of replies of every endpoint, many of each, on each surface.
fn for_every_endpoint(quality: Quality, check: fn(&Came) -> bool) {
    for endpoint in Endpoint::ALL {
        let replies = strategies::reply(*endpoint, quality);
        // One of its own for each: a runner counts the cases of all its runs.
        let result = TestRunner::new(config(32)).run(&replies, |reply| {
            let frontend = came::<Frontend>(*endpoint, reply.clone());
            for came in frontend.iter().chain(&came::<Backend>(*endpoint, reply.clone())) {
                let text =
                    || String::from_utf8_lossy(Response::from(reply.clone()).body()).into_owned();
                prop_assert!(check(came), "{:?}: {}", came, text());
            }
            Ok(())
        });
        result.unwrap_or_else(|error| panic!("{endpoint:?}: {error}"));
    }
}

#[test]
fn every_endpoint_is_on_the_surfaces_that_it_names() {
    for endpoint in Endpoint::ALL {
        let is_on_frontend = !came::<Frontend>(*endpoint, endpoint.success()).is_empty();
        let is_on_backend = !came::<Backend>(*endpoint, endpoint.success()).is_empty();
        assert_eq!(is_on_frontend, !endpoint.is_backend_only(), "{endpoint:?}");
        // The core sends invitations for members only, and settings are for frontends.
        let no_backend = [Endpoint::MagicLinksInvite, Endpoint::ProjectsBootstrap];
        assert_eq!(is_on_backend, !no_backend.contains(endpoint), "{endpoint:?}");
        // A reply is of a surface that has it.
        let reply: Response = endpoint.success().into();
        let body: Value = serde_json::from_slice(reply.body()).expect("JSON");
        assert_eq!(body["data"].is_object(), is_on_frontend, "{endpoint:?}");
    }
}

#[test]
fn valid_and_odd_replies_are_successes() {
    for quality in [Quality::Valid, Quality::Odd] {
        for_every_endpoint(quality, |came| matches!(came, Came::Success));
    }
}

#[test]
fn invalid_replies_cannot_be_read_and_change_nothing() {
    for_every_endpoint(Quality::Invalid, |came| match came {
        Came::Success => false,
        Came::Failure { error, kept, .. } => *kept && error.kind() == ErrorKind::Undecodable,
    });
}

/// The rule of which refusals end what was asked about, written down once more.
fn ends(asked: Asked, is_frontend: bool, status: u16, error_type: &str) -> bool {
    (400..500).contains(&status)
        && status != 429
        && match (asked, error_type) {
            (Asked::Session, "session_not_found" | "user_unauthenticated") => true,
            (Asked::Session, "unauthorized_credentials" | "invalid_secret_authentication") => {
                is_frontend
            }
            (Asked::Intermediate, "intermediate_session_not_found") => true,
            _ => false,
        }
}

/// What a reply that is no success comes to on one surface.
fn refused<P: Side>(
    endpoint: Endpoint,
    reply: &Reply,
) -> Result<Vec<(Asked, Error, bool)>, String> {
    let response = P::write(reply.clone());
    came::<P>(endpoint, reply.clone())
        .into_iter()
        .map(|came| match came {
            Came::Success => Err(format!("{endpoint:?} took {response:?} for a success")),
            Came::Failure { asked, error, kept } => Ok((asked, error, kept)),
        })
        .collect()
}

fn check_api_error<P: Side>(endpoint: Endpoint, reply: &Reply) -> Result<(), TestCaseError> {
    let response: Response = reply.clone().into();
    let status = response.status().as_u16();
    let body: Value = serde_json::from_slice(response.body()).expect("JSON");
    let error_type = body["error_type"].as_str().expect("a text");
    let kind = match (status, error_type) {
        (429, _) => ErrorKind::RateLimited,
        (500.., _) => ErrorKind::ServerFailed,
        (_, "session_not_found" | "user_unauthenticated" | "intermediate_session_not_found") => {
            ErrorKind::SessionGone
        }
        _ => ErrorKind::Refused,
    };
    for (asked, error, kept) in refused::<P>(endpoint, reply).map_err(TestCaseError::fail)? {
        prop_assert_eq!(error.kind(), kind);
        let api = error.api().expect("an error of the API");
        prop_assert_eq!((api.kind(), api.error_type()), (ApiErrorKind::Api, Some(error_type)));
        prop_assert_eq!(error.status(), Some(response.status()));
        let ends = ends(asked, P::IS_FRONTEND, status, error_type);
        prop_assert_eq!(kept, !ends, "{:?} {} {}", endpoint, status, error_type);
    }
    Ok(())
}

/// That it is an error of this kind of the API, or none, and changes nothing.
fn check_other<P: Side>(
    endpoint: Endpoint,
    reply: &Reply,
    kind: Option<ApiErrorKind>,
) -> Result<(), TestCaseError> {
    for (_, error, kept) in refused::<P>(endpoint, reply).map_err(TestCaseError::fail)? {
        prop_assert_eq!(error.api().map(ApiError::kind), kind);
        prop_assert_eq!(error.status(), Some(P::write(reply.clone()).status()));
        prop_assert!(kept, "{:?} {:?}", endpoint, error);
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn errors_are_errors_of_the_api(
        reply in strategies::error(),
        endpoint in select(Endpoint::ALL),
    ) {
        check_api_error::<Frontend>(endpoint, &reply)?;
        check_api_error::<Backend>(endpoint, &reply)?;
    }

    #[test]
    fn other_errors_are_of_their_own_kinds(
        (reply, kind) in prop_oneof![
            strategies::schema_error().prop_map(|reply| (reply, Some(ApiErrorKind::Schema))),
            strategies::oauth_error().prop_map(|reply| (reply, Some(ApiErrorKind::OAuth))),
            strategies::page().prop_map(|reply| (reply, None)),
        ],
        endpoint in select(Endpoint::ALL),
    ) {
        check_other::<Frontend>(endpoint, &reply, kind)?;
        check_other::<Backend>(endpoint, &reply, kind)?;
    }

    #[test]
    fn no_refusal_is_a_success(
        reply in strategies::refusal(),
        endpoint in select(Endpoint::ALL),
    ) {
        prop_assert_eq!(refused::<Frontend>(endpoint, &reply).err(), None);
        prop_assert_eq!(refused::<Backend>(endpoint, &reply).err(), None);
    }

    /// A hostile text is refused, or travels as it is: in one segment, or in the body.
    #[test]
    fn hostile_texts_do_no_harm(text in strategies::hostile()) {
        let application = Application::new("com.example.kit", 1);
        let context = Context::new(VirtualClock::new().now(), 2, &application);
        let is_harmful = text.is_empty() || text.chars().any(|c| c.is_ascii_control());
        let ids = (OrganizationId::new(&*text), MemberId::new(&*text));
        prop_assert!(!is_harmful || ids.0.is_err() && ids.1.is_err());
        if let (Ok(organization), Ok(member)) = ids {
            let call = ListSessions::new(&organization, &member);
            let request = Backend::project().request(&call, &context);
            prop_assert_eq!(request.uri().path(), "/v1/b2b/sessions");
            for value in request.uri().query().unwrap_or_default().split('&') {
                let (_, value) = value.split_once('=').expect("a pair");
                prop_assert_eq!(&decoded(&value.replace('+', "%20")), &text);
            }
            let session = active::<Frontend>();
            let call = session.revoke_for_member(&member);
            let request = Frontend::project().request(&call, &context);
            let segment = request.uri().path().strip_prefix("/sdk/v1/b2b/sessions/revoke/");
            let segment = segment.expect("the same path");
            prop_assert!(!segment.contains('/') && ![".", ".."].contains(&segment), "{}", segment);
            prop_assert_eq!(&decoded(segment), &text);
        }
        if let Ok(token) = SessionToken::new(&*text) {
            prop_assert!(!is_harmful);
            let request = Backend::project().request(&Session::new().authenticate(token), &context);
            let body: Value = serde_json::from_slice(request.body()).unwrap();
            prop_assert_eq!(&body["session_token"], &json!(text));
        }
        prop_assert!(!is_harmful || Code::new(&*text).is_err());
    }

    #[test]
    fn ids_and_tokens_are_taken(
        organization in prop_oneof![
            strategies::organization_id().boxed(),
            strategies::slug().boxed(),
            strategies::external_id().boxed(),
        ],
        member in strategies::member_id(),
        token in strategies::session_token(),
        jwt in strategies::session_jwt(),
        code in prop_oneof![strategies::code().boxed(), strategies::recovery_code().boxed()],
    ) {
        prop_assert!(OrganizationId::new(organization).is_ok());
        prop_assert!(MemberId::new(member).is_ok());
        prop_assert!(SessionToken::new(token).is_ok());
        prop_assert!(SessionJwt::new(jwt).is_ok());
        prop_assert!(Code::new(code).is_ok());
    }

    /// Whoever is a member may begin to log in, and finishes where nothing else is demanded.
    #[test]
    fn members_of_a_world_can_log_in(world in strategies::world()) {
        let stytch = world.builder().clock(VirtualClock::new()).constant_signature().build();
        let project = Project::backend(
            ProjectId::new(stytch.project_id()).unwrap(),
            ProjectSecret::new(stytch.project_secret()).unwrap(),
        );
        let application = Application::new("com.example.kit", 1);
        let context = Context::new(VirtualClock::new().now(), 2, &application);
        prop_assert!(world.logins.len() >= world.organizations.len());
        for login in &world.logins {
            let organization = OrganizationId::new(&*login.organization).unwrap();
            let credential = Password::new(&organization, &*login.email_address, &*login.password);
            let before = stytch.active_sessions().len();
            let step = Session::new().login(credential);
            let reply = stytch.handle(&project.request(&step, &context));
            let session = project.complete(step, &reply, VirtualClock::new().now());
            let finished = matches!(session, Ok(Authenticated::Active(_)));
            prop_assert!(session.is_ok(), "{:?}", session);
            prop_assert_eq!(stytch.active_sessions().len(), before + usize::from(finished));
        }
    }

    #[test]
    fn a_member_session_is_one(session in strategies::member_session()) {
        let reply = replies::authenticate()
            .field("member_session", session.clone())
            .member_id(session["member_id"].as_str().unwrap())
            .organization_id(session["organization_id"].as_str().unwrap());
        prop_assert_eq!(came_from_nothing(reply), StateKind::Active);
    }

    #[test]
    fn a_plan_has_a_fate_for_each_request(plan in strategies::fault_plan(40, 0.5)) {
        prop_assert_eq!(plan.len(), 40);
        prop_assert!(plan.iter().flatten().all(|fault| *fault != Fault::Reordered));
    }

    #[test]
    fn clocks_are_set_to_every_kind_of_time(moves in vec(strategies::clock_move(), 200)) {
        prop_assert!(moves.contains(&ClockMove::Right) && moves.contains(&ClockMove::Epoch));
        prop_assert!(moves.contains(&ClockMove::FarFuture));
    }
}

/// A percent-encoded text.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || char::from(rest.next().expect("two digits")).to_digit(16);
            let (high, low) = (digit().expect("a digit"), digit().expect("a digit"));
            bytes.push(u8::try_from(high * 16 + low).expect("two digits"));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).expect("text")
}

/// The state that a token and this reply lead to.
fn came_from_nothing(reply: Reply) -> StateKind {
    let token = SessionToken::new("a-token-from-elsewhere").unwrap();
    let now = VirtualClock::new().now();
    let step = Session::new().authenticate(token);
    let session = Backend::project().complete(step, &Backend::write(reply), now);
    AnySession::from(session.expect("the reply is a success")).kind()
}

#[test]
fn rates_of_plans_reach_from_never_to_always() {
    for (rate, least, most) in [(0.0, 0, 0), (0.3, 10, 100), (1.0, 200, 200)] {
        let plans = strategies::fault_plan(200, rate);
        let result = TestRunner::new(config(20)).run(&plans, |plan| {
            let met = plan.iter().flatten().count();
            prop_assert!((least..=most).contains(&met), "{} at {}", met, rate);
            Ok(())
        });
        result.unwrap();
    }
    assert!(std::panic::catch_unwind(|| strategies::fault_plan(1, 1.5)).is_err());
}

/// The smallest value that fails.
fn smallest<S: Strategy>(strategy: S, passes: impl Fn(&S::Value) -> bool) -> S::Value {
    let result = TestRunner::new(config(2000)).run(&strategy, |value| {
        prop_assert!(passes(&value));
        Ok(())
    });
    match result {
        Err(TestError::Fail(_, value)) => value,
        other => panic!("nothing fails: {other:?}"),
    }
}

fn body(reply: Reply) -> Value {
    serde_json::from_slice(Response::from(reply).body()).expect("JSON")
}

#[test]
fn values_shrink_to_what_is_short_and_ordinary() {
    let id = smallest(strategies::member_id(), |_| false);
    assert_eq!(id, "member-test-00000000-0000-0000-0000-000000000000");
    assert_eq!(smallest(strategies::slug(), |_| false), "aa");
    assert_eq!(smallest(strategies::code(), |_| false), "000000");
    assert_eq!(smallest(strategies::email_address(), |_| false), "a@example.com");
    assert_eq!(smallest(strategies::password(), |_| false), "aaa aa aaa");
    assert_eq!(smallest(strategies::hostile(), |_| false), "");
    let longest = smallest(strategies::hostile(), |text| text.len() <= 1024);
    assert_eq!(longest.len(), 1025);
}

#[test]
fn faults_and_errors_shrink_to_one_that_matters() {
    assert_eq!(smallest(strategies::fault(), |_| false), Fault::NotSent);
    let plan = smallest(strategies::fault_plan(30, 0.5), |plan| {
        !plan.iter().any(|fault| matches!(fault, Some(Fault::LostAnswer)))
    });
    assert_eq!(plan.iter().flatten().collect::<Vec<_>>(), [&Fault::LostAnswer]);
    let error = body(smallest(strategies::error(), |_| false));
    assert_eq!(error, body(replies::error("bad_request", 400)));
}

#[test]
fn worlds_and_replies_shrink_to_what_is_ordinary() {
    let world = smallest(strategies::world(), |_| false);
    assert_eq!((world.organizations.len(), world.logins.len()), (1, 1));
    assert_eq!(world.logins[0].organization, "aa");
    assert_eq!(world.logins[0].email_address, "a@example.com");

    // Of several oddities the one that matters is left.
    let odd = strategies::reply(Endpoint::SessionsAuthenticate, Quality::Odd);
    let status = |body: &Value| body["data"]["member"]["status"].clone();
    let odd = body(smallest(odd, |reply| status(&body(reply.clone())) == "active"));
    assert_eq!(status(&odd), "hibernating");
    let ordinary = body(replies::authenticate());
    assert_eq!(odd["data"]["organization"], ordinary["data"]["organization"]);
    assert_eq!(odd["data"]["member_session"]["custom_claims"], json!({}));

    let invalid = strategies::reply(Endpoint::SessionsAuthenticate, Quality::Invalid);
    let invalid = smallest(invalid, |reply| {
        let body: Option<Value> = serde_json::from_slice(Response::from(reply.clone()).body()).ok();
        let data = body.map(|body| body["data"].clone()).unwrap_or_default();
        data["session_token"] != "" || data["member_session"].is_null()
    });
    let mut invalid = body(invalid);
    invalid["data"]["session_token"] = replies::SESSION_TOKEN.into();
    let repaired = replies::raw(200, invalid.to_string());
    let came = came::<Frontend>(Endpoint::SessionsAuthenticate, repaired);
    assert!(matches!(*came, [Came::Success, Came::Success]), "{came:?}");
}
