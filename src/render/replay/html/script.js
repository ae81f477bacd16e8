"use strict";
// The page is complete without this, but for the timeline: it sorts, filters and zooms. All texts of
// policies and traces are in the page already; nothing here makes elements out of texts.
const decisions = ["allow", "deny", "throttle", "unknown"];
const words = ["allowed", "denied", "throttled", "unknown"];
const number = new Intl.NumberFormat("en");

function sortable(table) {
  const body = table.tBodies[0];
  table.querySelectorAll("thead th").forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    const numeric = head.classList.contains("number");
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") === (numeric ? "descending" : "ascending") ? !numeric : numeric;
      // `up` is whether the larger come first.
      table.querySelectorAll("th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "descending" : "ascending");
      const value = (row) => {
        const cell = row.cells[column];
        return numeric ? Number(cell.dataset.value || 0) : cell.textContent;
      };
      const order = (a, b) => (numeric ? a - b : a.localeCompare(b));
      const rows = [...body.rows].sort((a, b) => (up ? -1 : 1) * order(value(a), value(b)));
      body.append(...rows);
    });
  });
}

function filterable(section) {
  const input = section.querySelector("input");
  const count = section.querySelector(".count");
  const rows = [...section.querySelector("tbody").rows];
  input.addEventListener("input", () => {
    const wanted = input.value.toLowerCase();
    let shown = 0;
    for (const row of rows) {
      row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = wanted === "" ? "" : `${number.format(shown)} of ${number.format(rows.length)}`;
  });
  section.querySelector(".tools").hidden = false;
}

function timeline(section) {
  const { width, steps } = JSON.parse(document.getElementById("steps").textContent);
  const svg = section.querySelector("svg");
  const [from, to] = section.querySelectorAll(".axis span");
  const readout = section.querySelector(".readout");
  const whole = [steps[0][0], steps[steps.length - 1][0] + width];
  let [start, end] = whole;
  let columns = [];
  let chosen = null;

  const time = (seconds) => new Date(seconds * 1000).toISOString().replace("T", " ").replace(/(:00)?\.000Z$/, "");
  const rect = (kind, x, y, w, h) => {
    const shape = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    shape.setAttribute("class", kind);
    for (const [name, value] of Object.entries({ x, y, width: w, height: h })) shape.setAttribute(name, value);
    return shape;
  };

  function draw() {
    const perColumn = Math.max(1, Math.ceil((end - start) / width / 240));
    const span = perColumn * width;
    const first = Math.floor(start / span) * span;
    const by = new Map();
    for (const [at, ...counts] of steps) {
      if (at < start || at >= end) continue;
      const column = Math.floor((at - first) / span);
      const sums = by.get(column) || [0, 0, 0, 0];
      by.set(column, sums.map((sum, kind) => sum + counts[kind]));
    }
    const many = Math.max(1, Math.ceil((end - first) / span));
    const highest = Math.max(1, ...[...by.values()].map((sums) => sums.reduce((a, b) => a + b)));
    columns = { by, first, span, many };
    svg.setAttribute("viewBox", `0 0 ${many} 100`);
    const shapes = [];
    for (const [column, sums] of by) {
      let y = 100;
      sums.forEach((sum, kind) => {
        // What was blocked stays visible beside much that was allowed.
        const height = sum === 0 ? 0 : Math.max((sum / highest) * 94, 1.2);
        y -= height;
        if (height > 0) shapes.push(rect(decisions[kind], column + 0.06, y, 0.88, height));
      });
    }
    svg.replaceChildren(...shapes);
    from.textContent = `${time(start)} UTC`;
    to.textContent = `${time(end)} UTC`;
    readout.textContent = `one bar is ${length(span)}; the highest has ${number.format(highest)} calls`;
  }

  function length(seconds) {
    for (const [unit, size] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
      if (seconds % size === 0) return `${seconds / size} ${unit}${seconds === size ? "" : "s"}`;
    }
    return `${seconds} second${seconds === 1 ? "" : "s"}`;
  }

  function show(newStart, newEnd) {
    const least = Math.max(width, 1);
    start = Math.max(whole[0], Math.floor(newStart / width) * width);
    end = Math.min(whole[1], Math.max(Math.ceil(newEnd / width) * width, start + least));
    draw();
  }

  const zoom = (factor) => {
    const [middle, half] = [(start + end) / 2, ((end - start) / 2) * factor];
    show(middle - half, middle + half);
  };
  const move = (part) => {
    const by = Math.round(((end - start) * part) / width) * width;
    const clamped = Math.max(whole[0] - start, Math.min(whole[1] - end, by));
    show(start + clamped, end + clamped);
  };
  const at = (event) => {
    const box = svg.getBoundingClientRect();
    const part = Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
    return part * columns.many;
  };
  const toTime = (column) => columns.first + column * columns.span;

  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    chosen = { from: at(event), shape: rect("chosen", at(event), 0, 0, 100) };
    svg.append(chosen.shape);
    svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener("pointermove", (event) => {
    const here = at(event);
    if (chosen) {
      chosen.shape.setAttribute("x", Math.min(here, chosen.from));
      chosen.shape.setAttribute("width", Math.abs(here - chosen.from));
      return;
    }
    const column = Math.floor(here);
    const sums = columns.by.get(column) || [0, 0, 0, 0];
    const said = sums.map((sum, kind) => `${number.format(sum)} ${words[kind]}`).filter((_, kind) => kind < 3 || sums[3] > 0);
    readout.textContent = `${time(toTime(column))} UTC: ${said.join(", ")}`;
  });
  const release = (event, keep) => {
    if (!chosen) return;
    const [a, b] = [chosen.from, at(event)].sort((x, y) => x - y);
    chosen.shape.remove();
    chosen = null;
    if (keep && b - a > columns.many / 200) show(toTime(a), toTime(b));
  };
  svg.addEventListener("pointerup", (event) => release(event, true));
  svg.addEventListener("pointercancel", (event) => release(event, false));
  svg.addEventListener("keydown", (event) => {
    const does = { "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), ArrowLeft: () => move(-0.25), ArrowRight: () => move(0.25), Escape: () => show(...whole) };
    if (does[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) {
      does[event.key]();
      event.preventDefault();
    }
  });
  const [closer, wider, all] = section.querySelectorAll(".tools button");
  closer.addEventListener("click", () => zoom(0.5));
  wider.addEventListener("click", () => zoom(2));
  all.addEventListener("click", () => show(...whole));
  section.querySelector(".drawn").hidden = false;
  draw();
}

document.querySelectorAll("table.sorts").forEach(sortable);
document.querySelectorAll("section.filters").forEach(filterable);
document.querySelectorAll("#timeline").forEach(timeline);
