//! A replay's summary for people: what a reviewer wants to know in half a minute.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::kind::kinds;
use super::{Context, PolicySource, counted, counted_as, rule_named, tool_named, used};
use crate::engine::Peak;
use crate::finding::{Finding, Severity};
use crate::policy::quantity::grouped;
use crate::render::escape::printable;
use crate::render::findings::text::write_remark;
use crate::render::paint::Paint;
use crate::render::table::Table;
use crate::replay::covered::CoveredClause;
use crate::replay::recorded::Recorded;
use crate::replay::sessions::Sessions;
use crate::replay::summary::{LimitUse, RuleTally, Summary, Tally};
use crate::rules::REMARK;
use crate::span::Span;

/// How many rows each part of the report has; what is left out is counted.
const ROWS: usize = 25;

/// How many reasons are shown with their place in the policy.
const EXCERPTS: usize = 10;

/// How many characters of a rule's name are shown: names are a policy's own, and may be hostile.
const LONGEST_RULE: usize = 200;

/// Writes `summary`; `skipped` lines could not be read.
///
/// # Errors
/// Those of `out`.
pub fn write(
    summary: &Summary,
    skipped: u64,
    context: &Context<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut report = TextReport {
        context,
        paint: Paint::new(context.style.color),
        out,
        after_excerpt: false,
    };
    report.totals(&summary.total, skipped)?;
    report.tools(summary)?;
    report.reasons(&summary.by_rule)?;
    report.needs(&summary.needs)?;
    report.limits(&summary.limits)?;
    report.recorded(&summary.recorded)?;
    report.sessions(&summary.sessions)?;
    report.unused(summary)?;
    if context.verbose {
        report.curves(&summary.limits)?;
        report.coverage(&summary.coverage)?;
        report.reach(summary)?;
    }
    Ok(())
}

struct TextReport<'r> {
    context: &'r Context<'r>,
    paint: Paint,
    out: &'r mut dyn Write,
    after_excerpt: bool,
}

