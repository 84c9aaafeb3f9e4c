//! Whole stories with the shipped binary, one file per theme.

mod alerts;
mod audit;
mod authority;
mod bad_input;
mod cost;
mod demo;
mod exit_codes;
mod gate;
mod handout;
mod hold;
mod imports;
mod imports_undo;
mod notices;
mod processes;
mod serve;
mod shapes;
mod shown;
mod sources;
mod spokes;
mod status;
mod stops;
mod store_file;
mod sync;
mod tenant_chapter;
mod undo;
mod wrong_graph;
