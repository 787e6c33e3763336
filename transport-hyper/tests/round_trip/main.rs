//! Every step and call of the core against the emulator: in memory and over HTTP, on both surfaces,
//! to each outcome.
//!
//! The emulator is strict: it refuses every field, parameter and header that the protocol does not
//! name.

#![allow(unused_must_use, reason = "what a session is good for is shown by the next one")]

mod discovery;
mod imports;
mod links;
mod passwords;
mod policy;
mod providers;
mod second_factors;
mod sessions;
mod world;

/// Runs each scenario on both surfaces, in memory and over HTTP.
macro_rules! scenarios {
    ($($scenario:ident),+ $(,)?) => {
        $(mod $scenario {
            use stytch_session::{Backend, Frontend};

            use crate::world::World;

            #[tokio::test]
            async fn frontend_in_memory() {
                super::$scenario::<Frontend, _>(&World::in_memory()).await;
            }

            #[tokio::test]
            async fn backend_in_memory() {
                super::$scenario::<Backend, _>(&World::in_memory()).await;
            }

            #[tokio::test]
            async fn frontend_over_http() {
                super::$scenario::<Frontend, _>(&World::over_http().await).await;
            }

            #[tokio::test]
            async fn backend_over_http() {
                super::$scenario::<Backend, _>(&World::over_http().await).await;
            }
        })+
    };
}
pub(crate) use scenarios;
