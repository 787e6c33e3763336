//! What happens when an operation is awaited: a step is made of a copy of what is held, and sent.

use std::future::IntoFuture;
use std::sync::Arc;

use super::{
    Attest, Authenticate, AuthenticateWith, CreateOrganization, Discover, Exchange,
    ExchangeAccessToken, Impersonate, Login, Operation, ResetPassword, Revoke, Revoked,
    UpdateSession,
};
use crate::credential::{DiscoveryCredential, PrimaryCredential, SecondFactor};
use crate::live::copy::Copied as _;
use crate::live::error::LiveError;
use crate::live::machine::{Command, Outcome, RefreshOptions, Subject};
use crate::live::session::{LiveSession, Progress};
use crate::model::{DiscoveredOrganization, MemberSession};
use crate::session::Session;
use crate::state::Active;
use crate::surface::{AllowedOn, Surface};
use crate::transition as typed;

impl<'a, P, C, O> IntoFuture for Login<'a, P, C, O>
where
    P: Surface,
    C: PrimaryCredential + 'static,
    O: AllowedOn<P>,
{
    type Output = Result<Progress, LiveError>;
    type IntoFuture = Operation<'a, Progress>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { live, credential, options, .. } = self;
        Box::pin(async move {
            let continues = C::CONTINUES;
            let command = if continues { Command::Login } else { Command::Anew };
            let begun = live.begin(command)?;
            let duration = match C::DEMANDS_DURATION {
                true => LiveSession::<P>::minted(options.session_duration),
                false => options.session_duration,
            };
            match begun.subject {
                Subject::Intermediate(session) => {
                    let step = typed::Login::new(session.copied(), credential);
                    let step = step.narrow::<O>(|all| *all = options);
                    live.shared.send(begun.id, step, duration);
                }
                _ => {
                    let step = typed::Login::new(Session::new(), credential);
                    let step = step.narrow::<O>(|all| *all = options);
                    live.shared.send(begun.id, step, duration);
                }
            }
            begun.ended.await?.into_progress()
        })
    }
}

impl<'a, P, C, O> IntoFuture for Discover<'a, P, C, O>
where
    P: Surface,
    C: DiscoveryCredential + 'static,
    O: AllowedOn<P>,
{
    type Output = Result<Vec<DiscoveredOrganization>, LiveError>;
    type IntoFuture = Operation<'a, Vec<DiscoveredOrganization>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { live, credential, options, .. } = self;
        Box::pin(async move {
            let begun = live.begin(Command::Anew)?;
            let step = Session::new().discover(credential).narrow::<O>(|all| *all = options);
            live.shared.send(begun.id, step, None);
            match begun.ended.await? {
                Outcome::Discovery(session) => Ok(session.discovered_organizations().to_vec()),
                // No discovery leads there.
                _ => Err(LiveError::Closed),
            }
        })
    }
}

impl<'a, P: Surface, O: AllowedOn<P>> IntoFuture for Authenticate<'a, P, O> {
    type Output = Result<Arc<MemberSession>, LiveError>;
    type IntoFuture = Operation<'a, Arc<MemberSession>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { live, options, .. } = self;
        Box::pin(async move {
            let options = RefreshOptions::of(options);
            let (_, (), ended) = live
                .shared
                .begin(|machine, now| machine.refresh(options, now).map(|id| (id, ())))?;
            ended.await?.into_member_session()
        })
    }
}

impl<'a, P, F, O> IntoFuture for AuthenticateWith<'a, P, F, O>
where
    P: Surface,
    F: SecondFactor + 'static,
    O: AllowedOn<P>,
{
    type Output = Result<Arc<MemberSession>, LiveError>;
    type IntoFuture = Operation<'a, Arc<MemberSession>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { live, factor, options, .. } = self;
        Box::pin(async move {
            let begun = live.begin(Command::SecondFactor)?;
            let duration = LiveSession::<P>::minted(options.session_duration);
            match &begun.subject {
                Subject::Intermediate(session) => {
                    let step = session.copied().authenticate(factor);
                    let step = step.narrow::<O>(|all| *all = options);
                    live.shared.send(begun.id, step, duration);
                }
                Subject::Active(session) => {
                    let step = session.copied().authenticate_with(factor);
                    let step = step.narrow::<O>(|all| *all = options);
                    live.shared.send(begun.id, step, duration);
                }
                _ => live.impossible(begun.id),
            }
            begun.ended.await?.into_member_session()
        })
    }
}

impl<'a, P: Surface, O: AllowedOn<P>> IntoFuture for Exchange<'a, P, O> {
    type Output = Result<Progress, LiveError>;
    type IntoFuture = Operation<'a, Progress>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { live, organization, options, .. } = self;
        Box::pin(async move {
            let begun = live.begin(Command::Exchange)?;
            let duration = LiveSession::<P>::minted(options.session_duration);
            match &begun.subject {
                Subject::Discovery(session) => {
                    let step = session.copied().exchange(&organization);
                    let step = step.narrow::<O>(|all| *all = options);
                    live.shared.send(begun.id, step, duration);
                }
                Subject::Intermediate(session) => {
                    let step = session.copied().exchange(&organization);
                    let step = step.narrow::<O>(|all| *all = options);
                    live.shared.send(begun.id, step, duration);
                }
                Subject::Active(session) => {
                    let step = session.copied().exchange(&organization);
                    let step = step.narrow::<O>(|all| *all = options);
                    live.shared.send(begun.id, step, duration);
                }
                Subject::LoggedOut => live.impossible(begun.id),
            }
            begun.ended.await?.into_progress()
        })
    }
}

