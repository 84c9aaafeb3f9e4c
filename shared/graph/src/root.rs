//! The root of all paths, and which links lead below it.

use url::Url;

use crate::settings::ConnectError;

const SETTING: &str = "LISTSYNC_GRAPH_URL";

/// Graph's address with its version.
#[derive(Debug, Clone)]
pub(crate) struct Root {
    url: Url,
    text: String,
}

impl Root {
    pub(crate) fn parse(text: &str) -> Result<Self, ConnectError> {
        let text = text.trim().trim_end_matches('/');
        let url =
            Url::parse(text).map_err(|error| ConnectError::wrong(SETTING, format!("is no URL: {error}")))?;
        if url.scheme() != "https" || url.host().is_none() {
            return Err(ConnectError::wrong(SETTING, "must begin with https://"));
        }
        if url.path().trim_matches('/').is_empty() || url.query().is_some() || url.fragment().is_some() {
            return Err(ConnectError::wrong(SETTING, "must end with the version, like …/v1.0"));
        }
        Ok(Self { url, text: text.to_owned() })
    }

    /// The address of a path.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }

    /// The path of a link that Graph gave, as it stands; none if the link leads anywhere else.
    pub(crate) fn below<'a>(&self, link: &'a str) -> Option<&'a str> {
        let url = Url::parse(link).ok().filter(|url| url.origin() == self.url.origin())?;
        let prefix = self.url.path();
        let inside = url.path().strip_prefix(prefix)?;
        let (_, after_scheme) = link.split_once("://")?;
        let path = &after_scheme[after_scheme.find('/')?..];
        path.strip_prefix(prefix).filter(|path| path.starts_with('/') && inside.starts_with('/'))
    }

    /// What tokens are asked for. A host that is not one of Microsoft's stands in for the public one.
    pub(crate) fn scope(&self) -> String {
        const CLOUDS: [&str; 4] = [
            "graph.microsoft.com",
            "graph.microsoft.us",
            "dod-graph.microsoft.us",
            "microsoftgraph.chinacloudapi.cn",
        ];
        let host = self.url.host_str().filter(|host| CLOUDS.contains(host)).unwrap_or(CLOUDS[0]);
        format!("https://{host}/.default")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_followed_only_below_the_root() {
        let root = Root::parse("https://graph.example:8443/v1.0/").expect("a root");
        let link = "https://graph.example:8443/v1.0/groups/delta?$deltatoken=a%27b'c";
        assert_eq!(root.below(link), Some("/groups/delta?$deltatoken=a%27b'c"));
        for elsewhere in [
            "https://graph.example/v1.0/groups/delta",
            "http://graph.example:8443/v1.0/groups",
            "https://graph.example:8443.evil.example/v1.0/groups",
            "https://evil.example/?https://graph.example:8443/v1.0/groups",
            "https://user@evil.example/v1.0/groups",
            "https://graph.example:8443/beta/groups",
            "https://graph.example:8443/v1.0evil/groups",
            "https://graph.example:8443/v1.0/../beta/groups",
            "/groups",
            "",
        ] {
            assert_eq!(root.below(elsewhere), None, "{elsewhere}");
        }
    }

    #[test]
    fn the_root_must_be_https_with_a_version() {
        for wrong in ["", "graph.example/v1.0", "http://graph.example/v1.0", "https://graph.example"] {
            assert_eq!(Root::parse(wrong).expect_err(wrong).setting(), SETTING);
        }
    }

    #[test]
    fn tokens_are_asked_for_the_cloud_that_is_called() {
        let scope = |root| Root::parse(root).expect("a root").scope();
        assert_eq!(scope("https://graph.microsoft.us/v1.0"), "https://graph.microsoft.us/.default");
        assert_eq!(scope("https://localhost:1/v1.0"), "https://graph.microsoft.com/.default");
    }
}
