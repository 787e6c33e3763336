//! HTTP/2 servers that break off, leave, reset or fall silent.

use stytch_session::Delivery;
use stytch_session::TransportErrorKind::{Interrupted, Timeout};
use stytch_session_hyper::HyperTransportBuilder;

use crate::frames::{
    CANCEL, END_STREAM, ENHANCE_YOUR_CALM, HTTP_1_1_REQUIRED, INTERNAL_ERROR, LAST, NO_ERROR,
    PROTOCOL_ERROR, REFUSED_STREAM, data, frame, go_away, headers, ok, reset, settings, window,
};
use crate::stage::Step::{Close, Cut, Drip, Flood, Pause, Request, Reset};
use crate::stage::{LIMIT, NEVER, Over::Http2, Stage, Step, each, fault, fault_with, say};
use crate::support::once;

const REASONS: [u32; 7] = [
    NO_ERROR,
    PROTOCOL_ERROR,
    INTERNAL_ERROR,
    REFUSED_STREAM,
    CANCEL,
    ENHANCE_YOUR_CALM,
    HTTP_1_1_REQUIRED,
];

fn hello() -> Step {
    say(settings(&[]))
}

fn head() -> Vec<u8> {
    headers(1, 0, &[(":status", "200")])
}

/// Ways to begin a reply.
fn unfinished() -> Vec<Vec<u8>> {
    let half = [head(), data(1, 0, "half")].concat();
    vec![
        vec![],
        head()[..5].to_vec(),
        head()[..12].to_vec(),
        frame(1, 0, 1, []),
        headers(1, 0, &[(":status", "103")]),
        head(),
        half[..head().len() + 4].to_vec(),
        half[..half.len() - 2].to_vec(),
        half,
        [headers(1, 0, &[(":status", "200"), ("content-length", "10")]), data(1, 0, "123")]
            .concat(),
    ]
}

#[tokio::test]
async fn the_end_of_the_connection_anywhere_in_a_reply_is_an_interruption() {
    each(unfinished(), |said| async move {
        for end in [Close, Cut, Reset] {
            fault(Http2, &[hello(), Request, say(&said), Pause, end.clone()])
                .await
                .sent(Interrupted);
            // A server that has not even said which settings it has.
            fault(Http2, &[Request, say(&said), Pause, end]).await.in_time().outcome.unwrap_err();
        }
    })
    .await;
}

fn patient(builder: HyperTransportBuilder) -> HyperTransportBuilder {
    builder.connect_timeout(NEVER).stall_timeout(NEVER).attempt_timeout(NEVER).total_timeout(NEVER)
}

type Limit = fn(HyperTransportBuilder) -> HyperTransportBuilder;

const LIMITS: [Limit; 3] = [
    |builder| patient(builder).stall_timeout(LIMIT),
    |builder| patient(builder).attempt_timeout(LIMIT),
    |builder| patient(builder).total_timeout(LIMIT),
];

