//! A way to the server that can be cut.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

/// Passes everything on, until it is cut.
pub(crate) struct Network {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    cut: bool,
    connections: Vec<TcpStream>,
}

impl Network {
    pub(crate) fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let network = Self { address, state: Arc::default() };
        let state = Arc::clone(&network.state);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let mut state = state.lock().expect("no panic");
                if !state.cut {
                    // What fails is a connection that ends.
                    let _ = pass_on(&mut state, &client, server);
                }
            }
        });
        network
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic")
    }

    /// Ends all connections, and every new one at once.
    pub(crate) fn cut(&self) {
        let mut state = self.state();
        state.cut = true;
        for connection in state.connections.drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    pub(crate) fn mend(&self) {
        self.state().cut = false;
    }
}

fn pass_on(state: &mut State, client: &TcpStream, server: SocketAddr) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    for (from, to) in [(client, &server), (&server, client)] {
        let (mut from, mut to) = (from.try_clone()?, to.try_clone()?);
        thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
    }
    state.connections.extend([client.try_clone()?, server]);
    Ok(())
}
