//! Mock transport.
