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

struct State {
    server: SocketAddr,
    cut: bool,
    connections: Vec<TcpStream>,
}

impl Network {
    pub(crate) fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = State { server, cut: false, connections: Vec::new() };
        let network = Self { address, state: Arc::new(Mutex::new(state)) };
        let state = Arc::clone(&network.state);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let mut state = state.lock().expect("no panic");
                if !state.cut {
                    // What fails is a connection that ends.
                    let _ = pass_on(&mut state, &client);
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

    /// From now on it leads to another server.
    pub(crate) fn lead_to(&self, server: SocketAddr) {
        self.state().server = server;
    }
}

fn pass_on(state: &mut State, client: &TcpStream) -> io::Result<()> {
    let server = TcpStream::connect(state.server)?;
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
