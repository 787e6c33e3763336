//! Whether the client does and shows what it ought to.

use super::agreement::GivenUp;
use super::{Expected, Run};
use crate::kit::client::{Observation, Outcome};
use crate::kit::driver::Driver;
use crate::kit::mishap::Mishap;
use crate::kit::model::{Held, Now, Shown};
use crate::kit::promise::Promise;
use crate::kit::story::{self, Story};

/// The longest text of an error.
const LONGEST_TEXT: usize = 4096;

/// The shortest secret that is looked for; shorter ones turn up by chance.
const SHORTEST_SECRET: usize = 8;

/// When what is shown is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// While things happen: one client may lag behind another.
    Passing,
    /// When each has had the time to look.
    Rest,
}

impl<D: Driver> Run<'_, D> {
    /// An operation has come to its end.
    pub(super) fn end(&mut self, number: usize, outcome: &Outcome) -> Result<(), Story> {
        let begun = &mut self.begun[number];
        begun.ended = true;
        let kind = begun.operation.kind();
        let (asked, expected) = (begun.asked, begun.expected);
        // What has changed since it was asked for may have made it impossible.
        let owed = begun.owed && begun.generation == self.generation;
        let joined = begun.joined;
        let odd = self.inject_unknown || begun.mishap == Some(Mishap::Odd);
        let local = kind.endpoint().is_none();
        let success = if odd { Promise::Forward } else { Promise::Replies };
        let broken = match outcome {
            Outcome::Unsupported => None,
            Outcome::NotPossible if owed => {
                let promise = if self.gave_up { Promise::OneAnswer } else { Promise::Works };
                Some((promise, "it was declined, though it was possible".to_owned()))
            }
            Outcome::NotPossible => None,
            Outcome::Done if !local && !asked && !joined => {
                Some((Promise::Works, "it is said to be done, and nothing was asked".to_owned()))
            }
            Outcome::Done if expected == Expected::Failure => Some((
                Promise::Replies,
                "it is said to be done, and the answer is no valid success".to_owned(),
            )),
            Outcome::Done => None,
            Outcome::Failed(text) if expected == Expected::Success => {
                Some((success, format!("the answer says yes, and it failed: {text}")))
            }
            Outcome::Failed(text) if owed && !asked && !joined && !self.was_tried(number) => {
                Some((Promise::Works, format!("it failed without being tried: {text}")))
            }
            Outcome::Failed(_) => None,
        };
        self.say(|| match outcome {
            Outcome::Done => format!("    ({number}) done"),
            Outcome::Failed(text) => format!("    ({number}) failed: {text}"),
            Outcome::NotPossible => format!("    ({number}) not possible"),
            Outcome::Unsupported => format!("    ({number}) unsupported"),
        });
        if let Some((promise, what)) = broken {
            return self.broken(promise, vec![what]);
        }
        if let Outcome::Failed(text) = outcome {
            self.check_text(text)?;
            self.news = true;
        }
        if *outcome == Outcome::Done {
            self.summary.done(kind);
            let revoked = self.begun[number].revoked.take();
            let process = self.begun[number].process;
            self.give_session_up(revoked, process);
            if local {
                self.end_locally(kind, process);
            }
        }
        Ok(())
    }

    /// The user has ended the session with this token.
    pub(super) fn give_session_up(&mut self, session_token: Option<String>, by: usize) {
        let at = self.wire.elapsed();
        if let Some(token) = session_token {
            self.given_up.entry(token).or_insert(GivenUp { at, by });
        }
    }

    /// Whether the operation has sent anything.
    fn was_tried(&self, number: usize) -> bool {
        self.wire.requests(|all| all.iter().any(|sent| sent.operation == Some(number)))
    }

    fn check_text(&mut self, text: &str) -> Result<(), Story> {
        if text.len() > LONGEST_TEXT {
            let what = format!("a text of {} bytes is told", text.len());
            return self.broken(Promise::Bounded, vec![what]);
        }
        if let Some(found) = text.chars().find(|letter| letter.is_control()) {
            let what = format!("the control character {found:?} is told");
            return self.broken(Promise::Bounded, vec![what]);
        }
        self.check_secrets(text)
    }

    pub(super) fn check_secrets(&mut self, text: &str) -> Result<(), Story> {
        let long = |secret: &&String| secret.len() >= SHORTEST_SECRET;
        let told = self.secrets.iter().filter(long).find(|secret| text.contains(secret.as_str()));
        match told {
            Some(secret) => {
                let what = format!("{} is told: {text}", story::short(secret));
                self.broken(Promise::Secrets, vec![what])
            }
            None => Ok(()),
        }
    }

    /// Compares what the client shows with what it ought to, and looks for secrets in its log.
    pub(super) fn check(&mut self) -> Result<(), Story> {
        self.compare(Moment::Rest)?;
        self.check_stored()?;
        self.check_pace()?;
        if !std::mem::take(&mut self.news) {
            return Ok(());
        }
        let log = self.driver.log();
        self.check_secrets(&log)
    }

    /// Compares what each client shows with what it ought to.
    pub(super) fn compare(&mut self, moment: Moment) -> Result<(), Story> {
        let now = self.wire.time();
        for process in 0..self.shown.len() {
            let shown = self.driver.observe(process);
            if shown != self.shown[process] {
                self.news = true;
                if self.lines.is_some() {
                    let (before, after) =
                        (story::shown(&self.shown[process]), story::shown(&shown));
                    let second = if process == 1 { "the second " } else { "" };
                    if before != after {
                        self.say(|| format!("    {second}shows: {after}"));
                    }
                }
                self.shown[process].clone_from(&shown);
            }
            if self.held.compare(&shown, now) != Shown::All
                && !self.may_show(process, &shown)
                && !self.take_other(&shown, now)
            {
                return self.shows_otherwise(&shown);
            }
            self.check_told(process)?;
        }
        if moment == Moment::Rest && self.shown.len() > 1 {
            let other = |(process, shown): &(usize, &Observation)| {
                self.held.compare(shown, now) != Shown::All && !self.may_show(*process, shown)
            };
            if let Some((_, shown)) = self.shown.iter().enumerate().find(other) {
                let shown = shown.clone();
                return self.shows_otherwise(&shown);
            }
        }
        self.forget_what_was();
        // What is not shown is refuted, unless the client has still to take an answer.
        let (begun, shown) = (&self.begun, &self.shown);
        self.also.retain(|other| {
            other.operation.is_some_and(|operation| !begun[operation].ended)
                || shown.iter().any(|it| other.held.compare(it, now) != Shown::Otherwise)
        });
        Ok(())
    }

    fn shows_otherwise(&mut self, shown: &Observation) -> Result<(), Story> {
        let about = self.what_about(shown);
        let (shows, should) = (story::shown(shown), story::held(&self.held));
        let verdict = vec![format!("shows:       {shows}"), format!("should show: {should}")];
        self.broken(about, verdict)
    }

    /// Takes over what the client shows, if it may hold that. The latest answer counts first.
    fn take_other(&mut self, shown: &Observation, now: Now) -> bool {
        for wanted in [Shown::All, Shown::AllThatLives] {
            let mut others = (0..self.also.len()).rev();
            let fits = |held: &Held| held.compare(shown, now) == wanted;
            if fits(&self.held) {
                self.drop_as(shown);
            } else if let Some(index) = others.find(|index| fits(&self.also[*index].held)) {
                let other = &mut self.also[index];
                // The other way round: what was held may still be to come.
                std::mem::swap(&mut self.held, &mut other.held);
                std::mem::swap(&mut self.generation, &mut other.generation);
                self.generation.other = self.generation.other.max(other.generation.other);
                if wanted == Shown::AllThatLives {
                    self.drop_as(shown);
                }
            } else {
                continue;
            }
            self.generation.other += u64::from(wanted == Shown::AllThatLives);
            return true;
        }
        false
    }

    /// The promise that is broken by what the client shows.
    fn what_about(&self, shown: &Observation) -> Promise {
        let pending = self.held.pending.as_ref().map(|it| it.intermediate_session_token.as_str());
        match &shown.active {
            Some(active) if active.session_token.is_empty() => Promise::IntermediateIsNotActive,
            Some(active) if pending == Some(&active.session_token) => {
                Promise::IntermediateIsNotActive
            }
            _ => self.about,
        }
    }
}
