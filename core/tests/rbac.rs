//! The policy, evaluated locally: the rules by examples, and whether a plain evaluator and the server
//! say the same.

mod common;

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngSeed};
use serde_json::{Value, json};
use stytch_session::rbac::{Denied, Grants, Policy};
use stytch_session::{
    Authenticated, AuthorizationCheck, AuthorizationVerdict, Backend, Client, CustomRole, Failure,
    GetOrganizationRbacPolicy, GetRbacPolicy, MemberSession, OrganizationId, Password, Project,
    ProjectId, ProjectSecret, RbacPolicy, ResourceId, Session,
};
use stytch_session_mock::{Emulator, Example, Member, Organization, Role};

use common::{Side, golden};

const HOME: &str = "organization-test-1";

fn organization(id: &str) -> OrganizationId {
    OrganizationId::new(id).unwrap()
}

/// A session in `HOME` with these roles.
fn session(roles: &[&str]) -> MemberSession {
    let session = json!({
        "member_session_id": "session-test-1",
        "member_id": "member-test-1",
        "organization_id": HOME,
        "organization_slug": "home",
        "started_at": "2030-06-01T12:00:00Z",
        "last_accessed_at": "2030-06-01T12:00:00Z",
        "expires_at": "2030-06-01T13:00:00Z",
        "roles": roles,
    });
    serde_json::from_value(session).unwrap()
}

fn policy(roles: &[CustomRole]) -> RbacPolicy {
    serde_json::from_value(json!({ "roles": roles })).unwrap()
}

fn role(id: &str, permissions: &[(&str, &[&str])]) -> CustomRole {
    let permit = |role: CustomRole, (resource, actions): &(&str, &[&str])| {
        role.permit(*resource, actions.iter().copied())
    };
    permissions.iter().fold(CustomRole::new(id, ""), permit)
}

fn check(organization: &str, resource: &str, action: &str) -> AuthorizationCheck {
    let organization = OrganizationId::new(organization).unwrap();
    AuthorizationCheck::new(&organization, ResourceId::new(resource).unwrap(), action)
}

#[test]
fn a_role_grants_what_it_lists() {
    let policy = Policy::new(&policy(&[role("editor", &[("documents", &["read", "write"])])]));
    let editor = session(&["editor"]);
    assert!(policy.allows(&editor, "documents", "read"));
    assert!(policy.allows(&editor, "documents", "write"));
    assert!(!policy.allows(&editor, "documents", "delete"));
    assert!(!policy.allows(&editor, "invoices", "read"));
    assert!(!policy.allows(&session(&[]), "documents", "read"));
    assert!(!policy.allows(&session(&["reader"]), "documents", "read"));
}

#[test]
fn a_star_among_the_actions_is_each_action_of_that_resource() {
    let policy = Policy::new(&policy(&[role("admin", &[("documents", &["*"])])]));
    let admin = session(&["admin"]);
    for action in ["read", "an action that nobody declares", "", "*"] {
        assert!(policy.allows(&admin, "documents", action), "{action:?}");
        assert!(!policy.allows(&admin, "invoices", action), "{action:?}");
    }
}

#[test]
fn no_other_star_means_anything() {
    let policy = Policy::new(&policy(&[
        role("everywhere", &[("*", &["*"])]),
        role("patterns", &[("documents.*", &["re*", "**", " * "]), ("doc*", &["*"])]),
        role("all that is declared", &[("documents", &["read", "write"])]),
    ]));
    // A resource of this name, and no other.
    let everywhere = session(&["everywhere"]);
    assert!(policy.allows(&everywhere, "*", "read"));
    for resource in ["documents", "lamps"] {
        assert!(!policy.allows(&everywhere, resource, "read"), "{resource}");
    }
    let patterns = session(&["patterns"]);
    for resource in ["documents", "documents.old", "document"] {
        assert!(!policy.allows(&patterns, resource, "read"), "{resource}");
    }
    assert!(policy.allows(&patterns, "documents.*", "re*"));
    assert!(!policy.allows(&patterns, "documents.*", "*"));
    // Who asks for the action `*` does not ask for all actions, nor for any.
    let all = session(&["all that is declared"]);
    assert!(!policy.allows(&all, "documents", "*"));
    assert!(!policy.allows(&all, "*", "read"));
}

#[test]
fn names_are_compared_as_they_are() {
    let policy = Policy::new(&policy(&[role("editor", &[("documents", &["read"])])]));
    let editor = session(&["editor"]);
    for (resource, action) in [
        ("Documents", "read"),
        ("documents", "READ"),
        ("documents ", "read"),
        ("documents", " read"),
        ("document", "read"),
        ("", "read"),
        ("documents", ""),
    ] {
        assert!(!policy.allows(&editor, resource, action), "{resource:?} {action:?}");
    }
    assert!(!policy.allows(&session(&["Editor", "editor ", "edit"]), "documents", "read"));
}

