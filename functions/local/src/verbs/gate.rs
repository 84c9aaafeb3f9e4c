//! Until when no call to the directory begins, for `listsync doctor`; and how a person lets calls begin again.

use listsync_core::{
    Timestamp,
    audit::{Action, Object, ObjectKind},
};
use listsync_engine::gate::{Opened, closed_until, open};
use listsync_wiring::Wired;

use super::{
    doctor::{Check, State},
    record,
};
use crate::{cli::DoctorArgs, output::Refusal};

const NAME: &str = "gate";

pub(super) async fn check(wired: &Wired, args: DoctorArgs) -> Result<Check, Refusal> {
    let (ports, tenant) = (&wired.ports, wired.tenant()?);
    let (gate, clock) = (ports.gate.as_ref(), ports.clock.as_ref());
    if args.open_gate
        && let Opened::Now(until) = open(gate, &tenant, clock.now()).await?
    {
        let tenant = Object::new(ObjectKind::Tenant, &tenant);
        record::done(&wired.service, Action::GateOpen, vec![tenant]).await;
        return Ok(Check::ok(NAME, format!("it was closed until {until}, and is open now")));
    }
    Ok(told(closed_until(gate, &tenant, clock).await?))
}

fn told(closed_until: Option<Timestamp>) -> Check {
    match closed_until {
        None => Check::ok(NAME, "open: no pause that the directory asked for is under way"),
        Some(until) => Check::new(
            NAME,
            State::Warn,
            format!("the directory is closed until {until}: it asked for a pause, which every process keeps"),
            "it opens by itself; 'listsync doctor --open-gate' lets calls begin now, and the directory may ask again",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_gate_is_told_with_its_end_and_how_it_is_opened() {
        let closed = told(Some(Timestamp::UNIX_EPOCH));
        assert_eq!(closed.state, State::Warn);
        assert!(closed.message.contains("1970-01-01T00:00:00Z"), "{}", closed.message);
        assert!(closed.hint.contains("--open-gate"));
        assert_eq!(told(None).state, State::Ok);
    }
}
