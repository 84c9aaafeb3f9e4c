//! What is read is counted and hashed on its way.

use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

pub(crate) struct Gauge<R> {
    input: R,
    hash: Sha256,
    pub(crate) bytes: u64,
}

impl<R: Read> Gauge<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, hash: Sha256::new(), bytes: 0 }
    }

    /// The SHA-256 of what was read, and of that together with what tells how it was read.
    pub(crate) fn digests(self, how: &str) -> (String, String) {
        let mut both = self.hash.clone();
        both.update([0]);
        both.update(how);
        (hexadecimal(&self.hash.finalize()), hexadecimal(&both.finalize()))
    }
}

impl<R: Read> Read for Gauge<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.hash.update(&buffer[..count]);
        self.bytes += count as u64;
        Ok(count)
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
