//! Redirects are replies: nobody goes where they point.

use crate::stage::Step::Request;
use crate::stage::{Over, Stage, each, http1, say};
use crate::support::{OK, once};

const STATUSES: [u16; 7] = [300, 301, 302, 303, 305, 307, 308];

#[tokio::test]
async fn a_redirect_is_a_reply_and_its_target_hears_nothing() {
    each(http1(STATUSES), |(over, status)| async move {
        for elsewhere in [Over::Plain, Over::Tls] {
            let target = Stage::set(elsewhere, &[Request, say(OK)]).await;
            for location in
                [target.url("/"), target.url("/").split_off(elsewhere.scheme().len() + 1)]
            {
                let reply = format!(
                    "HTTP/1.1 {status} Go\r\nlocation: {location}\r\nset-cookie: a=b\r\n\
                     content-length: 4\r\n\r\naway"
                );
                let stage = Stage::set(over, &[Request, say(&reply), Request, say(&reply)]).await;
                let transport = stage.builder().build().unwrap();
                for method in [http::Method::GET, http::Method::POST] {
                    let mut request = once(&stage.url("/"));
                    *request.method_mut() = method;
                    request.headers_mut().insert("authorization", "secret".parse().unwrap());
                    let report = stage.ask(&transport, request).await;
                    assert_eq!(report.outcome.as_ref().unwrap().headers()["location"], location);
                    assert_eq!(report.requests, 1);
                    let reply = report.in_time().outcome.unwrap();
                    assert_eq!(
                        (reply.status().as_u16(), reply.body().as_slice()),
                        (status, b"away".as_slice())
                    );
                }
                assert!(!stage.server.requests()[1].contains("cookie"));
            }
            assert_eq!(target.server.accepted(), 0, "{over:?} {status}");
        }
    })
    .await;
}

#[cfg(feature = "http2")]
#[tokio::test]
async fn over_http2_too() {
    use crate::frames::{END_STREAM, headers, settings};

    for status in STATUSES {
        let target = Stage::set(Over::Plain, &[Request, say(OK)]).await;
        let (location, code) = (target.url("/"), status.to_string());
        let reply = headers(1, END_STREAM, &[(":status", &code), ("location", &location)]);
        let stage = Stage::set(Over::Http2, &[say(settings(&[])), Request, say(reply)]).await;
        let transport = stage.builder().build().unwrap();
        let report = stage.ask(&transport, once(&stage.url("/"))).await;
        assert_eq!(report.requests, 1);
        let reply = report.in_time().outcome.unwrap();
        assert_eq!(
            (reply.status().as_u16(), &reply.headers()["location"]),
            (status, &http::HeaderValue::try_from(location).unwrap())
        );
        assert_eq!(target.server.accepted(), 0, "{status}");
    }
}
