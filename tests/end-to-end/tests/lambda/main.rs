//! The shipped Lambda binaries under an emulated Lambda, against an emulated AWS and an emulated tenant.

mod continuations;
mod cycle;
mod scene;
mod telling;
mod trouble;
