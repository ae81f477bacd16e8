#!/usr/bin/env python3
"""Measures mcplint as whole processes that take turns, and prints the tables of docs/performance.md.

    python3 benches/compare.py              replay and start-up, beside the floor and other tools
    python3 benches/compare.py --growth     how cost grows with calls, grants and tools
    python3 benches/compare.py --memory     peak memory by length of the trace, and of one line

Wants cargo and the Python 3 standard library. jq, jaq and DuckDB take part where they are on PATH. What
the programs print goes nowhere, so that no disk is measured.
"""

import argparse
import contextlib
import ctypes
import dataclasses
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
POLICY = ROOT / "fixtures/bench/policy.json"
BENCHES = ["floor", "empty", "trace"]
# Other tools take tens of seconds a million calls: they sit out the later rounds.
PEER_ROUNDS = 3
# A process that only starts takes a millisecond: it is started so often in each round.
START_UPS = 20
MIB = 1024 * 1024
# Calls of one tool, grant and minute above 12, and amounts above 50000: a small part of the policy.
JQ = (
    '[inputs | select((.args.amount | numbers) // 0 | . <= 50000) | "\\(.grant) \\(.tool) \\(.ts[0:16])"]'
    " | group_by(.) | map(length - 12 | select(. > 0)) | add"
)
SQL = """SET threads TO 2;
WITH calls AS (
  SELECT ts, "grant", tool, TRY_CAST(args->>'$.amount' AS DOUBLE) AS amount
  FROM read_json('{trace}', format='newline_delimited',
    columns={{ts: 'VARCHAR', "grant": 'VARCHAR', tool: 'VARCHAR', args: 'JSON'}})
), counted AS (
  SELECT row_number() OVER (PARTITION BY "grant", tool, ts[1:16] ORDER BY ts) AS n
  FROM calls WHERE amount IS NULL OR amount <= 50000
)
SELECT count(*) FILTER (n > 12) AS throttled FROM counted;"""
PYTHON = "import json, sys\nfor line in open(sys.argv[1], 'rb'): json.loads(line)"


# --- Running ----------------------------------------------------------------------------------------


@dataclasses.dataclass
class Command:
    """Something to measure."""

    name: str
    argv: list
    rounds: int | None = None  # all of them if None


@dataclasses.dataclass
class Sample:
    """What one run took, in seconds."""

    wall: float
    cpu: float


class Samples(list):
    """What the runs of a command took."""

    def median(self, field):
        return statistics.median(getattr(sample, field) for sample in self)

    def spread(self):
        walls = [sample.wall for sample in self]
        return min(walls), max(walls)


def say(text):
    print(text, file=sys.stderr, flush=True)


def spawn(argv):
    """Starts a program whose output goes nowhere."""
    argv = [str(part) for part in argv]
    nowhere = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
    return os.posix_spawnp(argv[0], argv, os.environ, file_actions=nowhere)


def wait(pid, argv):
    """What the ended process used."""
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"failed: {' '.join(map(str, argv))}")
    return usage


def run(argv):
    start = time.perf_counter()
    usage = wait(spawn(argv), argv)
    return Sample(time.perf_counter() - start, usage.ru_utime + usage.ru_stime)


