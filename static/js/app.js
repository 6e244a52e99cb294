// 全站脚本：长任务的进度自己更新，完成后刷新页面
const WAIT = 1000;

async function follow(box) {
  const answer = await fetch(box.dataset.poll, { headers: { "X-Requested-With": "fetch" } });
  if (!answer.ok) {
    setTimeout(() => follow(box), 5 * WAIT);
    return;
  }
  const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".progress");
  if (!next || !next.dataset.poll) {
    location.reload();
    return;
  }
  box.replaceChildren(...next.childNodes);
  setTimeout(() => follow(box), WAIT);
}

for (const box of document.querySelectorAll("[data-poll]")) {
  setTimeout(() => follow(box), WAIT);
}
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll("button")) {
      setTimeout(() => (button.disabled = true));
    }
  });
}
