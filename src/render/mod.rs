//! Output: what mcplint shows, in every format. Renderers write finished results and decide nothing.

pub mod escape;
pub mod findings;
