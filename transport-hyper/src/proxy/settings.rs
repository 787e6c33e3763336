//! Which requests go through a proxy: the builder's word, or the environment's.

use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;

use http::uri::Scheme;
use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;

use super::Proxy;
use crate::error::BuildError;
use crate::guard::is_loopback;

/// What the builder was told about proxies.
#[derive(Clone)]
pub(crate) enum ProxyChoice {
    Environment,
    Given(String),
    Direct,
}

/// Which requests go through a proxy.
pub(crate) struct Proxies(Option<Rule>);

struct Rule {
    proxy: Arc<Proxy>,
    /// Asked for the exceptions only; of the proxy itself it knows nothing.
    exceptions: Matcher,
}

/// Why a setting is no proxy. The text has nothing of the setting itself: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Unusable {
    #[error("it is not Unicode text")]
    NotUnicode,
    #[error("it is not a URL of the form http://user:password@host:port")]
    NotUrl,
    #[error("SOCKS proxies are not supported, only HTTP proxies are")]
    Socks,
    #[error("its scheme is neither http nor https")]
    Scheme,
}

impl Proxies {
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// All requests go through the proxy at `url`.
    pub(crate) fn given(url: &str, user_agent: &HeaderValue) -> Result<Self, BuildError> {
        // In a program's own setting a scheme left out is an error, not a habit.
        let proxy = match url.contains("://") {
            true => Proxy::parse(url, user_agent),
            false => Err(Unusable::NotUrl),
        };
        let proxy = proxy.map_err(|why| unusable("the builder", why))?;
        Ok(Self(Some(Rule { proxy: Arc::new(proxy), exceptions: except("") })))
    }

    /// What the variables say that `lookup` finds. An empty variable counts as none, and one that is
    /// in use and makes no sense is an error, never a direct connection.
    pub(crate) fn from_environment(
        lookup: impl Fn(&'static str) -> Option<OsString>,
        user_agent: &HeaderValue,
    ) -> Result<Self, BuildError> {
        let first = |names: &[&'static str]| {
            let set = names.iter().find_map(|name| {
                let value = lookup(name).filter(|value| !value.is_empty())?;
                Some((*name, value))
            });
            let Some((name, value)) = set else { return Ok(None) };
            match value.into_string() {
                Ok(value) => Ok(Some((name, value))),
                Err(_) => Err(unusable(name, Unusable::NotUnicode)),
            }
        };
        let exceptions = first(&["NO_PROXY", "no_proxy"])?.map(|(_, list)| list);
        let exceptions = exceptions.as_deref().unwrap_or_default();
        if entries(exceptions).any(|entry| entry == "*") {
            return Ok(Self::none());
        }
        let url = first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])?;
        let Some((name, url)) = url else { return Ok(Self::none()) };
        let proxy =
            Proxy::parse(url.trim(), user_agent).map_err(|reason| unusable(name, reason))?;
        Ok(Self(Some(Rule { proxy: Arc::new(proxy), exceptions: except(exceptions) })))
    }

    /// The proxy for a request to `url`. What stays on this machine needs none.
    pub(crate) fn of(&self, url: &Uri) -> Option<Arc<Proxy>> {
        let rule = self.0.as_ref()?;
        if is_loopback(url.host()?) {
            return None;
        }
        rule.exceptions.intercept(url).map(|_| Arc::clone(&rule.proxy))
    }
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(rule) => fmt::Display::fmt(&rule.proxy, f),
            None => f.write_str("none"),
        }
    }
}

/// Intercepts all https requests but those to the hosts in `list`.
fn except(list: &str) -> Matcher {
    // `*.example.com` is a common way to write what the matcher knows as `.example.com`.
    let list: Vec<_> = entries(list)
        .map(|entry| if entry.starts_with("*.") { &entry[1..] } else { entry })
        .collect();
    Matcher::builder().https("http://proxy.invalid").no(list.join(",")).build()
}

/// The entries of a list of exceptions, which commas or white space separate.
fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty())
}

fn unusable(setting: &'static str, why: Unusable) -> BuildError {
    BuildError::Proxy { setting, source: why.into() }
}

