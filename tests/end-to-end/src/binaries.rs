use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// Where a shipped binary is.
///
/// # Panics
/// When the binaries cannot be built.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    static FOLDER: OnceLock<Result<PathBuf, &str>> = OnceLock::new();
    let folder = FOLDER.get_or_init(folder).as_ref().expect("the binaries are built");
    let path = folder.join(name);
    assert!(path.is_file(), "there is no {}", path.display());
    path
}

fn folder() -> Result<PathBuf, &'static str> {
    match env::var_os("LISTSYNC_BIN_DIR") {
        Some(folder) => Ok(PathBuf::from(folder)),
        None => built(),
    }
}

/// Builds them beside this test: `TARGET/PROFILE/deps/test` is the test, `TARGET/PROFILE` their folder.
fn built() -> Result<PathBuf, &'static str> {
    let test = env::current_exe().expect("a running program has a path");
    let folder = test.parent().and_then(Path::parent).expect("cargo puts tests two folders deep");
    let target = folder.parent().expect("a profile's folder is in the target folder");
    let (profile, besides): (&str, &[&str]) = match folder.file_name().and_then(|name| name.to_str()) {
        // With what tests need of their dependencies, so that nothing is compiled a second time.
        Some("debug") | None => ("dev", &["--tests"]),
        Some(other) => (other, &["--features", "listsync-graph-emulator/openapi"]),
    };
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--workspace", "--bins", "--profile", profile])
        .args(besides)
        .arg("--target-dir")
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    match status {
        Ok(status) if status.success() => Ok(folder.to_owned()),
        Ok(_) | Err(_) => Err("cargo could not build the binaries: see its messages above"),
    }
}
