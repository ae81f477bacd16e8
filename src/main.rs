//! The `mcplint` command: parse, call, return.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = mcplint::cli::args::Cli::parse();
    mcplint::cli::run(&cli).into()
}
