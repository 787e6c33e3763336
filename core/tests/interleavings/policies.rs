//! What is fetched now and then, and threads that want it at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use shuttle::future::block_on;
use shuttle::thread;
use stytch_session::rbac::PolicyCache;
use stytch_session::{Client, Frontend, Request, Response, Transport, TransportError};

use crate::world::{World, project};
use crate::{check, join};

/// A server that knows policies only.
#[derive(Clone, Default)]
struct Bootstrap {
    count: Arc<AtomicUsize>,
}

#[async_trait]
impl Transport for Bootstrap {
    async fn send(&self, _: Request) -> Result<Response, TransportError> {
        self.count.fetch_add(1, Ordering::Relaxed);
        thread::yield_now();
        let policy = br#"{ "data": {
            "status_code": 200, "request_id": "request-id-test-1", "project_name": "Test",
            "rbac_policy": { "roles": [] }
        } }"#;
        Ok(Response::new(policy.to_vec()))
    }
}

fn policies(world: &World, server: &Bootstrap) -> PolicyCache<Frontend> {
    let tasks = world.tasks.clone();
    let client = Client::builder(project(), server.clone())
        .clock(move || tasks.wall())
        .seed(|| 7.into())
        .build();
    PolicyCache::new(client, world.tasks.clone())
}

#[test]
fn all_who_wait_are_woken_by_one_fetch() {
    check(1000, || {
        let (world, server) = (World::default(), Bootstrap::default());
        let policies = policies(&world, &server);
        join([(); 3].map(|()| {
            let policies = policies.clone();
            thread::spawn(move || {
                block_on(policies.project()).unwrap();
                assert!(policies.cached().is_some());
            })
        }));
        world.settle();
        assert_eq!(server.count.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn an_old_one_is_fetched_once_and_delays_nobody() {
    check(1000, || {
        let (world, server) = (World::default(), Bootstrap::default());
        let policies = policies(&world, &server);
        block_on(policies.project()).unwrap();
        world.settle();
        world.pass(Duration::from_secs(300));
        join([(); 3].map(|()| {
            let policies = policies.clone();
            thread::spawn(move || assert!(policies.cached().is_some()))
        }));
        world.settle();
        let count = server.count.load(Ordering::Relaxed);
        assert_eq!(count, 2);
    });
}
