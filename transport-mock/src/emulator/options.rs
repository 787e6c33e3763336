//! The switches for what no source settles.

/// How the emulator behaves where Stytch's behaviour is not documented.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) end_original_on_exchange: bool,
    pub(crate) rotate_session_tokens: bool,
    pub(crate) wrong_code_as_unauthorized: bool,
    pub(crate) distinct_credential_errors: bool,
    pub(crate) omit_nulls: bool,
    pub(crate) inject_unknown: bool,
    pub(crate) text_plain_errors: bool,
    pub(crate) no_request_id: bool,
    pub(crate) retry_after: Option<u64>,
    pub(crate) never_shorten: bool,
    pub(crate) strict_telemetry: bool,
    pub(crate) strict_session_arguments: bool,
    pub(crate) constant_signature: bool,
    pub(crate) strict: bool,
    pub(crate) maximum_duration_minutes: i64,
    pub(crate) lock_after: u32,
    pub(crate) fixed_otp_code: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            end_original_on_exchange: false,
            rotate_session_tokens: false,
            wrong_code_as_unauthorized: false,
            distinct_credential_errors: false,
            omit_nulls: false,
            inject_unknown: false,
            text_plain_errors: false,
            no_request_id: false,
            retry_after: None,
            never_shorten: false,
            strict_telemetry: false,
            strict_session_arguments: false,
            constant_signature: false,
            strict: false,
            maximum_duration_minutes: 527_040,
            lock_after: 10,
            fixed_otp_code: None,
        }
    }
}
