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
      if (!column.readonly) select.append(new Option(column.label, String(number), number === chosen, number === chosen));
    });
    return select;
  }
}
