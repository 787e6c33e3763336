//! Faults as JSON.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::fault::Fault;

/// The longest delay.
pub(super) const LONGEST: Duration = Duration::from_secs(60);

/// The most requests that one order can hit.
const MOST: usize = 1_000_000;

/// A fault as it is ordered: what, for how many requests, on which paths.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    fault: String,
    status: Option<u16>,
    error_type: Option<String>,
    milliseconds: Option<u64>,
    count: Option<usize>,
    path: Option<String>,
}

impl Order {
    /// The part of the path, the number of requests, and the fault; or what is wrong with it.
    pub(super) fn read(self) -> Result<(String, usize, Fault), String> {
        let count = self.count.unwrap_or(1);
        if !(1..=MOST).contains(&count) {
            return Err(format!("count: should be 1 to {MOST}"));
        }
        let fault = self.fault()?;
        Ok((self.path.unwrap_or_default(), count, fault))
    }

    fn fault(&self) -> Result<Fault, String> {
        let allowed: &[&str] = match self.fault.as_str() {
            "status" => &["status", "error_type"],
            "html" => &["status"],
            "delay" => &["milliseconds"],
            _ => &[],
        };
        let given = [
            ("status", self.status.is_some()),
            ("error_type", self.error_type.is_some()),
            ("milliseconds", self.milliseconds.is_some()),
        ];
        let fault = match self.fault.as_str() {
            "status" => {
                let status = self.status(400)?;
                match &self.error_type {
                    Some(error_type) => Fault::Error(status, error_type.clone()),
                    None => Fault::Status(status),
                }
            }
            "html" => Fault::Html(self.status(200)?),
            "malformed_body" => Fault::MalformedBody,
            "empty_body" => Fault::EmptyBody,
            "lost_request" => Fault::LostRequest,
            "lost_answer" => Fault::LostAnswer,
            "delay" => {
                let limit = LONGEST.as_millis();
                let given = self.milliseconds.filter(|given| u128::from(*given) <= limit);
                let given = given.ok_or_else(|| format!("milliseconds: should be 0 to {limit}"))?;
                Fault::Delay(Duration::from_millis(given))
            }
            other => {
                return Err(format!(
                    "fault: {other:?} is none of status, html, malformed_body, empty_body, \
                     lost_request, lost_answer, delay"
                ));
            }
        };
        match given.iter().find(|(name, is_given)| *is_given && !allowed.contains(name)) {
            Some((name, _)) => Err(format!("{name}: has no meaning for {:?}", self.fault)),
            None => Ok(fault),
        }
    }

    fn status(&self, lowest: u16) -> Result<u16, String> {
        let status = self.status.filter(|status| (lowest..=599).contains(status));
        status.ok_or_else(|| format!("status: should be {lowest} to 599"))
    }
}

/// A planned fault in the form of its order.
pub(super) fn json(path: &str, left: usize, fault: &Fault) -> Value {
    let mut order = match fault {
        Fault::Status(status) => json!({ "fault": "status", "status": status }),
        Fault::Error(status, error_type) => {
            json!({ "fault": "status", "status": status, "error_type": error_type })
        }
        Fault::Html(status) => json!({ "fault": "html", "status": status }),
        Fault::MalformedBody => json!({ "fault": "malformed_body" }),
        Fault::EmptyBody => json!({ "fault": "empty_body" }),
        // Over HTTP there is no difference: the connection is there already.
        Fault::NotSent | Fault::LostRequest => json!({ "fault": "lost_request" }),
        Fault::LostAnswer => json!({ "fault": "lost_answer" }),
        Fault::Delay(delay) => {
            let delay = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
            json!({ "fault": "delay", "milliseconds": delay })
        }
    };
    order["count"] = left.into();
    order["path"] = path.into();
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(order: Value) -> Result<(String, usize, Fault), String> {
        serde_json::from_value::<Order>(order).map_err(|error| error.to_string())?.read()
    }

    #[test]
    fn orders_are_read_and_written_the_same() {
        for order in [
            json!({ "fault": "status", "status": 503, "count": 2, "path": "sessions" }),
            json!({ "fault": "status", "status": 404, "error_type": "x", "count": 1, "path": "" }),
            json!({ "fault": "html", "status": 200, "count": 1, "path": "" }),
            json!({ "fault": "malformed_body", "count": 1, "path": "" }),
            json!({ "fault": "empty_body", "count": 1, "path": "" }),
            json!({ "fault": "lost_request", "count": 1, "path": "" }),
            json!({ "fault": "lost_answer", "count": 1, "path": "" }),
            json!({ "fault": "delay", "milliseconds": 60_000, "count": 1, "path": "" }),
        ] {
            let (path, count, fault) = read(order.clone()).expect("a valid order");
            assert_eq!(json(&path, count, &fault), order);
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (order, problem) in [
            (json!({}), "missing field `fault`"),
            (json!({ "fault": "rain" }), "fault: \"rain\" is none of"),
            (json!({ "fault": "status" }), "status: should be 400 to 599"),
            (json!({ "fault": "status", "status": 200 }), "status: should be 400 to 599"),
            (json!({ "fault": "html", "status": 100 }), "status: should be 200 to 599"),
            (json!({ "fault": "delay" }), "milliseconds: should be 0 to 60000"),
            (json!({ "fault": "delay", "milliseconds": 60_001 }), "milliseconds: should be"),
            (json!({ "fault": "lost_answer", "status": 500 }), "status: has no meaning for"),
            (json!({ "fault": "lost_answer", "count": 0 }), "count: should be 1 to"),
            (json!({ "fault": "lost_answer", "times": 2 }), "unknown field `times`"),
        ] {
            let error = read(order).expect_err(problem);
            assert!(error.starts_with(problem), "{error}");
        }
    }
}
