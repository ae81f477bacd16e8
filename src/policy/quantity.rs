//! Exact amounts: whole numbers in a machine word, decimals when they are needed.
