//! A large HR export, taken into a list that has most of its people already.

use std::time::Instant;

use listsync_benches::Figure;
use listsync_end_to_end::World;

use crate::memory;

const ROWS: usize = 100_000;

pub(crate) async fn figures() -> Vec<Figure> {
    let world = World::of(1).await;
    world.write("before.csv", export(0, "Sales"));
    // A tenth is new, a tenth has left, and everybody else has moved.
    world.write("after.csv", export(ROWS / 10, "Service"));
    world.listsync(&["lists", "create", "Staff"]).await.exits(0);
    let import = |file| ["import", file, "--list", "Staff", "--mode", "full", "--profile", "bamboohr"];
    world.listsync(&import("before.csv")).await.exits(0);
    let began = Instant::now();
    let peak = memory::peak(world.command(&import("after.csv"))).await;
    let took = began.elapsed().as_secs_f64();
    let what = |what| format!("import of {ROWS} rows into an existing list: {what}");
    vec![
        Figure { what: what("time"), value: took, bound: 10.0, unit: "s" },
        Figure { what: what("peak memory"), value: peak, bound: 100.0, unit: "MB" },
    ]
}

/// An export of so many people, from a number on.
fn export(from: usize, department: &str) -> String {
    let row = |n: usize| format!("{n},Person {n},p{n}@contoso.example,{department},Basel,Active\n");
    let head = "Employee #,Name,Work Email,Department,Location,Status\n".to_owned();
    head + &(from..from + ROWS).map(row).collect::<String>()
}
