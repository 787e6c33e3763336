//! The requests that are remembered.

use std::collections::VecDeque;

use http::StatusCode;
use stytch_session::Request;

use crate::record::RecordedRequest;

/// How many requests are remembered.
const REMEMBERED: usize = 1000;

/// How much of bodies is remembered, so that large ones do not fill the memory: 16 MiB.
const REMEMBERED_BYTES: usize = 16 * 1024 * 1024;

/// The latest requests, and how many there were.
#[derive(Debug, Default)]
pub(crate) struct Log {
    latest: VecDeque<RecordedRequest>,
    /// What their bodies sum up to.
    bytes: usize,
    count: u64,
}

impl Log {
    pub(crate) fn remember(&mut self, request: &Request, now: i64) {
        let mut request = RecordedRequest::new(request);
        request.received_at = Some(now);
        self.bytes += request.body().len();
        while self.latest.len() >= REMEMBERED || self.bytes > REMEMBERED_BYTES {
            let Some(oldest) = self.latest.pop_front() else { break };
            self.bytes -= oldest.body().len();
        }
        self.latest.push_back(request);
        self.count += 1;
    }

    /// Notes the answer to the request that was remembered last.
    pub(crate) fn note(&mut self, status: StatusCode) {
        if let Some(request) = self.latest.back_mut() {
            request.status = Some(status);
        }
    }

    /// The latest requests, oldest first.
    pub(crate) fn latest(&self) -> impl Iterator<Item = &RecordedRequest> {
        self.latest.iter()
    }

    /// How many requests there were.
    pub(crate) const fn count(&self) -> u64 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remembered(bodies: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut log = Log::default();
        bodies.into_iter().for_each(|length| log.remember(&Request::new(vec![0; length]), 0));
        let lengths: Vec<usize> = log.latest().map(|request| request.body().len()).collect();
        assert_eq!(log.bytes, lengths.iter().sum::<usize>());
        lengths
    }

    #[test]
    fn the_latest_are_remembered() {
        assert_eq!(remembered(0..1500), Vec::from_iter(500..1500));
    }

    #[test]
    fn fewer_are_remembered_if_they_are_large() {
        let large = REMEMBERED_BYTES / 2 + 1;
        assert_eq!(remembered([1, large, large, 2]), [large, 2]);
        assert_eq!(remembered([1, 3 * large, 2]), [2]);
    }
}
