//! What a verb comes to that takes all links of a list: for one link its own answer, for several one of all of them.

use listsync_core::link::Link;
use serde_json::{Value, json};

use crate::{
    output::{self, Outcome, Refusal, Reply},
    view,
};

/// The answers of several links, in their order.
pub(super) struct Each {
    /// What the document calls them.
    name: &'static str,
    of: usize,
    replies: Vec<Reply>,
}

impl Each {
    /// The answers of so many links.
    pub(super) fn of(name: &'static str, links: usize) -> Self {
        Self { name, of: links, replies: Vec::new() }
    }

    /// Takes one in. Of one link a failure is the verb's; of several it is that link's, and the others have their turn.
    ///
    /// # Errors
    /// The only link's.
    pub(super) fn add(&mut self, (link, list): (&Link, &str), outcome: Outcome) -> Result<(), Refusal> {
        if self.of == 1 {
            self.replies.push(outcome?);
            return Ok(());
        }
        let Reply { document, text, exit, .. } = outcome.unwrap_or_else(|refusal| failed(link, &refusal));
        let text = format!("{}\n{text}", output::bold(&format!("{list} ↔ {}", view::place(link))));
        self.replies.push(Reply::done(document, text).exiting(exit));
        Ok(())
    }

    /// The answer: of several links with the worst exit code.
    pub(super) fn into_reply(mut self) -> Reply {
        if self.of == 1
            && let Some(only) = self.replies.pop()
        {
            return only;
        }
        let exit = self.replies.iter().map(|reply| reply.exit).max_by_key(|exit| badness(*exit)).unwrap_or(0);
        let texts: Vec<&str> = self.replies.iter().map(|reply| reply.text.as_str()).collect();
        let text = texts.join("\n");
        let documents: Vec<Value> = self.replies.into_iter().map(|reply| reply.document).collect();
        Reply::done(json!({ self.name: documents }), text).exiting(exit)
    }
}

/// A link of which nothing came: as every error, and of which link it is.
fn failed(link: &Link, refusal: &Refusal) -> Reply {
    let Refusal { code: _, message, hint, completion: _ } = refusal;
    let mut document = refusal.document();
    document["link"] = json!(link.id);
    document["place"] = json!(link.place());
    let hint = if hint.is_empty() { String::new() } else { format!("  {hint}\n") };
    Reply::done(document, format!("error: {message}\n{hint}")).exiting(1)
}

/// The order in which exit codes apply.
fn badness(exit: u8) -> u8 {
    match exit {
        1 => 4,
        4 => 3,
        3 => 2,
        2 => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_several_is_the_first_that_applies() {
        for (exits, worst) in
            [(vec![0, 0], 0), (vec![2, 0], 2), (vec![2, 3], 3), (vec![4, 3, 0], 4), (vec![4, 1], 1)]
        {
            let replies = exits.iter().map(|exit| Reply::done(Value::Null, "").exiting(*exit)).collect();
            let each = Each { name: "runs", of: exits.len(), replies };
            assert_eq!(each.into_reply().exit, worst, "{exits:?}");
        }
    }
}
