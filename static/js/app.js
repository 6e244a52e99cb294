// 全站脚本：表单只提交一次，提交前的确认框，出错时焦点到提示
for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    const dialog = document.getElementById(form.dataset.confirm);
    if (!dialog?.showModal || (event.submitter && "confirmed" in event.submitter.dataset)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    dialog.showModal();
  });
}
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", () => setTimeout(() => setBusy(form, true)));
}
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-once]").forEach((form) => setBusy(form, false));
});
document.querySelector("[data-focus]")?.focus();

function setBusy(form, busy) {
  for (const button of form.elements) {
    if (button.type === "submit") button.disabled = busy;
  }
}

// 退出登录：本机留下的未保存内容一并清除（js/grid/saver.js）
for (const form of document.querySelectorAll('form[action$="/accounts/logout/"]')) {
  form.addEventListener("submit", () => {
    for (const name of Object.keys(localStorage)) if (name.startsWith("ledger:")) localStorage.removeItem(name);
  });
}

// 目录里的链接指到收起的一节时，把它打开
function openTarget() {
  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) target.open = true;
}
addEventListener("hashchange", openTarget);
openTarget();
