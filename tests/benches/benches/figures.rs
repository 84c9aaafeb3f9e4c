//! Prints what the functions cost, against the bounds.
#![expect(clippy::print_stdout, reason = "figures are printed")]

use std::process::ExitCode;

use listsync_benches::Figure;

mod beside_load;
mod cold_start;
mod console;
#[path = "../../end-to-end/tests/lambda/crowd.rs"]
mod crowd;
mod fan_out;
mod flights;
mod import;
mod memory;
mod odd_moments;
mod quota;
mod reconcile;
mod size;
mod status;
mod subscribe;

#[tokio::main]
async fn main() -> ExitCode {
    // Cargo adds `--bench`.
    let asked: Vec<String> = std::env::args().skip(1).filter(|name| !name.starts_with("--")).collect();
    if asked == [reconcile::ALONE] {
        println!("{}", reconcile::alone());
        return ExitCode::SUCCESS;
    }
    let wanted = |name: &str| asked.is_empty() || asked.iter().any(|asked| asked == name);
    let mut all_hold = true;
    let mut tell = |figures: Vec<Figure>| {
        for figure in figures {
            println!("{figure}");
            all_hold &= figure.holds();
        }
    };
    if wanted("size") {
        tell(size::figures());
    }
    if wanted("cold-start") {
        tell(cold_start::figures().await);
    }
    if wanted("fan-out") {
        tell(fan_out::figures().await);
    }
    if wanted("memory") {
        tell(memory::figures().await);
    }
    if wanted("memory-of-many") {
        tell(memory::figures_of_many().await);
    }
    if wanted("reconcile") {
        tell(reconcile::figures().await);
    }
    if wanted("import") {
        tell(import::figures().await);
    }
    if wanted("subscribe") {
        tell(subscribe::figures().await);
    }
    if wanted("status") {
        tell(status::figures().await);
    }
    if wanted("beside-load") {
        tell(beside_load::figures().await);
    }
    if wanted("console") {
        tell(console::figures().await);
    }
    if wanted("flights") {
        tell(flights::figures().await);
    }
    if wanted("quota") {
        tell(quota::figures().await);
    }
    if wanted("odd-moments") {
        tell(odd_moments::figures().await);
    }
    if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
