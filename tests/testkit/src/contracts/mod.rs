//! One contract per port: what its documentation promises, as tests that every adapter has to pass.
//!
//! Each suite is a plain function over a factory of empty stores; a case takes a store of its own.

pub mod alerts;
pub mod audit;
pub mod directory;
pub mod keys;
pub mod links;
pub mod lists;
pub mod people;
pub mod queue;
pub mod records;

use listsync_engine::ports::{Fault, PortResult};

/// What a call that must work gave.
fn ok<T>(result: PortResult<T>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("a call that must work failed: {error} ({}, {:?})", error.code, error.fault),
    }
}

/// The fault of a call that must fail.
fn fault<T>(result: PortResult<T>) -> Fault {
    match result {
        Ok(_) => panic!("a call that must fail worked"),
        Err(error) => error.fault,
    }
}
