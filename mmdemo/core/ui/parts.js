// Gradio's own words are in the browser's language: here, in the page's.
Object.defineProperty(navigator, "language", { value: document.documentElement.lang });
// A browser keeps camera and microphone from a page that it does not call secure: the page says so.
document.documentElement.classList.toggle("mm-insecure", !isSecureContext);
// The parts of a page have addresses, such as /sentiment#good: Gradio's tabs have none.
(() => {
  const tabs = "#content > .tab-wrapper [role=tab][data-tab-id]";
  const asked = () => {
    const id = location.hash.slice(1);
    return [...document.querySelectorAll(tabs)].find((tab) => tab.dataset.tabId === id);
  };
  const open = () => asked()?.getAttribute("aria-selected") === "false" && asked().click();
  addEventListener("hashchange", open);
  addEventListener("click", ({ target }) => {
    const other = target.closest?.(".mm-language"); // the same part, with the same settings
    if (other) {
      const url = new URL(location.href);
      url.searchParams.set("lang", other.hreflang);
      other.href = url.href;
    }
    const tab = target.closest?.(tabs);
    if (!tab) return;
    const { pathname, search } = location;
    history.replaceState(history.state, "", `${pathname}${search}#${tab.dataset.tabId}`);
  });
  if (!location.hash) return;
  new MutationObserver((changes, observer) => {
    if (!document.querySelector(tabs)) return;
    open();
    observer.disconnect();
  }).observe(document, { childList: true, subtree: true });
})();
// An answer can be shared; what that takes is fetched at a press, or where a link brings a question.
(() => {
  const load = () => import(new URL("./script/share.js", location.href).href);
  if (location.hash.startsWith("#ask=")) load().then((share) => share.arrive());
  addEventListener("click", ({ target }) => {
    const button = target.closest?.(".mm-share button");
    if (button) load().then((share) => share[button.value](button.parentElement));
  });
  new MutationObserver(() => {
    const row = document.querySelector("template.mm-share-row");
    if (!row) return;
    for (const answer of document.querySelectorAll(".mm-answer:not(:has(> .mm-share))")) {
      answer.append(row.content.cloneNode(true));
      const first = answer.parentElement === document.querySelector(".mm-ask");
      answer.lastElementChild.firstElementChild.hidden = !first; // which a link's page shows
    }
  }).observe(document, { childList: true, subtree: true });
})();
// A photo that a browser does not draw, such as a TIFF, may be read all the same: its field says so.
(() => {
  const say = (found) => ({ target }) => {
    if (!target.matches?.(".mm-photo img")) return;
    target.alt = found();
    target.classList.toggle("mm-undrawn", target.alt !== "");
  };
  addEventListener("error", say(() => document.querySelector(".mm-unseen").content.textContent), true);
  addEventListener("load", say(() => ""), true);
})();
// What can be moved in an answer is moved by a script that is fetched where there is such a thing.
(() => {
  const watching = new MutationObserver(() => {
    if (!document.querySelector("[data-outcomes], [data-along], [data-cover], [data-strike]")) return;
    watching.disconnect();
    import(new URL("./script/play.js", location.href).href);
  });
  watching.observe(document, { childList: true, subtree: true });
})();
