//! Nothing of credentials and requests is logged on the way through a proxy, at any level.

use stytch_session::Transport;

use crate::environment::{in_environment, is_child};
use crate::log_of_all::Log;
use crate::{
    ENCODED, ESTABLISHED, PASSWORD, USER, origin, secret_request, tunnelling, url_with_credentials,
};

/// Whether anything is logged is decided for a whole process, and other tests have their say in it.
#[tokio::test]
async fn nothing_for_the_proxy_or_the_origin_is_logged() {
    in_environment("log::child_logs_what_it_does", &[]).await;
}

/// The client runs on this test's only thread; the servers have one of their own, which is not logged.
#[tokio::test]
#[ignore = "runs in a process of its own"]
async fn child_logs_what_it_does() {
    if !is_child() {
        return;
    }
    let log = Log::default();
    let servers =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (proxy, builder) = servers
        .spawn(async {
            let (origin, builder) = origin().await;
            (tunnelling(&origin, ESTABLISHED).await.0, builder)
        })
        .await
        .unwrap();
    let logging = log.listen(tracing::Level::TRACE);
    let transport = builder.proxy(url_with_credentials(&proxy)).build().unwrap();
    assert!(transport.send(secret_request()).await.is_ok());
    drop(logging);
    let log = log.text();
    assert!(log.contains(&proxy.port().to_string()), "something is logged: {log}");
    for secret in [USER, PASSWORD, ENCODED, "header-5d20", "path-7f3a", "query-91bc", "body-c8e1"] {
        assert!(!log.contains(secret), "{secret} in the log:\n{log}");
    }
    servers.shutdown_background();
}
