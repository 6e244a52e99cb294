// The ledger page (台账填报): puts table, editor, saving and paste together and answers the buttons around them.

import { Editor, FIXED, sourceWord } from "./grid/editor.js";
import { post, Saver } from "./grid/saver.js";
import { Table } from "./grid/table.js";

const root = document.getElementById("ledger");
const settings = root.dataset;
const isPhone = matchMedia("(max-width: 700px)");
const byId = (id) => document.getElementById(id);
const dialogs = { keys: byId("keys-dialog"), submit: byId("submit-dialog") };
const pasteParts = () => import("./grid/paste.js"); // fetched when the page is at rest
const TOAST_MS = 10000;

for (const control of document.querySelectorAll("[data-opens]")) {
  control.addEventListener("click", (event) => {
    event.preventDefault();
    dialogs[control.dataset.opens].showModal();
  });
}
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("click", (event) => event.target.closest("[data-closes]") && dialog.close());
}
if (root.querySelector(".ledger-grid")) start();

function start() {
  const table = new Table(root);
  table.progress = JSON.parse(byId("grid-progress").textContent);
  startSources(table);
  if ("readonly" in settings) return;

  const saver = new Saver({ url: settings.save, sheet: settings.sheet, user: settings.user });
  const editor = new Editor(table, root.querySelector(".grid-box"));
  const done = [];
  const undone = [];
  const undoButton = byId("undo");

  // ---- what was typed goes to the server, and its answer into the table

  function take(answers) {
    const edits = answers.map((each) => {
      const { row, column, ...answer } = each;
      const now = table.read(row, column);
      // My value beside a colleague's stands on this page only: taking it means writing it anew.
      const said = now.refused && answer.choose ? { value: answer.choose === "other" ? now.alt : now.value } : answer;
      const edit = table.edit(row, column, said);
      if (!now.refused && answer.choose) table.showTyped(row, column, answer.choose === "other" ? now.alt : now.value);
      else table.showTyped(row, column, said.value);
      return edit;
    });
    saver.put(edits);
    if (saver.state === "closed") markUnsaved();
    undone.length = 0;
    editor.refresh();
  }

  saver.addEventListener("answer", ({ detail: { answer, edits } }) => {
    const asked = new Set(edits.map((edit) => `${edit.row}|${edit.key}`));
    show(answer, asked);
    if (answer.undo) remember({ token: answer.undo, edits, changed: answer.changed });
    const refused = answer.rows.flatMap((row) => row.cells).filter((cell) => cell.accepted === false);
    if (refused.length) toast(refusedWords(refused, table), { kind: "warn" });
    else if (answer.skipped) toast(`有 ${answer.skipped} 格没有保存：所在的行已移出台账，或由底册推算，不用填`, { kind: "warn" });
  });
  saver.addEventListener("state", ({ detail }) => {
    const line = byId("save-state");
    line.dataset.state = detail.state;
    line.textContent = detail.text;
    byId("save-again").hidden = !["stopped", "expired"].includes(detail.state);
    byId("save-drop").hidden = !["stopped", "closed"].includes(detail.state);
    if (detail.state === "closed") markUnsaved();
    byId("log-in").hidden = detail.state !== "expired";
  });
  byId("save-again").addEventListener("click", () => saver.flush());
  byId("log-in").addEventListener("click", () => (saver.leaving = true));
  byId("save-drop").addEventListener("click", () => {
    saver.leaving = true;
    saver.drop();
    location.reload();
  });
  addEventListener("beforeunload", (event) => {
    if (saver.leaving || !table.element.querySelector("[data-refused]")) return;
    event.preventDefault();
    event.returnValue = "";
  });

  function markUnsaved() {
    for (const { row, key } of saver.pending.values()) {
      if (table.byId.has(row)) table.showUnsaved(table.rows.indexOf(table.byId.get(row)), table.numberOf.get(key));
    }
    editor.refresh();
  }

  function show(answer, asked) {
    table.apply(answer.rows, { waiting: saver.waiting, asked });
    table.showProgress(answer.progress);
    editor.refresh();
  }

  // ---- undo and redo (撤销与重做)

  // Acts with one token are one: a large paste goes in several requests.
  function remember(act) {
    const last = done.at(-1);
    if (act.edits && last?.token === act.token) {
      last.edits = [...last.edits, ...act.edits];
      last.changed += act.changed;
    } else {
      done.push(act);
    }
    undoButton.disabled = false;
  }

  async function undo(act) {
    if (!(await saver.flush())) return toast("还有内容没有保存，联网后再撤销");
    const last = act || done.at(-1);
    if (!last) return toast("没有可撤销的操作");
    const { answer, problem } = await post(settings.undo, { undo: last.token });
    if (problem) return toast(problem, { kind: "warn" });
    done.splice(done.indexOf(last), 1);
    undoButton.disabled = !done.length;
    undone.push(last);
    show(answer, new Set((last.edits || []).map((edit) => `${edit.row}|${edit.key}`)));
    toast(answer.message || "已撤销");
  }

  function redo() {
    const last = undone.pop();
    if (!last) return toast("没有可重做的操作");
    if (last.rows) return confirm(last.rows.map((id) => table.byId.get(id)).filter(Boolean));
    const kept = [...undone];
    take(
      last.edits
        .filter((edit) => table.byId.has(edit.row))
        .map((edit) => ({ ...edit, row: table.rows.indexOf(table.byId.get(edit.row)), column: table.numberOf.get(edit.key) }))
        .map(({ row, column, value, choose }) => (choose ? { row, column, choose } : { row, column, value })),
    );
    undone.push(...kept);
  }

  undoButton.addEventListener("click", () => undo());

  // ---- confirming rows (确认无变化)

  const confirming = new Set();

  async function confirm(asked) {
    if (!asked.length) return toast("先在左边勾选人员，再确认无变化");
    const rows = asked.filter((row) => !confirming.has(row)); // a second click confirms nothing anew
    if (!rows.length) return;
    for (const row of rows) confirming.add(row);
    await confirmOnce(rows).finally(() => rows.forEach((row) => confirming.delete(row)));
  }

  async function confirmOnce(rows) {
    if (!(await saver.flush())) return toast("还有内容没有保存，联网后再确认");
    const body = { rows: rows.map((row) => ({ id: table.idOf(row), version: Number(row.dataset.version) })) };
    const { answer, problem } = await post(settings.confirm, body);
    if (problem) return toast(problem, { kind: "warn" });
    show(answer);
    for (const row of rows) {
      const pick = row.querySelector(".pick input");
      if (pick) pick.checked = false;
    }
    countPicked();
    const act = answer.undo && { token: answer.undo, rows: body.rows.map((row) => row.id) };
    if (act) remember(act);
    toast(answer.message, act ? { undo: () => undo(act) } : {});
  }

  function confirmActive(row) {
    const kind = table.leftKind(table.rows[row]);
    if (kind === "confirm") confirm([table.rows[row]]);
    else if (kind !== "done") return goTo(table.firstLeft([table.rows[row]]));
    editor.moveTo(row + 1, editor.column);
  }

  function goTo(place) {
    if (place) editor.moveTo(place.row, place.column);
  }

  const picks = () => table.rows.map((row) => row.querySelector(".pick input"));
  const pickAll = byId("pick-all");
  const confirmPicked = byId("confirm-picked");

  function countPicked() {
    const count = table.picked().length;
    confirmPicked.textContent = count ? `所选 ${count} 人确认无变化` : "所选确认无变化";
    pickAll.checked = count > 0 && count === table.rows.length;
    pickAll.indeterminate = count > 0 && count < table.rows.length;
  }

  pickAll.addEventListener("change", () => {
    for (const pick of picks()) pick.checked = pickAll.checked;
    countPicked();
  });
  confirmPicked.addEventListener("click", () => confirm(table.picked()));
  table.element.tBodies[0].addEventListener("change", (event) => event.target.closest(".pick") && countPicked());
  table.element.tBodies[0].addEventListener("click", (event) => {
    const left = event.target.closest(".left");
    if (!left || left.tagName === "SPAN") return;
    const row = left.closest("tr");
    if (left.tagName === "BUTTON") confirm([row]);
    else if (!isPhone.matches && table.firstLeft([row])) {
      event.preventDefault();
      goTo(table.firstLeft([row]));
    }
  });

  // ---- paste (粘贴)

  async function paste(text, start) {
    const parts = await pasteParts().catch(() => null);
    if (!parts) return toast("现在粘贴不了，请检查网络后再试", { kind: "warn" });
    const block = parts.readBlock(text);
    const known = block.length > 1 ? parts.readById(table, block, start) : null;
    const wanted = known ? await new parts.PasteDialog(byId("paste-dialog"), table).ask(known) : { byPlace: true };
    editor.moveTo(start.row, start.column);
    if (!wanted) return;
    const found = wanted.byPlace
      ? parts.planByPlace(table, block, start)
      : parts.plan(table, known.body, known.targets, wanted.columns);
    const isOne = block.length === 1 && block[0].length === 1;
    if (isOne && found.edits.length) return take(found.edits);
    await saver.flush();
    if (found.edits.length) take(found.edits);
    const before = done.length;
    const saved = await saver.flush();
    const act = done.length > before ? done.at(-1) : null;
    const cells = found.edits.map((edit) => table.cell(edit.row, edit.column));
    const errors = cells.filter((cell) => cell.classList.contains("error")).length;
    const changed = saved ? (act?.changed ?? 0) : found.edits.length;
    toast(pasteWords(found, { changed, errors, saved, byPlace: wanted.byPlace }), act ? { undo: () => undo(act) } : {});
  }

  // ---- what the editor asks for

  editor.addEventListener("answers", ({ detail }) => take(detail));
  editor.addEventListener("paste", ({ detail }) => paste(detail.text, detail));
  editor.addEventListener("active", ({ detail }) => showBar(table, detail, (choose) => {
    take([{ ...detail, choose }]);
    editor.moveTo(detail.row, detail.column);
  }));
  const commands = {
    say: ({ words }) => toast(words),
    undo: () => (editor.commit(), undo()),
    redo,
    leave: () => confirmPicked.focus(),
    confirm: ({ row }) => {
      editor.commit();
      saver.flush().then(() => confirmActive(row));
    },
    above: ({ row, column }) => {
      if (row === 0) return toast("上面没有行");
      const above = table.read(row - 1, column).value;
      if (table.read(row, column).readonly) return toast(FIXED);
      if (!above || above.includes("****")) return toast("上一行没有可照填的值");
      editor.cancel();
      take([{ row, column, value: above }]);
    },
  };
  editor.addEventListener("command", ({ detail }) => commands[detail.name](detail));

  // ---- leaving: submit and the filters wait for the last answer

  byId("submit-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    editor.commit();
    if (!(await saver.flush())) return toast("还有内容没有保存，联网后再提交", { kind: "warn" });
    const refused = table.element.querySelector("[data-refused]");
    if (refused) {
      toast("有同事刚改过的格，请先选一个值再提交", { kind: "warn" });
      return goTo(table.place(refused));
    }
    const { errors, conflicts, gaps, unchecked } = table.progress;
    const left = [[errors, "处错误"], [conflicts, "处来源不一致"], [gaps, "项待填"]].filter(([count]) => count);
    if (!left.length) {
      byId("submit-unchecked").textContent = unchecked ? `还有 ${unchecked} 人未逐一核对，按预填的值提交。` : "全部人员已核对。";
      return dialogs.submit.showModal();
    }
    const place = isPhone.matches ? null : table.firstLeft();
    toast(`还有 ${left.map(([count, word]) => `${count} ${word}`).join("、")}，处理完再提交`, { kind: "warn" });
    if (place) return goTo(place);
    location.href = document.querySelector(`[data-filter="${errors ? "error" : conflicts ? "conflict" : "gap"}"]`).href;
  });
  byId("submit-yes").addEventListener("click", ({ currentTarget }) => {
    currentTarget.disabled = true; // a second click would hand in what is handed in
    byId("submit-form").submit();
  });
  for (const link of document.querySelectorAll("[data-waits]")) {
    link.addEventListener("click", async (event) => {
      editor.commit();
      if (!saver.dirty || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      if (await saver.flush()) location.href = link.href;
      else toast("还有内容没有保存，先留在本页", { kind: "warn" });
    });
  }
  document.addEventListener("visibilitychange", () => document.hidden && saver.flush());

  // ---- begin where the person was, or at the first thing to do

  const restored = saver.restore();
  for (const { row, key, value, choose } of restored) {
    if (table.byId.has(row) && !choose) table.showTyped(table.rows.indexOf(table.byId.get(row)), table.numberOf.get(key), value);
  }
  for (const mine of [...saver.refused.values()]) {
    const row = table.rows.indexOf(table.byId.get(mine.row));
    const column = table.numberOf.get(mine.key);
    if (row < 0 || column === undefined) continue; // on another page of the table
    if (table.read(row, column).value === mine.value) saver.settle(mine);
    else table.showRefused(row, column, mine.value);
  }
  const waits = table.element.querySelectorAll("[data-refused]").length;
  if (restored.length) toast(`找回上次没有保存的 ${restored.length} 格，正在保存`);
  else if (waits) toast(`有 ${waits} 格同事改过，您填的还没有保存，请选一个`, { kind: "warn" });
  const target = /^#row-\d+$/.test(location.hash) ? byId(location.hash.slice(1)) : null;
  const resume = JSON.parse(byId("grid-resume").textContent);
  const last = !target && resume && table.byId.get(resume.row);
  const first = table.firstLeft(target ? [target] : table.rows) || { row: target ? table.rows.indexOf(target) : 0, column: 0 };
  const begin = last ? { row: table.rows.indexOf(last), column: table.numberOf.get(resume.key) ?? 0 } : first;
  if (table.rows.length) editor.moveTo(begin.row, begin.column, { focus: !isPhone.matches });
  if (last && !restored.length && !waits) toast(`接着上次填：${table.title(last)}，${table.columns[begin.column].name}`);
  const pageScrolls = document.documentElement.dataset.size === "huge";
  if (!target && !pageScrolls) scrollTo(0, 0); // only the table scrolls to the first thing to do, not the page
  (window.requestIdleCallback || setTimeout)(() => pasteParts().catch(() => {}));
}

