//! Session JWTs, verified without asking the server.
//!
//! A session JWT says who a member is, and which session of which organization it speaks of, for
//! five minutes. Whoever has the project's public keys can check that Stytch made it. This module
//! does so and no more: it takes the token, the keys and the time, and does no I/O.
//!
//! ```
//! # #[cfg(feature = "ring")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::{Duration, SystemTime};
//!
//! use stytch_session::jwt::{JwtErrorKind, JwtRules, KeySet, RingProvider};
//! use stytch_session::{
//!     Authenticated, Client, GetJwks, OrganizationId, Password, Project, ProjectId, ProjectSecret,
//!     Session,
//! };
//! use stytch_session_mock::{Emulator, Example};
//!
//! let stytch = Emulator::example();
//! let id = ProjectId::new(stytch.project_id())?;
//! let project = Project::backend(id, ProjectSecret::new(stytch.project_secret())?);
//! let client = Client::new(project.clone(), stytch);
//!
//! let keys = KeySet::new(&client.call_blocking(&GetJwks::new())?, &RingProvider::default());
//! let rules = JwtRules::new(&project);
//!
//! // Somebody logs in, and from then on sends the JWT along.
//! let organization = OrganizationId::new(Example::HARBOR_LIGHTS)?;
//! let password = Password::new(&organization, Example::EMAIL_ADDRESS, Example::PASSWORD);
//! let Authenticated::Active(session) = client.run_blocking(Session::new().login(password))? else {
//!     panic!("a second factor is wanted");
//! };
//! let jwt = session.session_jwt().expect("the server sends one").secret();
//!
//! let now = SystemTime::now();
//! let verified = rules.verify(jwt, &keys, now)?;
//! assert!(verified.member_session().has_role("stytch_admin"));
//!
//! let error = rules.verify(jwt, &keys, now + Duration::from_secs(301)).unwrap_err();
//! assert_eq!(error.kind(), JwtErrorKind::Expired);
//! assert!(error.is_genuine()); // the server may know that the session goes on
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "ring"))]
//! # fn main() {}
//! ```
//!
//! # What is checked
//!
//! In this order; what fails first is the [`JwtErrorKind`]:
//!
//! 1. The token is at most 64 KiB long, and three parts of strict base64url: no padding, no letter
//!    of another alphabet, no bits left over (RFC 7515, sections 2 and 7.1).
//! 2. The header is a JSON object whose names differ; `alg` is `RS256` and nothing else (RFC 8725,
//!    section 3.1); `typ` is absent or `JWT`; `crit` is absent; `kid` is text of 1 to 1024 bytes.
//!    Keys that a header brings (`jku`, `jwk`, `x5u`, `x5c`) are ignored, as is all else in it.
//! 3. The key set has the key, and the signature over the bytes as they came is the key's.
//! 4. The payload is a JSON object whose names differ, and so do those in the two claims of Stytch.
//!    `exp`, `iat` and `nbf` are numbers from 0 to the end of the year 9999, fractions allowed
//!    (RFC 7519, section 2); `iss` is text; `aud` is text or an array of text; `sub` is a member's
//!    id; `https://stytch.com/session` and `https://stytch.com/organization` hold what makes a
//!    [`MemberSession`](crate::MemberSession).
//! 5. `iss` is one of the rules' issuers, and `aud` has the project.
//! 6. `exp` is to come; `nbf` has come; if a maximum age is set, `iat` has come and is not that long
//!    ago; the session has not ended.
//!
//! Nobody sees in a token that its session was revoked: until `exp`, five minutes at most, only the
//! server knows.
//!
//! # What it costs
//!
//! `cargo bench -p stytch-session --features ring,aws-lc-rs --bench jwt` on 2026-11-28, on two cores;
//! keys of 2048 bits, ratios to the bare RSA verification of the same library in the same run:
//!
//! | | ring | aws-lc-rs |
//! | --- | --- | --- |
//! | a token verified, its key at hand | 1.18 x | 1.24 x |
//! | allocations, beside the session's 10 and the library's | 1 | 1 |
//! | what two threads do of what one does | 1.93 x | 1.76 x |
//!
//! A token that `JwtVerifier` remembers takes 192 ns and no allocation, 0.01 of what it takes anew.
//!
//! Source: RFC 7515, RFC 7517, RFC 7518, RFC 7519, RFC 8725; session JWTs of the API.

mod authenticate;
mod claims;
mod date;
mod envelope;
mod error;
mod keys;
mod names;
mod provider;
mod remembered;
mod rules;
mod verified;
mod verifier;

pub use authenticate::{AnsweredBy, AuthenticateJwt, AuthenticateJwtError, AuthenticatedJwt};
pub use error::{JwtError, JwtErrorKind};
pub use keys::KeySet;
#[cfg(feature = "aws-lc-rs")]
#[cfg_attr(docsrs, doc(cfg(feature = "aws-lc-rs")))]
pub use provider::AwsLcProvider;
#[cfg(feature = "ring")]
#[cfg_attr(docsrs, doc(cfg(feature = "ring")))]
pub use provider::RingProvider;
pub use provider::{RsaKey, RsaProvider};
pub use rules::JwtRules;
pub use verified::VerifiedJwt;
pub use verifier::{JwtVerifier, JwtVerifierBuilder};