#[tokio::test]
async fn silence_anywhere_in_a_reply_ends_with_every_limit() {
    each(unfinished(), |said| async move {
        for limit in LIMITS {
            let script = [hello(), Request, say(&said)];
            fault_with(Http2, &script, limit).await.sent(Timeout);
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_without_settings_is_a_stall() {
    for limit in LIMITS {
        fault_with(Http2, &[Request], limit).await.sent(Timeout);
    }
}

/// Frames that carry nothing are no progress before the body; within it, the attempt ends them.
#[tokio::test]
async fn dripping_frames_end_with_the_attempt_or_the_operation() {
    let ping = frame(6, 0, 0, [1; 8]).repeat(200);
    let interim = headers(1, 0, &[(":status", "103")]).repeat(200);
    let small = data(1, 0, "x").repeat(300);
    let empty = data(1, 0, "").repeat(400);
    each([ping, interim, small, empty], |drip| async move {
        let begun = if drip[3] == 0 { head() } else { vec![] };
        for limit in &LIMITS[1..] {
            let script = [hello(), Request, say(&begun), Drip(drip.clone())];
            fault_with(Http2, &script, limit).await.sent(Timeout);
        }
    })
    .await;
}

/// The server takes a request's head, and of its body no more than the first window; or nothing.
#[tokio::test]
async fn a_window_that_never_opens_is_a_stall() {
    let cases = [
        settings(&[(4, 0)]),
        settings(&[(4, 1)]),
        settings(&[(4, 100_000)]),
        [settings(&[]), window(0, 1)].concat(),
    ];
    each(cases, |said| async move {
        for limit in LIMITS {
            let stage = Stage::set(Http2, &[say(&said), Request]).await;
            let transport = limit(stage.builder()).build().unwrap();
            let request = once(&stage.url("/")).map(|_| vec![b'x'; 1 << 20]);
            let report = stage.ask(&transport, request).await.failed(Timeout, Delivery::Unknown);
            assert_eq!((report.connections, report.requests), (1, 1));
        }
    })
    .await;
}

/// No stream may be opened. That can be known after a first request only, for the settings come
/// when they come.
#[tokio::test]
async fn a_server_that_allows_no_stream_is_a_stall() {
    for limit in LIMITS {
        let script = [
            hello(),
            Request,
            say(settings(&[(3, 0)])),
            Pause,
            say(ok()),
            Pause,
            Request,
            say(ok()),
        ];
        let stage = Stage::set(Http2, &script).await;
        let transport = limit(stage.builder()).build().unwrap();
        stage.ask(&transport, once(&stage.url("/"))).await.replied(200, "ok");
        let report = stage.ask(&transport, once(&stage.url("/"))).await.in_time();
        assert_eq!(report.outcome.unwrap_err().kind(), Timeout);
        assert_eq!(report.requests, 0);
    }
}

#[tokio::test]
async fn a_request_above_the_last_stream_was_not_sent() {
    each(REASONS, |reason| async move {
        let above = go_away(0, reason);
        for end in [vec![], vec![Pause, Close], vec![Pause, Reset], vec![say(ok())]] {
            let script = [vec![hello(), Request, say(&above)], end].concat();
            let report = fault(Http2, &script).await.failed(Interrupted, Delivery::NotSent);
            assert_eq!((report.connections, report.requests), (1, 1), "the server read it");
        }
        // In two steps, as a server should.
        let said = [go_away(LAST, NO_ERROR), above].concat();
        fault(Http2, &[hello(), Request, say(said)]).await.failed(Interrupted, Delivery::NotSent);
    })
    .await;
}

/// The server leaves before it has seen a request, which it may read or not.
#[tokio::test]
async fn a_server_that_leaves_at_once_was_sent_nothing() {
    each(REASONS, |reason| async move {
        for end in [vec![], vec![Pause, Close]] {
            let script = [vec![hello(), say(go_away(0, reason))], end].concat();
            let report = fault(Http2, &script).await;
            report.not_sent(Interrupted);
        }
    })
    .await;
}

#[tokio::test]
async fn a_request_up_to_the_last_stream_gets_its_reply() {
    each(REASONS, |reason| async move {
        for last in [1, 5, LAST] {
            let leaving = say(go_away(last, reason));
            fault(Http2, &[hello(), Request, leaving.clone(), say(ok())]).await.replied(200, "ok");
            let script = [hello(), Request, leaving.clone(), Pause, say(ok()), Pause, Close];
            fault(Http2, &script).await.replied(200, "ok");
            let rest = data(1, END_STREAM, "ok");
            let script = [hello(), Request, say(head()), leaving, Pause, say(rest)];
            fault(Http2, &script).await.replied(200, "ok");
        }
    })
    .await;
}

/// It may have been handled: nothing more is known of it.
#[tokio::test]
async fn a_request_up_to_the_last_stream_may_have_reached_a_server_that_breaks_off() {
    each(REASONS, |reason| async move {
        for last in [1, LAST] {
            for end in [Close, Cut, Reset] {
                for said in [vec![], head()] {
                    let leaving = [said, go_away(last, reason)].concat();
                    let script = [hello(), Request, say(leaving), Pause, end.clone()];
                    fault(Http2, &script).await.sent(Interrupted);
                }
            }
            let script = [hello(), Request, say(go_away(last, reason))];
            fault_with(Http2, &script, LIMITS[0]).await.sent(Timeout);
        }
    })
    .await;
}

/// The server contradicts itself: it has begun to answer what it says it did not take.
#[tokio::test]
async fn a_reply_that_has_begun_was_sent_whatever_the_server_says() {
    each(REASONS, |reason| async move {
        for said in [go_away(0, reason), reset(1, reason)] {
            let script = [hello(), Request, say(head()), Pause, say(said), Pause, Close];
            fault(Http2, &script).await.sent(Interrupted);
        }
    })
    .await;
}

#[tokio::test]
async fn a_reset_says_nothing_but_that_the_stream_was_refused() {
    each(REASONS, |reason| async move {
        for end in [vec![], vec![Pause, Close]] {
            let script = [vec![hello(), Request, say(reset(1, reason))], end].concat();
            let delivery =
                if reason == REFUSED_STREAM { Delivery::NotSent } else { Delivery::Unknown };
            let report = fault(Http2, &script).await.failed(Interrupted, delivery);
            assert_eq!((report.connections, report.requests), (1, 1));
        }
    })
    .await;
}

/// `NO_ERROR` is what a server says that has answered in full, so hyper takes it for the end.
#[tokio::test]
async fn a_reset_within_the_body_is_an_interruption() {
    let heads = [vec![(":status", "200")], vec![(":status", "200"), ("content-length", "50")]];
    each(heads, |fields| async move {
        for reason in REASONS {
            for pause in [vec![], vec![Pause]] {
                let begun = [headers(1, 0, &fields), data(1, 0, "{\"half\":1}")].concat();
                let script =
                    [vec![hello(), Request, say(begun)], pause, vec![say(reset(1, reason))]];
                fault(Http2, &script.concat()).await.sent(Interrupted);
            }
        }
    })
    .await;
}

/// The whole reply is there: the request is what is cut short.
#[tokio::test]
async fn a_reset_after_the_reply_does_not_spoil_it() {
    each(REASONS, |reason| async move {
        let script = [hello(), Request, say(ok()), Pause, say(reset(1, reason))];
        fault(Http2, &script).await.replied(200, "ok");
    })
    .await;
    let announced =
        [headers(1, 0, &[(":status", "200"), ("content-length", "2")]), data(1, 0, "ok")].concat();
    let script = [hello(), Request, say(announced), Pause, say(reset(1, NO_ERROR))];
    fault(Http2, &script).await.replied(200, "ok");
}

#[tokio::test]
async fn a_connection_with_a_fault_is_not_used_again() {
    let mut faults: Vec<_> = REASONS.map(|reason| reset(1, reason)).into();
    faults.extend(REASONS.map(|reason| go_away(0, reason)));
    faults.push(frame(0, 0, 0, []));
    each(faults, |said| async move {
        let stage = Stage::set_each(Http2, move |number| match number {
            0 => vec![hello(), Request, say(&said), Request, say(ok())],
            _ => vec![hello(), Request, say(ok())],
        })
        .await;
        let transport = stage.builder().build().unwrap();
        stage.ask(&transport, once(&stage.url("/"))).await.outcome.unwrap_err();
        stage.ask(&transport, once(&stage.url("/"))).await.replied(200, "ok");
    })
    .await;
}

/// It rests in the pool until its time is over, though no request goes there.
#[tokio::test]
async fn a_connection_with_a_fault_is_closed() {
    let said = [
        vec![],
        head(),
        reset(1, CANCEL),
        go_away(0, NO_ERROR),
        go_away(1, NO_ERROR),
        frame(0, 0, 0, []),
    ];
    each(said, |said| is_closed(say(said))).await;
}

/// What the client has to say at the end does not leave, so the end has to come without it.
#[tokio::test]
async fn a_connection_to_a_server_that_does_not_read_is_closed() {
    let pings = frame(6, 0, 0, [7; 8]).repeat(1000);
    let within = [head(), pings.clone()].concat();
    each([pings, within], |said| is_closed(Flood(said))).await;
}

/// The transport lives on while its connection is closed.
async fn is_closed(step: Step) {
    let stage = Stage::set(Http2, &[hello(), Request, step.clone()]).await;
    let builder = stage.builder().connect_timeout(LIMIT * 4).stall_timeout(LIMIT);
    let builder = builder.pool_idle_timeout(LIMIT);
    let transport = builder.build().unwrap();
    let report = stage.ask(&transport, once(&stage.url("/"))).await.in_time();
    report.outcome.unwrap_err();
    stage.is_left(&format!("{step:?}")).await;
    drop(transport);
}
