// An answer is shared: as a link that asks the same question, or as a picture of it.
const LONGEST = 1500; // characters of a link's question: any browser and messenger takes that
const KEPT = 5000; // milliseconds until a page's settings are restored, at the latest
const PICTURE = 2; // pixels of the picture for one of the page
const STYLES = `display position top right bottom left box-sizing width height min-width max-width
  margin-top margin-right margin-bottom margin-left padding-top padding-right padding-bottom
  padding-left border-top-width border-right-width border-bottom-width border-left-width
  border-top-style border-right-style border-bottom-style border-left-style border-top-color
  border-right-color border-bottom-color border-left-color border-top-left-radius
  border-top-right-radius border-bottom-left-radius border-bottom-right-radius border-collapse
  background-color color opacity font-family font-size font-weight font-style
  font-variant-numeric line-height text-align text-decoration-line text-decoration-style
  text-underline-offset vertical-align white-space overflow-wrap writing-mode transform overflow-x
  overflow-y flex-direction flex-wrap flex-grow flex-shrink align-items justify-content column-gap
  row-gap grid-template-columns grid-template-rows object-fit fill stroke stroke-width
  stroke-dasharray stroke-linecap text-anchor dominant-baseline image-rendering list-style-type`.split(/\s+/);

const texts = (question) => [...question.querySelectorAll("textarea")];
const say = (row, what) => (row.querySelector("[role=status]").textContent = row.dataset[what] ?? what);
const byHand = () => matchMedia("(pointer: coarse)").matches && navigator.share;

// === A link ===

// The question of the page as the part of an address that browsers keep to themselves.
export async function link(row) {
  const written = texts(row.closest(".mm-ask").querySelector(".mm-question"));
  const question = new URLSearchParams(written.map((field) => ["ask", field.value]));
  if (written.reduce((sum, field) => sum + field.value.length, 0) > LONGEST) return say(row, "long");
  window.mmQuestion = `#${question}`; // to which the page's own button adds the settings
  const made = new Promise((done) => addEventListener("mm-link", done, { once: true }));
  document.querySelector(".mm-link").click();
  const { url, copied } = (await made).detail;
  if (byHand()) await navigator.share({ title: document.title, url }).catch(() => {});
  else say(row, copied ? "copied" : url);
}

// A visitor comes by such a link: ask its question, with its settings.
export async function arrive() {
  const asked = new URLSearchParams(location.hash.slice(1)).getAll("ask");
  if (asked.join("").length > LONGEST) return;
  const question = await until(() => {
    const found = document.querySelector(".mm-ask .mm-question");
    return found && texts(found).length === asked.length && found;
  });
  if (!question) return;
  fill(question, asked); // first, since a page may answer anew as its settings are restored
  await until(() => performance.getEntriesByType("resource").some(({ name }) => name.includes("/gradio_api/run/")));
  await new Promise((done) => setTimeout(done, 300)); // until what was restored is shown
  fill(question, asked);
  await new Promise((done) => setTimeout(done, 100));
  question.querySelector("button.primary").click();
}

