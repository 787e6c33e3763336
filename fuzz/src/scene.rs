//! A step or call, and a reply to it.
//!
//! ```text
//! Refresh Frontend 429
//! retry-after: 120
//!
//! {"error_type":"too_many_requests"}
//! ```

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use stytch_session::Response;

use crate::input;
use crate::properties::oracle::secrets;
use crate::properties::world::{Case, Kit, Side, response};

/// Who knows which secret: distinctive ones, long enough to be taken out of echoes.
pub(crate) fn kit() -> &'static Kit {
    static KIT: OnceLock<Kit> = OnceLock::new();
    KIT.get_or_init(|| Kit { code: "c0de-of-six-digits".into(), ..Kit::default() })
}

#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) case: Case,
    pub(crate) side: Side,
    pub(crate) reply: Response,
}

impl Scene {
    /// One of these steps and calls with the reply that the input describes.
    pub(crate) fn read(data: &[u8], cases: &[(String, (Case, Side))]) -> Self {
        let (first, rest) = input::line(data);
        let space = first.iter().rposition(|byte| *byte == b' ').unwrap_or(first.len());
        let (name, status) = first.split_at(space);
        let (case, side) = *input::choose(name, cases);
        let text = std::str::from_utf8(status).unwrap_or_default().trim();
        let status = text.parse().ok().filter(|status| (100..1000).contains(status));
        let status = status.unwrap_or(100 + (input::sum(text.as_bytes()) % 500) as u16);
        let (headers, body) = input::headers(rest);
        let mut reply = response(status, body);
        reply.headers_mut().extend(headers);
        Self { case, side, reply }
    }

    /// Fails if a text shows a secret that the step or call knows.
    pub(crate) fn check_secrets(&self, text: &str) {
        static KNOWN: Mutex<Option<HashMap<String, Vec<String>>>> = Mutex::new(None);
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get_or_insert_default();
        let secrets = known.entry(name(self.case, self.side)).or_insert_with(|| {
            let mut secrets = secrets::known_secrets(self.case, self.side, kit());
            secrets.retain(|secret| secret.len() >= 8);
            secrets
        });
        secrets::check(text, secrets, kit());
    }
}

/// All steps and calls, on each surface that knows them.
pub(crate) fn all() -> &'static [(String, (Case, Side))] {
    static ALL: OnceLock<Vec<(String, (Case, Side))>> = OnceLock::new();
    ALL.get_or_init(|| {
        let all = Case::with_sides().into_iter();
        all.map(|(case, side)| (name(case, side), (case, side))).collect()
    })
}

fn name(case: Case, side: Side) -> String {
    format!("{case:?} {side:?}")
}

/// The input of a scene.
pub(crate) fn write(case: Case, side: Side, status: u16, headers: &str, body: &str) -> Vec<u8> {
    format!("{} {status}\n{headers}\n{body}", name(case, side)).into_bytes()
}
