//! Edits on texts of every layout.
