//! One beat of the timer over many due links.

use std::time::Duration;

use listsync_benches::Figure;
use listsync_end_to_end::{Cloud, beat};

use crate::crowd;

const LINKS: u32 = 10_000;
/// The emulated AWS does one thing at a time: not the sixty seconds of the template.
const TIME: Duration = Duration::from_secs(600);

pub(crate) async fn figures() -> Vec<Figure> {
    let cloud = Cloud::of(1).await;
    crowd::gather(&cloud, LINKS as usize).await;
    let timer = cloud.timer().await;
    let sent = timer.call(&beat(), TIME).await.expect("the timer answers");
    assert_eq!(sent["sent"], LINKS, "{sent}");
    let mut figures = Vec::new();
    for (operation, bound) in [("SendMessageBatch", f64::from(LINKS) / 10.0), ("Scan", 0.0)] {
        let calls = u32::try_from(cloud.calls(operation).await).unwrap_or(u32::MAX);
        let what = format!("listsync-timer: {operation} calls for {LINKS} due links");
        figures.push(Figure { what, value: f64::from(calls), bound, unit: "calls" });
    }
    figures
}
