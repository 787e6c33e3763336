//! What a client does in the background: its tasks, and whose requests they send.

use std::time::Duration;

use stytch_session::live::{Runtime, Task};

use super::sleep::Sleep;
use super::{Mode, Stage, State, Wire};
use crate::kit::client::{Operation, OperationKind};
use crate::kit::promise::Promise;

/// What is being polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kit) enum Work {
    Nothing,
    /// The future of an operation.
    Operation(usize, OperationKind),
    /// A task, and the operation that has spawned it.
    Task(Option<usize>),
}

/// A task that waits to be taken up by the run.
pub(in crate::kit) struct Spawned {
    pub(in crate::kit) task: Task,
    /// The operation in whose poll, or in that of its tasks, it was spawned.
    pub(in crate::kit) operation: Option<usize>,
}

/// An operation that has not ended.
pub(super) struct Open {
    number: usize,
    kind: OperationKind,
    process: usize,
    /// The token that it adopts.
    adopts: Option<String>,
    /// Its latest request to its own endpoint.
    request: Option<usize>,
}

/// Whose a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Whose {
    pub(super) operation: Option<usize>,
    /// What it asks for, if it goes to the operation's own endpoint.
    pub(super) own: Option<OperationKind>,
}

impl Wire {
    /// Runs a task in the background, beside the operations, until it ends or the journey does. Only
    /// for an [`AsyncClient`](crate::kit::AsyncClient).
    ///
    /// Requests that it sends count as those of an operation if that has not ended, waits for such
    /// an answer and has no such request under way: first the operation that spawned the task, in
    /// its own future or a task of its own; then any other, the earliest first. So it is of no
    /// matter whether an operation sends its request itself, has a task do it, or leaves it to one
    /// that runs anyway. All other requests of a task are unasked for.
    pub fn spawn(&self, task: Task) {
        if self.mode == Mode::AtOnce {
            let what = "a Client has no background: tasks are for an AsyncClient".to_owned();
            self.break_promise(Promise::Works, what);
            return;
        }
        let mut state = self.lock();
        let operation = match state.work {
            Work::Nothing => None,
            Work::Operation(number, _) => Some(number),
            Work::Task(operation) => operation,
        };
        state.spawned.push(Spawned { task, operation });
    }

    /// The tasks that were spawned since this was asked last.
    pub(in crate::kit) fn spawned(&self) -> Vec<Spawned> {
        std::mem::take(&mut self.lock().spawned)
    }

    /// From now on, requests are those of this operation or task.
    pub(in crate::kit) fn work_on(&self, work: Work) {
        self.lock().work = work;
    }

    /// An operation has begun.
    pub(in crate::kit) fn open(&self, number: usize, operation: &Operation, process: usize) {
        let adopts = match operation {
            Operation::Adopt { session_token } => Some(session_token.clone()),
            _ => None,
        };
        let open = Open { number, kind: operation.kind(), process, adopts, request: None };
        self.lock().open.push(open);
    }

    /// An operation has ended.
    pub(in crate::kit) fn close(&self, number: usize) {
        self.lock().open.retain(|open| open.number != number);
    }
}

impl State {
    /// Whose a request is that is sent now.
    pub(super) fn whose(
        &mut self,
        process: usize,
        endpoint: Option<&str>,
        session_token: Option<&str>,
    ) -> Whose {
        let spawner = match self.work {
            Work::Nothing => None,
            Work::Operation(number, kind) => {
                let own = Some(kind).filter(|_| endpoint.is_some() && kind.endpoint() == endpoint);
                let request = self.requests.len();
                let open = self.open.iter_mut().find(|open| open.number == number);
                if let (Some(open), Some(_)) = (open, own) {
                    open.request = Some(request);
                }
                return Whose { operation: Some(number), own };
            }
            Work::Task(spawner) => spawner,
        };
        let is_adopted =
            |open: &Open| open.adopts.is_some() && open.adopts.as_deref() == session_token;
        let adopted = self.open.iter().any(is_adopted);
        let requests = &self.requests;
        let waits = |open: &&mut Open| {
            let under_way = open.request.is_some_and(|request| requests[request].is_under_way());
            open.process == process
                && endpoint.is_some()
                && open.kind.endpoint() == endpoint
                && !under_way
                && (open.adopts.is_none() && !adopted || is_adopted(open))
        };
        let candidates = self.open.iter_mut().filter(waits);
        let chosen = candidates.min_by_key(|open| Some(open.number) != spawner);
        if let Some(open) = chosen {
            open.request = Some(requests.len());
            return Whose { operation: Some(open.number), own: Some(open.kind) };
        }
        let operation = spawner.filter(|it| self.open.iter().any(|open| open.number == *it));
        Whose { operation, own: None }
    }
}

impl super::Sent {
    /// Whether the client still waits for the answer.
    pub(in crate::kit) const fn is_under_way(&self) -> bool {
        matches!(self.stage, Stage::Going | Stage::Coming)
    }
}

/// A client's own runtime in a run of the kit.
impl Runtime for Wire {
    fn spawn(&self, task: Task) {
        Self::spawn(self, task);
    }

    fn sleep(&self, duration: Duration) -> Task {
        Box::pin(Sleep::new(self.clone(), self.elapsed().saturating_add(duration)))
    }

    fn now(&self) -> Duration {
        self.elapsed()
    }
}
