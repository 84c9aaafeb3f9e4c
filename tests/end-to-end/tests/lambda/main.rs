//! The shipped Lambda binaries under an emulated Lambda, against an emulated AWS and an emulated tenant.

mod alerts;
mod continuations;
mod crowd;
mod cycle;
mod doctor;
mod fan_out;
mod http;
mod inbox;
mod lost;
mod notices;
mod scene;
mod telling;
mod throttled;
mod trouble;
