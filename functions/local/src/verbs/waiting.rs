//! What waits for a person's word, for `listsync doctor`: imports and links that hold something.

use listsync_engine::{
    Ports,
    ports::{ImportState, PortResult},
};

use super::doctor::{Check, State};
use crate::find;

const NAME: &str = "waiting";
/// So many imports are looked through.
const FARTHEST: usize = 1_000;

pub(super) async fn check(ports: &Ports) -> PortResult<Check> {
    let mut imports = ports.lists.imports(FARTHEST).await?;
    imports.retain(|import| import.state == ImportState::Held);
    let mut waiting = Vec::new();
    for import in imports {
        let list = find::list_name(ports, &import.list).await?;
        waiting.push(format!("import {} into '{list}'", import.id));
    }
    for state in find::every_link(ports).await? {
        let ruled = |digest: &str| state.ruling.as_ref().is_some_and(|ruling| ruling.digest == digest);
        if state.progress.hold.as_ref().is_some_and(|hold| !ruled(&hold.digest)) {
            waiting.push(format!("the link of '{}'", find::list_name(ports, &state.link.list).await?));
        }
    }
    Ok(told(&waiting))
}

fn told(waiting: &[String]) -> Check {
    match waiting {
        [] => Check::ok(NAME, "nothing waits for approval"),
        waiting => Check::new(
            NAME,
            State::Warn,
            format!("waits for approval: {}", waiting.join(", ")),
            "listsync imports show IMPORT, or listsync links show LIST, tells who it is and how to approve or discard",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_a_warning_that_names_it() {
        assert_eq!(told(&[]).state, State::Ok);
        let check = told(&["import i1 into 'News'".to_owned(), "the link of 'Staff'".to_owned()]);
        assert_eq!(check.state, State::Warn);
        assert_eq!(check.message, "waits for approval: import i1 into 'News', the link of 'Staff'");
    }
}
