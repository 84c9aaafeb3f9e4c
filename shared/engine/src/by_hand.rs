//! Links whose group a person writes, from the handout of the plan.

use listsync_core::link::{Externals, Mode, Side, Writes};

use crate::ports::{Fault, PortError, PortResult};

/// Whether a link can be of this kind.
pub(crate) fn sensible(writes: Writes, (mode, externals): (Mode, Externals)) -> PortResult<()> {
    let refuse = |code: &str, message: &str, hint: &str| {
        Err(PortError::new(Fault::Rejected, code, message).with_hint(hint))
    };
    match (writes, externals) {
        (Writes::Direct, _) => Ok(()),
        (Writes::ByHand, _) if !mode.writes(Side::Group) => refuse(
            "by_hand_one_way",
            "a link in the mode group-to-list writes no group, by hand or otherwise",
            "leave --writes out",
        ),
        (Writes::ByHand, Externals::Invite) => refuse(
            "by_hand_invite",
            "a link whose group is written by hand invites nobody",
            "use --externals match, and invite guests in the directory",
        ),
        (Writes::ByHand, Externals::Match | Externals::Skip) => Ok(()),
    }
}

/// Why a group is not created for a link that writes nothing.
pub(crate) fn creates_no_group() -> PortError {
    let message = "a link whose group is written by hand creates no group either";
    PortError::new(Fault::Rejected, "by_hand_new_group", message)
        .with_hint("create the group in the directory, and link it with --group")
}
