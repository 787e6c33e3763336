//! Building a request, against a template that is filled in by hand.

mod ratio;

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method, Uri};
use ratio::{Way, compare};
use stytch_session::{
    Active, Application, Context, Project, PublicToken, Repeat, Request, RequestInfo, Response,
    Session, SessionToken,
};

const PUBLIC_TOKEN: &str = "public-token-test-9f1c2d3e-4a5b-4c6d-8e7f-0a1b2c3d4e5f";
const ROUTE: &str = "/sdk/v1/b2b/sessions/authenticate";
const TELEMETRY: HeaderName = HeaderName::from_static("x-sdk-client");

fn main() {
    let project = Project::frontend(PublicToken::new(PUBLIC_TOKEN).expect("it is well-formed"));
    let application = Application::new("com.example.app", 7).version("1.2.3");
    let step = active(&project).authenticate();
    let now = SystemTime::UNIX_EPOCH + Duration::from_millis(1_906_545_600_789);
    let context = Context::new(now, [0x5a; 32], &application);

    let session = active(&project);
    let template = Template::of(&project.request(&step, &Context::new(now, 1, &application)));
    let filled = Filling {
        token: session.session_token().secret(),
        member: session.member_session().member_id().as_str(),
        session: session.member_session().member_session_id().as_str(),
        event: [0x5a; 16],
        now,
    };
    same(&project.request(&step, &context), &template.request(&filled));

    let mut criterion = ratio::criterion();
    let ours = Way { name: "request", prepare: || (), run: |()| project.request(&step, &context) };
    let floor = Way { name: "the template", prepare: || (), run: |()| template.request(&filled) };
    let line = compare(&mut criterion, "request/frontend authenticate", &ours, &floor);
    criterion.final_summary();
    println!("{line}");
}

fn active(project: &Project) -> Session<Active> {
    let body = format!(r#"{{"data":{}}}"#, include_str!("authenticate.json"));
    let token = SessionToken::new("made-up-token").expect("it is well-formed");
    let step = Session::new().authenticate(token);
    let response = Response::new(body.into_bytes());
    project.complete(step, &response, SystemTime::UNIX_EPOCH).expect("the reply is a success")
}

/// What differs from request to request.
struct Filling<'a> {
    token: &'a str,
    member: &'a str,
    session: &'a str,
    event: [u8; 16],
    now: SystemTime,
}

/// A request whose parts are made beforehand, as far as they can be.
struct Template {
    uri: Uri,
    /// The telemetry's text with holes, and where they are.
    telemetry: Vec<u8>,
    event: usize,
    sent_at: usize,
    member: usize,
    session: usize,
}

impl Template {
    /// The holes are where an example has its values.
    fn of(example: &Request) -> Self {
        let telemetry = STANDARD.decode(&example.headers()[TELEMETRY]).expect("it is base64");
        let text = String::from_utf8(telemetry).expect("it is text");
        let hole = |before: &str| text.find(before).expect("it is there") + before.len();
        Self {
            uri: example.uri().clone(),
            event: hole(r#""event_id":"event-id-"#),
            sent_at: hole(r#""client_sent_at":""#),
            member: hole(r#""stytch_member_id":""#),
            session: hole(r#""stytch_member_session_id":""#),
            telemetry: text.into_bytes(),
        }
    }

    fn request(&self, filling: &Filling<'_>) -> Request {
        let mut buffer = [0; 1024];
        let text = &mut buffer[..self.telemetry.len()];
        text.copy_from_slice(&self.telemetry);
        uuid(filling.event, &mut text[self.event..self.event + 36]);
        date(filling.now, &mut text[self.sent_at..self.sent_at + 24]);
        text[self.member..self.member + filling.member.len()]
            .copy_from_slice(filling.member.as_bytes());
        text[self.session..self.session + filling.session.len()]
            .copy_from_slice(filling.session.as_bytes());
        let telemetry = encoded("", text);

        let mut buffer = [0; 256];
        let text = &mut buffer[..PUBLIC_TOKEN.len() + 1 + filling.token.len()];
        text[..PUBLIC_TOKEN.len()].copy_from_slice(PUBLIC_TOKEN.as_bytes());
        text[PUBLIC_TOKEN.len()] = b':';
        text[PUBLIC_TOKEN.len() + 1..].copy_from_slice(filling.token.as_bytes());
        let mut authorization = encoded("Basic ", text);
        authorization.set_sensitive(true);

        let mut headers = HeaderMap::with_capacity(3);
        headers.insert(AUTHORIZATION, authorization);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(TELEMETRY, telemetry);
        let mut request = Request::new(b"{}".to_vec());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = headers;
        request.extensions_mut().insert(RequestInfo::new(ROUTE, Repeat::Always));
        request
    }
}

/// The right size from the start, so that the header takes the text over without a copy.
fn encoded(prefix: &str, text: &[u8]) -> HeaderValue {
    let mut header = vec![0; prefix.len() + text.len().div_ceil(3) * 4];
    let (start, rest) = header.split_at_mut(prefix.len());
    start.copy_from_slice(prefix.as_bytes());
    STANDARD.encode_slice(text, rest).expect("it fits");
    HeaderValue::try_from(header).expect("base64 is a header value")
}

fn uuid(mut bytes: [u8; 16], text: &mut [u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut at = 0;
    for (index, byte) in bytes.into_iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text[at] = b'-';
            at += 1;
        }
        text[at] = DIGITS[usize::from(byte >> 4)];
        text[at + 1] = DIGITS[usize::from(byte & 0xf)];
        at += 2;
    }
}

/// `2030-06-01T12:00:00.000Z`, by Howard Hinnant's `civil_from_days`.
fn date(now: SystemTime, text: &mut [u8]) {
    let since = now.duration_since(SystemTime::UNIX_EPOCH).expect("it is after 1970");
    let (days, second) = (since.as_secs() / 86_400, (since.as_secs() % 86_400) as u32);
    let day = days as u32 + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + u32::from(month <= 2);
    text.copy_from_slice(b"0000-00-00T00:00:00.000Z");
    let mut two = |at: usize, number: u32| {
        text[at] = b'0' + (number / 10) as u8;
        text[at + 1] = b'0' + (number % 10) as u8;
    };
    two(0, year / 100);
    two(2, year % 100);
    two(5, month);
    two(8, day);
    two(11, second / 3600);
    two(14, second / 60 % 60);
    two(17, second % 60);
    two(20, since.subsec_millis() / 10);
    text[22] = b'0' + (since.subsec_millis() % 10) as u8;
}

fn same(ours: &Request, floor: &Request) {
    assert_eq!(ours.method(), floor.method());
    assert_eq!(ours.uri(), floor.uri());
    assert_eq!(ours.headers(), floor.headers());
    assert_eq!(ours.body(), floor.body());
    let info = |request: &Request| request.extensions().get::<RequestInfo>().copied();
    assert_eq!(info(ours), info(floor));
}
