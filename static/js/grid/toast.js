// Results (操作结果): one line at the foot, with 撤销, for ten seconds that stop while one reads it.

const SHOWN_MS = 10000;

export function toast(words, { undo = null, kind = "" } = {}) {
  const holder = document.getElementById("results");
  const line = document.createElement("div");
  line.className = `result ${kind}`;
  const text = document.createElement("span");
  text.textContent = words;
  line.append(text);
  let timer;
  const close = () => {
    clearTimeout(timer);
    line.remove();
  };
  const button = (word, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = word;
    made.addEventListener("click", () => {
      close();
      act?.();
    });
    line.append(made);
  };
  if (undo) button("撤销", undo);
  button("关闭", null);
  const count = () => (timer = setTimeout(close, SHOWN_MS));
  for (const name of ["mouseenter", "focusin"]) line.addEventListener(name, () => clearTimeout(timer));
  for (const name of ["mouseleave", "focusout"]) line.addEventListener(name, count);
  holder.replaceChildren(line);
  count();
}
