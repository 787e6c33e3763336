//! What browsers and people see: CORS, the page, and that no other web page can read it.
#![cfg(feature = "server")]

#[path = "common/http.rs"]
mod http;

use std::path::Path;
use std::process::Command;

use http::{Answer, ask};
use serde_json::json;
use stytch_session_mock::{Emulator, Example, Member, Organization, Server};

const ORIGIN: &str = "http://localhost:3000";

fn serve() -> (Emulator, Server) {
    let emulator = Emulator::example_builder()
        .organization(
            Organization::new("odd")
                .name("<script>alert(1)</script>")
                .member(Member::new("\"o'dd&\"@example.com")),
        )
        .build();
    let server = Server::start(&emulator, "127.0.0.1:0").expect("a free port");
    (emulator, server)
}

fn from_a_page(server: &Server, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let headers: Vec<_> = headers.iter().copied().chain([("Origin", ORIGIN)]).collect();
    ask(server.local_addr(), method, path, &headers, "")
}

#[test]
fn a_page_may_read_every_answer_of_the_api() {
    let (emulator, server) = serve();
    let bootstrap = format!("/sdk/v1/projects/bootstrap/{}", emulator.public_token());
    for (path, status) in
        [(&*bootstrap, 200), ("/sdk/v1/b2b/organizations/me", 400), ("/sdk/v1/no", 404)]
    {
        let answer = from_a_page(&server, "GET", path, &[]);
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN), "{path}");
        assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
        assert_eq!(answer.header("vary"), Some("Origin"));
        assert_eq!(answer.header("set-cookie"), None);
    }
    // Without an origin nobody is allowed anything.
    let answer = ask(server.local_addr(), "GET", &bootstrap, &[], "");
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[test]
fn preflights_need_no_authorization() {
    let (_emulator, server) = serve();
    let asks = [
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "authorization,content-type,x-sdk-client"),
    ];
    let answer = from_a_page(&server, "OPTIONS", "/sdk/v1/b2b/sessions/authenticate", &asks);
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
    assert_eq!(
        answer.header("access-control-allow-headers"),
        Some("authorization, content-type, x-sdk-client, x-sdk-parent-host")
    );
    assert_eq!(answer.header("access-control-allow-methods"), Some("GET, POST, PUT, DELETE"));
}

#[test]
fn no_other_page_can_read_codes_and_links() {
    let (_emulator, server) = serve();
    for path in ["/", "/_emulator/outbox", "/_emulator/state"] {
        let answer = from_a_page(&server, "GET", path, &[]);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
        for host in ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "10.0.0.1", ""] {
            let answer = ask(server.local_addr(), "GET", path, &[("Host", host)], "");
            assert_eq!(answer.status, 403, "{path} by the name {host:?}");
        }
        for host in ["localhost", "LOCALHOST:1", "127.0.0.1:99", "127.9.9.9", "[::1]:80"] {
            let answer = ask(server.local_addr(), "GET", path, &[("Host", host)], "");
            assert_eq!(answer.status, 200, "{path} by the name {host:?}");
        }
    }
    let reset =
        ask(server.local_addr(), "POST", "/_emulator/reset", &[("Host", "evil.example")], "");
    assert_eq!(reset.status, 403);
}

#[test]
fn the_page_shows_the_world_and_nothing_as_markup() {
    let (emulator, server) = serve();
    let login = json!({
        "organization_id": Example::BLUE_KILN,
        "email_address": Example::EMAIL_ADDRESS,
        "password": Example::PASSWORD,
    });
    let credentials = emulator.backend_authorization();
    let headers = [("Authorization", &*credentials)];
    let path = "/v1/b2b/passwords/authenticate";
    assert_eq!(ask(server.local_addr(), "POST", path, &headers, &login.to_string()).status, 200);
    let page = ask(server.local_addr(), "GET", "/", &[], "");
    let code = emulator.last_code(Example::PHONE_NUMBER).expect("a code was sent");
    for shown in ["Blue Kiln", Example::EMAIL_ADDRESS, &code, path, emulator.public_token()] {
        assert!(page.body.contains(shown), "{shown} is missing");
    }
    assert!(page.body.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.body.contains("&quot;o&#39;dd&amp;&quot;@example.com"));
    assert!(!page.body.contains("<script"));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("cache-control"), Some("no-store"));
}

#[test]
fn a_browser_shows_the_page() {
    let Some(browser) = ["/usr/bin/chromium", "/usr/bin/chromium-browser"]
        .into_iter()
        .find(|path| Path::new(path).exists())
    else {
        println!("skipped: no Chromium is installed here");
        return;
    };
    let (emulator, server) = serve();
    let profile = std::env::temp_dir().join(format!("stytch-emulator-page-{}", std::process::id()));
    // Ended by `timeout` if it hangs.
    let output = Command::new("timeout")
        .args(["60", browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"])
        .args(["--no-first-run", "--disable-background-networking", "--disable-component-update"])
        .arg("--disable-sync")
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(["--dump-dom", &server.url()])
        .output()
        .expect("the browser starts");
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let _ = std::fs::remove_dir_all(profile);
    assert!(dom.contains("<h1>Stytch emulator</h1>"), "{dom}");
    assert!(dom.contains(emulator.project_id()) && dom.contains("Harbor Lights"), "{dom}");
    assert!(dom.contains("&lt;script&gt;"), "what is shown as text stays text");
}
