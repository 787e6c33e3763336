//! Runtimes whose wakers do more than to wake.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use stytch_session::LiveSession;
use stytch_session::live::{Runtime, Task};
use stytch_session_mock::VirtualRuntime;

use crate::world::{MINUTE, World};

/// A runtime that asks the live session something while a task is being woken.
#[derive(Clone)]
struct Curious {
    runtime: VirtualRuntime,
    live: Arc<Mutex<Option<LiveSession>>>,
    refused: Arc<AtomicBool>,
}

struct Asking {
    curious: Curious,
    waker: Waker,
}

impl Wake for Asking {
    #[allow(clippy::disallowed_methods, reason = "another thread is what must not be kept waiting")]
    fn wake(self: Arc<Self>) {
        let live = self.curious.live.lock().unwrap().clone();
        if let Some(live) = live {
            let (done, asked) = mpsc::channel();
            std::thread::spawn(move || {
                drop(live.store_error());
                let _ = done.send(());
            });
            let answer = asked.recv_timeout(Duration::from_secs(10));
            self.curious.refused.fetch_or(answer.is_err(), Ordering::SeqCst);
        }
        self.waker.wake_by_ref();
    }
}

impl Runtime for Curious {
    fn spawn(&self, mut task: Task) {
        let curious = self.clone();
        self.runtime.spawn(Box::pin(std::future::poll_fn(move |context| {
            let asking = Asking { curious: curious.clone(), waker: context.waker().clone() };
            let waker = Waker::from(Arc::new(asking));
            task.as_mut().poll(&mut Context::from_waker(&waker))
        })));
    }

    fn sleep(&self, duration: Duration) -> Task {
        self.runtime.sleep(duration)
    }

    fn now(&self) -> Duration {
        self.runtime.now()
    }
}

/// No lock is held while anybody is woken: what wakers do is the runtime's affair.
#[test]
fn whoever_is_woken_may_use_the_session() {
    let world = World::new();
    let curious =
        Curious { runtime: world.runtime.clone(), live: Arc::default(), refused: Arc::default() };
    let live = world.run(world.builder().start(curious.clone())).unwrap();
    *curious.live.lock().unwrap() = Some(live.clone());
    world.log_in(&live);
    world.runtime.advance(10 * MINUTE);
    world.run(live.revoke()).unwrap();
    assert!(!curious.refused.load(Ordering::SeqCst));
    *curious.live.lock().unwrap() = None;
}
