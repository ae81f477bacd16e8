//! Any pattern: refused or compiled, and matched without panic.
#![no_main]

use mcplint::policy::re2::Pattern;

libfuzzer_sys::fuzz_target!(|input: (&str, &str)| {
    let (pattern, text) = input;
    if let Ok(pattern) = Pattern::new(pattern) {
        let _matches = pattern.is_match(text);
    }
});
