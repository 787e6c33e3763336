//! Completing a refresh with a reply of 5 KB, against plain structs that hold the same and check
//! nothing.

mod plain;
mod ratio;

use std::time::SystemTime;

use ratio::{Way, compare};
use serde_json::from_slice;
use stytch_session::{
    Active, Authenticate, Backend, Frontend, Project, ProjectId, ProjectSecret, PublicToken,
    Response, Session, SessionToken,
};

const BODY: &str = include_str!("authenticate.json");
const NOW: SystemTime = SystemTime::UNIX_EPOCH;

fn main() {
    let token = "public-token-test-9f1c2d3e-4a5b-4c6d-8e7f-0a1b2c3d4e5f";
    let frontend = Project::frontend(PublicToken::new(token).expect("it is well-formed"));
    let id = ProjectId::new("project-test-made-up").expect("it is well-formed");
    let secret = ProjectSecret::new("secret-test-made-up").expect("it is well-formed");
    let backend = Project::backend(id, secret);
    let enveloped = Response::new(format!(r#"{{"data":{BODY}}}"#).into_bytes());
    let bare = Response::new(BODY.as_bytes().to_vec());

    let on_frontend = |step| on_frontend(&frontend, step, &enveloped);
    let on_backend = |step| on_backend(&backend, step, &bare);
    let plain_frontend = |()| enveloped_plain(enveloped.body());
    let plain_backend = |()| bare_plain(bare.body());
    same(&on_frontend(step()), &plain_frontend(()));
    same(&on_backend(step()), &plain_backend(()));

    let mut criterion = ratio::criterion();
    let lines = [
        compare(
            &mut criterion,
            "reply/frontend authenticate",
            &Way { name: "session", prepare: step, run: on_frontend },
            &Way { name: "plain structs", prepare: || (), run: plain_frontend },
        ),
        compare(
            &mut criterion,
            "reply/backend authenticate",
            &Way { name: "session", prepare: step, run: on_backend },
            &Way { name: "plain structs", prepare: || (), run: plain_backend },
        ),
    ];
    criterion.final_summary();
    for line in lines {
        println!("{line}");
    }
}

fn step() -> Authenticate {
    Session::new().authenticate(SessionToken::new("made-up-token").expect("it is well-formed"))
}

#[inline(never)]
fn on_frontend(
    project: &Project<Frontend>,
    step: Authenticate,
    reply: &Response,
) -> Session<Active> {
    project.complete(step, reply, NOW).expect("the reply is a success")
}

#[inline(never)]
fn on_backend(project: &Project<Backend>, step: Authenticate, reply: &Response) -> Session<Active> {
    project.complete(step, reply, NOW).expect("the reply is a success")
}

#[inline(never)]
fn enveloped_plain(body: &[u8]) -> plain::Reply {
    from_slice::<plain::Envelope>(body).expect("the reply is a success").data
}

#[inline(never)]
fn bare_plain(body: &[u8]) -> plain::Reply {
    from_slice(body).expect("the reply is a success")
}

fn same(session: &Session<Active>, plain: &plain::Reply) {
    let (held, organization) = (session.member_session(), session.organization());
    assert_eq!(session.session_token().secret(), plain.session_token);
    assert_eq!(held.member_session_id().as_str(), plain.member_session.member_session_id);
    assert_eq!(session.member().member_id().as_str(), plain.member.member_id);
    assert_eq!(organization.organization_id().as_str(), plain.organization.organization_id);
}
