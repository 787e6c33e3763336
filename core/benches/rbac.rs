//! A question to a policy, against one look-up in a plain `HashMap` that holds the answers of one
//! member, and against the rules written down as loops.
//!
//! The project has 20 roles on 12 resources with 6 actions each, the member three roles. A run asks for
//! every action of every resource once, and for what is not declared; a third is allowed.
//!
//! `cargo bench -p stytch-session --bench rbac` on 2026-11-28, on two cores with a load of seven:
//!
//! | | ratio | to, in the same run |
//! | --- | --- | --- |
//! | `Grants::allows` | 0.84 | one look-up in a `HashMap` |
//! | `Policy::allows` | 2.35 | one look-up in a `HashMap` |
//! | `Policy::allows` | 0.37 | the rules as loops |
//! | `Policy::new` | 2.51 | a copy of the policy |
//!
//! No question allocates.

mod ratio;

use std::collections::HashMap;

use ratio::{Way, compare};
use serde_json::json;
use stytch_session::rbac::Policy;
use stytch_session::{CustomRole, MemberSession, Permission, RbacPolicy};

const ACTIONS: [&str; 6] = ["create", "read", "update", "delete", "export", "revoke-sessions"];
const RESOURCES: [&str; 12] = [
    "stytch.organization",
    "stytch.member",
    "stytch.sso",
    "stytch.scim",
    "stytch.self",
    "documents",
    "documents.comments",
    "invoices",
    "projects",
    "reports",
    "webhooks",
    "audit_log",
];

fn main() {
    let written = written();
    let member = member();
    let policy = Policy::new(&written);
    let grants = policy.grants(member.roles());
    let questions = questions();
    let plain: HashMap<(&str, &str), bool> = questions
        .iter()
        .map(|(resource, action)| {
            ((*resource, *action), evaluate(written.roles(), &member, resource, action))
        })
        .filter(|(_, may)| *may)
        .collect();

    let by_grants = |questions: Vec<Question>| {
        count(&questions, |resource, action| grants.allows(resource, action))
    };
    let by_session = |questions: Vec<Question>| {
        count(&questions, |resource, action| policy.allows(&member, resource, action))
    };
    let by_map = |questions: Vec<Question>| {
        count(&questions, |resource, action| plain.contains_key(&(resource, action)))
    };
    let by_loops = |questions: Vec<Question>| {
        count(&questions, |resource, action| evaluate(written.roles(), &member, resource, action))
    };
    let allowed = by_map(questions.clone());
    assert!(allowed > questions.len() / 4 && allowed < questions.len() / 2, "{allowed}");
    for other in
        [by_grants(questions.clone()), by_session(questions.clone()), by_loops(questions.clone())]
    {
        assert_eq!(other, allowed);
    }

    let prepare = || questions.clone();
    let mut criterion = ratio::criterion();
    let map = Way { name: "a HashMap", prepare, run: by_map };
    let loops = Way { name: "loops", prepare, run: by_loops };
    let of_grants = Way { name: "grants.allows", prepare, run: by_grants };
    let of_session = Way { name: "policy.allows", prepare, run: by_session };
    let compiling = Way { name: "Policy::new", prepare: || (), run: |()| Policy::new(&written) };
    let cloning = Way { name: "RbacPolicy::clone", prepare: || (), run: |()| written.clone() };
    let lines = [
        compare(&mut criterion, "rbac/78 questions, roles looked up before", &of_grants, &map),
        compare(&mut criterion, "rbac/78 questions by session", &of_session, &map),
        compare(
            &mut criterion,
            "rbac/78 questions by session, for comparison",
            &of_session,
            &loops,
        ),
        compare(&mut criterion, "rbac/compiling", &compiling, &cloning),
    ];
    criterion.final_summary();
    for line in lines {
        println!("{line}");
    }
}

type Question = (&'static str, &'static str);

/// Each action of each resource, and some that nobody declares.
fn questions() -> Vec<Question> {
    let declared = RESOURCES.into_iter().flat_map(|name| ACTIONS.map(|action| (name, action)));
    let others = [
        ("documents", "print"),
        ("documents", "Read"),
        ("stytch.self", "anything"),
        ("lamps", "trim"),
        ("lamps", "read"),
        ("", ""),
    ];
    declared.chain(others).collect()
}

fn written() -> RbacPolicy {
    let permit = |role: CustomRole, number: usize| {
        let resource = RESOURCES[number % RESOURCES.len()];
        match number % 4 {
            0 => role.permit(resource, ["*"]),
            first => role.permit(resource, ACTIONS.into_iter().skip(first).step_by(2)),
        }
    };
    let roles = (0..20).map(|number| {
        let role = CustomRole::new(format!("role_{number}"), "One of many");
        (0..3).fold(role, |role, place| permit(role, number * 7 + place * 5))
    });
    let resources = RESOURCES.map(|name| json!({ "resource_id": name, "actions": ACTIONS }));
    let policy = json!({ "roles": roles.collect::<Vec<_>>(), "resources": resources });
    serde_json::from_value(policy).expect("it is a policy")
}

fn member() -> MemberSession {
    let session = json!({
        "member_session_id": "session-test-1",
        "member_id": "member-test-1",
        "organization_id": "organization-test-1",
        "started_at": "2030-06-01T12:00:00Z",
        "last_accessed_at": "2030-06-01T12:00:00Z",
        "expires_at": "2030-06-01T13:00:00Z",
        "roles": ["role_3", "role_12", "role_19"],
    });
    serde_json::from_value(session).expect("it is a session")
}

fn count(questions: &[Question], allows: impl Fn(&str, &str) -> bool) -> usize {
    questions.iter().filter(|(resource, action)| allows(resource, action)).count()
}

/// The rules, word by word.
fn evaluate(roles: &[CustomRole], member: &MemberSession, resource: &str, action: &str) -> bool {
    let held = roles.iter().filter(|role| member.has_role(role.role_id()));
    let of_resource = held
        .flat_map(CustomRole::permissions)
        .filter(|permission| permission.resource_id() == resource);
    of_resource.flat_map(Permission::actions).any(|listed| &**listed == action || &**listed == "*")
}
