//! What requests say, whatever they are made of.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;
use stytch_session::{CustomClaims, MemberId, OrganizationId};

use crate::bodies::any_members;
use crate::cases;
use crate::oracle::requests::check;
use crate::world::{Case, Kit, Side, now};

const ODD_IDS: &[&str] = &[
    ".",
    "..",
    "%2e%2e",
    "a/b",
    "/",
    "\\",
    "?x=1",
    "#x",
    "a b",
    "a&b=c",
    "+",
    "%",
    "%00",
    "{}",
    "{member_id}",
    "caf\u{e9}",
    "\u{1f511}",
    "@evil.example",
    "//evil.example",
    ":443",
    ";",
    "a,b",
    "\u{202e}x",
    "~",
    "\"",
    "'",
    "<script>",
];

fn any_id() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => select(ODD_IDS).prop_map(String::from),
        2 => "\\PC{1,40}",
        1 => "[ -~]{1,40}",
        1 => (1..=1024_usize).prop_map(|length| "/".repeat(length)),
    ]
    .prop_filter("no id", |text| OrganizationId::new(&**text).is_ok())
}

/// A secret that does not occur in anything else by chance.
fn any_secret() -> impl Strategy<Value = String> {
    "s3cr3t[!-~]{0,40}"
}

fn any_base_url() -> impl Strategy<Value = Option<String>> {
    let host = select(vec![
        "https://login.example.com",
        "https://login.example.com:8443",
        "http://127.0.0.1:8080",
        "http://[::1]:80",
        "https://LOGIN.example.com",
    ]);
    let path = prop_oneof![
        Just(String::new()),
        "(/[A-Za-z0-9._~%-]{0,9}){0,4}",
        select(vec!["//evil.example", "/../..", "/@evil.example", "/%2e%2e/", "/a{b}"])
            .prop_map(String::from),
    ];
    prop::option::of((host, path).prop_map(|(host, path)| format!("{host}{path}")))
}

fn any_claims() -> impl Strategy<Value = serde_json::Map<String, Value>> {
    any_members().prop_filter("refused claims", |claims| CustomClaims::new(claims.clone()).is_ok())
}

fn any_kit() -> impl Strategy<Value = Kit> {
    let ids = (any_id(), any_id(), any_id(), any_id());
    let secrets = (any_secret(), any_secret(), any_secret(), any_secret(), any_secret());
    let texts = (any::<String>(), any::<String>(), "[!-~]{1,12}", any::<String>());
    (ids, secrets, texts, any_claims(), any_base_url()).prop_map(
        |(ids, secrets, texts, claims, base_url)| Kit {
            organization: ids.0,
            member: ids.1,
            member_session: ids.2,
            resource: ids.3,
            session_token: secrets.0,
            session_jwt: secrets.1,
            intermediate_token: secrets.2,
            project_secret: secrets.3,
            code: secrets.4,
            email: texts.0,
            password: format!("s3cr3t{}", texts.1),
            project_id: texts.2.replace(':', "-"),
            captcha: texts.3,
            claims,
            base_url,
            ..Kit::default()
        },
    )
}

proptest! {
    #![proptest_config(cases(250))]

    #[test]
    fn requests_say_exactly_what_was_given(
        (case, side) in select(Case::with_sides()),
        kit in any_kit(),
    ) {
        check(case, side, &kit);
    }

    /// A base URL is refused, or it is where requests go.
    #[test]
    fn any_base_url_is_refused_or_kept(
        url in prop_oneof![
            any::<String>(),
            "https?://[a-z0-9.@:\\[\\]-]{0,20}[/?#\\\\]?[ -~]{0,10}",
            "https://example\\.com/\\PC{0,8}",
        ],
    ) {
        let Ok(project) = Kit::default().frontend().with_base_url(&url) else { return Ok(()) };
        let base = project.base_url();
        prop_assert!(base.host().is_some_and(|host| !host.is_empty()));
        prop_assert!(!url.contains(['\r', '\n', '\0', '#', '?', ' ']), "{url:?}");
        prop_assert!(!base.authority().unwrap().as_str().contains('@'));
        let kit = Kit { base_url: Some(url), ..Kit::default() };
        let request = Case::RevokeForMember.request(Side::Frontend, &kit, now());
        prop_assert_eq!(request.uri().authority(), base.authority());
        prop_assert!(request.uri().path().ends_with("/b2b/sessions/revoke/member-test-1"));
        let loopback = ["localhost", "127.", "[::1]", "[0:"];
        let host = base.host().unwrap_or_default().to_ascii_lowercase();
        prop_assert!(
            base.scheme_str() == Some("https") || loopback.iter().any(|start| host.starts_with(start)),
        );
    }

    #[test]
    fn ids_with_control_characters_are_refused(
        before in "\\PC{0,5}",
        control in prop::char::ranges(vec!['\0'..='\x1f', '\x7f'..='\u{9f}'].into()),
        after in "\\PC{0,5}",
    ) {
        let text = format!("{before}{control}{after}");
        prop_assert!(OrganizationId::new(&*text).is_err());
        let error = MemberId::new(&*text).unwrap_err();
        prop_assert!(!error.to_string().contains(control));
        prop_assert!(stytch_session::SessionToken::new(&*text).is_err());
        prop_assert!(stytch_session::Code::new(&*text).is_err());
    }
}
