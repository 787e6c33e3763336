//! What browsers see: CORS on the API, and walls around the page and the control routes.
#![cfg(feature = "server")]

mod chromium;
mod client;

use std::io::{Read, Write};
use std::net::TcpListener;

use client::{Client, Reply};
use serde_json::{Value, json};
use stytch_session_mock::{Emulator, Example, Fault, Member, Organization, Server};

const ORIGIN: &str = "http://app.example:3000";

fn serve(emulator: &Emulator) -> (Client, Server) {
    let server = Server::start(emulator, "127.0.0.1:0").expect("a free port");
    (Client { address: server.local_addr() }, server)
}

#[track_caller]
fn readable(reply: &Reply) {
    assert_eq!(reply.header("access-control-allow-origin"), [ORIGIN], "{}", reply.head);
    assert_eq!(reply.header("access-control-allow-credentials"), ["true"]);
    assert_eq!(reply.header("vary"), ["Origin"]);
    assert!(reply.header("set-cookie").is_empty());
}

#[track_caller]
fn unreadable(reply: &Reply) {
    assert!(!reply.head.contains("access-control"), "{}", reply.head);
}

#[test]
fn pages_of_any_origin_may_read_every_answer_of_the_api() {
    let emulator = Emulator::example();
    let (client, _server) = serve(&emulator);
    let authorization = emulator.frontend_authorization(None);
    let post = |path: &str, body: &str| {
        let headers = [("Origin", ORIGIN), ("Authorization", authorization.as_str())];
        client.send("POST", path, &headers, body)
    };
    let login = json!({
        "organization_id": Example::HARBOR_LIGHTS,
        "email_address": Example::EMAIL_ADDRESS,
        "password": Example::PASSWORD,
        "session_duration_minutes": 60,
    })
    .to_string();
    let authenticate = "/sdk/v1/b2b/passwords/authenticate";
    for (status, path, body) in [
        (200, authenticate, login.as_str()),
        (400, authenticate, "{"),
        (404, "/sdk/v1/nothing", ""),
        (404, "/elsewhere", ""),
        (413, authenticate, &"x".repeat(1_048_577)),
    ] {
        let reply = post(path, body);
        assert_eq!(reply.status(), status, "{}", reply.head);
        readable(&reply);
    }
    for (status, fault) in
        [(503, Fault::Status(503)), (502, Fault::Html(502)), (200, Fault::MalformedBody)]
    {
        emulator.fail_next(1, fault);
        let reply = post(authenticate, &login);
        assert_eq!(reply.status(), status);
        readable(&reply);
    }
}

#[test]
fn the_origin_is_reflected_exactly() {
    let (client, _server) = serve(&Emulator::example());
    for origin in ["null", "https://Ä.example", "capacitor://localhost"] {
        let reply = client.send("GET", "/v1/b2b/sessions", &[("Origin", origin)], "");
        assert_eq!(reply.header("access-control-allow-origin"), [origin]);
    }
    let reply = client.get("/v1/b2b/sessions");
    unreadable(&reply);
    assert_eq!(reply.header("vary"), ["Origin"], "a cache must keep them apart");
}

#[test]
fn preflights_need_no_credentials_and_meet_no_faults() {
    let emulator = Emulator::example();
    let (client, _server) = serve(&emulator);
    emulator.fail_next(1, Fault::LostRequest);
    let headers = [
        ("Origin", ORIGIN),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "authorization,content-type,x-sdk-client"),
    ];
    let reply = client.send("OPTIONS", "/sdk/v1/b2b/sessions/revoke", &headers, "");
    assert_eq!(reply.status(), 204);
    readable(&reply);
    assert_eq!(
        reply.header("access-control-allow-headers"),
        ["authorization, content-type, x-sdk-client, x-sdk-parent-host"]
    );
    assert_eq!(reply.header("access-control-allow-methods"), ["GET, POST, PUT, DELETE"]);
    assert_eq!(emulator.request_count(), 0);
    emulator.clear_faults();
    let plain = client.send("OPTIONS", "/sdk/v1/b2b/sessions/revoke", &[("Origin", ORIGIN)], "");
    assert_eq!(plain.status(), 405);
    readable(&plain);
}

