// Saves by itself (自动保存): edits wait 0.6 s, go in one batch, and stand on this machine until the server has answered.

const REST_MS = 600;
const RETRY_MS = [2000, 4000, 8000, 15000, 30000];
const KEPT_MS = 72 * 3600 * 1000;
const KEPT_AS = "ledger:"; // js/app.js wipes what begins so on signing out
const MOST_EDITS = 2000; // of one request; the server takes five times as many
const MOST_KEPT_ALIVE = 60000; // bytes a browser still sends after the page is gone

export class Saver extends EventTarget {
  // Events: "state" {state, text}; "answer" {answer, edits}. States: saved, saving, offline, expired, stopped, closed (handed in:
  // trying again can never succeed).
  constructor({ url, sheet, user }) {
    super();
    Object.assign(this, { url, tries: 0, pending: new Map(), sending: new Map(), refused: new Map(), state: "saved" });
    this.prefix = `${KEPT_AS}${sheet}:${user}:`;
    this.place = this.prefix + Date.now().toString(36) + Math.random().toString(36).slice(2, 8);
    addEventListener("online", () => this.state === "offline" && this.flush());
    addEventListener("pagehide", () => this.flush());
    addEventListener("beforeunload", (event) => {
      if (!this.dirty || this.leaving) return;
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
    for (const edit of edits) {
      this.pending.set(`${edit.row}|${edit.key}`, edit);
      this.refused.delete(`${edit.row}|${edit.key}`);
    }
    this.keep();
    if (["stopped", "expired", "closed"].includes(this.state)) return;
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

  // What waits now, in as many requests as it takes; they are one act and undone as one.
  async send() {
    this.sending = this.pending;
    this.pending = new Map();
    let batch = "";
    while (this.sending.size) {
      const edits = [...this.sending.values()].slice(0, MOST_EDITS);
      if (this.state !== "offline") this.tell("saving", "正在保存…");
      const { answer, problem, state } = await post(this.url, { edits, batch });
      if (problem) {
        this.pending = new Map([...this.sending, ...this.pending]);
        this.sending = new Map();
        const count = this.pending.size;
        this.tell(state, state === "closed" ? `${problem}，${count > 1 ? `这 ${count} 格` : "这一格"}没有保存` : problem);
        if (state === "offline") this.timer = setTimeout(() => this.flush(), RETRY_MS[Math.min(this.tries++, RETRY_MS.length - 1)]);
        return false;
      }
      this.tries = 0;
      for (const edit of edits) this.sending.delete(`${edit.row}|${edit.key}`);
      batch = answer.undo || batch;
      // The same cell typed again meanwhile was typed over what this answer stored.
      for (const row of answer.rows) {
        for (const cell of row.cells) {
          const newer = this.pending.get(`${row.id}|${cell.key}`);
          if (newer && cell.accepted !== false) newer.version = row.version;
          const isAsked = edits.some((edit) => edit.row === row.id && edit.key === cell.key);
          if (isAsked && !newer && cell.accepted === false) this.refuse({ row: row.id, key: cell.key, value: cell.alt_value });
        }
      }
      this.keep();
      this.dispatchEvent(new CustomEvent("answer", { detail: { answer, edits } }));
      if (!this.dirty) this.tell("saved", `草稿已保存 ${answer.saved_at}`);
    }
    return true;
  }

  // My value beside a colleague's (他人已改) is kept like an unsent edit until the cell is written anew.
  refuse(mine) {
    this.refused.set(`${mine.row}|${mine.key}`, { at: Date.now(), ...mine });
  }

  tell(state, text) {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, text } }));
  }

  keep() {
    const edits = [...new Map([...this.sending, ...this.pending]).values()];
    const refused = [...this.refused.values()].filter((mine) => Date.now() - mine.at < KEPT_MS);
    const at = edits.length ? Date.now() : Math.max(...refused.map((mine) => mine.at));
    try {
      if (edits.length || refused.length) localStorage.setItem(this.place, JSON.stringify({ at, edits, refused }));
      else localStorage.removeItem(this.place);
    } catch {
      // No room or no storage: the edits stay in the page, and leaving it warns.
    }
  }

  // Edits that an earlier page could not send (断网后找回), oldest first; they become this page's.
  restore() {
    const found = [];
    try {
      for (const name of Object.keys(localStorage).filter((each) => each.startsWith(KEPT_AS)).sort()) {
        const { at, edits, refused = [] } = JSON.parse(localStorage.getItem(name));
        const isFresh = Date.now() - at < KEPT_MS;
        if (isFresh && name.startsWith(this.prefix)) {
          found.push(...edits);
          for (const mine of refused) if (Date.now() - mine.at < KEPT_MS) this.refuse(mine);
        }
        if (!isFresh || name.startsWith(this.prefix)) localStorage.removeItem(name);
      }
    } catch {
      // What cannot be read cannot be brought back.
    }
    if (found.length) this.put(found);
    else this.keep();
    return found;
  }

  drop() {
    this.pending = new Map();
    this.keep();
  }

  // What was refused and is settled by now: the sheet holds the same value.
  settle({ row, key }) {
    this.refused.delete(`${row}|${key}`);
    this.keep();
  }
}

// Posts JSON. Returns {answer}, or {problem, state}: offline when trying again by itself can help.
export async function post(url, body) {
  let response;
  try {
    const text = JSON.stringify(body);
    const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf(), Accept: "application/json" };
    const keepalive = text.length < MOST_KEPT_ALIVE && document.visibilityState === "hidden";
    response = await fetch(url, { method: "POST", headers, body: text, credentials: "same-origin", keepalive });
  } catch {
    return { problem: "未保存：网络已断开，内容留在本机", state: "offline" };
  }
  if (response.redirected) return { problem: "未保存：登录已过期，内容留在本机", state: "expired" };
  const isJson = (response.headers.get("Content-Type") || "").includes("json");
  if (response.ok && isJson) return { answer: await response.json() };
  if (response.status >= 500) return { problem: "未保存：服务器暂时没有应答，内容留在本机", state: "offline" };
  if (!isJson) return { problem: "未保存：页面已过期，内容留在本机。请刷新页面", state: "stopped" };
  const { message, hint } = await response.json();
  if (response.status === 409) return { problem: message, state: "closed" };
  return { problem: `未保存：${message}${hint ? `。${hint}` : ""}`, state: "stopped" };
}

// The cookie follows a new login in another window, the page's own copy does not.
function csrf() {
  return /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] || document.body.dataset.csrf || "";
}
