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
    seconds: Option<f64>,
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
            "status" | "html" | "wrong_status" => &["status"],
            "error" => &["status", "error_type"],
            "delay" => &["seconds"],
            _ => &[],
        };
        let given = [
            ("status", self.status.is_some()),
            ("error_type", self.error_type.is_some()),
            ("seconds", self.seconds.is_some()),
        ];
        let fault = match self.fault.as_str() {
            "status" => Fault::Status(self.status()?),
            "error" => {
                let error_type = self.error_type.clone();
                Fault::Error(self.status()?, error_type.ok_or("error_type: is missing")?)
            }
            "html" => Fault::Html(self.status()?),
            "wrong_status" => Fault::WrongStatus(self.status()?),
            "truncated_body" => Fault::TruncatedBody,
            "malformed_body" => Fault::MalformedBody,
            "empty_body" => Fault::EmptyBody,
            "cut_before" => Fault::LostRequest,
            "cut_after" => Fault::LostAnswer,
            "duplicated" => Fault::Duplicated,
            "reordered" => Fault::Reordered,
            "delay" => {
                let delay = Duration::try_from_secs_f64(self.seconds.unwrap_or(-1.0)).ok();
                let delay = delay.filter(|delay| *delay <= LONGEST);
                Fault::Delay(delay.ok_or("seconds: should be a number from 0 to 60")?)
            }
            other => {
                return Err(format!(
                    "fault: {other:?} is none of status, error, html, wrong_status, truncated_body, \
                     malformed_body, empty_body, cut_before, cut_after, delay, duplicated, reordered"
                ));
            }
        };
        match given.iter().find(|(name, is_given)| *is_given && !allowed.contains(name)) {
            Some((name, _)) => Err(format!("{name}: has no meaning for {:?}", self.fault)),
            None => Ok(fault),
        }
    }

    fn status(&self) -> Result<u16, &'static str> {
        let status = self.status.filter(|status| (200..=599).contains(status));
        status.ok_or("status: should be 200 to 599")
    }
}

/// A planned fault in the form of its order.
pub(super) fn json(path: &str, left: usize, fault: &Fault) -> Value {
    let mut order = match fault {
        Fault::Status(status) => json!({ "fault": "status", "status": status }),
        Fault::Error(status, error_type) => {
            json!({ "fault": "error", "status": status, "error_type": error_type })
        }
        Fault::Html(status) => json!({ "fault": "html", "status": status }),
        Fault::WrongStatus(status) => json!({ "fault": "wrong_status", "status": status }),
        Fault::TruncatedBody => json!({ "fault": "truncated_body" }),
        Fault::MalformedBody => json!({ "fault": "malformed_body" }),
        Fault::EmptyBody => json!({ "fault": "empty_body" }),
        // Over HTTP there is no difference: the connection is there already.
        Fault::NotSent | Fault::LostRequest => json!({ "fault": "cut_before" }),
        Fault::LostAnswer => json!({ "fault": "cut_after" }),
        Fault::Delay(delay) => json!({ "fault": "delay", "seconds": delay.as_secs_f64() }),
        Fault::Duplicated => json!({ "fault": "duplicated" }),
        Fault::Reordered => json!({ "fault": "reordered" }),
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
            json!({ "fault": "error", "status": 404, "error_type": "x", "count": 1, "path": "" }),
            json!({ "fault": "html", "status": 200, "count": 1, "path": "" }),
            json!({ "fault": "wrong_status", "status": 500, "count": 1, "path": "" }),
            json!({ "fault": "truncated_body", "count": 1, "path": "" }),
            json!({ "fault": "malformed_body", "count": 1, "path": "" }),
            json!({ "fault": "empty_body", "count": 1, "path": "" }),
            json!({ "fault": "cut_before", "count": 1, "path": "" }),
            json!({ "fault": "cut_after", "count": 1, "path": "" }),
            json!({ "fault": "delay", "seconds": 59.5, "count": 1, "path": "" }),
            json!({ "fault": "duplicated", "count": 1, "path": "" }),
            json!({ "fault": "reordered", "count": 1, "path": "" }),
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
            (json!({ "fault": "status" }), "status: should be 200 to 599"),
            (json!({ "fault": "status", "status": 600 }), "status: should be 200 to 599"),
            (json!({ "fault": "error", "status": 400 }), "error_type: is missing"),
            (json!({ "fault": "html", "status": 100 }), "status: should be 200 to 599"),
            (json!({ "fault": "delay" }), "seconds: should be a number from 0 to 60"),
            (json!({ "fault": "delay", "seconds": 60.5 }), "seconds: should be a number"),
            (json!({ "fault": "cut_after", "status": 500 }), "status: has no meaning for"),
            (json!({ "fault": "cut_after", "count": 0 }), "count: should be 1 to"),
            (json!({ "fault": "cut_after", "times": 2 }), "unknown field `times`"),
        ] {
            let error = read(order).expect_err(problem);
            assert!(error.starts_with(problem), "{error}");
        }
    }
}
