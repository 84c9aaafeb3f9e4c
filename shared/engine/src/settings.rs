//! Editing the settings: of edits at the same time none is lost.

use listsync_core::settings::Settings;

use crate::{
    filtered,
    people::Stored,
    ports::{PortError, SettingsStore},
    service::Service,
};

/// Settings before and after an edit.
#[derive(Debug, Clone, PartialEq)]
pub struct Edited {
    /// What was in force.
    pub before: Settings,
    /// What is in force now.
    pub after: Settings,
}

/// Makes an edit. Where somebody else was quicker it is made anew, on what they left: to save what was read earlier would
/// take their edit back.
///
/// # Errors
/// What the edit itself says, when the store does not answer, or when others are quicker again and again.
pub async fn edit<E: From<PortError>>(
    store: &dyn SettingsStore,
    edit: impl Fn(&mut Settings) -> Result<(), E>,
) -> Result<Edited, E> {
    const TRIES: usize = 20;
    for _ in 0..TRIES {
        let before = store.settings().await?;
        let mut after = before.clone();
        edit(&mut after)?;
        match store.save_settings(&before, &after).await {
            Ok(()) => return Ok(Edited { before, after }),
            Err(error) if error.code == PortError::settings_changed().code => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(PortError::settings_changed().into())
}

/// The same; where the internal domains are others now, each list whose filter asks who is external looks at everybody anew.
///
/// # Errors
/// As [`edit`], and when the links cannot be told: the settings are saved then.
pub async fn edit_and_follow<E: From<PortError>>(
    service: &Service,
    change: impl Fn(&mut Settings) -> Result<(), E>,
) -> Result<Stored<Settings>, E> {
    let Edited { before, after } = edit(service.ports.settings.as_ref(), change).await?;
    let links = match before.internal_domains == after.internal_domains {
        true => Vec::new(),
        false => filtered::follow_external(service).await?,
    };
    Ok(Stored { what: after, links })
}
