//! Bars on standard error for what takes longer than a second, where a person looks at it.

use std::{
    io::{IsTerminal as _, stderr},
    sync::OnceLock,
    time::{Duration, Instant},
};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use listsync_engine::watch::{Step, Watch};
use tokio::{task::JoinHandle, time::sleep};

const PATIENCE: Duration = Duration::from_secs(1);
const BEAT: Duration = Duration::from_millis(120);

/// The bars of runs that go on side by side.
#[derive(Clone, Default)]
pub(crate) struct Bars(MultiProgress);

impl Bars {
    /// A bar for one run.
    pub(crate) fn bar(&self, name: &str) -> Bar {
        Bar { bars: self.0.clone(), started: Instant::now(), bar: OnceLock::new(), name: name.to_owned() }
    }
}

/// Shows how far a run came, once it has taken a second; nothing where standard error is no terminal.
pub(crate) struct Bar {
    bars: MultiProgress,
    started: Instant,
    bar: OnceLock<ProgressBar>,
    name: String,
}

impl Bar {
    fn shown(&self) -> Option<&ProgressBar> {
        let is_due = self.started.elapsed() >= PATIENCE && stderr().is_terminal();
        (is_due || self.bar.get().is_some()).then(|| self.bar.get_or_init(|| self.begin()))
    }

    fn begin(&self) -> ProgressBar {
        let bar = self.bars.add(ProgressBar::no_length());
        let form = "{prefix} {spinner} {msg} {wide_bar} {human_pos}/{human_len} {eta}";
        bar.set_style(ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(self.name.clone());
        bar.enable_steady_tick(BEAT);
        bar
    }
}

impl Watch for Bar {
    fn step(&self, step: Step) {
        let Some(bar) = self.shown() else { return };
        let (what, done, total) = match step {
            Step::Observing => ("reading both sides", 0, 0),
            Step::LookedUp { done, total } => ("looking people up", done, total),
            Step::Applied { done, total } => ("writing", done, total),
        };
        bar.set_message(what);
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

/// Shows that something goes on of which nobody knows how far it came; as [`Bar`], once it has taken a second.
pub(crate) struct Spinner {
    bar: ProgressBar,
    showing: Option<JoinHandle<()>>,
}

impl Spinner {
    /// Begins to wait for something.
    pub(crate) fn waiting() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let shown = bar.clone();
        let showing = stderr().is_terminal().then(|| {
            tokio::spawn(async move {
                sleep(PATIENCE).await;
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.set_message("working");
                shown.enable_steady_tick(BEAT);
            })
        });
        Self { bar, showing }
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        if let Some(showing) = &self.showing {
            showing.abort();
        }
        self.bar.finish_and_clear();
    }
}