impl TextReport<'_> {
    fn totals(&mut self, total: &Tally, skipped: u64) -> io::Result<()> {
        let traces = names(&self.context.traces);
        let mut named = BTreeSet::new();
        let policies: Vec<_> = self
            .context
            .policies
            .iter()
            .map(|p| p.name)
            .filter(|name| named.insert(*name))
            .map(str::to_owned)
            .collect();
        let policies = names(&policies);
        writeln!(
            self.out,
            "{} of {traces} under {policies}",
            counted(total.calls, "call", "calls")
        )?;
        let paints = [Paint::green, Paint::red, Paint::yellow, Paint::blue];
        let kinds = kinds(total).iter().zip(paints);
        let parts = kinds.map(|(kind, painted)| painted(self.paint, &counted_as(kind, total)));
        let mut parts: Vec<_> = parts.collect();
        if skipped > 0 {
            let lines = counted(skipped, "line", "lines");
            parts.push(self.paint.bold(&format!("{lines} skipped")));
        }
        writeln!(self.out, "{}", parts.join(", "))
    }

    fn heading(&mut self, text: &str) -> io::Result<()> {
        // An excerpt ends with an empty line of its own.
        if !std::mem::take(&mut self.after_excerpt) {
            writeln!(self.out)?;
        }
        writeln!(self.out, "{}", self.paint.bold(text))
    }

    fn left_out(&mut self, all: usize, what: &str) -> io::Result<()> {
        if all > ROWS {
            writeln!(
                self.out,
                "  … and {} more {what}; --format json has them all",
                all - ROWS
            )?;
        }
        Ok(())
    }

    fn tools(&mut self, summary: &Summary) -> io::Result<()> {
        if summary.by_tool.is_empty() {
            return Ok(());
        }
        self.heading("By tool")?;
        let kinds = kinds(&summary.total);
        let mut table = Table::new(1);
        let words = kinds.iter().map(|kind| kind.word);
        let head = ["tool", "calls"].into_iter().chain(words);
        table.row(head.map(str::to_owned).collect());
        let mut row = |name: String, tally: &Tally| {
            let mut cells = vec![name, or_dot(tally.calls)];
            cells.extend(kinds.iter().map(|kind| or_dot((kind.of)(tally))));
            table.row(cells);
        };
        for tool in summary.by_tool.iter().take(ROWS) {
            let name = tool_named(tool.server.as_deref(), &tool.tool);
            row(cut(&printable(&name)), &tool.tally);
        }
        if summary.other_tools.calls > 0 {
            row("(further tools)".to_owned(), &summary.other_tools);
        }
        table.write(|line| self.paint.dim(line), self.out)?;
        self.left_out(summary.by_tool.len(), "tools")
    }

    fn reasons(&mut self, reasons: &[RuleTally]) -> io::Result<()> {
        if reasons.is_empty() {
            return Ok(());
        }
        self.heading("Why calls were blocked")?;
        for (number, reason) in reasons.iter().take(ROWS).enumerate() {
            self.reason(reason, number < EXCERPTS)?;
        }
        self.after_excerpt = true;
        self.left_out(reasons.len(), "reasons")
    }

    fn reason(&mut self, reason: &RuleTally, with_excerpt: bool) -> io::Result<()> {
        let did = if reason.throttle {
            "throttled"
        } else {
            "denied"
        };
        let first = self.context.trace_line(reason.first);
        let mut message = format!(
            "{} {did} by {}, first at {first}",
            grouped(reason.calls),
            rule_named(&shortened(&reason.rule, LONGEST_RULE))
        );
        if let Some(why) = &reason.unusable_amount {
            message.push_str(&format!(": {}", shortened(why, LONGEST_RULE)));
        }
        match (self.context.policy(reason.policy), reason.span) {
            (Some(policy), Some(span)) if with_excerpt => {
                let span = policy.telling_line(span);
                let mut remark = Finding::new(&REMARK, reason.pointer.as_str(), span, message);
                if reason.throttle {
                    remark.severity = Severity::Warning;
                }
                write_remark(
                    &policy.without_findings(),
                    &remark,
                    self.context.style,
                    self.out,
                )
            }
            _ => writeln!(self.out, "  × {}\n", printable(&message)),
        }
    }

    fn needs(&mut self, needs: &[(String, u64)]) -> io::Result<()> {
        if needs.is_empty() {
            return Ok(());
        }
        self.heading("What unknown calls need: values that the trace does not hold")?;
        for (path, calls) in needs.iter().take(ROWS) {
            let path = printable(path);
            let calls = counted(*calls, "call needs", "calls need");
            writeln!(self.out, "  {calls} {}", shortened(&path, LONGEST_RULE))?;
        }
        self.left_out(needs.len(), "paths")
    }

    fn limits(&mut self, limits: &[LimitUse]) -> io::Result<()> {
        let mut used = used(limits);
        if used.is_empty() {
            return Ok(());
        }
        // The limits that did something come first, then the fuller ones.
        used.sort_by(|(a, a_peak), (b, b_peak)| {
            let by_throttled = b.throttled.cmp(&a.throttled);
            by_throttled.then_with(|| fill(b, b_peak).total_cmp(&fill(a, a_peak)))
        });
        self.heading("Limits: the fullest window of each")?;
        let mut table = Table::new(1);
        let mut head = vec!["limit", "peak", "max", "per", "throttled"];
        // What would have been enough is what the peak was where nothing was throttled.
        let throttled = used.iter().any(|(limit, _)| limit.throttled > 0);
        head.extend(throttled.then_some("enough"));
        head.extend(["reached by", "in the window from"]);
        table.row(head.into_iter().map(str::to_owned).collect());
        for (limit, peak) in used.iter().take(ROWS) {
            let owner = peak.owner.as_deref().map_or("·".into(), printable);
            let mut row = vec![
                cut(&printable(&limit.pointer)),
                peak.count.to_string(),
                limit.max.map_or("·".to_owned(), |max| max.to_string()),
                limit.window.clone(),
                or_dot(limit.throttled),
            ];
            let enough = limit.enough.map_or("·".to_owned(), |max| max.to_string());
            row.extend(throttled.then_some(enough));
            row.extend([cut(&owner), peak.start.to_string()]);
            table.row(row);
        }
        table.write(|line| self.paint.dim(line), self.out)?;
        self.left_out(used.len(), "limits")
    }

    fn unused(&mut self, summary: &Summary) -> io::Result<()> {
        if summary.unused.is_empty() || summary.total.calls == 0 {
            return Ok(());
        }
        self.heading("Never reached by a call")?;
        for clause in summary.unused.iter().take(ROWS) {
            let Some(policy) = self.context.policy(Some(clause.policy)) else {
                continue;
            };
            let place = place(policy, clause.span);
            writeln!(self.out, "  {place}  {}", cut(&printable(&clause.pointer)))?;
        }
        self.left_out(summary.unused.len(), "clauses")
    }

    fn recorded(&mut self, recorded: &Recorded) -> io::Result<()> {
        if recorded.calls() == 0 {
            return Ok(());
        }
        let (same, all) = (grouped(recorded.same()), grouped(recorded.calls()));
        self.heading(&format!(
            "Recorded decisions: {same} of {all} are the same in the replay"
        ))?;
        for kind in recorded.disagreements.iter().take(ROWS) {
            let by = |rule: &str| match rule {
                "" => String::new(),
                rule => {
                    let shown = shortened(&printable(rule), LONGEST_RULE);
                    format!(" by {}", rule_named(&shown))
                }
            };
            writeln!(
                self.out,
                "  {} recorded as {}{}, now {}{}, first at {}",
                grouped(kind.calls),
                kind.recorded,
                by(kind.recorded_rule.as_deref().unwrap_or("")),
                kind.simulated,
                by(&kind.rule),
                printable(&self.context.trace_line(kind.first)),
            )?;
        }
        self.left_out(recorded.disagreements.len(), "ways in which they differ")
    }

    fn sessions(&mut self, sessions: &Sessions) -> io::Result<()> {
        let Some(first) = sessions.first_blocked() else {
            return Ok(());
        };
        let at = printable(&self.context.trace_line(first.at)).into_owned();
        self.heading("Sessions")?;
        writeln!(
            self.out,
            "  {} of {} had a call blocked, the first at {at}",
            grouped(sessions.blocked),
            counted(sessions.total, "session", "sessions"),
        )?;
        let after = &sessions.after_block;
        if after.calls > 0 {
            writeln!(
                self.out,
                "  {} came after a block, {} of them allowed: what the agent would have done then is not known",
                counted(after.calls, "call", "calls"),
                grouped(after.allow),
            )?;
        }
        if sessions.not_followed > 0 {
            let calls = counted(sessions.not_followed, "call", "calls");
            writeln!(self.out, "  {calls} of further sessions were not followed")?;
        }
        Ok(())
    }

    /// How many calls other maxima would have throttled, for limits that throttled some.
    fn curves(&mut self, limits: &[LimitUse]) -> io::Result<()> {
        let throttling = limits.iter().filter(|limit| limit.throttled > 0);
        let throttling: Vec<_> = throttling.collect();
        if throttling.is_empty() {
            return Ok(());
        }
        self.heading("Calls that other maxima would have throttled")?;
        for limit in throttling.iter().take(ROWS) {
            let most = if limit.curve_is_exact { "" } else { "at most " };
            writeln!(self.out, "  {}", cut(&printable(&limit.pointer)))?;
            let points = limit.curve.iter().map(|point| {
                let throttled = grouped(point.throttled);
                format!("max {}: {most}{throttled}", grouped(point.max))
            });
            let points: Vec<_> = points.collect();
            for line in points.chunks(6) {
                writeln!(self.out, "    {}", line.join(", "))?;
            }
        }
        self.left_out(throttling.len(), "limits")
    }

    fn coverage(&mut self, clauses: &[CoveredClause]) -> io::Result<()> {
        if clauses.is_empty() {
            return Ok(());
        }
        self.heading("Clauses: the calls that came to each, that it refused, that it decided")?;
        let mut table = Table::new(1);
        table.row(
            ["clause", "evaluated", "fired", "decided"]
                .map(str::to_owned)
                .into(),
        );
        for clause in clauses.iter().take(ROWS) {
            let exercise = clause.exercise;
            let counts = [exercise.evaluated, exercise.fired, exercise.decided];
            let name = cut(&printable(&clause.pointer));
            table.row(std::iter::once(name).chain(counts.map(or_dot)).collect());
        }
        table.write(|line| self.paint.dim(line), self.out)?;
        self.left_out(clauses.len(), "clauses")
    }

    fn reach(&mut self, summary: &Summary) -> io::Result<()> {
        let tools = || summary.reach.iter().flatten();
        self.heading("Reach: the most that the limits let through, for each grant")?;
        let mut table = Table::new(1);
        table.row(["tool", "per hour", "per day"].map(str::to_owned).into());
        for reach in tools().take(ROWS) {
            let name = reach.tool.as_deref();
            let name = name.map_or("(any other tool)".to_owned(), |name| cut(&printable(name)));
            table.row(vec![
                name,
                or_unlimited(reach.calls.per_hour),
                or_unlimited(reach.calls.per_day),
            ]);
            for (path, most) in &reach.amounts {
                let path = cut(&printable(path));
                table.row(vec![
                    format!("  {path}"),
                    or_unlimited(most.per_hour),
                    or_unlimited(most.per_day),
                ]);
            }
        }
        table.write(|line| self.paint.dim(line), self.out)?;
        self.left_out(tools().count(), "tools")
    }
}

