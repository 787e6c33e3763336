//! What correct clients do differently.

use stytch_session::live::Task;
use stytch_session::{Request, Response, TransportError};
use stytch_session_mock::kit::Wire;
use tokio::sync::{mpsc, oneshot};

type Sent = Result<Response, TransportError>;

/// By which way requests are sent.
pub(crate) enum Way {
    Itself,
    Tasks,
    OneTask(mpsc::UnboundedSender<(Request, oneshot::Sender<Sent>)>),
}

impl Way {
    pub(crate) fn of(habit: Habit, wire: &Wire) -> Self {
        match habit {
            Habit::SendsFromTasks => Self::Tasks,
            Habit::SendsFromOneTask => Self::one_task(wire),
            _ => Self::Itself,
        }
    }

    fn one_task(wire: &Wire) -> Self {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let own = wire.clone();
        wire.spawn(Box::pin(async move {
            while let Some((request, answer)) = receiver.recv().await {
                // The next one does not wait for the answer to this one.
                own.spawn(send(own.clone(), request, answer));
            }
        }));
        Self::OneTask(sender)
    }

    pub(crate) async fn send(&self, wire: &Wire, request: Request) -> Sent {
        let (answer, sent) = oneshot::channel();
        match self {
            Self::Itself => return wire.send_async(request).await,
            Self::Tasks => wire.spawn(send(wire.clone(), request, answer)),
            Self::OneTask(task) => task.send((request, answer)).expect("the task goes on"),
        }
        sent.await.expect("it is sent")
    }
}

fn send(wire: Wire, request: Request, answer: oneshot::Sender<Sent>) -> Task {
    Box::pin(async move { drop(answer.send(wire.send_async(request).await)) })
}

/// What a correct client may do differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Habit {
    /// Asks at a restart whether the session still lives, and takes a rejection for its end.
    AsksAtRestart,
    /// Refreshes before it exchanges, and takes what it learns.
    RefreshesBeforeExchange,
    /// A refresh waits for one that is under way, and does not ask again.
    JoinsRefreshes,
    /// A session ends by the time that has really passed since it was asked for, too.
    CountsFromSending,
    /// Each request is sent by a task of its own.
    SendsFromTasks,
    /// One task sends all requests.
    SendsFromOneTask,
    /// An unfinished login that it cannot go on from is a failure.
    RefusesUnfinished,
}

impl Habit {
    /// Those of a client with all operations.
    pub(crate) const ALL: [Self; 6] = [
        Self::AsksAtRestart,
        Self::RefreshesBeforeExchange,
        Self::JoinsRefreshes,
        Self::CountsFromSending,
        Self::SendsFromTasks,
        Self::SendsFromOneTask,
    ];
}