def peak_memory(argv):
    """The most memory that a program held, in bytes.

    The system counts what a process held before it became another program: here, Python. So a shell
    starts the program and leaves it to us, which Linux calls a subreaper.
    """
    unit = 1 if sys.platform == "darwin" else 1024
    if sys.platform != "linux":
        return wait(spawn(argv), argv).ru_maxrss * unit
    PR_SET_CHILD_SUBREAPER = 36
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        sys.exit("this system does not tell how much memory a program held")
    argv = [str(part) for part in argv]
    # Were the program to end before its shell does, the shell would take what we want to know.
    script = 'exec 3<&0; { read -r _ <&3; exec "$@" 3<&-; } >/dev/null 2>&1 & echo $!'
    shell = subprocess.Popen(["sh", "-c", script, "sh", *argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with shell.stdin, shell.stdout:
        pid = int(shell.stdout.readline())
        shell.wait()
    return wait(pid, argv).ru_maxrss * unit


def take_turns(commands, rounds):
    """Runs each command once in each round, after one run that does not count."""
    samples = {command.name: Samples() for command in commands}
    for command in commands:
        run(command.argv)
    say(f"{rounds} rounds of: {', '.join(samples)}")
    for turn in range(rounds):
        for command in commands:
            if command.rounds is None or turn < command.rounds:
                samples[command.name].append(run(command.argv))
    return samples


def output(argv):
    return subprocess.run([str(part) for part in argv], check=True, stdout=subprocess.PIPE).stdout


# --- Preparing --------------------------------------------------------------------------------------


class Programs:
    """What is measured: copies in `folder` of what cargo built.

    Copies, because that is what installing makes of a program, and because the system reads a file that a
    linker has just written in smaller pieces: starting mcplint takes 4 % longer then.
    """

    def __init__(self, folder):
        self.paths = {}
        self.folder = folder
        self.build("bench", "--no-run", *(word for name in BENCHES for word in ("--bench", name)))
        # Last, because benches are built with other features of the libraries, and mcplint with them.
        self.build("build", "--release", "--bin", "mcplint")

    def build(self, *words):
        say(f"cargo {' '.join(words)}")
        told = output(["cargo", words[0], "--message-format", "json", "--manifest-path", ROOT / "Cargo.toml", *words[1:]])
        for message in map(json.loads, told.splitlines()):
            if message.get("executable"):
                name = message["target"]["name"]
                self.paths[name] = Path(shutil.copy(message["executable"], self.folder / name))

    def __getitem__(self, name):
        return self.paths[name]

    def simulate(self, trace, policy, threads, form="json"):
        """The command line of a replay."""
        options = ["--no-config", "--format", form, "--threads", threads, "--policy", policy]
        return [self["mcplint"], "simulate", *options, trace]

    def trace(self, path, calls, **shape):
        """Makes a trace at `path`."""
        words = [str(word) for name, value in shape.items() for word in (f"--{name}", value)]
        say(f"a trace of {calls} calls {' '.join(words)}")
        output([self["trace"], calls, *words, "-o", path])
        return path


def policy_of(tools, path):
    """The policy with so many tools: the first ones, or all and copies of them, at `path`."""
    policy = json.loads(POLICY.read_text())
    known = list(policy["tools"].items())
    policy["tools"] = {}
    for number in range(tools):
        copy, place = divmod(number, len(known))
        name, tool = known[place]
        policy["tools"][f"{name}_{copy}" if copy else name] = tool
    path.write_text(json.dumps(policy))
    return path


# --- Tables -----------------------------------------------------------------------------------------


def table(head, rows):
    """A Markdown table; all columns but the first are numbers."""
    print(f"| {' | '.join(head)} |")
    print("|---|" + "---:|" * (len(head) - 1))
    for row in rows:
        print(f"| {' | '.join(row)} |")
    print()


def milliseconds(seconds):
    return f"{seconds * 1e3:.2f}" if seconds < 0.1 else f"{seconds * 1e3:.0f}"


def mebibytes(size):
    return f"{size / MIB:.1f}"


def count(number):
    return f"{number:,}".replace(",", " ")


def measured(commands, samples, first, memory=True):
    """The table of a comparison: every command beside the command called `first`."""
    unit = samples[first]
    rows = []
    for command in commands:
        taken = samples[command.name]
        least, most = taken.spread()
        wall, cpu = taken.median("wall"), taken.median("cpu")
        row = [
            command.name,
            str(len(taken)),
            milliseconds(wall),
            f"{milliseconds(least)}–{milliseconds(most)}",
            milliseconds(cpu),
            f"{wall / unit.median('wall'):.2f}",
            f"{cpu / max(unit.median('cpu'), 1e-9):.2f}",
        ]
        rows.append(row + [mebibytes(peak_memory(command.argv))] if memory else row)
    head = ["", "runs", "wall, ms", "min–max", "CPU, ms", f"wall ÷ {first}", f"CPU ÷ {first}"]
    table(head + ["peak, MiB"] if memory else head, rows)


def describe():
    """Where and of what this was measured."""
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(": ", 1)[1] for line in lines if line.startswith("model name")), model)
    commit = output(["git", "-C", ROOT, "describe", "--always", "--dirty"]).decode().strip()
    rust = output(["rustc", "--version"]).decode().strip()
    load = " ".join(f"{load:.1f}" for load in os.getloadavg())
    print(f"{model}, {os.cpu_count()} processors, {platform.system()} {platform.release()}; {rust};")
    print(f"commit {commit}; load before measuring {load}.\n")


