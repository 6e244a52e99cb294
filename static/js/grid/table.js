// The table as the server printed it (台账表格): reads and writes its cells, rows and figures; knows no network.

const STATES = ["prefilled", "confirmed", "typed", "conflict", "empty", "error", "gap"];

export class Table {
  constructor(root) {
    this.root = root;
    this.element = root.querySelector(".ledger-grid");
    this.columns = JSON.parse(document.getElementById("grid-columns").textContent);
    this.rows = [...this.element.tBodies[0].rows];
    this.byId = new Map(this.rows.map((row) => [this.idOf(row), row]));
    this.numberOf = new Map(this.columns.map((column, number) => [column.key, number]));
    this.leading = this.rows.length ? this.rows[0].cells.length - this.columns.length : 0;
  }

  idOf(row) {
    return Number(row.id.slice(4)); // "row-12"
  }

  cell(row, column) {
    return this.rows[row].cells[this.leading + column];
  }

  place(cell) {
    return { row: this.rows.indexOf(cell.parentElement), column: cell.cellIndex - this.leading };
  }

  title(row) {
    return row.querySelector(".person-cell a").textContent;
  }

  read(row, column) {
    const cell = this.cell(row, column);
    const state = STATES.find((name) => cell.classList.contains(name)) || "";
    const note = cell.querySelector("small");
    return {
      state,
      value: state === "empty" || "blank" in cell.dataset ? "" : cell.firstChild.textContent,
      note: note ? note.textContent : "",
      source: cell.dataset.source || "",
      error: state === "error" && note ? note.textContent : "",
      differs: "altSource" in cell.dataset,
      alt: cell.dataset.alt || "",
      altSource: cell.dataset.altSource || "",
      refused: "refused" in cell.dataset,
      readonly: cell.classList.contains("readonly"),
    };
  }

  edit(row, column, answer) {
    return { row: this.idOf(this.rows[row]), version: Number(this.rows[row].dataset.version), key: this.columns[column].key, ...answer };
  }

  // What was typed is shown at once, before the server has answered.
  showTyped(row, column, value) {
    this.write(this.cell(row, column), this.columns[column], {
      value,
      state: value ? "typed" : "empty",
      note: value ? "本人" : "",
      source_name: value ? "本人填写，正在保存" : "",
    });
  }

  // What was typed last time and refused, beside the colleague's value that stands there (他人已改).
  showRefused(row, column, mine) {
    const { value, source } = this.read(row, column);
    const differing = { state: "conflict", alt_value: mine, alt_source: "本人", accepted: false };
    this.write(this.cell(row, column), this.columns[column], { value, source_name: source, note: "2 个来源不一致", ...differing });
    this.showLeft(this.rows[row], "来源不一致", "conflict");
  }

  // What was typed stays in sight, marked as not saved and never to be (台账已提交).
  showUnsaved(row, column) {
    const { value } = this.read(row, column);
    this.write(this.cell(row, column), this.columns[column], { value, state: "error", note: "没有保存" });
  }

  write(cell, column, answer) {
    cell.classList.remove(...STATES);
    cell.classList.add(answer.state);
    cell.classList.toggle("gap", answer.state === "empty" && column.required);
    cell.classList.toggle("readonly", Boolean(answer.readonly));
    cell.toggleAttribute("data-blank", answer.state !== "empty" && !answer.value);
    cell.textContent = answer.value || (column.required ? "待填" : "—");
    if (answer.note) {
      const note = document.createElement("small");
      note.textContent = answer.note;
      cell.append(note);
    }
    for (const [name, value] of [["source", answer.source_name], ["alt", answer.alt_source && answer.alt_value], ["altSource", answer.alt_source]]) {
      if (value) cell.dataset[name] = value;
      else delete cell.dataset[name];
    }
    if (answer.accepted === false) cell.dataset.refused = "";
    else delete cell.dataset.refused;
  }

  // Takes an answer's rows over. Cells in `waiting` ("row|key") were typed since and keep what they show; so does my own
  // value beside a colleague's, until the answer is to this very cell (`asked`).
  apply(rows, { waiting = new Set(), asked = new Set() } = {}) {
    for (const answer of rows || []) {
      const row = this.byId.get(answer.id);
      if (!row) continue;
      row.dataset.version = answer.version;
      for (const cell of answer.cells) {
        const number = this.numberOf.get(cell.key);
        const name = `${answer.id}|${cell.key}`;
        if (number === undefined || waiting.has(name)) continue;
        const shown = row.cells[this.leading + number];
        if (!("refused" in shown.dataset) || asked.has(name)) this.write(shown, this.columns[number], cell);
      }
      if (row.querySelector("[data-refused]")) this.showLeft(row, "来源不一致", "conflict");
      else this.showLeft(row, answer.left, answer.left_kind);
    }
  }

  showLeft(row, words, kind) {
    const holder = row.querySelector(".check");
    const left = document.createElement(kind === "done" ? "span" : kind === "confirm" ? "button" : "a");
    left.className = `left ${kind}`;
    left.textContent = words;
    if (kind !== "done") {
      left.setAttribute("aria-label", `${this.title(row)}：${words}`);
      left.tabIndex = -1;
    }
    if (kind === "confirm") left.type = "button";
    else if (kind !== "done") left.href = row.querySelector(".person-cell a").href;
    const focused = holder.contains(document.activeElement);
    holder.replaceChildren(left);
    if (focused) (kind === "done" ? row.querySelector(".person-cell a") : left).focus();
  }

  leftKind(row) {
    return row.querySelector(".left").classList[1];
  }

  // The first cell of the page (or of one row) that waits: errors, then sources that differ, then gaps.
  firstLeft(rows = this.rows) {
    for (const state of ["error", "conflict", "gap"]) {
      for (const row of rows) {
        const cell = [...row.cells].find((each) => each.tagName === "TD" && each.classList.contains(state) && each.cellIndex >= this.leading);
        if (cell) return this.place(cell);
      }
    }
    return null;
  }

  picked() {
    return this.rows.filter((row) => row.querySelector(".pick input")?.checked);
  }

  showProgress(progress) {
    if (!progress) return;
    for (const element of document.querySelectorAll("[data-figure]")) {
      element.textContent = progress[element.dataset.figure].toLocaleString("en-US");
    }
    const meter = document.querySelector(".ledger-foot progress");
    if (meter) {
      meter.max = progress.rows;
      meter.value = progress.checked;
    }
    this.progress = progress;
  }
}

// The choice a text names, by code, name or number; null when it names none.
export function choiceOf(column, text) {
  const wanted = text.trim();
  const exact = column.options.find(([code, label]) => label === wanted || code === wanted);
  if (exact) return exact;
  const isPlace = /^[1-9]$/.test(wanted) && column.options.length <= 9 && !codesAreDigits(column);
  return isPlace ? column.options[Number(wanted) - 1] || null : null;
}

// The key that picks an option: its code where all codes are single digits, else its place in a list of up to nine;
// in a longer list a digit begins a code.
export function digitOf(column, number) {
  if (codesAreDigits(column)) return column.options[number][0];
  return column.options.length <= 9 ? String(number + 1) : "";
}

// What a text typed or pasted into this column says.
export function valueOf(column, text) {
  const choice = column.options.length ? choiceOf(column, text) : null;
  return choice ? choice[1] : text.trim();
}

function codesAreDigits(column) {
  return column.options.every(([code]) => /^\d$/.test(code));
}
