//! What a live session writes to its store.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::types::Unfinished;
use crate::any::AnySession;
use crate::model::Minutes;
use crate::session::Session;
use crate::state::Active;
use crate::store::{Document, StoreError, StoreErrorKind};
use crate::stored::StoredSession;

/// The version of the form that this library writes.
const VERSION: u64 = 1;

/// Nobody counts so far. Beyond the last number there would be no next one, and no logout would win.
const MOST: u64 = u64::MAX / 2;

/// How often the two parts of what is held have been replaced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Generation {
    pub(super) active: u64,
    pub(super) pending: u64,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) generation: Generation,
    /// How often the session was spoken of: refreshed or rejected by the server, or written anew at a
    /// tie between processes.
    pub(super) refreshes: u64,
    pub(super) active: Option<Arc<Session<Active>>>,
    pub(super) pending: Option<Unfinished>,
    /// The duration that was last asked for.
    pub(super) duration: Option<Minutes>,
}

/// What every version has.
#[derive(Deserialize)]
struct Head {
    version: u64,
}

#[derive(Serialize, Deserialize)]
struct Form {
    version: u64,
    generation: Generation,
    #[serde(default)]
    refreshes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    active: Option<StoredSession>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pending: Option<StoredSession>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session_duration_minutes: Option<Minutes>,
}

impl Record {
    pub(super) fn to_document(&self) -> Document {
        let form = Form {
            version: VERSION,
            generation: self.generation,
            refreshes: self.refreshes,
            active: self.active.as_ref().map(|session| session.to_stored()),
            pending: self.pending.as_ref().map(|pending| match pending {
                Unfinished::Discovery(session) => session.to_stored(),
                Unfinished::Intermediate(session) => session.to_stored(),
            }),
            session_duration_minutes: self.duration,
        };
        // It holds nothing that JSON cannot.
        Document::new(serde_json::to_vec(&form).unwrap_or_default())
    }

    /// # Errors
    ///
    /// `Newer` or `Damaged`, without a word of what was read.
    pub(super) fn read(document: &Document) -> Result<Self, StoreError> {
        let damaged = || StoreError::new(StoreErrorKind::Damaged);
        let newer = || StoreError::new(StoreErrorKind::Newer);
        let bytes = document.as_bytes();
        let Head { version } = serde_json::from_slice(bytes).map_err(|_| damaged())?;
        if version > VERSION {
            return Err(newer());
        }
        let form: Form = serde_json::from_slice(bytes).map_err(|_| damaged())?;
        let Generation { active, pending } = form.generation;
        if [active, pending, form.refreshes].into_iter().any(|count| count > MOST) {
            return Err(damaged());
        }
        let any = |stored: Option<StoredSession>| {
            stored.map(StoredSession::into_any).transpose().map_err(|_| newer())
        };
        let active = match any(form.active)? {
            None | Some(AnySession::LoggedOut(_)) => None,
            Some(AnySession::Active(session)) => Some(Arc::new(session)),
            Some(_) => return Err(damaged()),
        };
        let pending = match any(form.pending)? {
            None | Some(AnySession::LoggedOut(_)) => None,
            Some(AnySession::Discovery(session)) => Some(Unfinished::Discovery(session.into())),
            Some(AnySession::Intermediate(session)) => {
                Some(Unfinished::Intermediate(session.into()))
            }
            Some(AnySession::Active(_)) => return Err(damaged()),
        };
        Ok(Self {
            generation: form.generation,
            refreshes: form.refreshes,
            active,
            pending,
            duration: form.session_duration_minutes,
        })
    }
}
