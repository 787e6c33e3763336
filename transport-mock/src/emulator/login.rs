//! How a login goes on: finished, or what it still lacks.

use serde_json::{Value, json};

use super::body::merge_claims;
use super::call::{Call, Credential, Wishes};
use super::factor::{self, Factor, Kind};
use super::reply::{Object, Refusal, fields, object};
use super::route::{Answer, Surface};
use super::world::{
    INTERMEDIATE_LIFE, Intermediate, MemberKey, OrganizationKey, SessionRecord, World, nullable,
};

/// The life of a new session for which no duration is given, in minutes.
const DEFAULT_MINUTES: i64 = 60;

/// Every primary method, for an organization that allows all.
pub(super) const ALL_METHODS: [&str; 9] = [
    "sso",
    "magic_link",
    "email_otp",
    "password",
    "google_oauth",
    "microsoft_oauth",
    "slack_oauth",
    "github_oauth",
    "hubspot_oauth",
];

/// What a login still lacks.
#[derive(Debug)]
pub(super) struct Missing {
    /// The primary methods of which one must still be used.
    pub(super) primary: Option<Vec<String>>,
    pub(super) second_factor: bool,
}

/// Factors proven for a member, and what they may be used for.
#[derive(Debug)]
pub(super) struct Proof {
    pub(super) member: MemberKey,
    pub(super) factors: Vec<Factor>,
    /// Whether an intermediate session made of them may enter another organization.
    pub(super) transferable: bool,
    /// The session that an exchange started from.
    pub(super) origin: Option<String>,
}

impl World {
    /// What `factors` lack for a login of `member`.
    pub(super) fn missing(&self, member: MemberKey, factors: &[Factor]) -> Missing {
        let record = self.member(member);
        let mut primary = self.missing_primary(record.organization, factors);
        if record.must_verify && !factors.iter().any(Factor::proves_address) {
            let mut methods = self.accepted_methods(record.organization);
            methods.retain(|method| factor::proves_address(method));
            primary = Some(methods);
        }
        let wanted = self.organization_of(member).mfa_required || record.mfa_enrolled;
        let second_factor = wanted && factors.iter().all(Factor::is_primary);
        Missing { primary, second_factor }
    }

    /// The primary methods of which one must still be used to enter the organization.
    pub(super) fn missing_primary(
        &self,
        organization: OrganizationKey,
        factors: &[Factor],
    ) -> Option<Vec<String>> {
        let accepted = |factor: &Factor| {
            factor.method().is_some_and(|method| self.accepts_primary(organization, method))
        };
        (!factors.iter().any(accepted)).then(|| self.accepted_methods(organization))
    }

    /// Whether the organization accepts this way to log in.
    pub(super) fn accepts_primary(&self, organization: OrganizationKey, method: &str) -> bool {
        let allowed = self.organization(organization).auth_methods.as_ref();
        allowed.is_none_or(|allowed| allowed.iter().any(|name| name == method))
    }

    fn accepted_methods(&self, organization: OrganizationKey) -> Vec<String> {
        let all = || ALL_METHODS.map(str::to_owned).to_vec();
        self.organization(organization).auth_methods.clone().unwrap_or_else(all)
    }

    /// Whether the member's organization accepts this kind of second factor.
    pub(super) fn accepts_second(&self, member: MemberKey, method: &str) -> bool {
        let allowed = self.organization_of(member).mfa_methods.as_ref();
        allowed.is_none_or(|allowed| allowed.iter().any(|name| name == method))
    }

    /// `mfa_required` of a reply.
    pub(super) fn mfa_required(&self, member: MemberKey, initiated: bool) -> Value {
        let member = self.member(member);
        let options = member.is_enrolled().then(|| {
            json!({
                "mfa_phone_number": member.verified_phone().map_or("", |phone| &phone.number),
                "totp_registration_id": member.totp.as_ref().map_or("", |totp| &totp.id),
            })
        });
        json!({
            "member_options": options,
            "secondary_auth_initiated": nullable(initiated.then_some("sms_otp")),
        })
    }