// ---- the bar above the grid (编辑栏)

function showBar(table, { row, column }, choose) {
  const bar = byId("cell-bar");
  const now = table.read(row, column);
  const definition = table.columns[column];
  const parts = [element("strong", `${table.title(table.rows[row])}：${definition.name}`)];
  if (now.source) parts.push(element("span", `来源：${now.source}`));
  if (now.error) parts.push(element("span", now.error, "bar-error"));
  if (now.differs) {
    parts.push(element("span", `${now.altSource}为“${now.alt || "空"}”`, "bar-alt"));
    for (const [word, which] of [["采用现值", "current"], [`采用${sourceWord(now.altSource)}`, "other"]]) {
      const button = element("button", word, "button small");
      button.type = "button";
      button.addEventListener("click", () => choose(which));
      parts.push(button);
    }
  } else if (now.readonly) parts.push(element("span", FIXED, "bar-hint"));
  else if (definition.hint && !now.error) parts.push(element("span", definition.hint, "bar-hint"));
  bar.replaceChildren(...parts);
}

function element(name, text, className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

// One cell by its two values, unless it is an ID number; several by their count.
function refusedWords(cells, table) {
  const [{ key, value, alt_value: mine }] = cells;
  const isOpen = cells.length === 1 && table.columns[table.numberOf.get(key)]?.kind !== "id_number";
  if (isOpen) return `同事先填了“${value || "空"}”，您填的“${mine || "空"}”还没有保存，只留在本机，请选一个`;
  return `有 ${cells.length} 格同事先填了，您填的还没有保存，只留在本机，请选一个`;
}

function pasteWords(found, { changed, errors, saved, byPlace }) {
  let words = `已粘贴 ${found.rows} 行，改动 ${changed} 格`;
  if (errors) words += `，其中 ${errors} 格有错误`;
  if (!saved) words += "，联网后保存和检查";
  const over = [];
  if (found.beyondRows) over.push(byPlace ? `${found.beyondRows} 行超出表格` : `${found.beyondRows} 行没有对应的人`);
  if (found.beyondColumns && byPlace) over.push(`${found.beyondColumns} 列超出表格`);
  if (over.length) words += `；另有 ${over.join("、")}，未粘贴`;
  if (found.skipped) words += `；${found.skipped} 格不能改，已跳过`;
  return words;
}

// ---- 隐藏来源

function startSources(table) {
  const button = byId("sources");
  const set = (hidden) => {
    table.element.classList.toggle("no-sources", hidden);
    button.textContent = hidden ? "显示来源" : "隐藏来源";
  };
  set(localStorage.getItem("ledger-sources") === "hidden");
  button.addEventListener("click", () => {
    const hidden = !table.element.classList.contains("no-sources");
    localStorage.setItem("ledger-sources", hidden ? "hidden" : "shown");
    set(hidden);
  });
}

// ---- results (操作结果): one line at the foot, with 撤销, for ten seconds that stop while one reads it

function toast(words, { undo = null, kind = "" } = {}) {
  const line = element("div", "", `result ${kind}`);
  line.append(element("span", words));
  let timer;
  const close = () => {
    clearTimeout(timer);
    line.remove();
  };
  const button = (word, act) => {
    const made = element("button", word);
    made.type = "button";
    made.addEventListener("click", () => {
      close();
      act?.();
    });
    line.append(made);
  };
  if (undo) button("撤销", undo);
  button("关闭", null);
  const count = () => (timer = setTimeout(close, TOAST_MS));
  for (const name of ["mouseenter", "focusin"]) line.addEventListener(name, () => clearTimeout(timer));
  for (const name of ["mouseleave", "focusout"]) line.addEventListener(name, count);
  byId("results").replaceChildren(line);
  count();
}