function fill(question, asked) {
  texts(question).forEach((field, index) => {
    if (field.value === asked[index]) return;
    const { set } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value");
    set.call(field, asked[index]);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

async function until(found) {
  for (const end = performance.now() + KEPT; performance.now() < end; ) {
    const result = found();
    if (result) return result;
    await new Promise((done) => setTimeout(done, 50));
  }
}

// === A picture ===

export async function picture(row) {
  const answer = row.closest(".mm-answer");
  const title = document.querySelector("h1").textContent;
  let blob;
  try {
    blob = await drawn(answer, title);
  } catch (error) {
    console.warn(error);
    return say(row, "failed");
  }
  const name = `${location.pathname.split("/").pop() || "mmdemo"}.png`;
  const file = new File([blob], name, { type: "image/png" });
  if (byHand() && navigator.canShare?.({ files: [file] })) {
    return navigator.share({ files: [file], title }).catch(() => {});
  }
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(blob);
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 1000);
  say(row, "saved");
}

async function drawn(answer, title) {
  const space = 20;
  const beyond = [...answer.querySelectorAll(".mm-scroll")].map((e) => e.scrollWidth - e.clientWidth);
  const width = answer.offsetWidth + Math.max(0, ...beyond) + 2 * space;
  const sheet = document.createElement("div");
  const style = getComputedStyle(document.body);
  sheet.style.cssText = `width:${width}px;box-sizing:border-box;padding:${space}px;color:${style.color};font-family:${style.fontFamily}`;
  const line = (text, css) => sheet.append(Object.assign(document.createElement("div"), { textContent: text, style: css }));
  line(title, "font-size:20px;font-weight:700;margin-bottom:12px");
  for (const { value } of texts(answer.closest(".mm-ask")).filter((field) => field.checkVisibility())) {
    line(value, "white-space:pre-wrap;overflow-wrap:anywhere;margin-bottom:12px");
  }
  sheet.append(await copy(answer));
  line(location.host + location.pathname, "font-size:12px;opacity:.75;margin-top:12px");
  // Its height is known once it is laid out.
  const place = document.createElement("div");
  place.style.cssText = "position:absolute;left:-9999px;top:0";
  place.append(sheet);
  document.body.append(place);
  const height = sheet.offsetHeight;
  place.remove();
  sheet.setAttribute("xmlns", "http://www.w3.org/1999/xhtml");
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><foreignObject width="100%" height="100%">${new XMLSerializer().serializeToString(sheet)}</foreignObject></svg>`;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = PICTURE * width;
  canvas.height = PICTURE * height;
  const pen = canvas.getContext("2d");
  pen.scale(PICTURE, PICTURE);
  pen.fillStyle = ground(answer);
  pen.fillRect(0, 0, width, height);
  pen.drawImage(image, 0, 0);
  return new Promise((done, failed) =>
    canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("no picture"))), "image/png"),
  );
}

// An element as it is seen, whose styles and pictures are its own: an image loads nothing.
async function copy(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.cloneNode();
  if (node.nodeType !== Node.ELEMENT_NODE || node.matches(".mm-share, .mm-arrival, button, audio, video, [role=tablist], .tab-wrapper, fieldset")) return null;
  const style = getComputedStyle(node);
  if (style.display === "none" || style.visibility === "hidden") return null;
  const made = node.cloneNode();
  for (const name of [...made.attributes].map(({ name }) => name)) {
    if (name === "class" || name === "id" || name.startsWith("data-") || name.startsWith("aria-")) made.removeAttribute(name);
  }
  const auto = node.classList.contains("mm-answer") || node.querySelector("button, fieldset, audio");
  for (const name of STYLES) {
    if (auto && name === "height") continue; // something in it is left out
    if (name.startsWith("overflow") && node.matches(".mm-scroll")) continue; // all of a table
    made.style.setProperty(name, style.getPropertyValue(name));
  }
  if (node.children.length && made.style.height) {
    made.style.minHeight = made.style.height; // what is laid out a little larger has its room
    made.style.height = "auto";
  }
  if (made instanceof HTMLImageElement) made.src = await packed(node.src);
  if (made instanceof SVGImageElement) made.setAttribute("href", await packed(node.href.baseVal));
  for (const child of node.childNodes) {
    const part = await copy(child);
    if (part) made.append(part);
  }
  return made;
}

// The colour on which an element stands.
function ground(node) {
  const { backgroundColor } = getComputedStyle(node);
  if (!/^rgba\(.*, 0\)$|^transparent$/.test(backgroundColor)) return backgroundColor;
  return node.parentElement ? ground(node.parentElement) : "#fff";
}

async function packed(address) {
  if (address.startsWith("data:")) return address;
  const blob = await (await fetch(address)).blob();
  return new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.readAsDataURL(blob);
  });
}
