// Pasting from Excel and WPS (粘贴): reads the tab-separated text and says which cell gets what; changes nothing itself.

import { valueOf } from "./table.js";

const ID = /^\d{17}[\dXx]$/;

// Rows of cells. Quoted cells may hold tabs, line breaks and doubled quotes; the last line break makes no row.
export function readBlock(text) {
  const rows = [[]];
  let at = 0;
  while (at < text.length) {
    const quoted = text[at] === '"' ? /"((?:[^"]|"")*)"(?=[\t\r\n]|$)/y : null;
    if (quoted) quoted.lastIndex = at;
    const match = quoted && quoted.exec(text);
    const plain = /[^\t\r\n]*/y;
    plain.lastIndex = at;
    const value = match ? match[1].replaceAll('""', '"').replace(/\r\n?/g, "\n") : plain.exec(text)[0];
    at += match ? match[0].length : value.length;
    rows.at(-1).push(value.trim());
    if (text[at] === "\t") {
      at += 1;
      if (at === text.length) rows.at(-1).push("");
    } else if (at < text.length) {
      at += text.startsWith("\r\n", at) ? 2 : 1;
      if (at < text.length) rows.push([]);
    }
  }
  for (const row of rows) if (!row.length) row.push("");
  return rows;
}

// The block from the active cell to the right and down. A first row that only repeats the headings is left out.
export function planByPlace(table, block, start) {
  const headings = table.columns.slice(start.column).map((column) => column.label);
  const body = block.length > 1 && isHeading(block[0], headings) ? block.slice(1) : block;
  const width = Math.max(...body.map((row) => row.length));
  const columns = Array.from({ length: width }, (_, offset) => start.column + offset);
  const fits = columns.map((column) => (column < table.columns.length ? column : null));
  const targets = body.map((_, offset) => (start.row + offset < table.rows.length ? start.row + offset : null));
  return plan(table, body, targets, fits);
}

// Which block column holds IDs, who each line is about, and a first guess of what goes where; null without IDs.
export function readById(table, block, start) {
  const idColumn = table.columns.findIndex((column) => column.kind === "id_number");
  if (idColumn < 0) return null;
  const width = Math.max(...block.map((row) => row.length));
  const share = (test) => (column) => block.filter((row) => test(row[column] || "")).length * 2 > block.length - 1;
  const places = Array.from({ length: width }, (_, column) => column);
  const at = places.find(share((text) => ID.test(text)));
  if (at === undefined) return null;
  const hasHeading = !ID.test(block[0][at] || "");
  const body = hasHeading ? block.slice(1) : block;
  const titles = table.rows.map((row) => table.title(row));
  const names = places.find((column) => column !== at && body.filter((row) => titles.includes(row[column])).length * 2 > body.length);
  const people = new Map();
  titles.forEach((title, row) => {
    const id = table.read(row, idColumn).value;
    if (id) people.set(ends(id), [...(people.get(ends(id)) || []), { row, id, title }]);
  });
  const targets = body.map((line) => {
    const id = (line[at] || "").toUpperCase();
    const found = (people.get(ends(id)) || []).filter(
      (each) => (each.id.includes("*") || each.id === id) && (names === undefined || each.title === line[names]),
    );
    return found.length === 1 ? found[0].row : null;
  });
  let next = start.column;
  const guess = places.map((column) => {
    if (column === at || column === names) return null;
    if (hasHeading) {
      const same = table.columns.findIndex((each) => each.label === block[0][column] && !each.readonly);
      return same < 0 ? null : same;
    }
    while (next < table.columns.length && table.columns[next].readonly) next += 1;
    return next < table.columns.length ? next++ : null;
  });
  return { body, targets, guess, at, names, heading: hasHeading ? block[0] : null };
}

// {edits: [{row, column, value}], rows, skipped, beyondRows, beyondColumns}; blank cells of the block change nothing.
export function plan(table, body, targets, columns) {
  const result = { edits: [], rows: 0, skipped: 0, beyondRows: 0, beyondColumns: columns.filter((each) => each === null).length };
  body.forEach((line, number) => {
    const row = targets[number];
    if (row === null) {
      result.beyondRows += 1;
      return;
    }
    result.rows += 1;
    line.forEach((text, place) => {
      const column = columns[place];
      if (column === null || column === undefined || !text) return;
      const now = table.read(row, column);
      const value = valueOf(table.columns[column], text);
      if (now.readonly) result.skipped += 1;
      else if (value !== now.value) result.edits.push({ row, column, value });
    });
  });
  return result;
}

function isHeading(line, headings) {
  const named = line.filter((text, place) => text && text === headings[place]).length;
  return named > 0 && named === line.filter(Boolean).length;
}

function ends(id) {
  return id.slice(0, 6) + id.slice(-4).toUpperCase();
}

// Asks how a block with an ID column is to be pasted (按证件号码对应), each column's place open to change.
export class PasteDialog {
  constructor(dialog, table) {
    Object.assign(this, { dialog, table });
  }

  // Resolves to {columns} by ID, {byPlace: true}, or null when nothing is to be pasted.
  ask({ body, targets, guess, at, names, heading }) {
    const found = targets.filter((target) => target !== null).length;
    const missing = targets.length - found;
    const told = `剪贴板里有证件号码列。按证件号码找到 ${found} 人` + (missing ? `；另有 ${missing} 行没有对应的人，不粘贴。` : "。");
    this.dialog.querySelector(".paste-found").textContent = told;
    const lines = guess.map((column, place) => {
      const line = document.createElement("tr");
      const name = heading?.[place] || `第 ${place + 1} 列`;
      const example = body.find((row) => row[place])?.[place] || "—";
      line.innerHTML = `<th scope="row"></th><td></td><td></td>`;
      line.cells[0].textContent = name;
      line.cells[1].textContent = place === at ? `${example.slice(0, 6)}********${example.slice(-4)}` : example;
      if (place === at || place === names) line.cells[2].textContent = place === at ? "用来找人" : "用来核对姓名";
      else line.cells[2].append(this.select(name, column, place));
      return line;
    });
    this.dialog.querySelector("tbody").replaceChildren(...lines);
    this.dialog.returnValue = "";
    this.dialog.showModal();
    return new Promise((resolve) => {
      this.dialog.addEventListener(
        "close",
        () => {
          const columns = guess.map((_, place) => {
            const value = this.dialog.querySelector(`select[data-place="${place}"]`)?.value;
            return value ? Number(value) : null;
          });
          resolve({ id: { columns }, place: { byPlace: true } }[this.dialog.returnValue] || null);
        },
        { once: true },
      );
    });
  }

  select(name, chosen, place) {
    const select = document.createElement("select");
    select.dataset.place = place;
    select.setAttribute("aria-label", `${name}粘贴到`);
    select.append(new Option("不粘贴", ""));
    this.table.columns.forEach((column, number) => {
      if (!column.readonly) select.append(new Option(column.name, String(number), number === chosen, number === chosen));
    });
    return select;
  }
}