/// `policy.json:12:5`
fn place(policy: PolicySource<'_>, span: Span) -> String {
    let position = policy.lines.position(policy.text, span.start);
    format!(
        "{}:{}:{}",
        printable(policy.name),
        position.line,
        position.column
    )
}

/// How full a limit was, from 0 upwards.
fn fill(limit: &LimitUse, peak: &Peak) -> f64 {
    let peak = peak.count.to_string().parse().unwrap_or(0.0);
    let max = limit.max.unwrap_or(i64::MAX) as f64;
    if max > 0.0 { peak / max } else { 0.0 }
}

/// One name as it is, several counted.
fn names(names: &[String]) -> String {
    match names {
        [] => "no policy".to_owned(),
        [one] => printable(one).into_owned(),
        [first, others @ ..] => format!("{} and {} more", printable(first), others.len()),
    }
}

/// A name, or the start of it, as a table has room for.
fn cut(name: &str) -> String {
    shortened(name, 60)
}

/// At most `longest` characters of a name.
fn shortened(name: &str, longest: usize) -> String {
    match name.char_indices().nth(longest) {
        None => name.to_owned(),
        Some(_) => name.chars().take(longest - 1).chain(['…']).collect(),
    }
}

fn or_unlimited(most: Option<u64>) -> String {
    most.map_or("unlimited".to_owned(), grouped)
}

/// A count, or a dot where there is nothing to see.
fn or_dot(n: u64) -> String {
    match n {
        0 => "·".to_owned(),
        n => grouped(n),
    }
}
