//! Output: what mcplint shows, in every format. Renderers write finished results and decide nothing.

mod document;
pub mod escape;
pub mod findings;
mod paint;
pub mod replay;
pub mod risk;
mod spreadsheet;
mod table;
pub mod test;

pub use findings::text::Style;
pub use findings::{Account, FileFindings, Report, Unread};

/// `1 file`, `2 files`: `ending` is what the noun has more where there are several.
pub fn counted(count: usize, noun: &str, ending: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { ending })
}
