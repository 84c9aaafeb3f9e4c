//! Members, joins and leaves over time, as a picture with the same numbers beside it.

use std::collections::BTreeMap;

use listsync_core::{Timestamp, summary::Summary};
use maud::{Markup, html};

use crate::parts::number;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// So many spans of time stand beside each other at most, before longer ones are taken.
const SPANS: i64 = 62;

/// A span of time, and what syncs did in it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Span {
    from: Timestamp,
    joined: u64,
    left: u64,
    /// The list's members at its end, where it is of one list.
    members: Option<u64>,
}

/// Spans of one length, the oldest first, without a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Spans {
    /// In seconds.
    each: i64,
    all: Vec<Span>,
}

impl Spans {
    /// Of runs, the newest first. Members are counted back from those of now: what a run did is known, and how many there were
    /// when it did it is not.
    fn of(runs: &[Summary], members: Option<u64>) -> Option<Self> {
        let (newest, oldest) = (runs.first()?.finished_at, runs.last()?.finished_at);
        let length = newest.as_second() - oldest.as_second();
        let each = [MINUTE, HOUR, DAY, 7 * DAY, 28 * DAY].into_iter().find(|each| length / each < SPANS)?;
        let at = |moment: Timestamp| moment.as_second().div_euclid(each);
        let mut moved: BTreeMap<i64, (u64, u64)> =
            (at(oldest)..=at(newest)).map(|span| (span, (0, 0))).collect();
        for run in runs {
            let (joined, left) = moved.entry(at(run.finished_at)).or_default();
            *joined += run.list.added + run.group.added;
            *left += run.list.removed + run.group.removed;
        }
        let mut members = members;
        let mut all: Vec<Span> = moved
            .into_iter()
            .rev()
            .filter_map(|(span, (joined, left))| {
                let from = Timestamp::from_second(span * each).ok()?;
                let at_end = members;
                members = members.map(|members| (members + left).saturating_sub(joined));
                Some(Span { from, joined, left, members: at_end })
            })
            .collect();
        all.reverse();
        Some(Self { each, all })
    }

    fn called(&self, at: Timestamp) -> String {
        at.strftime(if self.each < DAY { "%-d %b, %H:%M" } else { "%-d %b %Y" }).to_string()
    }

    fn each(&self) -> &'static str {
        match self.each {
            MINUTE => "minute",
            HOUR => "hour",
            DAY => "day",
            _ if self.each == 7 * DAY => "week",
            _ => "four weeks",
        }
    }
}

const WIDTH: u64 = 480;
/// Room for numbers beside the picture.
const SIDE: u64 = 56;
/// The heights of the members' part, and of each of the two below it.
const MEMBERS: u64 = 96;
const MOVED: u64 = 44;
/// Above, between, and below for the dates.
const GAP: u64 = 18;

/// The picture and its table; nothing where no run is.
pub(super) fn plot(runs: &[Summary], members: Option<u64>) -> Markup {
    let Some(spans) = Spans::of(runs, members) else { return html! {} };
    let title = match members {
        Some(_) => "Members, joins and leaves over time",
        None => "What syncs added and removed over time",
    };
    html! {
        figure.plot aria-labelledby="plot" {
            h2 #plot { (title) }
            (picture(&spans, title))
            details { summary { "The same in numbers" } (table(&spans)) }
            figcaption.quiet.small {
                "By the last " (number(runs.len() as u64)) " runs, each " (spans.each()) "."
                @if members.is_some() { " Members are counted back from those of now." }
            }
        }
    }
}

fn picture(spans: &Spans, title: &str) -> Markup {
    let has_members = spans.all.iter().any(|span| span.members.is_some());
    let line = GAP + if has_members { MEMBERS + GAP } else { 0 } + MOVED;
    let height = line + MOVED + GAP;
    let (first, last) = match (spans.all.first(), spans.all.last()) {
        (Some(first), Some(last)) => (spans.called(first.from), spans.called(last.from)),
        _ => return html! {},
    };
    let most = spans.all.iter().map(|span| span.joined.max(span.left)).max().unwrap_or(0).max(1);
    let each = (WIDTH - SIDE) as f64 / spans.all.len() as f64;
    let left_of = |at: usize| SIDE as f64 + at as f64 * each;
    let tall = |of: u64| of as f64 / most as f64 * MOVED as f64;
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-labelledby="plot-title plot-told" {
            title #plot-title { (title) }
            desc #plot-told { (told(spans)) }
            @if has_members { (members_line(spans, &left_of)) }
            @for (at, span) in spans.all.iter().enumerate() {
                @if span.joined > 0 { (bar("joined", left_of(at), line as f64 - tall(span.joined), each, tall(span.joined))) }
                @if span.left > 0 { (bar("left", left_of(at), line as f64, each, tall(span.left))) }
            }
            line.axis x1=(SIDE) y1=(line) x2=(WIDTH) y2=(line) {}
            text x="0" y=(line - MOVED / 2) { "+" (number(most)) }
            text x="0" y=(line + MOVED / 2 + 8) { "−" (number(most)) }
            text x=(SIDE) y=(height - 3) { (first) }
            @if first != last { text x=(WIDTH) y=(height - 3) text-anchor="end" { (last) } }
        }
    }
}

fn bar(class: &str, x: f64, y: f64, each: f64, tall: f64) -> Markup {
    let wide = (each * 0.8).clamp(1.0, 24.0);
    // What is there can be seen, however little it is beside the rest.
    let shown = tall.max(1.5);
    let y = if class == "joined" { y + tall - shown } else { y };
    html! { rect class=(class) x=(fixed(x + (each - wide) / 2.0)) y=(fixed(y)) width=(fixed(wide)) height=(fixed(shown)) {} }
}