#[test]
fn one_of_the_roles_is_enough_and_unknown_ones_are_skipped() {
    let policy = Policy::new(&policy(&[
        role("reader", &[("documents", &["read"])]),
        role("idle", &[]),
        role("writer", &[("documents", &["write"])]),
    ]));
    let both = session(&["gone", "writer", "idle", "reader", "reader"]);
    assert!(
        policy.allows(&both, "documents", "read") && policy.allows(&both, "documents", "write")
    );
    assert!(!policy.allows(&session(&["gone", "idle"]), "documents", "read"));
}

#[test]
fn what_is_listed_twice_is_added_up() {
    let policy = Policy::new(&policy(&[
        role("editor", &[("documents", &["read", "read"]), ("documents", &["write"])]),
        role("reader", &[("documents", &["read"])]),
        role("editor", &[("documents", &["print"]), ("invoices", &["*", "*"])]),
    ]));
    let editor = session(&["editor", "editor"]);
    for (resource, action) in
        [("documents", "read"), ("documents", "write"), ("documents", "print"), ("invoices", "pay")]
    {
        assert!(policy.allows(&editor, resource, action), "{resource} {action}");
    }
    assert!(!policy.allows(&editor, "documents", "delete"));
    assert!(!policy.allows(&session(&["reader"]), "documents", "write"));
}

#[test]
fn custom_roles_are_added_and_the_later_one_replaces() {
    let project = Policy::new(&policy(&[
        role("editor", &[("documents", &["read", "write"])]),
        role("reader", &[("documents", &["read"])]),
    ]));
    let own = project.with_custom_roles(&[
        role("editor", &[("documents", &["*"])]),
        role("auditor", &[("invoices", &["read"])]),
        role("editor", &[("documents", &["print"])]),
    ]);
    let may = |policy: &Policy, role: &str, resource: &str, action: &str| {
        policy.allows(&session(&[role]), resource, action)
    };
    assert!(may(&own, "editor", "documents", "print"));
    assert!(
        !may(&own, "editor", "documents", "write") && !may(&own, "editor", "documents", "read")
    );
    assert!(may(&own, "reader", "documents", "read") && may(&own, "auditor", "invoices", "read"));
    // The project's own is as it was, and another organization's roles begin from there.
    assert!(may(&project, "editor", "documents", "write"));
    assert!(!may(&project, "auditor", "invoices", "read"));
    let same = project.with_custom_roles(&[]);
    assert!(may(&same, "editor", "documents", "write"));
    assert!(!may(&same.with_custom_roles(&[role("editor", &[])]), "editor", "documents", "read"));
}

#[test]
fn another_organization_is_told_from_a_missing_permission() {
    let policy = Policy::new(&policy(&[role("admin", &[("documents", &["*"])])]));
    let admin = session(&["admin"]);
    assert_eq!(policy.require(&admin, &check(HOME, "documents", "read")), Ok(()));
    let denied = policy.require(&admin, &check(HOME, "invoices", "read"));
    assert_eq!(denied, Err(Denied::NotPermitted));
    // Whether it would be permitted there or not. A slug is not the id.
    for elsewhere in ["organization-test-2", "Organization-test-1", "home"] {
        for resource in ["documents", "invoices"] {
            let denied = policy.require(&admin, &check(elsewhere, resource, "read"));
            assert_eq!(denied, Err(Denied::WrongOrganization), "{elsewhere} {resource}");
        }
    }
    assert_eq!(Denied::WrongOrganization.error_type(), "tenancy_mismatch");
    assert_eq!(Denied::NotPermitted.error_type(), "invalid_permissions");
    let texts = [Denied::WrongOrganization, Denied::NotPermitted].map(|denied| denied.to_string());
    assert!(texts[0].contains("organization") && texts[1].contains("role"), "{texts:?}");
}