    /// Mints a session.
    pub(super) fn start_session(
        &mut self,
        member: MemberKey,
        factors: Vec<Factor>,
        wishes: Wishes,
        now: i64,
    ) -> Result<String, Refusal> {
        self.check_suspension(self.member(member).organization)?;
        let mut claims = Object::new();
        merge_claims(&mut claims, wishes.claims)?;
        let minutes = wishes.minutes.unwrap_or(DEFAULT_MINUTES);
        let (id, token) = (self.ids.id("session"), self.ids.token());
        self.session_tokens.insert(token.clone(), id.clone());
        let session = SessionRecord {
            id: id.clone(),
            token,
            member,
            started_at: now,
            last_accessed_at: now,
            expires_at: now.saturating_add(minutes * 60),
            factors,
            claims,
            revoked: false,
        };
        self.sessions.insert(id.clone(), session);
        let member = self.member_mut(member);
        member.must_verify = false;
        if matches!(member.status.as_str(), "invited" | "pending") {
            "active".clone_into(&mut member.status);
        }
        Ok(id)
    }

    /// Renews an active session: adds factors, extends it if a duration is given.
    pub(super) fn touch_session(
        &mut self,
        id: &str,
        factors: Vec<Factor>,
        wishes: Wishes,
        now: i64,
    ) -> Result<(), Refusal> {
        let (rotate, never_shorten) =
            (self.options.rotate_session_tokens, self.options.never_shorten);
        let token = if rotate { Some(self.ids.token()) } else { None };
        let session = self.sessions.get_mut(id).ok_or_else(|| Refusal::new("session_not_found"))?;
        let changes = wishes.minutes.is_some() || !wishes.claims.is_empty() || !factors.is_empty();
        if changes && !session.is_mutable() {
            return Err(Refusal::new("session_not_mutable"));
        }
        merge_claims(&mut session.claims, wishes.claims)?;
        session.last_accessed_at = now;
        if let Some(minutes) = wishes.minutes {
            let wished = now.saturating_add(minutes * 60);
            session.expires_at =
                if never_shorten { wished.max(session.expires_at) } else { wished };
        }
        for new in factors {
            factor::add(&mut session.factors, new);
        }
        if let Some(token) = token {
            self.session_tokens.remove(&session.token);
            self.session_tokens.insert(token.clone(), id.to_owned());
            session.token = token;
        }
        Ok(())
    }
}