#[test]
fn cookies_are_ignored() {
    let emulator = Emulator::example();
    let (client, _server) = serve(&emulator);
    let authorization = emulator.frontend_authorization(None);
    let headers = [
        ("Authorization", authorization.as_str()),
        ("Cookie", "stytch_session=x; stytch_session_jwt=y"),
    ];
    let reply = client.send("POST", "/sdk/v1/b2b/sessions/authenticate", &headers, "{}");
    assert_eq!(reply.json()["error_type"], "user_unauthenticated");
    assert!(reply.header("set-cookie").is_empty());
}

const LOCAL: [&str; 4] = ["/", "/_emulator/state", "/_emulator/outbox", "/favicon.ico"];

#[test]
fn codes_and_links_are_shown_to_this_machine_only() {
    let (client, _server) = serve(&Emulator::example());
    let port = client.address.port();
    let ours = ["127.0.0.1", "localhost", "[::1]", "127.9.9.9"].map(str::to_owned);
    for host in ours.into_iter().chain([format!("127.0.0.1:{port}"), "LOCALHOST:1".to_owned()]) {
        for path in LOCAL {
            let reply = client.send("GET", path, &[("Host", &host)], "");
            assert!([200, 204].contains(&reply.status()), "{host} {path}");
            unreadable(&reply);
        }
    }
    for host in ["", "evil.example", "127.0.0.1.evil.example", "10.0.0.1", "[::]", "0.0.0.0"] {
        for path in LOCAL {
            let reply = client.send("GET", path, &[("Host", host), ("Origin", ORIGIN)], "");
            assert_eq!(reply.status(), 403, "{host} {path}");
            unreadable(&reply);
        }
    }
    // A target with a host of its own counts more than the header.
    let target = "http://evil.example/_emulator/outbox";
    client.send("GET", target, &[("Host", "localhost")], "").refused(403);
    let twice = b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\nConnection: close\r\n\r\n";
    assert!([400, 403].contains(&client.raw(twice).status()));
    assert_eq!(client.raw(b"GET / HTTP/1.0\r\n\r\n").status(), 403);
    // The API itself does not mind the host.
    let jwks = format!("/v1/b2b/sessions/jwks/{}", Emulator::example().project_id());
    client.send("GET", &jwks, &[("Host", "evil.example")], "").ok();
}

#[test]
fn web_pages_cannot_steer_the_emulator() {
    let emulator = Emulator::example();
    let (client, _server) = serve(&emulator);
    let order = r#"{"fault":"cut_after"}"#;
    for origin in [ORIGIN, "null", "http://localhost:1", "https://localhost"] {
        let headers = [("Host", "localhost"), ("Origin", origin)];
        let reply = client.send("POST", "/_emulator/faults", &headers, order);
        unreadable(&reply);
        reply.refused(403);
    }
    let preflight = [("Origin", ORIGIN), ("Access-Control-Request-Method", "DELETE")];
    let reply = client.send("OPTIONS", "/_emulator/faults", &preflight, "");
    assert_eq!(reply.status(), 403);
    unreadable(&reply);
    assert_eq!(client.get("/_emulator/faults").ok(), json!({ "faults": [] }));
    let own = [("Host", "localhost:80"), ("Origin", "http://localhost:80")];
    client.send("POST", "/_emulator/faults", &own, order).ok();
}

/// A world whose every name tries to be markup.
fn hostile() -> Emulator {
    let member = Member::new("\"><script>alert(1)</script>@example.com")
        .name("<img src=x onerror=alert(2)>")
        .password("</code><script>alert(3)</script>")
        .phone_number("<b>+1</b>")
        .role("<i>role</i>");
    let organization =
        Organization::new("slug<script>").name("</style><script>alert(4)</script>").mfa_required();
    Emulator::builder()
        .organization(organization.member(member))
        .project_secret("secret'\"<&>")
        .build()
}

