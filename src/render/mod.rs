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
