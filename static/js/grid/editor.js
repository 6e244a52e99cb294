// The active cell (单元格编辑): one real input lies over it and has focus, so that Chinese input methods start in it.

import { choiceOf, digitOf, valueOf } from "./table.js";

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
export const FIXED = "由底册推算，不用填";

export class Editor extends EventTarget {
  // Events: "active" {row, column}; "answers" [{row, column, value|choose}]; "paste" {text}; "command" name.
  constructor(table, box) {
    super();
    Object.assign(this, { table, box, row: -1, column: -1, mode: "ready", options: [], marked: -1 });
    this.input = box.querySelector(".cell-input");
    this.list = box.querySelector(".cell-options");
    this.input.hidden = false;
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.input.addEventListener("input", (event) => this.onInput(event));
    this.input.addEventListener("compositionstart", () => this.mode === "ready" && this.open("type"));
    this.input.addEventListener("compositionend", () => this.offer());
    this.input.addEventListener("blur", () => this.commit());
    this.input.addEventListener("focus", () => this.place());
    this.input.addEventListener("mousedown", () => this.mode === "ready" && this.begin());
    this.input.addEventListener("paste", (event) => this.onPaste(event));
    for (const name of ["copy", "cut"]) this.input.addEventListener(name, (event) => this.onCopy(event));
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) this.choose(Number(option.dataset.number));
    });
    table.element.tBodies[0].addEventListener("mousedown", (event) => {
      const cell = event.target.closest("td");
      if (!cell || cell.cellIndex < table.leading || event.button) return;
      event.preventDefault();
      const { row, column } = table.place(cell);
      this.moveTo(row, column);
    });
    table.element.tBodies[0].addEventListener("keydown", (event) => this.onRowKey(event));
    for (const control of table.element.tBodies[0].querySelectorAll("a, button, input")) control.tabIndex = -1;
    new ResizeObserver(() => this.place()).observe(table.element);
  }

  get now() {
    return this.table.read(this.row, this.column);
  }

  get definition() {
    return this.table.columns[this.column];
  }

  moveTo(row, column, { focus = true } = {}) {
    this.commit();
    this.table.element.querySelector(".active")?.classList.remove("active");
    this.row = Math.max(0, Math.min(row, this.table.rows.length - 1));
    this.column = Math.max(0, Math.min(column, this.table.columns.length - 1));
    const cell = this.table.cell(this.row, this.column);
    cell.classList.add("active");
    this.refresh();
    if (focus) this.input.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // The cell under the input may have changed: its place, what is read aloud, the bar.
  refresh() {
    if (this.row < 0) return;
    this.place();
    const now = this.now;
    const column = this.definition;
    const title = this.table.title(this.table.rows[this.row]);
    const value = now.value || (column.required ? "待填" : "空");
    const told = [now.error, now.differs && `另一来源 ${now.altSource} 为 ${now.alt || "空"}，按回车选择`, now.readonly && FIXED];
    const words = [column.name, title, `第 ${this.row + 1} 行`, value, now.source && `来源 ${now.source}`, ...told];
    this.input.setAttribute("aria-label", words.filter(Boolean).join("，"));
    this.input.readOnly = now.readonly;
    this.input.setAttribute("aria-invalid", String(Boolean(now.error)));
    const hasList = (column.options.length > 0 || now.differs) && !now.readonly;
    for (const [name, set] of [["role", "combobox"], ["aria-haspopup", "listbox"], ["aria-controls", this.list.id], ["aria-expanded", "false"]]) {
      if (hasList) this.input.setAttribute(name, set);
      else this.input.removeAttribute(name);
    }
    this.dispatchEvent(new CustomEvent("active", { detail: { row: this.row, column: this.column } }));
  }

  place() {
    if (this.row < 0) return;
    const cell = this.table.cell(this.row, this.column);
    const { style } = this.input;
    style.left = `${cell.offsetLeft}px`;
    style.top = `${cell.offsetTop}px`;
    style.height = `${cell.offsetHeight}px`;
    style.width = `${this.mode === "ready" ? cell.offsetWidth : Math.max(cell.offsetWidth, 150)}px`;
  }

  // mode "type": what is typed replaces, arrows commit and move; "edit": the value is changed, arrows move the caret.
  open(mode) {
    this.mode = mode;
    this.input.classList.add("editing");
    this.place();
  }

  begin() {
    const now = this.now;
    if (now.readonly) return this.say(FIXED);
    if (now.differs) return this.showConflict(now);
    this.input.value = now.value.includes("****") ? "" : now.value;
    this.open("edit");
    if (this.definition.options.length) {
      this.showOptions("");
      this.input.select();
    } else {
      this.input.setSelectionRange(this.input.value.length, this.input.value.length);
    }
  }

  commit() {
    if (this.mode === "ready") return;
    const { mode, marked, options, filtered } = this;
    const typed = this.input.value;
    this.cancel();
    const now = this.now;
    let value = valueOf(this.definition, typed);
    if (options[0]?.choose) return; // the two values of a conflict were shown and neither taken
    if (filtered && marked >= 0 && !choiceOf(this.definition, typed)) value = options[marked].value;
    if (mode === "edit" && (value === now.value || (!value && now.value.includes("****")))) return;
    if (value || now.value) this.answer({ value });
  }

  cancel() {
    this.mode = "ready";
    this.input.value = "";
    this.input.classList.remove("editing");
    this.hideOptions();
    this.place();
  }

  answer(answer) {
    if (this.now.readonly) return this.say(FIXED);
    this.dispatchEvent(new CustomEvent("answers", { detail: [{ row: this.row, column: this.column, ...answer }] }));
  }

  say(words) {
    this.dispatchEvent(new CustomEvent("command", { detail: { name: "say", words } }));
  }

  command(name) {
    this.dispatchEvent(new CustomEvent("command", { detail: { name, row: this.row, column: this.column } }));
  }

  // ---- the list of choices

  showConflict(now) {
    this.mode = "edit"; // the value stays in sight beneath the input
    this.input.readOnly = true;
    const own = { key: "1", label: `采用现值：${now.value || "空"}`, choose: "current" };
    this.show([own, { key: "2", label: `采用${sourceWord(now.altSource)}：${now.alt || "空"}`, choose: "other" }], 0);
  }

  showOptions(text) {
    const { options } = this.definition;
    const all = options.map(([code, label], number) => ({ key: digitOf(this.definition, number), label, value: label, code }));
    const wanted = text.trim();
    const found = wanted ? all.filter((each) => each.label.includes(wanted) || each.code.startsWith(wanted)) : all;
    const current = found.findIndex((each) => each.value === this.now.value);
    this.filtered = Boolean(wanted);
    this.show(found, wanted ? 0 : current);
  }

  show(options, marked) {
    this.options = options;
    this.list.replaceChildren(
      ...options.map((option, number) => {
        const item = document.createElement("li");
        item.setAttribute("role", "option");
        item.id = `cell-option-${number}`;
        item.dataset.number = number;
        if (option.key) {
          const key = document.createElement("kbd");
          key.textContent = option.key;
          item.append(key);
        }
        item.append(option.label);
        return item;
      }),
    );
    this.list.hidden = !options.length;
    this.input.setAttribute("aria-expanded", String(options.length > 0));
    this.mark(options.length ? marked : -1);
    if (!options.length) return;
    const { offsetLeft, offsetTop, offsetHeight } = this.input;
    this.list.style.minWidth = `${this.input.offsetWidth}px`;
    this.list.style.left = `${offsetLeft}px`;
    const below = this.box.scrollTop + this.box.clientHeight - offsetTop - offsetHeight;
    const up = below < this.list.offsetHeight && offsetTop - this.box.scrollTop > below;
    this.list.style.top = `${up ? offsetTop - this.list.offsetHeight : offsetTop + offsetHeight}px`;
  }

  hideOptions() {
    this.options = [];
    this.filtered = false;
    this.list.hidden = true;
    this.mark(-1);
    if (this.input.hasAttribute("aria-expanded")) this.input.setAttribute("aria-expanded", "false");
    this.input.readOnly = this.now.readonly;
  }

  mark(number) {
    this.marked = number;
    [...this.list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === number)));
    if (number < 0) return this.input.removeAttribute("aria-activedescendant");
    this.input.setAttribute("aria-activedescendant", `cell-option-${number}`);
    this.list.children[number].scrollIntoView({ block: "nearest" });
  }

  choose(number) {
    const option = this.options[number];
    this.cancel();
    this.answer(option.choose ? { choose: option.choose } : { value: option.value });
  }

  // ---- keys

  onInput(event) {
    if (this.mode === "ready") this.open("type");
    if (!event.isComposing) this.offer();
  }

  offer() {
    if (this.definition.options.length && this.mode !== "ready") this.showOptions(this.input.value);
  }

  onKey(event) {
    if (event.isComposing || event.keyCode === 229) return;
    const handled = event.ctrlKey || event.metaKey ? this.onCommandKey(event) : this.options.length ? this.onListKey(event) : false;
    if (handled || ((event.ctrlKey || event.metaKey) ? false : this.onPlainKey(event))) event.preventDefault();
  }

  onCommandKey(event) {
    const key = event.key.toLowerCase();
    if (key === "enter") this.command("confirm");
    else if (key === "d") this.command("above");
    else if (key === "home") this.moveTo(0, 0);
    else if (key === "end") this.moveTo(this.table.rows.length - 1, this.table.columns.length - 1);
    else if (this.mode !== "ready") return false;
    else if (key === "z") this.command(event.shiftKey ? "redo" : "undo");
    else if (key === "y") this.command("redo");
    else return false;
    return true;
  }

  onListKey(event) {
    const last = this.options.length - 1;
    if (event.key === "ArrowDown") this.mark(this.marked < last ? this.marked + 1 : 0);
    else if (event.key === "ArrowUp") this.mark(this.marked > 0 ? this.marked - 1 : last);
    else if (event.key === "Enter" && this.marked >= 0) this.choose(this.marked);
    else if (/^[0-9]$/.test(event.key) && !this.filtered) return this.chooseByKey(event.key);
    else return false;
    return true;
  }

  chooseByKey(key) {
    const number = this.options.findIndex((option) => option.key === key);
    if (number >= 0) this.choose(number);
    return number >= 0;
  }

  onPlainKey(event) {
    const { key, shiftKey } = event;
    const ready = this.mode === "ready";
    if (key === "Enter") {
      if (ready && !shiftKey) this.begin();
      else this.step(shiftKey ? -1 : 1, 0);
    } else if (key === "F2") {
      if (ready) this.begin();
    } else if (key === "Tab") {
      return this.tab(shiftKey ? -1 : 1);
    } else if (key === "Escape") {
      if (ready) this.command("leave");
      else this.cancel();
    } else if (MOVES[key] && event.altKey) {
      if (ready) this.begin();
    } else if (MOVES[key] && this.mode !== "edit") {
      if (key === "ArrowLeft" && this.column === 0) this.toRow(".left");
      else this.step(...MOVES[key]);
    } else if (!ready) {
      return false;
    } else if (key === "Delete") {
      if (this.now.value) this.answer({ value: "" });
    } else if (key === "Home" || key === "End") {
      this.moveTo(this.row, key === "Home" ? 0 : this.table.columns.length - 1);
    } else if (key === "PageUp" || key === "PageDown") {
      const rows = Math.max(1, Math.floor(this.box.clientHeight / this.table.rows[0].offsetHeight) - 2);
      this.step(key === "PageUp" ? -rows : rows, 0);
    } else if (this.now.readonly && key.length === 1) {
      this.say(FIXED);
    } else if (/^[0-9]$/.test(key) && this.definition.options.length) {
      this.showOptions("");
      const chosen = this.chooseByKey(key);
      if (!chosen) this.hideOptions();
      return chosen;
    } else {
      return false;
    }
    return true;
  }

  step(rows, columns) {
    this.moveTo(this.row + rows, this.column + columns);
  }

  // To the next cell one may write in; past the last one, Tab leaves the grid as anywhere else.
  tab(by) {
    this.commit();
    const width = this.table.columns.length;
    for (let at = this.row * width + this.column + by; at >= 0 && at < this.table.rows.length * width; at += by) {
      const row = Math.floor(at / width);
      if (this.table.read(row, at % width).readonly) continue;
      this.moveTo(row, at % width);
      return true;
    }
    return false;
  }

  toRow(selector, row = this.row) {
    const found = this.table.rows[row]?.querySelector(selector);
    const control = found && !found.matches("a, button, input") ? this.table.rows[row].querySelector(".person-cell a") : found;
    control?.focus();
    control?.scrollIntoView({ block: "nearest" });
  }

  // Arrows among the checkbox, the name and the button at the left of a row.
  onRowKey(event) {
    const move = MOVES[event.key];
    const holder = event.target.closest("td, th");
    if (!move || event.target === this.input || !holder) return;
    event.preventDefault();
    const row = this.table.rows.indexOf(holder.parentElement);
    const places = [".pick input", ".person-cell a", ".left"].filter((each) => this.table.rows[row].querySelector(each));
    const at = places.findIndex((each) => holder.contains(this.table.rows[row].querySelector(each)));
    const to = at + move[1];
    if (move[0]) this.toRow(places[at], row + move[0]);
    else if (to === places.length) this.moveTo(row, 0);
    else if (places[to] === ".left" && this.table.leftKind(this.table.rows[row]) === "done") this.moveTo(row, 0);
    else if (to >= 0) this.toRow(places[to], row);
  }

  // ---- clipboard

  onPaste(event) {
    const text = event.clipboardData.getData("text/plain");
    if (this.mode !== "ready" && !/[\t\r\n]/.test(text.trim())) return;
    event.preventDefault();
    if (this.mode !== "ready") this.cancel();
    this.dispatchEvent(new CustomEvent("paste", { detail: { text, row: this.row, column: this.column } }));
  }

  onCopy(event) {
    if (this.mode !== "ready") return;
    event.preventDefault();
    event.clipboardData.setData("text/plain", this.now.value);
    if (event.type === "cut" && this.now.value) this.answer({ value: "" });
  }
}

// "市库 08-30" → "市库"
export function sourceWord(mark) {
  return mark.split(/[ （，]/)[0] || "另一来源";
}
