// Saves by itself (自动保存): edits wait 0.6 s, go in one batch, and stand on this machine until the server has answered.

const REST_MS = 600;
const RETRY_MS = [2000, 4000, 8000, 15000, 30000];
const KEPT_MS = 72 * 3600 * 1000;

export class Saver extends EventTarget {
  // Events: "state" {state, text}; "answer" {answer, edits}. States: saved, saving, offline, stopped.
  constructor({ url, csrf, sheet, user }) {
    super();
    Object.assign(this, { url, csrf, tries: 0, pending: new Map(), sending: new Map(), state: "saved" });
    this.prefix = `ledger:${sheet}:${user}:`;
    this.place = this.prefix + Date.now().toString(36) + Math.random().toString(36).slice(2, 8);
    addEventListener("online", () => this.state === "offline" && this.flush());
    addEventListener("pagehide", () => this.flush());
    addEventListener("beforeunload", (event) => {
      if (!this.dirty) return;
      this.flush();
      event.preventDefault();
      event.returnValue = "";
    });
  }

  get dirty() {
    return this.pending.size + this.sending.size > 0;
  }

  get waiting() {
    return new Set([...this.pending.keys()]);
  }

  put(edits) {
    for (const edit of edits) this.pending.set(`${edit.row}|${edit.key}`, edit);
    this.keep();
    if (this.state === "stopped") return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), this.state === "offline" ? 0 : REST_MS);
  }

  // Sends all that waits; true when the server has it all.
  flush() {
    clearTimeout(this.timer);
    this.running ||= this.drain().finally(() => (this.running = null));
    return this.running;
  }

  async drain() {
    while (this.pending.size) if (!(await this.send())) return false;
    return true;
  }

  async send() {
    const edits = [...this.pending.values()];
    this.sending = this.pending;
    this.pending = new Map();
    if (this.state !== "offline") this.tell("saving", "正在保存…");
    const { answer, problem, stopped } = await post(this.url, this.csrf, { edits });
    if (problem) {
      this.pending = new Map([...this.sending, ...this.pending]);
      this.sending = new Map();
      this.tell(stopped ? "stopped" : "offline", problem);
      if (!stopped) this.timer = setTimeout(() => this.flush(), RETRY_MS[Math.min(this.tries++, RETRY_MS.length - 1)]);
      return false;
    }
    this.tries = 0;
    this.sending = new Map();
    // The same cell typed again meanwhile was typed over what this answer stored.
    for (const row of answer.rows) {
      for (const cell of row.cells) {
        const newer = this.pending.get(`${row.id}|${cell.key}`);
        if (newer && cell.accepted !== false) newer.version = row.version;
      }
    }
    this.keep();
    this.dispatchEvent(new CustomEvent("answer", { detail: { answer, edits } }));
    if (!this.pending.size) this.tell("saved", `草稿已保存 ${answer.saved_at}`);
    return true;
  }

  tell(state, text) {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, text } }));
  }

  keep() {
    const edits = [...new Map([...this.sending, ...this.pending]).values()];
    try {
      if (edits.length) localStorage.setItem(this.place, JSON.stringify({ at: Date.now(), edits }));
      else localStorage.removeItem(this.place);
    } catch {
      // No room or no storage: the edits stay in the page, and leaving it warns.
    }
  }

  // Edits that an earlier page could not send (断网后找回), oldest first; they become this page's.
  restore() {
    const found = [];
    try {
      for (const name of Object.keys(localStorage).filter((each) => each.startsWith(this.prefix)).sort()) {
        const { at, edits } = JSON.parse(localStorage.getItem(name));
        if (Date.now() - at < KEPT_MS) found.push(...edits);
        localStorage.removeItem(name);
      }
    } catch {
      return [];
    }
    if (found.length) this.put(found);
    return found;
  }

  drop() {
    this.pending = new Map();
    this.keep();
  }
}

// Posts JSON. Returns {answer}, or {problem, stopped}: stopped when trying again by itself cannot help.
export async function post(url, csrf, body) {
  let response;
  try {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf, Accept: "application/json" };
    response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body), credentials: "same-origin" });
  } catch {
    return { problem: "未保存：网络已断开，内容留在本机" };
  }
  if (response.redirected) return { problem: "未保存：登录已过期。内容留在本机，请重新登录", stopped: true };
  const isJson = (response.headers.get("Content-Type") || "").includes("json");
  if (response.ok && isJson) return { answer: await response.json() };
  if (response.status >= 500) return { problem: "未保存：服务器暂时没有应答，内容留在本机" };
  if (!isJson) return { problem: "未保存：页面已过期。内容留在本机，请刷新页面", stopped: true };
  return { problem: (await response.json()).message, stopped: true, refused: true };
}
