//! The page at `/`: the world for people to look at. Without scripts.

use std::fmt::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, StatusCode, header};
use ring::digest;
use serde_json::Value;
use stytch_session::{Request, Response};

use super::requests;
use crate::emulator::{Emulator, MemberState, OrganizationState, SessionState, State};

const STYLE: &str = include_str!("page.css");

/// How many rows a table shows, the latest.
const ROWS: usize = 100;

/// How many characters of a request's body are shown.
const BODY: usize = 400;

/// Answers `GET /`. With `?refresh` the page loads itself again every two seconds.
pub(super) fn answer(emulator: &Emulator, request: &Request) -> Response {
    let refresh = request.uri().query() == Some("refresh");
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut page, emulator, refresh);
    let mut answer = super::local(StatusCode::OK, page.into_bytes(), "text/html; charset=utf-8");
    // The style is named by its hash; nothing else may be loaded, run or sent.
    let hash = STANDARD.encode(digest::digest(&digest::SHA256, STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    answer
}

/// Text inside of an element or of a quoted attribute.
struct Text<'a>(&'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

fn write(page: &mut String, emulator: &Emulator, refresh: bool) -> fmt::Result {
    let state = emulator.state();
    page.push_str("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    let (link, label) = if refresh {
        page.push_str("<meta http-equiv=\"refresh\" content=\"2\">\n");
        ("/", "stop refreshing")
    } else {
        ("/?refresh", "refresh every 2 seconds")
    };
    write!(page, "<title>Stytch emulator</title>\n<style>{STYLE}</style>\n</head>\n<body>\n")?;
    write!(page, "<header><h1>Stytch emulator</h1><span>{}</span>", Text(&state.now))?;
    write!(page, "<span class=\"soft\">requests: {}</span>", state.request_count)?;
    writeln!(page, "<a href=\"{link}\">{label}</a></header>")?;
    credentials(page, &state)?;
    outbox(page, &state)?;
    sessions(page, &state)?;
    organizations(page, &state)?;
    latest_requests(page, emulator)?;
    page.push_str("</body>\n</html>\n");
    Ok(())
}

fn credentials(page: &mut String, state: &State) -> fmt::Result {
    page.push_str("<h2>Credentials <small>made up: never trust them</small></h2>\n");
    page.push_str("<section class=\"card\"><dl>");
    for (name, value) in [
        ("project id", &state.project_id),
        ("secret", &state.secret),
        ("public token", &state.public_token),
    ] {
        write!(page, "<dt>{name}</dt><dd><code>{}</code></dd>", Text(value))?;
    }
    page.push_str("</dl></section>\n");
    Ok(())
}

fn outbox(page: &mut String, state: &State) -> fmt::Result {
    let shown = heading(page, "Outbox", "codes and links, latest first", state.outbox.len())?;
    if shown == 0 {
        return nothing(page, "Nothing was sent yet.");
    }
    table(page, &["to", "code or link", "member"])?;
    for message in state.outbox.iter().rev().take(shown) {
        let field = |name: &str| message[name].as_str().unwrap_or_default();
        write!(page, "<tr><td>{}</td><td>", Text(field("to")))?;
        if !field("code").is_empty() {
            write!(page, "<strong class=\"code\">{}</strong> ", Text(field("code")))?;
        }
        write_link(page, field("link"))?;
        writeln!(page, "</td><td><code>{}</code></td></tr>", Text(field("member_id")))?;
    }
    end_table(page)
}

/// A link to follow, if it leads to a web page; others are only shown.
fn write_link(page: &mut String, link: &str) -> fmt::Result {
    if link.starts_with("http://") || link.starts_with("https://") {
        write!(page, "<a href=\"{0}\" rel=\"noreferrer\"><code>{0}</code></a>", Text(link))
    } else {
        write!(page, "<code>{}</code>", Text(link))
    }
}

fn sessions(page: &mut String, state: &State) -> fmt::Result {
    let shown = heading(page, "Live sessions", "latest first", state.sessions.len())?;
    if shown == 0 {
        nothing(page, "Nobody is logged in.")?;
    } else {
        table(page, &["member", "organization", "token", "factors", "since", "until"])?;
        for session in state.sessions.iter().rev().take(shown) {
            session_row(page, session)?;
        }
        end_table(page)?;
    }
    if state.intermediate_sessions > 0 {
        let count = state.intermediate_sessions;
        writeln!(page, "<p class=\"soft\">Unfinished logins: {count}</p>")?;
    }
    Ok(())
}

fn session_row(page: &mut String, session: &SessionState) -> fmt::Result {
    write!(page, "<tr><td>{}<br>", Text(&session.email_address))?;
    write!(page, "<code class=\"soft\">{}</code></td>", Text(&session.member_session_id))?;
    write!(page, "<td class=\"short\">{}</td>", Text(&session.organization_slug))?;
    write!(page, "<td class=\"short\"><code>{}</code></td><td>", Text(&session.session_token))?;
    for factor in &session.factors {
        write!(page, "<span class=\"tag\">{}</span> ", Text(factor))?;
    }
    write!(page, "</td><td class=\"short\">{}</td>", Text(&session.started_at))?;
    writeln!(page, "<td class=\"short\">{}</td></tr>", Text(&session.expires_at))
}

fn organizations(page: &mut String, state: &State) -> fmt::Result {
    let shown = heading(page, "Organizations", "", state.organizations.len())?;
    if shown == 0 {
        return nothing(page, "There are none.");
    }
    // The latest are last, as the seed has them.
    for organization in state.organizations.iter().rev().take(shown).rev() {
        write_organization(page, organization)?;
    }
    Ok(())
}

fn write_organization(page: &mut String, organization: &OrganizationState) -> fmt::Result {
    let (name, slug) = (&organization.organization_name, &organization.organization_slug);
    write!(page, "<section class=\"card\"><h3>{} ", Text(name))?;
    write!(page, "<small>{}</small> ", Text(slug))?;
    if organization.mfa_policy == "REQUIRED_FOR_ALL" {
        page.push_str("<span class=\"tag\">second factor required</span> ");
    }
    if let Some(methods) = &organization.allowed_auth_methods {
        write!(page, "<span class=\"tag\">only {}</span>", Text(&methods.join(", ")))?;
    }
    writeln!(page, "</h3><code class=\"soft\">{}</code>", Text(&organization.organization_id))?;
    if organization.members.is_empty() {
        page.push_str("<p class=\"soft\">No members yet.</p>");
    } else {
        page.push_str("<table><thead><tr><th>member</th><th>roles</th><th>password</th>");
        page.push_str("<th>second factors</th></tr></thead><tbody>\n");
        for member in organization.members.iter().rev().take(ROWS).rev() {
            member_row(page, member)?;
        }
        page.push_str("</tbody></table>");
    }
    page.push_str("</section>\n");
    Ok(())
}

fn member_row(page: &mut String, member: &MemberState) -> fmt::Result {
    let (name, address) = (&member.name, &member.email_address);
    write!(page, "<tr><td>{} &lt;{}&gt; ", Text(name), Text(address))?;
    if member.status != "active" {
        write!(page, "<span class=\"tag\">{}</span> ", Text(&member.status))?;
    }
    if member.is_locked {
        page.push_str("<span class=\"tag bad\">locked</span>");
    }
    write!(page, "<br><code class=\"soft\">{}</code></td><td>", Text(&member.member_id))?;
    for role in &member.roles {
        write!(page, "<span class=\"tag\">{}</span> ", Text(role))?;
    }
    let password = member.password.as_deref().unwrap_or_default();
    write!(page, "</td><td><code>{}</code></td><td>", Text(password))?;
    if let Some(number) = &member.mfa_phone_number {
        write!(page, "SMS to {}<br>", Text(number))?;
    }
    if let Some(code) = &member.totp_code {
        write!(page, "app shows <strong class=\"code\">{}</strong><br>", Text(code))?;
    }
    if !member.recovery_codes.is_empty() {
        let codes = member.recovery_codes.join(" ");
        write!(page, "recovery codes <code>{}</code>", Text(&codes))?;
    }
    page.push_str("</td></tr>\n");
    Ok(())
}

fn latest_requests(page: &mut String, emulator: &Emulator) -> fmt::Result {
    let requests = emulator.requests();
    let shown = heading(page, "Requests", "secrets redacted, latest first", requests.len())?;
    if shown == 0 {
        return nothing(page, "None has arrived yet.");
    }
    table(page, &["at", "request", "status", "body"])?;
    for request in requests.iter().rev().take(shown) {
        request_row(page, &requests::json(emulator, request))?;
    }
    end_table(page)
}

fn request_row(page: &mut String, request: &Value) -> fmt::Result {
    let text = |name: &str| request[name].as_str().unwrap_or_default();
    write!(page, "<tr><td class=\"short\">{}</td>", Text(text("received_at")))?;
    write!(page, "<td class=\"wide\"><code>{} {}", Text(text("method")), Text(text("path")))?;
    if let Some(query) = request["query"].as_str() {
        write!(page, "?{}", Text(query))?;
    }
    page.push_str("</code></td><td>");
    match request["status"].as_u64() {
        Some(status) if status >= 400 => write!(page, "<span class=\"bad\">{status}</span>")?,
        Some(status) => write!(page, "{status}")?,
        None => page.push_str("<span class=\"bad\">cut</span>"),
    }
    let body = match &request["body"] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        body => body.to_string(),
    };
    let mut start: String = body.chars().take(BODY).collect();
    if start.len() < body.len() {
        start.push('…');
    }
    writeln!(page, "</td><td><code>{}</code></td></tr>", Text(&start))
}

