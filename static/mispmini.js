/* Progressive enhancement only: every page works as plain links and forms before this runs. */
"use strict";
(() => {
  const root = document.documentElement;
  const remembered = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const theme = remembered();
  if (theme === "dark" || theme === "light") root.dataset.theme = theme;

  const all = (selector, within = document) => within.querySelectorAll(selector);

  function offerThemeSwitch() {
    for (const button of all("[data-theme-switch]")) {
      button.hidden = false;
      button.addEventListener("click", () => {
        const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
        root.dataset.theme = dark ? "light" : "dark";
        try { localStorage.setItem("theme", root.dataset.theme); } catch { /* kept for this page only */ }
      });
    }
  }

  function offerCopying(within = document) {
    if (!navigator.clipboard) return;
    for (const button of all("[data-copy]", within)) {
      button.hidden = false;
      button.addEventListener("click", async () => {
        const before = button.textContent;
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
        button.textContent = button.dataset.copied;
        setTimeout(() => { button.textContent = before; }, 2000);
      });
    }
  }

  function askBefore(form, event) {
    if (form.dataset.confirmed) return;
    event.preventDefault();
    const dialog = document.getElementById("confirm");
    const yes = dialog.querySelector("[value=yes]");
    const pressed = event.submitter;
    dialog.querySelector("p").textContent = form.dataset.confirm;
    if (pressed) yes.textContent = pressed.dataset.label || pressed.textContent.trim();
    yes.onclick = () => {
      form.dataset.confirmed = "1";
      if ("post" in form.dataset) {
        form.append(document.querySelector("[name=csrf_token]").cloneNode());
        form.method = "post";
      }
      dialog.close();
      form.requestSubmit(pressed);
    };
    const no = dialog.querySelector("[value=no]");
    no.onclick = () => dialog.close();
    dialog.showModal();
    no.focus();
  }

  async function poll(element) {
    const answer = await fetch(element.dataset.poll, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(element.id);
    if (!fresh) return location.reload();
    const open = [...all("details[open]", element)].map((details) => details.id);
    element.replaceWith(fresh);
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    return watch(fresh);
  }

  function watch(element, failures = 0) {
    if (!element.dataset.poll) return;
    const pause = Math.min(2000 * 2 ** failures, 30000);
    setTimeout(() => {
      if (document.hidden) return watch(element, failures);
      poll(element).catch(() => watch(element, failures + 1));
    }, pause);
  }

  function focusSearch(event) {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const search = document.querySelector("[data-search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  }

  function closeMenus(event) {
    for (const menu of all("details.menu[open]")) {
      if (event.type === "keydown" ? event.key === "Escape" : !menu.contains(event.target)) {
        menu.open = false;
        if (event.type === "keydown") menu.querySelector("summary").focus();
      }
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    offerThemeSwitch();
    offerCopying();
    for (const element of all("[data-poll]")) watch(element);
    for (const element of all("[data-needs-script]")) element.hidden = false;
    document.addEventListener("submit", (event) => { if (event.target.dataset.confirm) askBefore(event.target, event); });
    document.addEventListener("keydown", focusSearch);
    document.addEventListener("keydown", closeMenus);
    document.addEventListener("click", closeMenus);
  });
})();
