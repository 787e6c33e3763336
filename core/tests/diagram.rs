//! The state diagram of the documentation says what the types say.

use stytch_session::{
    Abandoned, AccessToken, Active, Authenticated, Discovery, DiscoveryPassword,
    ForeignSessionToken, Intermediate, LoggedOut, LoginToken, NewOrganization, OrganizationId,
    Password, PasswordText, Session, SessionToken, SmsCode, State, StateKind, Step, TrustedToken,
    TrustedTokenProfileId,
};

/// The states that a step's result can be in.
trait Outcome {
    fn names() -> String;
}

impl<S: State> Outcome for Session<S> {
    fn names() -> String {
        name(S::KIND)
    }
}

impl Outcome for Authenticated {
    fn names() -> String {
        "Active | Intermediate".to_owned()
    }
}

impl Outcome for Abandoned {
    fn names() -> String {
        "Active | LoggedOut".to_owned()
    }
}

fn name(kind: StateKind) -> String {
    format!("{kind:?}")
}

/// An edge by a step that needs the server.
fn sent<S: State, N: Step>(step: &str, _: impl Fn(Session<S>) -> N) -> [String; 3]
where
    N::After: Outcome,
{
    [name(S::KIND), step.to_owned(), N::After::names()]
}

/// An edge by a step that is local.
fn local<S: State, A: Outcome>(step: &str, _: impl Fn(Session<S>) -> A) -> [String; 3] {
    [name(S::KIND), step.to_owned(), A::names()]
}

fn edges_of_the_types() -> Vec<[String; 3]> {
    fn any<T>() -> T {
        unreachable!("only the types are looked at")
    }
    vec![
        sent("authenticate", |s: Session<LoggedOut>| s.authenticate(any::<SessionToken>())),
        sent("login", |s: Session<LoggedOut>| s.login(any::<Password>())),
        sent("discover", |s: Session<LoggedOut>| s.discover(any::<DiscoveryPassword>())),
        sent("exchange_access_token", |s: Session<LoggedOut>| {
            s.exchange_access_token(any::<AccessToken>())
        }),
        sent("attest", |s: Session<LoggedOut>| {
            s.attest(any::<&TrustedTokenProfileId>(), any::<TrustedToken>())
        }),
        sent("migrate", |s: Session<LoggedOut>| {
            s.migrate(any::<&OrganizationId>(), any::<ForeignSessionToken>())
        }),
        sent("impersonate", |s: Session<LoggedOut>| s.impersonate(any::<LoginToken>())),
        sent("exchange", |s: Session<Discovery>| s.exchange(any::<&OrganizationId>())),
        sent("create_organization", |s: Session<Discovery>| {
            s.create_organization(any::<NewOrganization>())
        }),
        local("abandon", Session::<Discovery>::abandon),
        sent("authenticate", |s: Session<Intermediate>| s.authenticate(any::<SmsCode>())),
        sent("login", |s: Session<Intermediate>| s.login(any::<Password>())),
        sent("exchange", |s: Session<Intermediate>| s.exchange(any::<&OrganizationId>())),
        sent("create_organization", |s: Session<Intermediate>| {
            s.create_organization(any::<NewOrganization>())
        }),
        local("abandon", Session::<Intermediate>::abandon),
        sent("authenticate", Session::<Active>::authenticate),
        sent("authenticate_with", |s: Session<Active>| s.authenticate_with(any::<SmsCode>())),
        sent("exchange", |s: Session<Active>| s.exchange(any::<&OrganizationId>())),
        sent("exchange_access_token", |s: Session<Active>| {
            s.exchange_access_token(any::<AccessToken>())
        }),
        sent("attest", |s: Session<Active>| {
            s.attest(any::<&TrustedTokenProfileId>(), any::<TrustedToken>())
        }),
        sent("reset_password", |s: Session<Active>| s.reset_password(any::<PasswordText>())),
        sent("revoke", Session::<Active>::revoke),
        local("forget", Session::<Active>::forget),
    ]
}

fn edges_of(diagram: &str) -> Vec<[String; 3]> {
    let mut from = String::new();
    let edge = |line: &str| {
        let (left, right) = line.split_once("--").expect("an edge");
        let (step, to) = right.split_once("> ").expect("an arrow");
        if !left.trim().is_empty() {
            from = left.trim().to_owned();
        }
        [from.clone(), step.trim_matches(['-', ' ']).to_owned(), to.trim().to_owned()]
    };
    diagram.lines().map(edge).collect()
}

#[test]
fn the_diagram_agrees_with_the_types() {
    assert_eq!(edges_of(include_str!("../src/states.txt")), edges_of_the_types());
}

#[test]
fn the_readme_shows_the_same_diagram() {
    assert!(include_str!("../../README.md").contains(include_str!("../src/states.txt")));
}