/// A heading with the number of things below it, and how many of them are shown.
fn heading(page: &mut String, name: &str, about: &str, count: usize) -> Result<usize, fmt::Error> {
    let shown = count.min(ROWS);
    write!(page, "<h2>{name} <small>{count}")?;
    if shown < count {
        write!(page, ", the latest {shown} are shown")?;
    }
    if !about.is_empty() {
        write!(page, " · {about}")?;
    }
    page.push_str("</small></h2>\n");
    Ok(shown)
}

fn nothing(page: &mut String, text: &str) -> fmt::Result {
    writeln!(page, "<p class=\"soft\">{text}</p>")
}

fn table(page: &mut String, columns: &[&str]) -> fmt::Result {
    page.push_str("<div class=\"table\"><table><thead><tr>");
    for column in columns {
        write!(page, "<th>{column}</th>")?;
    }
    page.push_str("</tr></thead><tbody>\n");
    Ok(())
}

fn end_table(page: &mut String) -> fmt::Result {
    page.push_str("</tbody></table></div>\n");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        let text = Text("<b a=\"1\" b='2'>&amp;</b>").to_string();
        assert_eq!(text, "&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;amp;&lt;/b&gt;");
    }

    #[test]
    fn only_links_to_web_pages_can_be_followed() {
        let written = |link: &str| {
            let mut page = String::new();
            write_link(&mut page, link).expect("strings take everything");
            page
        };
        let page = written("http://localhost/?a=1&token=\"x");
        assert!(page.starts_with("<a href=\"http://localhost/?a=1&amp;token=&quot;x\" "), "{page}");
        assert_eq!(written("javascript:alert(1)"), "<code>javascript:alert(1)</code>");
        assert_eq!(written("app://back"), "<code>app://back</code>");
    }

    #[test]
    fn messages_with_links_are_shown() {
        let mut state = Emulator::example().state();
        state.outbox.push(serde_json::json!({
            "to": "<i>", "member_id": "", "code": "", "link": "https://example.com/?token=t"
        }));
        let mut page = String::new();
        outbox(&mut page, &state).expect("strings take everything");
        assert!(page.contains("<td>&lt;i&gt;</td><td><a href=\"https://example.com/?token=t\""));
    }
}