#[test]
fn permissions_are_of_what_is_declared() {
    let declared = json!({
        "roles": [role("editor", &[("documents", &["read", "shred"]), ("secrets", &["*"])])],
        "resources": [
            { "resource_id": "documents", "actions": ["write", "read"] },
            { "resource_id": "invoices", "actions": [] },
            { "resource_id": "documents", "actions": ["read", "*"] },
        ],
        "scopes": [{
            "scope": "write",
            "permissions": [{ "resource_id": "documents", "actions": ["write"] }],
        }],
    });
    let policy = Policy::new(&serde_json::from_value(declared).unwrap());
    let editor = policy.permissions(&session(&["editor"])).into_iter();
    let editor: Vec<_> =
        editor.map(|(name, actions)| (name, actions.into_iter().collect::<Vec<_>>())).collect();
    let documents = vec![("*", false), ("read", true), ("write", false)];
    assert_eq!(editor, [("documents", documents), ("invoices", vec![])]);
    let nobody = session(&["write"]);
    assert!(policy.permissions(&nobody).values().all(|actions| !actions.values().any(|may| *may)));
    // An organization's roles declare nothing, and lose nothing that is declared.
    let own = policy.with_custom_roles(&[role("filer", &[("files", &["*"])])]);
    assert_eq!(own.permissions(&nobody), policy.permissions(&nobody));
    assert!(Policy::default().permissions(&nobody).is_empty());
}

#[test]
fn the_fixtures_mean_what_they_say() {
    let project = Backend::project();
    let policy = project.decode(&GetRbacPolicy::new(), &golden::<Backend>("rbac.policy.success"));
    let own = GetOrganizationRbacPolicy::new(&organization("harbor-lights"));
    let own = project.decode(&own, &golden::<Backend>("rbac.organizations.get.success")).unwrap();
    let policy = Policy::new(&policy.unwrap()).with_custom_roles(own.roles());
    let may = |role: &str| {
        let permissions = policy.permissions(&session(&[role])).into_iter();
        let granted = permissions.flat_map(|(resource, actions)| {
            let granted = actions.into_iter().filter(|(_, may)| *may);
            granted.map(move |(action, _)| format!("{resource} {action}"))
        });
        granted.collect::<Vec<_>>()
    };
    assert_eq!(may("stytch_member"), ["lamps read", "stytch.self update"]);
    assert_eq!(may("lamp_auditor"), ["lamps export", "lamps read"]);
    assert_eq!(may("lamp_keeper"), ["lamps read", "lamps trim"]);
    assert_eq!(may("stytch_admin").len(), 3 + 4 + 2 + 3 + 1);
    assert!(may("lamps:read").is_empty(), "scopes are of access tokens");
}

#[test]
fn questions_allocate_nothing() {
    let roles = (0..100).map(|number| {
        role(&format!("role-{number}"), &[("documents", &["read", "write"]), ("invoices", &["*"])])
    });
    let policy = Policy::new(&policy(&roles.collect::<Vec<_>>()));
    let member = session(&["role-99", "role-7", "nothing"]);
    let grants = policy.grants(member.roles());
    let check = check(HOME, "documents", "read");
    let memory = allocation_counter::measure(|| {
        for (resource, action) in
            [("documents", "read"), ("documents", "shred"), ("invoices", "pay"), ("lamps", "trim")]
        {
            assert_eq!(policy.allows(&member, resource, action), grants.allows(resource, action));
        }
        assert_eq!(policy.require(&member, &check), Ok(()));
    });
    assert_eq!(memory.count_total, 0);
}

