//! What is done with a step or call, whatever its type is.

use std::fmt::Debug;
use std::time::SystemTime;

use stytch_session::{
    AnySession, Application, Call, Context, Error, Failure, Project, Request, Response, Surface,
    Transition,
};

use super::case::Case;
use super::{Kit, Side};

/// Does something with a step or a call, whatever its type is.
pub(crate) trait Visit {
    type Out;

    fn step<P: Surface, T>(self, project: &Project<P>, step: T) -> Self::Out
    where
        T: Transition<P> + Debug,
        T::Before: Into<AnySession> + Debug,
        T::After: Into<AnySession> + Debug;

    fn call<P: Surface, C: Call<P> + Debug>(self, project: &Project<P>, call: &C) -> Self::Out;
}

/// What became of a step or call.
#[derive(Debug)]
pub(crate) enum Outcome {
    Done(AnySession),
    Kept(AnySession, Error),
    Ended(Error),
    Called(Result<(), Error>),
}

impl Outcome {
    pub(crate) fn error(&self) -> Option<&Error> {
        match self {
            Self::Done(_) | Self::Called(Ok(())) => None,
            Self::Kept(_, error) | Self::Ended(error) | Self::Called(Err(error)) => Some(error),
        }
    }
}

struct Complete<'a>(&'a Response, SystemTime);

impl Visit for Complete<'_> {
    type Out = Outcome;

    fn step<P: Surface, T>(self, project: &Project<P>, step: T) -> Outcome
    where
        T: Transition<P> + Debug,
        T::Before: Into<AnySession> + Debug,
        T::After: Into<AnySession> + Debug,
    {
        match project.complete(step, self.0, self.1) {
            Ok(after) => Outcome::Done(after.into()),
            Err(Failure::Kept { session, error }) => Outcome::Kept(session.into(), error),
            Err(Failure::Ended { error }) => Outcome::Ended(error),
        }
    }

    fn call<P: Surface, C: Call<P> + Debug>(self, project: &Project<P>, call: &C) -> Outcome {
        Outcome::Called(project.decode(call, self.0).map(drop))
    }
}

struct Cancel;

impl Visit for Cancel {
    type Out = Option<AnySession>;

    fn step<P: Surface, T>(self, _: &Project<P>, step: T) -> Self::Out
    where
        T: Transition<P> + Debug,
        T::Before: Into<AnySession> + Debug,
        T::After: Into<AnySession> + Debug,
    {
        Some(step.cancel().into())
    }

    fn call<P: Surface, C: Call<P> + Debug>(self, _: &Project<P>, _: &C) -> Self::Out {
        None
    }
}

struct Build<'a>(&'a Context<'a>);

impl Visit for Build<'_> {
    type Out = Request;

    fn step<P: Surface, T>(self, project: &Project<P>, step: T) -> Request
    where
        T: Transition<P> + Debug,
        T::Before: Into<AnySession> + Debug,
        T::After: Into<AnySession> + Debug,
    {
        project.request(&step, self.0)
    }

    fn call<P: Surface, C: Call<P> + Debug>(self, project: &Project<P>, call: &C) -> Request {
        project.request(call, self.0)
    }
}

impl Case {
    /// What becomes of it with this reply.
    pub(crate) fn complete(
        self,
        side: Side,
        kit: &Kit,
        response: &Response,
        now: SystemTime,
    ) -> Outcome {
        self.visit(side, kit, Complete(response, now))
    }

    /// The session it starts from; a call has none.
    pub(crate) fn before(self, side: Side, kit: &Kit) -> Option<AnySession> {
        self.visit(side, kit, Cancel)
    }

    pub(crate) fn request(self, side: Side, kit: &Kit, now: SystemTime) -> Request {
        let application = Application::new("com.example.app", 7);
        self.visit(side, kit, Build(&Context::new(now, 8, &application)))
    }
}
