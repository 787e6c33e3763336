//! What is said of requests when they are sent.

use std::time::Duration;

use super::{Before, Run, Travel, is_impossible, whose};
use crate::kit::client::OperationKind;
use crate::kit::driver::Driver;
use crate::kit::promise::Promise;
use crate::kit::story::Story;
use crate::kit::wire::Stage;

/// A request that was just sent.
struct New {
    operation: Option<usize>,
    process: usize,
    kind: Option<OperationKind>,
    stage: Stage,
    delays: (u8, u8),
    session_token: Option<String>,
    /// Method and path.
    line: String,
}

impl<D: Driver> Run<'_, D> {
    /// Writes down what was held when each new request was sent.
    pub(super) fn notice_requests(&mut self) -> Result<(), Story> {
        let new = self.wire.requests(|all| {
            all[self.before.len()..]
                .iter()
                .map(|sent| New {
                    operation: sent.operation,
                    process: sent.process,
                    kind: sent.kind,
                    stage: sent.stage,
                    delays: sent.delays,
                    session_token: sent.session_token.clone(),
                    line: format!("{} {}", sent.method, sent.path),
                })
                .collect::<Vec<_>>()
        });
        let elapsed = self.wire.elapsed();
        for new in new {
            let index = self.before.len();
            self.summary.requests += 1;
            let pending = self.held.pending.is_some();
            let generation = self.generation;
            self.before.push(Before { generation, pending, elapsed, ahead: false });
            if new.stage == Stage::Going {
                self.send(index, &new);
            }
            self.judge_request(index, &new, elapsed)?;
        }
        Ok(())
    }

    /// Lets a request set out.
    fn send(&mut self, request: usize, new: &New) {
        let own = new.operation.map(|number| std::mem::take(&mut self.begun[number].delays));
        let (going, coming) = own.unwrap_or(new.delays);
        let asked = own.is_some();
        self.under_way.push(Travel { request, asked, served: false, going, coming });
        self.say(|| format!("    {} sent: {}", whose(new.operation), new.line));
    }

    fn judge_request(&mut self, index: usize, new: &New, elapsed: Duration) -> Result<(), Story> {
        let line = &new.line;
        let asked = new.operation.map(|number| &self.begun[number].operation);
        if asked.is_some_and(is_impossible) {
            return self.broken(Promise::Input, vec![format!("{line} was sent")]);
        }
        let given_up = new.session_token.as_ref().and_then(|token| self.given_up.get(token));
        let of_given_up = given_up.is_some_and(|given_up| !given_up.is_news(new.process, elapsed));
        if of_given_up && new.kind != Some(OperationKind::Adopt) {
            let what = format!("{line} was sent for a session that was given up");
            return self.broken(Promise::Quiet, vec![what]);
        }
        let unasked = new.operation.is_none();
        if unasked && self.held.is_nobody() && !self.lags(new.process, elapsed) {
            let what = format!("{line} was sent with nobody logged in");
            return self.broken(Promise::Quiet, vec![what]);
        }
        if self.background && new.kind == Some(OperationKind::Refresh) {
            let token = new.session_token.as_deref();
            self.judge_refresh(index, token, new.process, unasked)?;
        }
        Ok(())
    }
}