#[test]
fn the_page_shows_the_world_and_escapes_it() {
    let emulator = hostile();
    let (client, _server) = serve(&emulator);
    let headers = [("User-Agent", "<script>")];
    client.send("POST", "/v1/%3Cscript%3E?<script>=1", &headers, r#"{"a":"<script>"}"#);
    let page = client.get("/");
    assert_eq!(page.header("content-type"), ["text/html; charset=utf-8"]);
    assert!(
        page.header("content-security-policy")[0]
            .starts_with("default-src 'none'; style-src 'sha256-")
    );
    for markup in ["<script", "<img", "<b>", "<i>", "onerror=alert(2)>"] {
        assert!(!page.body.contains(markup), "{markup} in {}", page.body);
    }
    assert_eq!(page.body.matches("</style>").count(), 1);
    assert!(page.body.contains("secret&#39;&quot;&lt;&amp;&gt;"));
    assert!(!page.body.contains("http-equiv=\"refresh\""));
    assert!(client.get("/?refresh").body.contains("http-equiv=\"refresh\" content=\"2\""));
    client.post("/", "").refused(405);
}

#[test]
fn the_page_works_in_a_browser() {
    let emulator = Emulator::example();
    let (client, server) = serve(&emulator);
    log_in(&client, &emulator, Example::HARBOR_LIGHTS);
    log_in(&client, &emulator, Example::BLUE_KILN);
    let Some(dom) = chromium::dom(&server.url()) else { return };
    let code = emulator.last_code(Example::PHONE_NUMBER).expect("a code was sent");
    assert!(dom.contains(&format!("<strong class=\"code\">{code}</strong>")), "{dom}");
    assert!(dom.contains("Harbor Lights") && dom.contains("password (knowledge)"), "{dom}");
}

fn log_in(client: &Client, emulator: &Emulator, organization: &str) {
    let body = json!({
        "organization_id": organization,
        "email_address": Example::EMAIL_ADDRESS,
        "password": Example::PASSWORD,
    });
    let authorization = emulator.backend_authorization();
    let headers = [("Authorization", authorization.as_str())];
    client.send("POST", "/v1/b2b/passwords/authenticate", &headers, &body.to_string()).ok();
}

/// A page of another origin calls the API as the JavaScript SDK does, and then tries the rest.
#[test]
fn a_page_of_another_origin_uses_the_api_and_nothing_else() {
    let emulator = Emulator::example();
    let (_client, server) = serve(&emulator);
    let login = json!({
        "method": "POST",
        "credentials": "include",
        "headers": {
            "Authorization": emulator.frontend_authorization(None),
            "Content-Type": "application/json",
            "X-SDK-Client": "e30=",
            "X-SDK-Parent-Host": "http://localhost",
        },
        "body": json!({
            "organization_id": Example::HARBOR_LIGHTS,
            "email_address": Example::EMAIL_ADDRESS,
            "password": Example::PASSWORD,
            "session_duration_minutes": 60,
        }).to_string(),
    });
    let script = format!(
        r#"const url = "{}";
        const get = async (path, options) => {{
          try {{
            const answer = await fetch(url + path, options);
            return [answer.status, (await answer.text()).length > 0];
          }} catch (error) {{ return "blocked"; }}
        }};
        const login = {login};
        (async () => {{
          const seen = [
            await get("/sdk/v1/b2b/passwords/authenticate", login),
            await get("/sdk/v1/b2b/nothing", login),
            await get("/_emulator/outbox"),
            await get("/"),
            await get("/_emulator/reset", {{ method: "POST" }}),
          ];
          document.getElementById("seen").textContent = JSON.stringify(seen);
        }})();"#,
        server.url(),
    );
    let page = format!("<!doctype html><p id=\"seen\">nothing</p><script>{script}</script>");
    let Some(dom) = chromium::dom(&serve_page(&page)) else { return };
    let (_, rest) = dom.split_once("<p id=\"seen\">").expect("the paragraph");
    let (seen, _) = rest.split_once("</p>").expect("the paragraph's end");
    let seen: Value = serde_json::from_str(seen).unwrap_or_else(|_| panic!("{dom}"));
    assert_eq!(seen, json!([[200, true], [404, true], "blocked", "blocked", "blocked"]));
    assert_eq!(emulator.active_sessions().len(), 1, "nothing was reset");
}

/// Serves one page from an origin of its own, and returns its address.
fn serve_page(page: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let length = page.len();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{page}"
    );
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let answer = answer.clone();
            // Browsers open connections in advance, and say nothing on them.
            std::thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(answer.as_bytes());
            });
        }
    });
    format!("http://{address}/")
}