# --- What is measured -------------------------------------------------------------------------------


def peers(trace):
    """Other tools that do a part of the work, and the names of those that are absent."""
    found = [Command("Python json, reading alone", [sys.executable, "-c", PYTHON, trace], PEER_ROUNDS)]
    absent = []
    wanted = {
        "jq": ["-n", JQ, trace],
        "jaq": ["-n", JQ, trace],
        "duckdb": ["-c", SQL.format(trace=trace)],
    }
    for name, words in wanted.items():
        if shutil.which(name):
            found.append(Command(name, [name, *words], PEER_ROUNDS))
        else:
            absent.append(name)
    return found, absent


def same_output(programs, trace, policy):
    """The number of threads must not show."""
    for form in ("json", "jsonl"):
        one, two = (output(programs.simulate(trace, policy, threads, form)) for threads in (1, 2))
        if one != two:
            sys.exit(f"--format {form} differs between one and two threads")
        print(f"`--format {form}`: {count(len(one))} bytes, the same with one and two threads.")
    print()


def compare(programs, options, folder):
    trace = options.trace or programs.trace(folder / "trace.jsonl", options.calls)
    describe()
    lines = output([programs["floor"], trace]).decode().strip()
    print(f"{count(int(lines))} calls, {count(trace.stat().st_size)} bytes.\n")
    same_output(programs, trace, options.policy)
    others, absent = peers(trace)
    one = Command("json, one thread", programs.simulate(trace, options.policy, 1))
    two = Command("json, two threads", programs.simulate(trace, options.policy, 2))
    commands = [
        Command("floor", [programs["floor"], trace]),
        one,
        two,
        Command("jsonl, one thread", programs.simulate(trace, options.policy, 1, "jsonl")),
        Command("jsonl, two threads", programs.simulate(trace, options.policy, 2, "jsonl")),
        *others,
    ]
    samples = take_turns(commands, options.rounds)
    measured(commands, samples, "floor")
    wall, cpu = (samples[two.name].median(f) / samples[one.name].median(f) for f in ("wall", "cpu"))
    print(f"Two threads take {wall:.2f} of the wall time and {cpu:.2f} of the CPU time of one.")
    if absent:
        print(f"Not on PATH, so not measured: {', '.join(absent)}.")
    print()


def start_up(programs, options):
    commands = [
        Command("empty", [programs["empty"]]),
        Command("mcplint --version", [programs["mcplint"], "--version"]),
        Command("mcplint validate", [programs["mcplint"], "validate", "--no-config", options.policy]),
    ]
    samples = take_turns(commands, options.rounds * START_UPS)
    measured(commands, samples, "empty")


