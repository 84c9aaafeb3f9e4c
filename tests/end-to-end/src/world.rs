use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use listsync_graph_emulator::{
    Emulator, ObjectId, Running, Tenant,
    sample::{self, Sample},
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use crate::{Done, binary, ended};

/// A tenant, and a folder with a store and the settings for it.
pub struct World {
    /// The emulator; dropping it makes Graph unreachable.
    pub running: Option<Running>,
    /// Who is in the tenant.
    pub sample: Sample,
    tenant: Tenant,
    folder: TempDir,
    environment: Vec<(String, String)>,
}

impl World {
    /// A tenant of so many people, with least privilege.
    ///
    /// # Panics
    /// When it cannot be set up.
    pub async fn of(people: usize) -> Self {
        Self::with(Emulator::builder(), people).await
    }

    /// The same with other settings of the emulator.
    ///
    /// # Panics
    /// When it cannot be set up.
    pub async fn with(emulator: Emulator, people: usize) -> Self {
        let running = emulator.start().await.expect("the emulator starts");
        let tenant = running.tenant();
        let sample = sample::tenant(&tenant, people, 1);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let ca = folder.path().join("ca.pem");
        std::fs::write(&ca, &running.ca_pem).expect("the authority's certificate is written");
        let environment =
            running.environment(&ca).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { running: Some(running), sample, tenant, folder, environment }
    }

    /// A folder without any tenant or setting.
    ///
    /// # Panics
    /// When it cannot be set up.
    pub async fn without_settings() -> Self {
        let mut world = Self::of(1).await;
        world.environment.clear();
        world
    }

    /// The tenant from inside.
    #[must_use]
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// A file in the folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).expect("a file is written");
    }

    /// Sets a variable for all later commands.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.unset(name);
        self.environment.push((name.to_owned(), value.into()));
    }

    /// Leaves a variable out of all later commands.
    pub fn unset(&mut self, name: &str) {
        self.environment.retain(|(known, _)| known != name);
    }

    /// The variable as it is set.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Every variable that commands see.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, String)> {
        self.environment.clone()
    }

    /// A command of the binary, not started yet. It sees the world's settings and nothing of this process's.
    #[must_use]
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary("listsync"));
        command.args(args).current_dir(self.folder.path()).env_clear();
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(std::process::Stdio::null());
        command
    }

    /// Runs the binary to its end.
    pub async fn listsync(&self, args: &[&str]) -> Done {
        ended(self.command(args)).await
    }

    /// Runs the binary with `--json` and takes its document, whatever the exit code.
    pub async fn json(&self, args: &[&str]) -> Value {
        let mut all = args.to_vec();
        all.push("--json");
        self.listsync(&all).await.json()
    }

    /// A list with these people of the sample, linked two-way to a new group, with every read believed at once.
    ///
    /// # Panics
    /// When a step fails.
    pub async fn linked(&self, list: &str, people: &[usize]) -> ObjectId {
        self.listsync(&["settings", "set", "settle-window", "0s"]).await.exits(0);
        self.listsync(&["lists", "create", list]).await.exits(0);
        self.write("people.csv", self.csv(people));
        self.listsync(&["import", "people.csv", "--list", list, "--mode", "incremental"]).await.exits(0);
        let link = self.listsync(&["link", list, "--new-group", list, "--json"]).await.exits(0).json();
        self.group(&link)
    }

    /// The group of a link's document.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn group(&self, link: &Value) -> ObjectId {
        link["group"]["id"].as_str().and_then(|id| id.parse().ok()).expect("a link has a group")
    }

    /// A file with these people of the sample.
    #[must_use]
    pub fn csv(&self, people: &[usize]) -> String {
        let row = |index: &usize| {
            let person = &self.sample.people[*index].0;
            format!("{},{}\n", person.address, person.name())
        };
        "email,name\n".to_owned() + &people.iter().map(row).collect::<String>()
    }

    /// The address of one person of the sample.
    #[must_use]
    pub fn address(&self, person: usize) -> &str {
        &self.sample.people[person].0.address
    }

    /// The object id of one person of the sample.
    #[must_use]
    pub fn id(&self, person: usize) -> ObjectId {
        self.sample.people[person].1
    }

    /// The object ids of some people of the sample.
    #[must_use]
    pub fn ids(&self, people: &[usize]) -> BTreeSet<ObjectId> {
        people.iter().map(|person| self.id(*person)).collect()
    }

    /// Who is in a group now.
    #[must_use]
    pub fn members(&self, group: ObjectId) -> BTreeSet<ObjectId> {
        self.tenant.members(group).into_iter().collect()
    }

    /// The addresses on a list that are in this state.
    ///
    /// # Panics
    /// When the document is not as it should be.
    pub async fn listed(&self, list: &str, state: &str) -> BTreeSet<String> {
        let document = self.json(&["lists", "members", list]).await;
        let entries = document.as_array().expect("an array").iter();
        let entries = entries.filter(|entry| entry["state"] == state);
        entries.map(|entry| entry["address"].as_str().expect("an address").to_owned()).collect()
    }

    /// Checks that nothing was asked of Graph that a careful client never asks.
    ///
    /// # Panics
    /// When something was.
    #[track_caller]
    pub fn assert_careful(&self) {
        let violations = self.tenant.violations();
        assert!(violations.is_empty(), "{violations:#?}");
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}
