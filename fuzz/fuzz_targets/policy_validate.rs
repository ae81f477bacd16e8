//! Any bytes as a policy of any dialect: no panic, spans inside of the text, and a report that
//! can be drawn and holds nothing dangerous.
#![no_main]

#[path = "../spans.rs"]
mod spans;

use mcplint::dialect::Dialect;
use mcplint::engine::{CompiledPolicy, CounterScoping};
use mcplint::render::{FileFindings, Report, Style, escape, findings};
use mcplint::source::Syntax;
use mcplint::source::file::SourceFile;
use mcplint::validate::validate;

libfuzzer_sys::fuzz_target!(|text: &str| {
    for syntax in [Syntax::Json, Syntax::Yaml] {
        let file = SourceFile::new("policy", text, syntax);
        for dialect in [None, Some(Dialect::Gateway), Some(Dialect::Intercept)] {
            let validated = validate(&file, dialect);
            spans::check_findings(&file.text, &validated.findings);
            draw(&file, &validated.findings);
            if let Some(policy) = &validated.policy {
                let _compiled = CompiledPolicy::new(policy, CounterScoping::Policy);
            }
        }
    }
});

fn draw(file: &SourceFile, found: &[mcplint::finding::Finding]) {
    let files = [FileFindings { name: &file.name, text: &file.text, lines: &file.lines, findings: found }];
    let report = Report { files: &files, files_checked: 1, ignored: 0 };
    let mut out = Vec::new();
    let style = Style { color: false, width: 80 };
    findings::text::write(&report, style, &mut out).expect("a Vec takes all");
    findings::json::write(&report, &mut out).expect("a Vec takes all");
    let out = String::from_utf8(out).expect("reports are UTF-8");
    assert!(!out.replace('\n', "").contains(escape::is_dangerous));
}