/// What an organization's administrators write takes memory as often as it is written, and no more
/// often: names are not multiplied with names, nor roles with actions.
#[test]
fn a_policy_takes_no_more_than_a_few_times_its_text() {
    let long = "r".repeat(500_000);
    let names: Vec<String> = (0..50_000).map(|number| number.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let few = &names[..10_000];
    let star = |name: &&str| role(name, &[("documents", &["*"])]);
    let own = |name: &&str| role(name, &[("documents", &[*name])]);
    for roles in [
        vec![role("one", &[(&long, &names)])],
        vec![role(&long, &[("documents", &names)])],
        names[..50].iter().map(|name| role(name, &[(&long, &["*"])])).collect(),
        few.iter().map(own).collect(),
        few[..5_000].iter().map(star).chain(few[5_000..].iter().map(own)).collect(),
    ] {
        let size = serde_json::to_string(&roles).unwrap().len() as u64;
        let memory = allocation_counter::measure(|| {
            drop(Policy::default().with_custom_roles(&roles));
        });
        assert!(memory.bytes_max < 20 * size, "{} for {size}", memory.bytes_max);
        assert!(memory.bytes_max > size / 4, "it is measured");
    }
}

#[test]
fn all_of_it_can_be_shared() {
    const fn check<T: Send + Sync + 'static>() {}
    check::<Policy>();
    check::<Grants<'static>>();
    check::<Denied>();
    let _: &dyn std::error::Error = &Denied::NotPermitted;
}

const RESOURCES: [&str; 8] =
    ["documents", "*", "stytch.member", "Documents", "documents ", "doc\u{fc}ments", "**", ""];
const ACTIONS: [&str; 8] = ["read", "*", "write", "Read", "read*", "r\u{e9}ad", "\"\\", ""];

/// Roles with names from a small world, so that they meet.
fn any_roles(count: usize) -> impl Strategy<Value = Vec<CustomRole>> {
    let name = prop_oneof![
        (0..90).prop_map(|number| format!("role-{number}")),
        select(vec!["stytch_member", "*", "Role-1", "role-1 ", "r\u{f4}le", ""])
            .prop_map(str::to_owned),
    ];
    let permissions = vec((select(&RESOURCES[..]), vec(select(&ACTIONS[..]), 0..4)), 0..4);
    let role = (name, permissions).prop_map(|(name, permissions)| {
        let permit = |role: CustomRole, (resource, actions): (&str, Vec<&str>)| {
            role.permit(resource, actions)
        };
        permissions.into_iter().fold(CustomRole::new(name, ""), permit)
    });
    vec(role, 0..count)
}

fn any_session() -> impl Strategy<Value = MemberSession> {
    let name = prop_oneof![
        (0..100).prop_map(|number| format!("role-{number}")),
        select(vec!["stytch_member", "*", "Role-1", "r\u{f4}le", "nothing"])
            .prop_map(str::to_owned),
    ];
    let roles = vec(name, 0..5);
    roles.prop_map(|roles| session(&roles.iter().map(String::as_str).collect::<Vec<_>>()))
}

fn any_resources() -> impl Strategy<Value = Vec<Value>> {
    let names: Vec<&str> = RESOURCES.into_iter().filter(|name| !name.is_empty()).collect();
    let resource = (select(names), vec(select(&ACTIONS[..]), 0..4));
    let resource =
        resource.prop_map(|(name, actions)| json!({ "resource_id": name, "actions": actions }));
    vec(resource, 0..5)
}

/// The rules, word by word.
fn evaluate(roles: &[CustomRole], session: &MemberSession, resource: &str, action: &str) -> bool {
    for held in session.roles() {
        for role in roles {
            if role.role_id() != held.as_str() {
                continue;
            }
            for permission in role.permissions() {
                if permission.resource_id() != resource {
                    continue;
                }
                for listed in permission.actions() {
                    if &**listed == action || &**listed == "*" {
                        return true;
                    }
                }
            }
        }
    }
    false
}

/// The project's roles but those that are replaced, and of the organization's the last of each id.
fn merged(project: &[CustomRole], own: &[CustomRole]) -> Vec<CustomRole> {
    let mut merged = project.to_vec();
    for (at, role) in own.iter().enumerate() {
        merged.retain(|other| other.role_id() != role.role_id());
        if own[at + 1..].iter().all(|later| later.role_id() != role.role_id()) {
            merged.push(role.clone());
        }
    }
    merged
}

fn cases(cases: u32) -> Config {
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
        config.rng_seed = RngSeed::Fixed(0x5e55_1075);
    }
    config
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_plain_evaluator_says_the_same(
        project in any_roles(140),
        own in any_roles(12),
        resources in any_resources(),
        member in any_session(),
    ) {
        let written = json!({ "roles": project, "resources": resources });
        let written: RbacPolicy = serde_json::from_value(written).unwrap();
        let policy = Policy::new(&written);
        let of_organization = policy.with_custom_roles(&own);
        for (policy, roles) in [(policy, project.clone()), (of_organization, merged(&project, &own))] {
            let grants = policy.grants(member.roles());
            for resource in RESOURCES {
                for action in ACTIONS {
                    let want = evaluate(&roles, &member, resource, action);
                    let question = format!("{resource:?} {action:?}");
                    prop_assert_eq!(policy.allows(&member, resource, action), want, "{}", question);
                    prop_assert_eq!(grants.allows(resource, action), want, "{}", question);
                    if resource.is_empty() {
                        continue;
                    }
                    let answer = policy.require(&member, &check(HOME, resource, action));
                    prop_assert_eq!(answer, want.then_some(()).ok_or(Denied::NotPermitted));
                    let answer = policy.require(&member, &check("elsewhere", resource, action));
                    prop_assert_eq!(answer, Err(Denied::WrongOrganization));
                }
            }
            let mut listed = BTreeSet::new();
            for (resource, actions) in policy.permissions(&member) {
                for (action, may) in actions {
                    prop_assert_eq!(may, evaluate(&roles, &member, resource, action));
                    listed.insert((resource.to_owned(), action.to_owned()));
                }
            }
            let declared = written.resources().iter().flat_map(|resource| {
                let actions = resource.actions().iter();
                actions.map(|action| (resource.resource_id().to_string(), action.to_string()))
            });
            prop_assert_eq!(listed, declared.collect::<BTreeSet<_>>());
        }
    }
}

