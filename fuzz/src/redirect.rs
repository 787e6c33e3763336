//! URLs of logins by way of a browser: those that are opened, and those that come back.

use http::Uri;
use stytch_session::{ConnectionId, OauthProvider, OrganizationId, Project, Redirect, StartUrl};

use crate::Seed;
use crate::input::{self, Fields};
use crate::scene::kit;

/// A URL that comes back, then an id and texts for one that is opened.
pub fn run(data: &[u8]) {
    let mut fields = Fields::of(data);
    check_redirect(&fields.text());
    let id = fields.text();
    let Ok(organization) = OrganizationId::new(&*id) else { return };
    let connection = ConnectionId::new(&*id).expect("ids are alike");
    let texts = [(); 4].map(|()| fields.text());
    let project = kit().frontend();
    let google = OauthProvider::Google;
    check_start(&project, project.start_oauth(google, &organization), ("organization_id", &id), &texts);
    let google = OauthProvider::Google;
    check_start(&project, project.start_oauth_by_slug(google, &id), ("slug", &id), &texts);
    check_start(&project, project.start_sso(&connection), ("connection_id", &id), &texts);
}

fn check_redirect(url: &str) {
    let redirect = match Redirect::parse(url) {
        Ok(redirect) => redirect,
        Err(error) => {
            // It never quotes a token.
            let said = format!("{error} {error:?}");
            return assert!(said.len() < 200, "{said}");
        }
    };
    // Both parameters are there once, outside of a fragment.
    let url = url.split('#').next().unwrap_or_default();
    let query = url.split_once('?').map_or(url, |(_, query)| query);
    let named = |name: &str| {
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
        pairs.filter(|pair| pair.0 == name).map(|pair| pair.1).collect::<Vec<_>>()
    };
    let (kinds, tokens) = (named("stytch_token_type"), named("token"));
    let ([kind], [token]) = (&*kinds, &*tokens) else { panic!("{kinds:?} {}", tokens.len()) };
    assert!(!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()));
    let said = format!("{redirect:?} {redirect:#?}");
    assert!(token.len() < 16 || !said.contains(&**token), "{said}");
    let expected = match redirect {
        Redirect::MagicLink(_) => "multi_tenant_magic_links",
        Redirect::DiscoveryMagicLink(_) => "discovery",
        Redirect::Oauth(_) => "oauth",
        Redirect::DiscoveryOauth(_) => "discovery_oauth",
        Redirect::Sso(_) => "sso",
        Redirect::PasswordReset(_) => "multi_tenant_passwords",
        Redirect::Impersonation(_) => "multi_tenant_impersonation",
        other => panic!("{other:?}"),
    };
    assert_eq!(kind, expected);
}

/// A URL that a browser opens goes to the project's server and says what was given.
fn check_start(project: &Project, url: StartUrl, id: (&str, &str), texts: &[String; 4]) {
    let [redirect, first, second, name] = texts;
    let url = url
        .login_redirect_url(redirect)
        .custom_scopes([&**first, &**second])
        .provider_parameter(name, redirect);
    let text = url.to_string();
    assert!(text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#'), "{text}");
    let (before, query) = text.split_once('?').expect("a query");
    let base: Uri = before.parse().expect("a URL");
    assert_eq!(base.authority(), project.base_url().authority());
    assert_eq!(base.scheme(), project.base_url().scheme());
    let scopes = format!("{first} {second}");
    let provider = format!("provider_{name}");
    let expected = [
        ("public_token", &*kit().public_token),
        id,
        ("login_redirect_url", redirect),
        ("custom_scopes", &scopes),
        (&provider, redirect),
    ];
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    assert!(pairs.iter().map(|pair| (&*pair.0, &*pair.1)).eq(expected), "{pairs:?}");
}

/// Each kind of redirect, and URLs that are none.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let seed = |name: &str, url: &str| (name.to_owned(), url.as_bytes().to_vec());
    let mut seeds: Vec<Seed> = [
        "multi_tenant_magic_links",
        "discovery",
        "oauth",
        "discovery_oauth",
        "sso",
        "multi_tenant_passwords",
        "multi_tenant_impersonation",
    ]
    .iter()
    .map(|kind| seed(kind, &format!("https://a.example/c?stytch_token_type={kind}&token=t0ken-12")))
    .collect();
    seeds.extend([
        seed("twice", "?stytch_token_type=sso&token=a&token=b"),
        seed("escaped", "app:?x=%zz&tok%65n=t0ken%2D12&stytch_token_type=ss%6f#token=b"),
        seed("fragment", "https://a.example/#stytch_token_type=sso&token=t0ken-12"),
        seed("line", "?stytch_token_type=sso&token=t0ken%0a"),
    ]);
    let texts = ["", "a b&c=d#\u{e9}", "https://x.example/?a=1&b=2#c", "one", "two three", "prompt"];
    seeds.push(("start".to_owned(), input::join(&texts)));
    seeds
}
