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
    check(3000, || {
        let world = World::default();
        let mut machine = Machine::new(Settings::new());
        let board = Arc::new(Board::new(machine.view(), None));
        let views = [(); 3].map(|()| {
            let now = Now { wall: SystemTime::UNIX_EPOCH, elapsed: Duration::ZERO };
            machine.hold(world.session(), now, 0);
            machine.view().clone()
        });
        let last = views[2].member_session().map(|session| age(session));
        let readers = [(); 2].map(|()| {
            let board = Arc::clone(&board);
            thread::spawn(move || {
                let (mut seen, mut newest) = (Seen::nothing(), None);
                for _ in 0..4 {
                    let now = seen.get(&board).map(age);
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