impl Call<'_> {
    /// The answer of a primary login that has proven `kind` for a member.
    pub(super) fn log_in(&mut self, member: MemberKey, kind: Kind, wishes: Wishes) -> Answer {
        self.world.check_suspension(self.world.member(member).organization)?;
        let credential = self.attachable(member)?;
        if self.world.is_locked(member, self.now) {
            return Err(Refusal::new("user_lock_limit_reached"));
        }
        // A password or an SSO login belongs to the one organization.
        let transferable = !matches!(kind, Kind::Password | Kind::Sso { .. });
        let factors = vec![Factor::new(kind, self.now)];
        let proof = Proof { member, factors, transferable, origin: None };
        let mut answer = self.conclude(proof, credential, wishes)?;
        let organization_id = self.world.organization_of(member).id.clone();
        answer.insert("organization_id".to_owned(), organization_id.into());
        Ok(answer)
    }

    /// The session or intermediate session that a login of `member` is to be added to.
    pub(super) fn attachable(&self, member: MemberKey) -> Result<Credential, Refusal> {
        let credential = self.credential()?;
        match &credential {
            Credential::Intermediate(token) => {
                self.check_owner(&self.intermediate(token)?, member)?;
            }
            // On the frontend the session of another member merely rides along.
            Credential::Session(id) if self.surface == Surface::Backend => {
                let owner = self.world.sessions.get(id).map(|session| session.member);
                if owner != Some(member) {
                    return Err(Refusal::new("member_session_member_id_mismatch"));
                }
            }
            Credential::Session(_) | Credential::None => {}
        }
        Ok(credential)
    }

    /// The answer of a primary login or an exchange: finished if nothing is missing.
    pub(super) fn conclude(
        &mut self,
        mut proof: Proof,
        credential: Credential,
        wishes: Wishes,
    ) -> Result<Object, Refusal> {
        let member = proof.member;
        if let Credential::Intermediate(token) = &credential {
            let intermediate = self.intermediate(token)?;
            let mut factors = intermediate.factors;
            // What was proven for one organization says nothing to another.
            let elsewhere = intermediate.member.is_some_and(|owner| owner != member);
            factors.retain(|factor| !elsewhere || self.world.carries(factor));
            for new in std::mem::take(&mut proof.factors) {
                factor::add(&mut factors, new);
            }
            proof.factors = factors;
            proof.origin = proof.origin.or(intermediate.origin);
            proof.transferable = intermediate.transferable;
        }
        // A full session of the same member vouches for the second factor; another's does not.
        let attached = match &credential {
            Credential::Session(id) => {
                self.world.sessions.get(id).filter(|session| session.member == member)
            }
            _ => None,
        };
        let session_factors = attached.map(|session| session.factors.clone()).unwrap_or_default();
        let attached = attached.map(|session| session.id.clone());
        let mut missing =
            self.world.missing(member, &[proof.factors.as_slice(), &session_factors].concat());
        missing.second_factor &= attached.is_none();
        if missing.primary.is_some() || missing.second_factor {
            return Ok(self.unfinished(proof, credential, &missing));
        }

        let id = match attached {
            Some(id) => {
                self.world.touch_session(&id, proof.factors, wishes, self.now)?;
                id
            }
            None => self.world.start_session(member, proof.factors, wishes, self.now)?,
        };
        self.consume(&credential, proof.origin);
        let mut answer = self.session_answer(&id)?;
        answer.extend(object(json!({
            "member_authenticated": true,
            "intermediate_session_token": "",
            "mfa_required": null,
            "primary_required": null,
        })));
        Ok(answer)
    }

    /// Ends an intermediate session that has been turned into a session, and, by option, the
    /// session that the exchange came from.
    pub(super) fn consume(&mut self, credential: &Credential, origin: Option<String>) {
        if let Credential::Intermediate(token) = credential {
            self.world.intermediates.remove(token);
        }
        if let (true, Some(origin)) = (self.world.options.end_original_on_exchange, origin) {
            self.world.revoke(&origin);
        }
    }

    /// Member, organization, session and both tokens, with a fresh JWT.
    pub(super) fn session_answer(&self, id: &str) -> Result<Object, Refusal> {
        let session =
            self.world.sessions.get(id).ok_or_else(|| Refusal::new("session_not_found"))?;
        let mut answer = self.world.who_json(session.member, self.now);
        answer.extend(fields([
            ("member_session", self.world.session_json(session)),
            ("session_token", session.token.clone().into()),
            ("session_jwt", self.world.mint(session, self.now).into()),
        ]));
        Ok(answer)
    }

    fn unfinished(&mut self, proof: Proof, credential: Credential, missing: &Missing) -> Object {
        let Proof { member, factors, transferable, origin } = proof;
        let email_address = self.world.member(member).email_address.clone();
        let (token, expires_at) = match credential {
            // The same token comes back, and its life does not start anew.
            Credential::Intermediate(token) => {
                let before = self.world.intermediates.get(&token).map(|before| before.expires_at);
                (token, before.unwrap_or(self.now))
            }
            _ => (self.world.ids.token(), self.now.saturating_add(INTERMEDIATE_LIFE)),
        };
        let intermediate = Intermediate {
            email_address,
            member: Some(member),
            factors,
            transferable,
            origin,
            expires_at,
        };
        self.world.intermediates.insert(token.clone(), intermediate);
        let by_sms = missing.second_factor
            && missing.primary.is_none()
            && self.world.accepts_second(member, "sms_otp")
            && self.world.member(member).default_mfa_method == "sms_otp"
            && self
                .world
                .member(member)
                .verified_phone()
                .is_some_and(|phone| self.world.check_carrier(&phone.number).is_ok())
            && !self.world.is_locked(member, self.now);
        if by_sms {
            self.world.send_sms(member, self.now);
        }
        let mut answer = self.world.who_json(member, self.now);
        let second_factor = missing.second_factor.then(|| self.world.mfa_required(member, by_sms));
        let primary =
            missing.primary.as_ref().map(|methods| json!({ "allowed_auth_methods": methods }));
        answer.extend(object(json!({
            "member_session": null,
            "session_token": "",
            "session_jwt": "",
            "member_authenticated": false,
            "intermediate_session_token": token,
            "mfa_required": second_factor,
            "primary_required": primary,
        })));
        answer
    }
}
