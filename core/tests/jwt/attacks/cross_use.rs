//! Tokens of the same project, or the same key, for another use (RFC 8725, section 2.8).

use stytch_session::jwt::JwtErrorKind::{Algorithm, Audience, Claims, Issuer, Malformed, Type};

use super::super::forge::{
    A, ISSUER, ORGANIZATION, PROJECT, SESSION, claims, encoded, header, organization, quoted,
    session, signed, token,
};
use super::{Row, refused};

pub(crate) fn rows() -> Vec<Row> {
    let common = || claims().without(SESSION).without(ORGANIZATION);
    let consumer = common().and(
        SESSION,
        session().without("roles").with("attributes", r#"{"ip_address":"203.0.113.7"}"#).text(),
    );
    let machine = common()
        .with("sub", "\"m2m-client-test-1\"")
        .and("scope", "\"read:users\"")
        .and("client_id", "\"m2m-client-test-1\"");
    let connected_app = machine.clone().and(ORGANIZATION, organization().text());
    let id_token = common()
        .with("aud", "\"connected-app-test-1\"")
        .and("nonce", "\"n\"")
        .and("email", "\"ada.reyes@example.com\"");
    let foreign = common()
        .with("iss", "\"https://accounts.google.com\"")
        .with("aud", "\"client.apps.googleusercontent.com\"");
    let intermediate = common().and("https://stytch.com/intermediate_session", session().text());
    let at_other = claims().with("iss", "\"stytch.com/project-test-2\"");
    let for_other = claims().with("aud", "[\"project-test-2\"]");
    let live = PROJECT.replace("test", "live");
    let of_live =
        claims().with("iss", quoted(&format!("stytch.com/{live}"))).with("aud", quoted(&live));
    let mut rows = Vec::new();
    for (name, claims, kind) in [
        ("a consumer's session", consumer, Claims),
        ("a machine's access token", machine.clone(), Claims),
        ("a connected app's access token", connected_app, Claims),
        ("an id token", id_token, Claims),
        ("another provider's id token", foreign, Claims),
        ("an intermediate session", intermediate, Claims),
        ("an organization without a session", claims().without(SESSION), Claims),
        ("the session as text", claims().with(SESSION, quoted("session-test-1")), Claims),
        (
            "the session in an array",
            claims().with(SESSION, format!("[{}]", session().text())),
            Claims,
        ),
        (
            "the claims under other names",
            common().and("session", session().text()).and("organization", organization().text()),
            Claims,
        ),
        ("of another project", at_other, Issuer),
        ("for another project", for_other, Audience),
        ("of the live project", of_live, Issuer),
        (
            "another project's issuer, our audience",
            claims().with("iss", quoted(&ISSUER.replace("6f1d", "6f1e"))),
            Issuer,
        ),
    ] {
        rows.push(refused(name, token(&header(), &claims), kind));
    }
    let access = header().with("typ", "\"at+jwt\"");
    rows.push(refused("an access token by RFC 9068", token(&access, &machine), Type));
    let jwe = format!(
        "{}.{}.{}.{}.{}",
        encoded(r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#),
        encoded([1; 256]),
        encoded([2; 12]),
        encoded([3; 900]),
        encoded([4; 16])
    );
    rows.push(refused("an encrypted token", jwe, Malformed));
    let inner = token(&header(), &claims());
    let nested = signed(header().and("cty", "\"JWT\"").text(), &inner, &A);
    rows.push(refused("a token in a token", nested, Claims));
    for (name, text) in [
        ("an opaque session token", "u0u6azdKXPzcSWxEr_2Lc2np0KnEq5xHbbUK-1BijvNs"),
        ("a public token", "public-token-test-2c4a1b77-90de-4f5a-8a11-3c5d7e9f0b21"),
        ("a PASETO with a footer", "v4.local.AAAAAAAAAAAA.AAAA"),
    ] {
        rows.push(refused(name, text.to_owned(), Malformed));
    }
    let unsecured = format!("{}.{}.", encoded("{\"alg\":\"none\"}"), encoded(claims().text()));
    rows.push(refused("an unsecured token", unsecured, Algorithm));
    rows
}
