//! The fuzz target of the same name, as a program.
#![cfg_attr(fuzzing, no_main)]

stytch_session_fuzz::driver!(jwt);