fn client(stytch: &Emulator) -> Client<Backend, Emulator> {
    let id = ProjectId::new(stytch.project_id()).unwrap();
    let secret = ProjectSecret::new(stytch.project_secret()).unwrap();
    Client::builder(Project::backend(id, secret), stytch.clone())
        .clock(stytch.clock().clone())
        .build()
}

/// Asks the server and the policy about each of these, for one member.
fn agree(stytch: &Emulator, slug: &str, who: (&str, &str), resources: &[&str], actions: &[&str]) {
    let client = client(stytch);
    let login = Session::new().login(Password::new(&organization(slug), who.0, who.1));
    let Authenticated::Active(mut session) = client.run_blocking(login).unwrap() else {
        panic!("a second factor is wanted");
    };
    let policy = Policy::new(&client.call_blocking(&GetRbacPolicy::new()).unwrap())
        .with_custom_roles(session.organization().custom_roles());
    let home = session.member_session().organization_id().clone();
    for place in [home.as_str(), "organization-test-of-nobody"] {
        for resource in resources {
            for action in actions {
                let check = check(place, resource, action);
                let ours = policy.require(session.member_session(), &check);
                let asked = session.authenticate().authorization_check(check.clone());
                let theirs;
                (session, theirs) = match client.run_blocking(asked) {
                    Ok(session) => {
                        assert!(
                            session
                                .authorization_verdict()
                                .is_some_and(AuthorizationVerdict::authorized)
                        );
                        (session, Ok(()))
                    }
                    Err(Failure::Kept { session, error }) => {
                        let denied = match error.error_type() {
                            Some("session_authorization_error") => Denied::NotPermitted,
                            Some("session_authorization_tenancy_error") => {
                                Denied::WrongOrganization
                            }
                            other => panic!("{other:?}: {error}"),
                        };
                        (session, Err(denied))
                    }
                    Err(Failure::Ended { error }) => panic!("{error}"),
                };
                assert_eq!(ours, theirs, "{check:?}");
            }
        }
    }
}

#[test]
fn the_server_says_the_same_in_the_built_in_world() {
    let stytch = Emulator::example_builder().constant_signature().build();
    let ada = (Example::EMAIL_ADDRESS, Example::PASSWORD);
    let ben = (Example::BEN_EMAIL_ADDRESS, Example::BEN_PASSWORD);
    let resources =
        ["stytch.organization", "stytch.member", "stytch.sso", "stytch.self", "lamps", "*"];
    let actions = ["create", "revoke-sessions", "read", "trim", "sell", "*"];
    for (slug, who) in
        [(Example::HARBOR_LIGHTS, ada), (Example::HARBOR_LIGHTS, ben), (Example::NORTH_PIER, ada)]
    {
        agree(&stytch, slug, who, &resources, &actions);
    }
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn the_server_says_the_same_of_any_policy(
        project in any_roles(20),
        own in any_roles(5),
        resources in any_resources(),
        held in any_session(),
        // Or almost no question would be about a role that there is.
        chosen in vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let made = |id: String, role: &CustomRole| {
            let permissions = role.permissions().iter();
            permissions.fold(Role::new(id), |role, permission| {
                let actions = permission.actions().iter().map(ToString::to_string);
                role.permit(permission.resource_id(), actions)
            })
        };
        let mut names = Vec::new();
        let mut builder = Emulator::builder().constant_signature();
        for role in &project {
            names.push(role.role_id().to_owned());
            builder = builder.role(made(role.role_id().to_owned(), role));
        }
        for resource in resources {
            builder = builder.resource(resource);
        }
        let mut home = Organization::new("home");
        for (number, role) in own.iter().enumerate() {
            names.push(format!("own-{number}"));
            home = home.custom_role(made(format!("own-{number}"), role));
        }
        let mut member = Member::new("ada@example.com").password("a lighthouse in the fog");
        // The server has no role without a name.
        names.retain(|name| !name.is_empty());
        let chosen = chosen.iter().filter(|_| !names.is_empty()).map(|index| index.get(&names));
        let held = held.roles().iter().map(|role| role.as_str().to_owned());
        for role in held.chain(chosen.cloned()).collect::<BTreeSet<_>>() {
            member = member.role(role);
        }
        let stytch = builder.organization(home.member(member)).build();
        let who = ("ada@example.com", "a lighthouse in the fog");
        agree(&stytch, "home", who, &RESOURCES[..7], &ACTIONS);
    }
}
