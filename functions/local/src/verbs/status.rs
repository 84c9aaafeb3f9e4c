//! `listsync status`: whether the lists are in step, on one screen.

use std::{io::IsTerminal as _, time::Duration};

use listsync_core::{id::LinkId, status::State, unsettled};
use listsync_engine::{
    Ports,
    ports::PortResult,
    status::{self, Row},
};
use listsync_http::documents::status::{StatusDocument, StatusRow};
use serde_json::json;
use tokio::time::sleep;

use crate::{
    cli::StatusArgs,
    find, host,
    output::{self, Form, Outcome, Refusal, Reply},
    view,
};

/// How often it is shown anew.
const AGAIN: Duration = Duration::from_secs(2);
/// Of more rows than this, those that need nothing are counted and not shown.
const SCREEN: usize = 40;

pub(super) async fn run(ports: &Ports, args: &StatusArgs, form: Form) -> Outcome {
    match args.watch {
        true => watch(ports, args, form).await,
        false => shown(ports, args).await,
    }
}

async fn watch(ports: &Ports, args: &StatusArgs, form: Form) -> Outcome {
    if form == Form::Json || !std::io::stdout().is_terminal() {
        return Err(Refusal::new(
            "usage",
            "--watch draws on a terminal",
            "leave it out, and ask again every now and then",
        ));
    }
    let stop = host::stop_signal()?;
    loop {
        let reply = shown(ports, args).await?;
        output::redraw(&format!("{}\n{}", reply.text, "Shown anew every two seconds; Ctrl-C ends it."));
        tokio::select! {
            () = sleep(AGAIN) => {}
            () = host::stopped(&stop) => return Ok(reply),
        }
    }
}

async fn shown(ports: &Ports, args: &StatusArgs) -> Outcome {
    let rows = rows(ports, args.list.as_deref()).await?;
    let as_of = ports.clock.now();
    let mut document = StatusDocument::over(&rows, as_of);
    let mut text = match (&args.list, rows.is_empty()) {
        (None, true) => "There is no list yet. Make one: listsync lists create NAME\n".to_owned(),
        (None, false) => headline(&rows),
        (Some(_), _) => String::new(),
    };
    text += &table(&rows, args.list.is_none());
    for row in rows {
        let link = match (&args.list, &row.link) {
            (Some(_), Some(link)) => ports.links.load(&link.id).await?,
            _ => None,
        };
        let people = match link {
            Some(link) => Some(status::unsettled(ports, &link).await?),
            None => None,
        };
        text += &people.as_deref().map_or_else(String::new, |people| unsettled::lines(people, view::moment));
        document.items.push(StatusRow::of(row, people));
    }
    let exit = document.exit_code;
    Ok(Reply::done(json!(document), text).exiting(exit))
}

/// Those of a list, of one link, or all.
async fn rows(ports: &Ports, list: Option<&str>) -> Result<Vec<Row>, Refusal> {
    let Some(text) = list else { return Ok(status::rows(ports).await?) };
    match LinkId::parse(text) {
        Ok(id) => match of_link(ports, &id).await? {
            Some(row) => Ok(vec![row]),
            None => Ok(status::rows_of(ports, &find::list(ports, text).await?).await?),
        },
        Err(_) => Ok(status::rows_of(ports, &find::list(ports, text).await?).await?),
    }
}

async fn of_link(ports: &Ports, id: &LinkId) -> PortResult<Option<Row>> {
    let Some(link) = ports.links.load(id).await? else { return Ok(None) };
    let name = find::list_name(ports, &link.link.list).await?;
    let state = status::of_link(ports, &link).await?;
    Ok(Some(Row { list: link.link.list.clone(), name, link: Some((&link).into()), state }))
}

fn headline(rows: &[Row]) -> String {
    let total = rows.len() as u64;
    let troubled = rows.iter().filter(|row| row.state.exit_code() > 2).count() as u64;
    let waiting = rows.iter().filter(|row| row.state.exit_code() == 2).count() as u64;
    let of_all = output::count(total, "list or link", "lists and links");
    match (troubled, waiting) {
        (0, 0) => output::green(&format!("Nothing needs you: {of_all}.")) + "\n\n",
        (0, 1) => format!("Nothing needs you: 1 of {of_all} goes on by itself.\n\n"),
        (0, waiting) => format!("Nothing needs you: {waiting} of {of_all} go on by themselves.\n\n"),
        (1, _) => output::bold(&format!("1 of {of_all} needs somebody.")) + "\n\n",
        (troubled, _) => output::bold(&format!("{troubled} of {of_all} need somebody.")) + "\n\n",
    }
}

/// The rows in columns. Of many, those that need nothing are only counted.
fn table(rows: &[Row], all: bool) -> String {
    let is_quiet = |row: &&Row| match &row.state {
        State::InStep { left_out } => left_out.is_empty(),
        State::NotLinked => true,
        _ => false,
    };
    let cut = all && rows.len() > SCREEN;
    let shown: Vec<[String; 4]> = rows.iter().filter(|row| !cut || !is_quiet(row)).map(cells).collect();
    let hidden = rows.len() - shown.len();
    let mut text = match shown.is_empty() {
        true => String::new(),
        false => output::table(["LIST", "GROUP", "STATE", "TO DO"], &shown),
    };
    if hidden > 0 {
        text += &format!("and {hidden} more, in step or not linked\n");
    }
    text
}

fn cells(row: &Row) -> [String; 4] {
    [
        row.name.clone(),
        row.link.as_ref().map_or_else(|| "–".to_owned(), |link| link.group_names.clone()),
        row.state.text(view::moment),
        row.state.advice(&row.name),
    ]
}
