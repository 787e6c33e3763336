//! The page at `/`: the world for a person to look at.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, StatusCode, header};
use ring::digest;
use serde_json::Value;
use stytch_session::Response;

use super::text;
use crate::emulator::Emulator;

/// Nothing is loaded and nothing runs; of styles, only the one with this hash counts.
fn policy() -> String {
    let hash = STANDARD.encode(digest::digest(&digest::SHA256, STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
}

const STYLE: &str = "\
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;\
color:#1c2430;background:#fbfaf7}\
h1{font-size:1.6rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}\
p{margin:.25rem 0;color:#5a6472}\
table{border-collapse:collapse;width:100%;font-size:14px}\
th{text-align:left;font-weight:600;color:#5a6472}\
th,td{padding:.3rem .6rem .3rem 0;border-bottom:1px solid #e4e0d8;vertical-align:top}\
code{font:13px ui-monospace,monospace;white-space:nowrap}\
td:last-child code{white-space:normal;overflow-wrap:anywhere}\
.none{color:#8a93a0}";

/// Writes the page.
pub(super) fn page(emulator: &Emulator) -> Response {
    let world = emulator.snapshot();
    let mut html =
        String::from("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    html.push_str("<title>Stytch emulator</title><style>");
    html.push_str(STYLE);
    html.push_str("</style></head><body>\n<h1>Stytch emulator</h1>\n");
    html.push_str(&format!(
        "<p>A made-up Stytch for development and tests. Its clock shows {}. Reload to see what is \
         new.</p>\n",
        escaped(&world["now"])
    ));
    let project = ["project_id", "secret", "public_token"];
    table(
        &mut html,
        "Project",
        &["", ""],
        &project.map(|name| vec![name.into(), world[name].clone()]),
    );
    organizations(&mut html, &world);
    rows(
        &mut html,
        "Live sessions",
        &world["sessions"],
        &[
            ("session", "member_session_id"),
            ("token", "session_token"),
            ("member", "email_address"),
            ("organization", "organization_slug"),
            ("since", "started_at"),
            ("until", "expires_at"),
        ],
    );
    rows(
        &mut html,
        "Outbox",
        &world["outbox"],
        &[("to", "to"), ("code", "code"), ("link", "link")],
    );
    let requests = list(&world["requests"]).iter().map(|request| vec![request.clone()]);
    table(&mut html, "Latest requests", &[""], &requests.collect::<Vec<_>>());
    html.push_str("</body></html>\n");
    let mut response = text(StatusCode::OK, html);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    if let Ok(policy) = HeaderValue::try_from(policy()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn organizations(html: &mut String, world: &Value) {
    for organization in list(&world["organizations"]) {
        let mfa = if organization["mfa_policy"] == "REQUIRED_FOR_ALL" {
            ", demands a second factor"
        } else {
            ""
        };
        let title = format!(
            "{} ({}{mfa})",
            organization["organization_name"].as_str().unwrap_or_default(),
            organization["organization_slug"].as_str().unwrap_or_default(),
        );
        rows(
            html,
            &title,
            &organization["members"],
            &[
                ("member", "email_address"),
                ("name", "name"),
                ("password", "password"),
                ("phone", "mfa_phone_number"),
                ("roles", "roles"),
                ("id", "member_id"),
            ],
        );
    }
}

/// A table of objects: each column has a title and the member it shows.
fn rows(html: &mut String, title: &str, objects: &Value, columns: &[(&str, &str)]) {
    let titles: Vec<&str> = columns.iter().map(|(title, _)| *title).collect();
    let cells = |object: &Value| columns.iter().map(|(_, name)| object[*name].clone()).collect();
    let cells: Vec<Vec<Value>> = list(objects).iter().map(cells).collect();
    table(html, title, &titles, &cells);
}

fn table(html: &mut String, title: &str, titles: &[&str], rows: &[Vec<Value>]) {
    html.push_str(&format!("<h2>{}</h2>\n", escaped(&title.into())));
    if rows.is_empty() {
        html.push_str("<p class=\"none\">none</p>\n");
        return;
    }
    html.push_str("<table>");
    if titles.iter().any(|title| !title.is_empty()) {
        html.push_str("<tr>");
        for title in titles {
            html.push_str(&format!("<th>{}</th>", escaped(&(*title).into())));
        }
        html.push_str("</tr>");
    }
    for row in rows {
        html.push_str("\n<tr>");
        for cell in row {
            html.push_str(&format!("<td><code>{}</code></td>", escaped(cell)));
        }
        html.push_str("</tr>");
    }
    html.push_str("</table>\n");
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A value as text that is nothing but text to a browser.
fn escaped(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
