//! Rules over the workspace itself; they are all tests.