impl Proxy {
    /// Reads a proxy's URL; without a scheme it is `http`.
    fn parse(text: &str, user_agent: &HeaderValue) -> Result<Self, Unusable> {
        let url: Uri = text.parse().map_err(|_| Unusable::NotUrl)?;
        match url.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS => {}
            Some(scheme) if scheme.as_str().to_ascii_lowercase().starts_with("socks") => {
                return Err(Unusable::Socks);
            }
            Some(_) => return Err(Unusable::Scheme),
            None => {}
        }
        // A stray `@`, `/`, `?` or `#` belongs to a password that is not percent-encoded: cut off
        // there, half of it would be taken for the host.
        let authority = url.authority().ok_or(Unusable::NotUrl)?;
        let location = authority.as_str().rsplit('@').next().unwrap_or_default();
        let whole = authority.as_str().matches('@').count() <= 1
            && matches!(url.path(), "" | "/")
            && url.query().is_none()
            && !text.contains('#');
        let has_port = location.len() != authority.host().len();
        if !whole || authority.host().is_empty() || (has_port && authority.port_u16().is_none()) {
            return Err(Unusable::NotUrl);
        }
        let matcher = Matcher::builder().https(text).build();
        let found = matcher.intercept(&Uri::from_static("https://origin.invalid"));
        let found = found.ok_or(Unusable::NotUrl)?;
        Ok(Self {
            url: found.uri().clone(),
            authorization: found.basic_auth().cloned(),
            user_agent: user_agent.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    const AGENT: HeaderValue = HeaderValue::from_static("test/1");

    fn environment(variables: &[(&'static str, &str)]) -> Result<Proxies, BuildError> {
        let lookup = |name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| OsString::from(value))
        };
        Proxies::from_environment(lookup, &AGENT)
    }

    fn proxy_of(proxies: &Proxies, url: &str) -> Option<String> {
        proxies.of(&url.parse().unwrap()).map(|proxy| proxy.to_string())
    }

    /// Whether a request to `host` is an exception by `list`.
    fn is_direct(list: &str, host: &str) -> bool {
        let proxies = environment(&[("HTTPS_PROXY", "http://proxy"), ("NO_PROXY", list)]).unwrap();
        proxy_of(&proxies, &format!("https://{host}/v1")).is_none()
    }

    fn reason(outcome: Result<Proxies, BuildError>) -> (String, String) {
        let error = outcome.unwrap_err();
        (error.to_string(), error.source().unwrap().to_string())
    }

    fn parse(text: &str) -> Result<Proxy, Unusable> {
        Proxy::parse(text, &AGENT)
    }

    #[test]
    fn the_variable_for_https_goes_before_the_one_for_all() {
        let origin = "https://api.stytch.com/v1";
        let all = [
            ("HTTPS_PROXY", "http://a:1"),
            ("https_proxy", "http://b:2"),
            ("ALL_PROXY", "http://c:3"),
            ("all_proxy", "http://d:4"),
        ];
        for (skipped, expected) in ["a:1", "b:2", "c:3", "d:4"].into_iter().enumerate() {
            let proxies = environment(&all[skipped..]).unwrap();
            assert_eq!(proxy_of(&proxies, origin).as_deref(), Some(expected));
        }
        for nothing in [&[][..], &[("HTTPS_PROXY", "")], &[("HTTP_PROXY", "http://a:1")]] {
            let proxies = environment(nothing).unwrap();
            assert_eq!(proxy_of(&proxies, origin), None, "{nothing:?}");
        }
        let empty = environment(&[("HTTPS_PROXY", ""), ("all_proxy", "http://d:4")]).unwrap();
        assert_eq!(proxy_of(&empty, origin).as_deref(), Some("d:4"));
    }

    #[test]
    fn exceptions_are_domains_addresses_networks_or_everything() {
        for (list, host) in [
            ("example.com", "example.com"),
            ("example.com", "API.Example.com"),
            ("example.com", "a.b.example.com:8443"),
            (".example.com", "api.example.com"),
            (".example.com", "example.com"),
            ("*.example.com", "api.example.com"),
            ("other.org, example.com", "example.com"),
            ("other.org example.com", "example.com"),
            ("10.1.2.3", "10.1.2.3"),
            ("10.0.0.0/8", "10.1.2.3:443"),
            ("2001:db8::1", "[2001:db8::1]"),
            ("2001:db8::/32", "[2001:db8:1::2]:8443"),
            ("*", "example.com"),
            ("*", "10.1.2.3"),
            ("other.org,*", "[2001:db8::1]"),
        ] {
            assert!(is_direct(list, host), "{list} and {host}");
        }
        for (list, host) in [
            ("", "example.com"),
            (",, ,", "example.com"),
            ("example.com", "notexample.com"),
            ("example.com", "example.com.evil.org"),
            (".example.com", "notexample.com"),
            ("api.example.com", "example.com"),
            ("10.1.2.3", "10.1.2.30"),
            ("10.0.0.0/8", "11.1.2.3"),
            ("10.0.0.0/8", "10.example.com"),
            ("2001:db8::/32", "[2001:db9::1]"),
        ] {
            assert!(!is_direct(list, host), "{list} and {host}");
        }
        let lower = [("https_proxy", "http://proxy"), ("no_proxy", "example.com")];
        let proxies = environment(&lower).unwrap();
        assert_eq!(proxy_of(&proxies, "https://example.com"), None);
        assert!(proxy_of(&proxies, "https://example.org").is_some());
    }

    #[test]
    fn this_machine_is_never_behind_a_proxy() {
        let proxies = Proxies::given("http://proxy:3128", &AGENT).unwrap();
        for url in [
            "https://localhost:8443/",
            "https://127.0.0.1",
            "https://[::1]/",
            "http://127.8.9.1",
            "http://LOCALHOST:80",
        ] {
            assert_eq!(proxy_of(&proxies, url), None, "{url}");
        }
        for url in ["https://localhost.example.com", "https://128.0.0.1", "https://[::2]"] {
            assert_eq!(proxy_of(&proxies, url).as_deref(), Some("proxy:3128"), "{url}");
        }
    }

    #[test]
    fn the_usual_ways_to_name_a_proxy_are_understood() {
        for (text, url, address) in [
            ("http://proxy.example:3128", "http://proxy.example:3128/", "proxy.example:3128"),
            ("HTTP://proxy.example/", "http://proxy.example/", "proxy.example:80"),
            ("https://proxy.example", "https://proxy.example/", "proxy.example:443"),
            ("proxy.example:3128", "http://proxy.example:3128/", "proxy.example:3128"),
            ("user:password@proxy.example", "http://proxy.example/", "proxy.example:80"),
            ("http://user:pass%40word@10.0.0.1:1/", "http://10.0.0.1:1/", "10.0.0.1:1"),
            ("http://user@[2001:db8::1]:3128", "http://[2001:db8::1]:3128/", "[2001:db8::1]:3128"),
        ] {
            let proxy = parse(text).unwrap();
            assert_eq!(
                (proxy.url.to_string().as_str(), proxy.to_string().as_str()),
                (url, address)
            );
            assert_eq!(proxy.authorization.is_some(), text.contains('@'), "{text}");
        }
        // `Aladdin:open sesame`, the example of RFC 7617.
        let proxy = parse("http://Aladdin:open%20sesame@proxy").unwrap();
        let authorization = proxy.authorization.as_ref().unwrap();
        assert_eq!(authorization, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert!(authorization.is_sensitive());
        assert!(!format!("{proxy:?}").contains("QWxhZGRpbjpvcGVuIHNlc2FtZQ"));
        assert!(!format!("{proxy:?}").contains("Aladdin"));
    }

    #[test]
    fn what_is_no_proxy_is_refused_and_not_repeated() {
        use Unusable::{NotUrl, Scheme, Socks};
        for (text, why) in [
            ("socks5://user:hunter2@proxy:1080", Socks),
            ("socks5h://proxy", Socks),
            ("SOCKS4://proxy", Socks),
            ("socks://proxy:1080/", Socks),
            ("ftp://user:hunter2@proxy", Scheme),
            ("", NotUrl),
            ("http://", NotUrl),
            ("http://:3128", NotUrl),
            ("http://user:hunter2@", NotUrl),
            ("/proxy", NotUrl),
            ("http://two words", NotUrl),
            ("http://proxy:port", NotUrl),
            ("http://proxy:", NotUrl),
            ("http://proxy:65536", NotUrl),
            ("http://proxy/proxy.pac", NotUrl),
            ("http://user:hunter@2@proxy", NotUrl),
            ("http://user:hunter/2@proxy", NotUrl),
            ("http://user:12?hunter2@proxy", NotUrl),
            ("http://user:12#hunter2@proxy", NotUrl),
        ] {
            assert_eq!(parse(text).unwrap_err(), why, "{text:?}");
            for outcome in [environment(&[("ALL_PROXY", text)]), Proxies::given(text, &AGENT)] {
                // An empty variable is none.
                if text.is_empty() && outcome.is_ok() {
                    continue;
                }
                let told = format!("{outcome:?}");
                let told = format!("{told} {:?}", reason(outcome));
                assert!(!told.contains("hunter") && !told.contains("12"), "{told}");
            }
        }
        assert!(Proxies::given("proxy:3128", &AGENT).is_err(), "a URL has a scheme");
    }

    #[test]
    fn a_variable_that_makes_no_sense_is_never_a_direct_connection() {
        let socks = ("ALL_PROXY", "socks5://proxy:1080");
        let (error, source) = reason(environment(&[socks]));
        assert_eq!(error, "the proxy setting in ALL_PROXY cannot be used");
        assert_eq!(source, "SOCKS proxies are not supported, only HTTP proxies are");
        let both = [("https_proxy", "gopher://proxy"), ("ALL_PROXY", "http://proxy")];
        assert_eq!(reason(environment(&both)).0, "the proxy setting in https_proxy cannot be used");
        // What is not in use does no harm.
        assert!(environment(&[("HTTPS_PROXY", "http://proxy"), socks]).is_ok());
        assert!(environment(&[("NO_PROXY", "*"), socks]).is_ok());
        assert_eq!(reason(Proxies::given("", &AGENT)).0.matches("the builder").count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_no_text_is_refused() {
        use std::os::unix::ffi::OsStringExt as _;
        for variable in ["HTTPS_PROXY", "no_proxy"] {
            let lookup =
                |name| (name == variable).then(|| OsString::from_vec(b"http://\xff".to_vec()));
            let (error, source) = reason(Proxies::from_environment(lookup, &AGENT));
            assert!(error.contains(variable), "{error}");
            assert_eq!(source, "it is not Unicode text");
        }
    }
}
