//! Links whose group a person writes, from the handout of the plan.

use listsync_core::link::{Externals, Link, Mode, Side, Writes};

use crate::{
    Ports,
    ports::{Fault, LinkEdit, PortError, PortResult},
};

/// Says who carries out what is planned for the group of a link, from its next run on.
///
/// # Errors
/// When it makes no sense for the link, or the store does not answer.
pub async fn set_writes(ports: &Ports, link: &Link, writes: Writes) -> PortResult<()> {
    sensible(writes, (link.mode, link.externals))?;
    if writes == Writes::ByHand && link.is_pending() {
        return Err(creates_no_group());
    }
    ports.links.edit(&link.id, &LinkEdit::Writes(writes), ports.clock.now()).await
}

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
