//! mcplint's JSON checker against `serde_json`.
#![no_main]

#[path = "../../tests/support/json_oracle.rs"]
mod json_oracle;

libfuzzer_sys::fuzz_target!(|text: &str| json_oracle::compare(text));
