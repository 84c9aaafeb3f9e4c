//! Bars on standard error for what takes longer than a second, where a person looks at it.

use std::{
    io::{IsTerminal as _, stderr},
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use listsync_core::text;
use listsync_engine::watch::{Step, Watch};
use tokio::{sync::watch::Receiver, task::JoinHandle, time::sleep};

const PATIENCE: Duration = Duration::from_secs(1);
const BEAT: Duration = Duration::from_millis(120);
const WITHOUT_END: &str = "{prefix} {spinner} {msg}";
const WITH_END: &str = "{prefix} {spinner} {msg} {wide_bar} {human_pos}/{human_len} {eta}";

/// The bars of what goes on side by side.
#[derive(Clone, Default)]
pub(crate) struct Bars(MultiProgress);

impl Bars {
    /// A bar for one run, or for anything else that a person waits for. It is shown once that has taken a second, and
    /// never where standard error is no terminal.
    pub(crate) fn bar(&self, name: &str) -> Bar {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        bar.set_style(style(WITHOUT_END));
        bar.set_prefix(text::visible_line(name));
        let (bars, shown) = (self.0.clone(), bar.clone());
        let showing = stderr().is_terminal().then(|| {
            tokio::spawn(async move {
                sleep(PATIENCE).await;
                bars.add(shown).enable_steady_tick(BEAT);
            })
        });
        Bar { bar, showing, stop: None }
    }
}

/// Shows how far something came.
pub(crate) struct Bar {
    bar: ProgressBar,
    showing: Option<JoinHandle<()>>,
    stop: Option<Receiver<bool>>,
}

impl Bar {
    /// The same for a run that is to end when this turns true.
    pub(crate) fn until(mut self, stop: &Receiver<bool>) -> Self {
        self.stop = Some(stop.clone());
        self
    }

    /// Says how far it came.
    pub(crate) fn say(&self, text: String) {
        self.bar.set_message(text::visible_line(&text));
    }
}

impl Watch for Bar {
    fn step(&self, step: Step) {
        let (what, done, total) = match step {
            Step::Observing => ("reading both sides", 0, 0),
            Step::LookedUp { done, total } => ("looking people up", done, total),
            Step::Applied { done, total } => ("writing", done, total),
        };
        self.bar.set_style(style(if total == 0 { WITHOUT_END } else { WITH_END }));
        self.bar.set_message(what);
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
    }

    fn stop(&self) -> Option<&Receiver<bool>> {
        self.stop.as_ref()
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(showing) = &self.showing {
            showing.abort();
        }
        self.bar.finish_and_clear();
    }
}

fn style(form: &str) -> ProgressStyle {
    ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_bar_is_understood() {
        for form in [WITHOUT_END, WITH_END] {
            assert!(ProgressStyle::with_template(form).is_ok(), "{form}");
        }
    }
}