def series(programs, options, what, points):
    """One table of growth. `points` are numbers with the replay of so many, and its calls."""
    with tempfile.TemporaryDirectory(dir=options.dir) as folder:
        folder = Path(folder)
        commands, starts, traces = [], [], []
        for number, calls, shape in points:
            trace = programs.trace(folder / f"{number}.jsonl", calls, **shape)
            single = folder / f"{number}.single.jsonl"
            with trace.open("rb") as whole:
                single.write_bytes(whole.readline())
            policy = POLICY if "tools" not in shape else policy_of(number, folder / f"{number}.json")
            commands.append(Command(count(number), programs.simulate(trace, policy, 1)))
            starts.append(Command(f"{number} start", programs.simulate(single, policy, 1)))
            traces.append((calls, trace.stat().st_size))
        samples = take_turns(commands + starts, options.rounds)
        rows = []
        for command, start, (calls, size) in zip(commands, starts, traces):
            wall, began = samples[command.name].median("wall"), samples[start.name].median("wall")
            least, most = samples[command.name].spread()
            rows.append([
                command.name,
                f"{size / calls:.0f}",
                milliseconds(began),
                milliseconds(wall),
                f"{milliseconds(least)}–{milliseconds(most)}",
                f"{(wall - began) / calls * 1e9:.0f}",
                mebibytes(peak_memory(command.argv)),
            ])
    head = [what, "bytes a call", "one call, ms", "all, ms", "min–max", "ns a call", "peak, MiB"]
    table(head, rows)


def growth(programs, options):
    describe()
    calls = options.calls
    series(programs, options, "calls", [(10**n, 10**n, {}) for n in range(4, 8)])
    series(programs, options, "grants", [(10**n, calls, {"grants": 10**n}) for n in range(1, 7)])
    series(programs, options, "tools", [(10**n, calls, {"tools": 10**n}) for n in range(1, 5)])


def long_line(path, kind, size):
    """A trace of one line of about `size` bytes."""
    pieces = {
        "one text": (b"x", b""),
        "one text of escapes": (b"\\n", b""),
        "a list of numbers": (b"1", b","),
        "a list of objects": (b'{"a":1}', b","),
    }
    piece, comma = pieces[kind]
    body = comma.join([piece] * (size // len(piece + comma)))
    body = b"[" + body + b"]" if comma else b'"' + body + b'"'
    path.write_bytes(b'{"ts":"2026-03-02T06:00:00Z","grant":"g","tool":"write_file","args":{"content":' + body + b"}}\n")
    return path


def memory(programs, options, folder):
    describe()
    short = programs.trace(folder / "short.jsonl", 10_000)
    long = programs.trace(folder / "long.jsonl", 3_000_000)

    def peak(trace, threads):
        # The most of a few: threads do not meet in the same way each time.
        return max(peak_memory(programs.simulate(trace, options.policy, threads)) for _ in range(5))

    rows, base = [], {}
    for threads in (1, 2, 8):
        base[threads], most = peak(short, threads), peak(long, threads)
        rows.append([str(threads), *map(mebibytes, (base[threads], most, most - base[threads]))])
    table(["threads", "10 000 lines, MiB", "3 000 000 lines, MiB", "more, MiB"], rows)
    rows = []
    for kind in ("one text", "one text of escapes", "a list of numbers", "a list of objects"):
        for size in (16 * MIB, 60 * MIB):
            path = long_line(folder / "line.jsonl", kind, size)
            length = path.stat().st_size
            added = [peak(path, threads) - base[threads] for threads in (1, 2)]
            rows.append([kind, mebibytes(length), *(mebibytes(more) for more in added), *(f"{more / length:.1f}" for more in added)])
    table(["one line: `content` is", "length, MiB", "more with 1 thread", "with 2", "× length, 1", "× length, 2"], rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trace", type=Path, help="a native trace, instead of a made-up one")
    parser.add_argument("--policy", type=Path, default=POLICY)
    parser.add_argument("--calls", type=int, default=1_000_000, help="calls of the made-up trace")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--dir", type=Path, help="where traces are made: --growth wants 4 GB at once")
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--memory", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.dir) as folder:
        folder = Path(folder)
        programs = Programs(folder)
        if options.growth:
            growth(programs, options)
        if options.memory:
            memory(programs, options, folder)
        if not options.growth and not options.memory:
            compare(programs, options, folder)
            start_up(programs, options)


if __name__ == "__main__":
    main()
