//! The parts alone, which are private: in few steps, most orders are tried.

mod shown;
mod subscribers;
mod waiting;

#[allow(dead_code, clippy::large_enum_variant, reason = "one of them is not used here")]
#[path = "../../src/live/alarm.rs"]
mod alarm;
#[allow(dead_code, reason = "not all of it is used here")]
#[path = "../../src/live/board.rs"]
mod board;
#[path = "../../src/live/gate.rs"]
mod gate;
#[allow(unreachable_pub, clippy::drop_non_drop, reason = "neither is so where it is at home")]
#[path = "../../src/live/hub.rs"]
mod hub;
#[path = "../../src/live/reply.rs"]
mod reply;

mod error {
    pub(super) use stytch_session::LiveError;
}

#[allow(unreachable_pub, reason = "it is public where it is at home")]
mod machine {
    pub(super) use stytch_session::live::machine::Outcome;
    pub(super) use stytch_session::live::{Unfinished, View};

    /// A change that is a number.
    #[derive(Debug, Clone, PartialEq)]
    pub struct Change {
        pub number: u64,
        pub missed: u64,
    }
}

mod sessions {
    use std::marker::PhantomData;
    use std::task::Waker;
    use std::time::Duration;

    /// No alarm is shared here.
    pub(super) struct Entry<P>(PhantomData<P>);

    impl<P> Entry<P> {
        pub(super) const fn set(&self, _: Option<Duration>) -> Option<Waker> {
            None
        }

        pub(super) const fn ring(&self) {}

        pub(super) const fn leave(&self) {}
    }
}
