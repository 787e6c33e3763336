//! The environment, each time in a process of its own: to change it in this one is unsafe.

use std::process::Command;

use stytch_session::Delivery;
use stytch_session::TransportErrorKind::Connect;
use stytch_session_hyper::BuildError;

use crate::certificates::Authority;
use crate::support::Server;
use crate::{ENCODED, PASSWORD, failure, trusting, url, url_with_credentials};

const VARIABLES: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"];

/// Runs the test `name` in a process with these variables and no others of the kind.
pub(crate) async fn in_environment(name: &str, variables: &[(&str, String)]) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command.args([name, "--exact", "--ignored", "--nocapture"]);
    command.envs(variables.iter().map(|(name, value)| (name, value))).env("IN_A_CHILD", "1");
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("1 passed"), "{told}");
}

pub(crate) fn is_child() -> bool {
    std::env::var_os("IN_A_CHILD").is_some()
}

#[tokio::test]
async fn the_environment_names_the_proxy() {
    let proxy = Server::answering_once("HTTP/1.1 418 A Teapot\r\n\r\n").await;
    let variables = [
        ("HTTPS_PROXY", url_with_credentials(&proxy)),
        ("NO_PROXY", "other.test, 10.0.0.0/8".to_owned()),
    ];
    in_environment("environment::child_asks_the_proxy_of_its_environment", &variables).await;
    let expected = format!(
        "CONNECT api.test:443 HTTP/1.1\r\nHost: api.test:443\r\nUser-Agent: test/1\r\n\
         Proxy-Authorization: Basic {ENCODED}\r\n\r\n"
    );
    assert_eq!(proxy.requests(), [expected]);
}

#[tokio::test]
#[ignore = "runs in a process with an environment of its own"]
async fn child_asks_the_proxy_of_its_environment() {
    if !is_child() {
        return;
    }
    let builder = trusting(&Authority::new("test authority"));
    let (kind, delivery, told) = failure(builder.clone()).await;
    assert_eq!((kind, delivery), (Connect, Delivery::NotSent));
    assert!(told.contains("refused the tunnel with status 418"), "{told}");
    assert!(told.contains("the proxy 127.0.0.1:"), "{told}");

    assert!(format!("{builder:?}").contains("from the environment"));
    let transport = builder.clone().build().unwrap();
    assert!(format!("{transport:?}").contains("proxy: 127.0.0.1:"), "{transport:?}");
    assert!(!format!("{builder:?} {transport:?}").contains(PASSWORD));
    let direct = builder.no_proxy().build().unwrap();
    assert!(format!("{direct:?}").contains("proxy: none"), "{direct:?}");
}

#[tokio::test]
async fn exceptions_of_the_environment_do_not_apply_to_a_proxy_given() {
    let proxy = Server::answering_once("HTTP/1.1 418 A Teapot\r\n\r\n").await;
    let variables = [
        ("NO_PROXY", "*".to_owned()),
        ("ALL_PROXY", "socks5://127.0.0.1:1".to_owned()),
        ("GIVEN", url(&proxy)),
    ];
    in_environment("environment::child_gives_a_proxy_of_its_own", &variables).await;
    assert_eq!(proxy.accepted(), 1);
}

#[tokio::test]
#[ignore = "runs in a process with an environment of its own"]
async fn child_gives_a_proxy_of_its_own() {
    if !is_child() {
        return;
    }
    let builder = trusting(&Authority::new("test authority"));
    let transport = builder.clone().build().unwrap();
    assert!(format!("{transport:?}").contains("proxy: none"), "{transport:?}");
    let (_, _, told) = failure(builder.proxy(std::env::var("GIVEN").unwrap())).await;
    assert!(told.contains("refused the tunnel with status 418"), "{told}");
}

#[tokio::test]
async fn a_socks_proxy_of_the_environment_is_an_error_where_it_would_be_used() {
    let variables = [("all_proxy", format!("socks5://user:{PASSWORD}@127.0.0.1:1"))];
    in_environment("environment::child_has_a_socks_proxy", &variables).await;
}

#[tokio::test]
#[ignore = "runs in a process with an environment of its own"]
async fn child_has_a_socks_proxy() {
    if !is_child() {
        return;
    }
    let builder = trusting(&Authority::new("test authority"));
    let error = builder.clone().build().unwrap_err();
    let told = format!("{error} {error:?}");
    assert!(matches!(error, BuildError::Proxy { setting: "all_proxy", .. }), "{told}");
    assert!(!told.contains(PASSWORD), "{told}");
    assert!(builder.clone().no_proxy().build().is_ok());
    assert!(builder.loopback_only().build().is_ok());
}
