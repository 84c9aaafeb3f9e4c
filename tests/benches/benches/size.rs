//! The zips, as they are uploaded.

use std::{path::Path, process::Command};

use listsync_benches::Figure;
use listsync_end_to_end::binary;

const BOUND: f64 = 8.0;
/// Python's own zip, as the tests have it at hand.
const ZIP: &str = "
import os, sys, tempfile, zipfile
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, 'bootstrap.zip')
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED, compresslevel=9) as zip:
        zip.write(sys.argv[1], 'bootstrap')
    print(os.path.getsize(path))
";

pub(crate) fn figures() -> Vec<Figure> {
    ["listsync-timer", "listsync-worker", "listsync-inbox", "listsync-api"]
        .map(|function| figure(function, &binary(function)))
        .into()
}

fn figure(function: &str, path: &Path) -> Figure {
    let output = Command::new("python3").args(["-c", ZIP]).arg(path).output().expect("Python zips");
    let bytes: f64 = String::from_utf8_lossy(&output.stdout).trim().parse().expect("a size");
    Figure { what: format!("{function}: zip"), value: bytes / 1e6, bound: BOUND, unit: "MB" }
}
