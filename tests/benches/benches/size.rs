//! The zips, as they are uploaded.

use std::{path::Path, process::Command};

use listsync_benches::Figure;
use listsync_end_to_end::binary;

/// A megabyte as Lambda counts its quotas: 250 MB are 262,144,000 bytes ("Lambda quotas").
const MEGABYTE: f64 = 1_048_576.0;
/// In megabytes. Those that read files or serve HTTP carry more than those that every sync goes through.
const BOUNDS: [(&str, f64); 4] =
    [("listsync-timer", 5.0), ("listsync-worker", 5.0), ("listsync-inbox", 7.0), ("listsync-api", 7.0)];
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
    BOUNDS.map(|(function, bound)| figure(function, &binary(function), bound)).into()
}

fn figure(function: &str, path: &Path, bound: f64) -> Figure {
    let output = Command::new("python3").args(["-c", ZIP]).arg(path).output().expect("Python zips");
    let bytes: f64 = String::from_utf8_lossy(&output.stdout).trim().parse().expect("a size");
    Figure { what: format!("{function}: zip"), value: bytes / MEGABYTE, bound, unit: "MB" }
}