fn members_line(spans: &Spans, left_of: &dyn Fn(usize) -> f64) -> Markup {
    let known = || spans.all.iter().filter_map(|span| span.members);
    let (least, most) = (known().min().unwrap_or(0), known().max().unwrap_or(0));
    let floor = GAP + MEMBERS;
    // As many all the time stand at the top, where their number is.
    let share = |of: u64| if least == most { 1.0 } else { (of - least) as f64 / (most - least) as f64 };
    let high = |of: u64| floor as f64 - share(of) * MEMBERS as f64;
    let middle = (left_of(1) - left_of(0)) / 2.0;
    let points: Vec<String> = spans
        .all
        .iter()
        .enumerate()
        .filter_map(|(at, span)| {
            span.members.map(|of| format!("{},{}", fixed(left_of(at) + middle), fixed(high(of))))
        })
        .collect();
    // One point is no line.
    let points = if points.len() == 1 { format!("{SIDE},{floor} {WIDTH},{floor}") } else { points.join(" ") };
    html! {
        polyline.members points=(points) {}
        line.axis x1=(SIDE) y1=(floor) x2=(WIDTH) y2=(floor) {}
        text x="0" y=(GAP + 5) { (number(most)) }
        @if least < most { text x="0" y=(floor) { (number(least)) } }
    }
}

/// A number with one digit behind the point, as the picture needs no more.
fn fixed(of: f64) -> String {
    format!("{of:.1}")
}

fn told(spans: &Spans) -> String {
    let (joined, left) =
        spans.all.iter().fold((0, 0), |(joined, left), span| (joined + span.joined, left + span.left));
    let members = match (
        spans.all.first().and_then(|span| span.members),
        spans.all.last().and_then(|span| span.members),
    ) {
        (Some(first), Some(last)) => format!(" Members went from {} to {}.", number(first), number(last)),
        _ => String::new(),
    };
    let (first, last) = (spans.all.first(), spans.all.last());
    let from = first.map(|span| spans.called(span.from)).unwrap_or_default();
    let to = last.map(|span| spans.called(span.from)).unwrap_or_default();
    format!("From {from} to {to}, {} joined and {} left.{members}", number(joined), number(left))
}

fn table(spans: &Spans) -> Markup {
    let has_members = spans.all.iter().any(|span| span.members.is_some());
    let moved = spans.all.iter().rev().filter(|span| span.joined + span.left > 0);
    html! {
        table {
            caption { "Each " (spans.each()) " in which somebody joined or left, newest first" }
            thead { tr {
                th scope="col" { "From" } th.num scope="col" { "Joined" } th.num scope="col" { "Left" }
                @if has_members { th.num scope="col" { "Members" } }
            } }
            tbody { @for span in moved { tr {
                th scope="row" { (spans.called(span.from)) }
                td.num { (number(span.joined)) } td.num { (number(span.left)) }
                @if has_members { td.num { (span.members.map(number).unwrap_or_default()) } }
            } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use listsync_testkit::sample;

    use super::*;

    /// A run that ended so many seconds after the first and moved so many.
    fn run(second: i64, joined: u64, left: u64) -> Summary {
        let at = Timestamp::from_second(second).expect("a moment");
        let mut run = sample::summary("run", &sample::link_id("link"), at);
        run.finished_at = at;
        (run.list.added, run.group.added) = (0, joined);
        (run.list.removed, run.group.removed) = (left, 0);
        run
    }

    fn rows(runs: &[Summary], members: Option<u64>) -> Vec<(i64, u64, u64, Option<u64>)> {
        let spans = Spans::of(runs, members).expect("there are runs");
        spans
            .all
            .iter()
            .map(|span| (span.from.as_second() / spans.each, span.joined, span.left, span.members))
            .collect()
    }

    #[test]
    fn members_are_counted_back_from_now_and_no_span_is_left_out() {
        let runs = [run(3 * HOUR + 9, 0, 2), run(HOUR + 9, 5, 0), run(HOUR + 1, 1, 1), run(1, 10, 0)];
        let expected = [(0, 10, 0, Some(10)), (1, 6, 1, Some(15)), (2, 0, 0, Some(15)), (3, 0, 2, Some(13))];
        assert_eq!(rows(&runs, Some(13)), expected);
    }

    #[test]
    fn long_times_are_shown_in_longer_spans() {
        for (seconds, each) in [
            (0, "minute"),
            (61 * MINUTE, "minute"),
            (62 * MINUTE, "hour"),
            (61 * HOUR, "hour"),
            (62 * HOUR, "day"),
            (62 * DAY, "week"),
            (500 * DAY, "four weeks"),
        ] {
            let spans = Spans::of(&[run(seconds, 1, 0), run(0, 1, 0)], None).expect("there are runs");
            assert_eq!(spans.each(), each, "{seconds}");
            assert!(spans.all.len() <= 63, "{}", spans.all.len());
        }
        assert_eq!(Spans::of(&[], Some(3)), None);
    }

    #[test]
    fn the_picture_says_in_words_what_it_shows() {
        let text = plot(&[run(DAY, 2, 0), run(0, 40, 1)], Some(41)).into_string();
        for words in
            ["42 joined and 1 left", "Members went from 39 to 41", "role=\"img\"", "The same in numbers"]
        {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
}