impl<'a, P: Surface, O: AllowedOn<P>> IntoFuture for CreateOrganization<'a, P, O> {
    type Output = Result<Progress, LiveError>;
    type IntoFuture = Operation<'a, Progress>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { live, organization, options, .. } = self;
        Box::pin(async move {
            let begun = live.begin(Command::Found)?;
            let duration = LiveSession::<P>::minted(options.session_duration);
            match &begun.subject {
                Subject::Discovery(session) => {
                    let step = session.copied().create_organization(organization);
                    let step = step.narrow::<O>(|all| *all = options);
                    live.shared.send(begun.id, step, duration);
                }
                Subject::Intermediate(session) => {
                    let step = session.copied().create_organization(organization);
                    let step = step.narrow::<O>(|all| *all = options);
                    live.shared.send(begun.id, step, duration);
                }
                _ => live.impossible(begun.id),
            }
            begun.ended.await?.into_progress()
        })
    }
}

impl<'a, P: Surface, O: AllowedOn<P>> IntoFuture for Attest<'a, P, O> {
    type Output = Result<Arc<MemberSession>, LiveError>;
    type IntoFuture = Operation<'a, Arc<MemberSession>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { live, profile, token, organization, options, .. } = self;
        Box::pin(async move {
            let begun = live.begin(Command::WithOrWithout)?;
            let duration = options.session_duration;
            match &begun.subject {
                Subject::Active(session) => {
                    let step = session.copied().attest(&profile, token);
                    let step = match &organization {
                        Some(organization) => step.organization(organization),
                        None => step,
                    };
                    live.shared.send(begun.id, step.narrow::<O>(|all| *all = options), duration);
                }
                _ => {
                    let step = Session::new().attest(&profile, token);
                    let step = match &organization {
                        Some(organization) => step.organization(organization),
                        None => step,
                    };
                    live.shared.send(begun.id, step.narrow::<O>(|all| *all = options), duration);
                }
            }
            begun.ended.await?.into_member_session()
        })
    }
}

impl<'a, P: Surface, O: AllowedOn<P>> IntoFuture for ExchangeAccessToken<'a, P, O> {
    type Output = Result<Arc<MemberSession>, LiveError>;
    type IntoFuture = Operation<'a, Arc<MemberSession>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { live, token, options, .. } = self;
        Box::pin(async move {
            let begun = live.begin(Command::WithOrWithout)?;
            let duration = LiveSession::<P>::minted(options.session_duration);
            match &begun.subject {
                Subject::Active(session) => {
                    let step = session.copied().exchange_access_token(token);
                    live.shared.send(begun.id, step.narrow::<O>(|all| *all = options), duration);
                }
                _ => {
                    let step = Session::new().exchange_access_token(token);
                    live.shared.send(begun.id, step.narrow::<O>(|all| *all = options), duration);
                }
            }
            begun.ended.await?.into_member_session()
        })
    }
}

impl<'a, P: Surface, O: AllowedOn<P>> IntoFuture for ResetPassword<'a, P, O> {
    type Output = Result<Progress, LiveError>;
    type IntoFuture = Operation<'a, Progress>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { live, password, options, .. } = self;
        Box::pin(async move {
            let begun = live.begin(Command::WithActive)?;
            match &begun.subject {
                Subject::Active(session) => {
                    let step = session.copied().reset_password(password);
                    live.shared.send(begun.id, step.narrow::<O>(|all| *all = options), None);
                }
                _ => live.impossible(begun.id),
            }
            begun.ended.await?.into_progress()
        })
    }
}

impl<'a, P: Surface, O: AllowedOn<P>> IntoFuture for UpdateSession<'a, P, O> {
    type Output = Result<Arc<MemberSession>, LiveError>;
    type IntoFuture = Operation<'a, Arc<MemberSession>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { live, tokens, options, .. } = self;
        Box::pin(async move {
            let begun = live.begin(Command::Adopt)?;
            let duration = options.session_duration;
            let step = Session::new().authenticate(tokens.session_token);
            live.shared.send(begun.id, step.narrow::<O>(|all| *all = options), duration);
            begun.ended.await?.into_member_session()
        })
    }
}

impl<'a, P: Surface> IntoFuture for Impersonate<'a, P>
where
    typed::Impersonate: typed::Transition<P, After = Session<Active>>,
{
    type Output = Result<Arc<MemberSession>, LiveError>;
    type IntoFuture = Operation<'a, Arc<MemberSession>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { live, token } = self;
        Box::pin(async move {
            let begun = live.begin(Command::Anew)?;
            live.shared.send(begun.id, Session::new().impersonate(token), None);
            begun.ended.await?.into_member_session()
        })
    }
}

impl<'a, P: Surface> IntoFuture for Revoke<'a, P> {
    type Output = Result<Revoked, LiveError>;
    type IntoFuture = Operation<'a, Revoked>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { live, insistence } = self;
        Box::pin(async move {
            let begun = match live.begin(Command::Revoke(insistence)) {
                // The server knows of no session yet.
                Err(LiveError::NoSession) if live.view().pending().is_some() => {
                    return live.abandon().await.map(|()| Revoked::Confirmed);
                }
                begun => begun?,
            };
            match &begun.subject {
                Subject::Active(session) => {
                    live.shared.send(begun.id, session.copied().revoke(), None);
                }
                _ => live.impossible(begun.id),
            }
            match begun.ended.await? {
                Outcome::LoggedOut(None) => Ok(Revoked::Confirmed),
                Outcome::LoggedOut(Some(error)) => Ok(match error.kind() {
                    crate::ErrorKind::SessionGone => Revoked::AlreadyEnded(error),
                    _ => Revoked::Unconfirmed(error),
                }),
                // No logout leads there.
                _ => Err(LiveError::Closed),
            }
        })
    }
}
