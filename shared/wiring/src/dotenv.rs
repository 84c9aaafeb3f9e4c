//! The file `.env`. It lies in whatever folder the program is started in, so it is worth less than the process
//! environment: it completes that, and must not turn a credential of the process against its owner.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use crate::{SettingError, environment::Dotenv};

const FILE: &str = ".env";
/// It holds a few lines.
const LARGEST: u64 = 1024 * 1024;

/// What proves who we are to the directory.
const CREDENTIALS: [&str; 4] = [
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_FEDERATED_TOKEN_FILE",
    "LISTSYNC_CREDENTIAL",
];
/// What proves who we are to AWS.
const CLOUD_CREDENTIALS: [&str; 3] =
    ["AWS_SECRET_ACCESS_KEY", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];

/// Where what a credential opens goes to, and what is there where nothing is set.
const PLACES: [(&str, &str); 4] = [
    ("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com"),
    ("LISTSYNC_GRAPH_URL", "https://graph.microsoft.com/v1.0"),
    ("LISTSYNC_STORE", "sqlite:listsync.db"),
    ("LISTSYNC_QUEUE", "embedded"),
];
/// Whom a connection trusts, and through whom it goes: in capitals; proxies are read in small letters, too.
const ROUTES: [&str; 6] =
    ["SSL_CERT_FILE", "SSL_CERT_DIR", "AWS_CA_BUNDLE", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"];
/// Endpoints of AWS, of all services or one.
const CLOUD_ENDPOINT: &str = "AWS_ENDPOINT_URL";

/// Reads the file where there is one, and adds to the process environment what that does not set.
pub(crate) fn load(process: &BTreeMap<String, String>) -> Result<Option<Dotenv>, SettingError> {
    let mut file = match File::open(Path::new(FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(SettingError::dotenv(&dotenvy::Error::Io(error))),
        Ok(file) => file,
    };
    // Of the open file: the name may mean another one a moment later.
    let mode = owned(&file).map_err(|problem| {
        SettingError::new(
            "the file .env",
            problem,
            "make it your own and nobody else's: chown it, and chmod 600 .env",
        )
    })?;
    let mut bytes = Vec::new();
    let read = io::Read::by_ref(&mut file).take(LARGEST).read_to_end(&mut bytes);
    read.map_err(|error| SettingError::dotenv(&dotenvy::Error::Io(error)))?;
    let given = dotenvy::from_read_iter(bytes.as_slice()).collect::<Result<BTreeMap<_, _>, _>>();
    judge(process, &given.map_err(|error| SettingError::dotenv(&error))?)?;
    dotenvy::from_read(bytes.as_slice()).map_err(|error| SettingError::dotenv(&error))?;
    Ok(Some(Dotenv { mode }))
}

/// Refuses a file that would send what a credential of the process opens to somewhere else.
fn judge(process: &BTreeMap<String, String>, file: &BTreeMap<String, String>) -> Result<(), SettingError> {
    let set = |name: &&&str| process.get(**name).is_some_and(|value| !value.trim().is_empty());
    let directory = CREDENTIALS.iter().find(set);
    let cloud = CLOUD_CREDENTIALS.iter().find(set);
    for (name, value) in file {
        let credential = if is_of_cloud(name) { cloud.or(directory) } else { directory };
        let Some(credential) = credential else { continue };
        if !process.contains_key(name) && leads_elsewhere(name, value) {
            return Err(SettingError::new(
                "the file .env",
                format!("sets {name}, while the credential {credential} is of the process environment"),
                format!(
                    "set {name} in the process environment too, if it is meant; else take it out of .env"
                ),
            ));
        }
    }
    Ok(())
}

fn is_of_cloud(name: &str) -> bool {
    name.starts_with(CLOUD_ENDPOINT) || ROUTES.contains(&name.to_ascii_uppercase().as_str())
}

fn leads_elsewhere(name: &str, value: &str) -> bool {
    let value = value.trim().trim_end_matches('/');
    match PLACES.iter().find(|(place, _)| *place == name) {
        _ if value.is_empty() => false,
        Some((_, usual)) => value != *usual,
        None => is_of_cloud(name),
    }
}

/// The permission bits of a file that is the user's own and that nobody else may write.
#[cfg(unix)]
fn owned(file: &File) -> Result<u32, String> {
    use std::os::unix::fs::MetadataExt as _;
    let unread = |error: io::Error| format!("cannot be looked at ({error})");
    let metadata = file.metadata().map_err(unread)?;
    let mode = metadata.mode() & 0o7777;
    if metadata.uid() != own_id().map_err(unread)? {
        return Err("is another user's".to_owned());
    }
    if mode & 0o022 != 0 {
        return Err(format!("can be written by others (mode {mode:03o})"));
    }
    Ok(mode)
}

#[cfg(not(unix))]
fn owned(_: &File) -> Result<u32, String> {
    Ok(0o600)
}

/// The user that this process acts as: the owner of its entry in `/proc` (proc(5)); elsewhere of a file that it makes.
#[cfg(unix)]
fn own_id() -> io::Result<u32> {
    use std::os::unix::fs::MetadataExt as _;
    if let Ok(own) = std::fs::metadata("/proc/self") {
        return Ok(own.uid());
    }
    let probe = std::env::temp_dir().join(format!("listsync-owner-{}", uuid::Uuid::new_v4()));
    let made = std::fs::OpenOptions::new().write(true).create_new(true).open(&probe)?.metadata();
    std::fs::remove_file(&probe)?;
    Ok(made?.uid())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    const SECRET: (&str, &str) = ("AZURE_CLIENT_SECRET", "s3cret");

    #[test]
    fn a_file_that_leads_a_credential_of_the_process_elsewhere_is_refused_and_both_are_named() {
        for credential in CREDENTIALS {
            for (name, value) in [
                ("AZURE_AUTHORITY_HOST", "https://foreign.example"),
                ("LISTSYNC_GRAPH_URL", "https://foreign.example/v1.0"),
                ("SSL_CERT_FILE", "ca.pem"),
                ("SSL_CERT_DIR", "certs"),
                ("LISTSYNC_STORE", "sqlite:other.db"),
                ("LISTSYNC_QUEUE", "sqs:https://sqs.foreign.example/1/q"),
                ("AWS_ENDPOINT_URL_DYNAMODB", "https://foreign.example"),
                ("HTTPS_PROXY", "http://foreign.example"),
                ("https_proxy", "http://foreign.example"),
            ] {
                let error = judge(&map(&[(credential, "x")]), &map(&[(name, value)])).expect_err(name);
                let text = error.to_string();
                assert!(text.contains(name) && text.contains(credential), "{text}");
                assert!(!text.contains("foreign"), "{text}");
            }
        }
    }

    #[test]
    fn a_file_that_changes_nothing_of_that_is_taken() {
        let elsewhere = ("LISTSYNC_GRAPH_URL", "https://foreign.example/v1.0");
        for (process, file) in [
            // The credential is the file's own.
            (vec![], vec![SECRET, elsewhere]),
            // The process says where: it wins.
            (vec![SECRET, ("LISTSYNC_GRAPH_URL", "https://graph.microsoft.us/v1.0")], vec![elsewhere]),
            // It is where it goes to anyway.
            (vec![SECRET], vec![("LISTSYNC_GRAPH_URL", "https://graph.microsoft.com/v1.0/")]),
            (vec![SECRET], vec![("LISTSYNC_STORE", "sqlite:listsync.db"), ("AZURE_TENANT_ID", "t")]),
            (vec![SECRET], vec![("LISTSYNC_STORE", "")]),
            (vec![("AZURE_CLIENT_SECRET", " ")], vec![elsewhere]),
            // What opens AWS opens no directory.
            (vec![("AWS_SECRET_ACCESS_KEY", "x")], vec![SECRET, elsewhere]),
        ] {
            assert_eq!(judge(&map(&process), &map(&file)), Ok(()), "{process:?} {file:?}");
        }
    }

    #[test]
    fn a_credential_of_aws_is_not_led_elsewhere_either() {
        let process = map(&[("AWS_SECRET_ACCESS_KEY", "x")]);
        assert!(judge(&process, &map(&[("AWS_ENDPOINT_URL", "https://foreign.example")])).is_err());
    }
}
