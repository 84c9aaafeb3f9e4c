//! Somebody leaves, is renamed while nobody lists them, and comes back.

use listsync_core::{id::ListId, member::Op};

use super::{History, folk::Former, stage::Stage};

impl History {
    /// Somebody leaves every list and group, gets another address, and is put on a list by it: they are the same person.
    pub(super) async fn returns(&mut self) {
        let people = self.stage.listed_and_alive();
        let Some(who) = self.dice.pick(&people).copied() else { return };
        self.stage.leaves_all(who);
        self.rest().await;
        let former = if self.dice.chance(50) { Former::Kept } else { Former::Dropped };
        self.stage.renames(who, former);
        self.rest().await;
        let list = self.stage.lock().any_list(&mut self.dice);
        self.stage.list_adds(&list, who);
    }
}

impl Stage {
    /// Whoever is on a list that is edited by hand and has an account, and said no to none.
    fn listed_and_alive(&self) -> Vec<usize> {
        let inner = self.lock();
        let (town, sight) = (&inner.town, inner.town.sight());
        let is_in = |list: &ListId, who| sight.is_on(list, who) && !inner.ledger.is_out(list, who);
        let people = (0..town.folk.humans.len()).filter(|who| town.folk.humans[*who].is_alive());
        let people = people.filter(|who| !inner.retired.contains(who));
        people.filter(|who| town.open_lists.iter().any(|list| is_in(list, *who))).collect()
    }

    fn leaves_all(&self, who: usize) {
        let (lists, groups) = {
            let inner = self.lock();
            (inner.town.open_lists.clone(), inner.town.groups())
        };
        lists.iter().for_each(|list| self.list_removes(list, who));
        groups.iter().for_each(|group| self.group_edit(group, Op::Remove, who));
    }
}
