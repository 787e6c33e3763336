//! The board.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use shuttle::thread;
use stytch_session::live::machine::{Machine, Now, Settings};

use super::board::{Board, Seen};
use crate::check;
use crate::world::{World, age};

#[test]
fn a_reader_never_goes_back_and_sees_the_last() {
    // What is shown is made once: it is the same in all orders.
    let (world, mut machine) = (World::default(), Machine::new(Settings::new()));
    let nothing = machine.view().clone();
    let views = [(); 3].map(|()| {
        let now = Now { wall: SystemTime::UNIX_EPOCH, elapsed: Duration::ZERO };
        machine.hold(world.session(), now, 0);
        machine.view().clone()
    });
    check(3000, move || {
        let board = Arc::new(Board::new(&nothing, None));
        let last = views[2].member_session().map(|session| age(session));
        let readers = [(); 2].map(|()| {
            let board = Arc::clone(&board);
            thread::spawn(move || {
                let (mut seen, mut newest) = (Seen::nothing(), None);
                for _ in 0..4 {
                    let shown = board.load().session.as_deref().map(age);
                    let now = seen.get(&board).map(age);
                    assert!(shown <= now, "{shown:?} is shown, then {now:?} is read");
                    assert!(newest <= now, "{newest:?}, then {now:?}");
                    newest = now;
                }
                seen
            })
        });
        for view in &views {
            board.show(view, None);
        }
        for reader in readers {
            let mut seen = reader.join().unwrap();
            assert_eq!(seen.get(&board).map(age), last);
        }
    });
}
