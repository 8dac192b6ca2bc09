// Shows a PDF: pages below each other, drawn when they come into sight. Bytes are asked for as they are needed, so that a
// thin link shows the first page soon. Scripts in the file are never run: that part of pdf.js is not even shipped.
const viewer = document.querySelector("[data-viewer]");
const part = (name) => viewer.querySelector(`[data-part="${name}"]`);
const data = viewer.dataset;
const say = (text) => { part("state").textContent = text; };
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_whole, name) => values[name]);

// Bytes per request. Where pages are described all over the file, one of these for each page is read before the first.
const AT_ONCE = 65_536;
const ZOOM = { least: 0.25, most: 5, step: 1.2 };

/** What the library asks of translations: names of its parts are ours to give. */
const words = {
  getLanguage: () => document.documentElement.lang,
  getDirection: () => "ltr",
  get: async () => "",
  translate: async () => {},
  translateOnce: async () => {},
  pause() {},
  resume() {},
  destroy: async () => {},
};

/** Tell screen readers which page each one is. */
function name() {
  for (const page of part("pages").children) page.setAttribute("aria-label", fill(data.textPage, { number: page.dataset.pageNumber }));
}

/** Lay the reader's name over a page. */
function mark(page) {
  if (!data.mark || page.querySelector(".viewer-mark")) return;
  const made = document.createElement("div");
  made.className = "viewer-mark";
  made.setAttribute("aria-hidden", "true");
  for (let line = 0; line < 5; line += 1) made.append(Object.assign(document.createElement("span"), { textContent: data.mark }));
  page.append(made);
}

/** Return what the reader is told of what went wrong. */
function trouble(error) {
  if (error?.name === "PasswordException") return data.textPassword;
  if (error?.name === "InvalidPDFException") return data.textBroken;
  return data.textFailed;
}

async function start() {
  const library = await import(data.library);
  globalThis.pdfjsLib = library;
  const { EventBus, PDFFindController, PDFLinkService, PDFViewer, LinkTarget } = await import(data.pages);
  library.GlobalWorkerOptions.workerSrc = data.worker;

  const eventBus = new EventBus();
  const linkService = new PDFLinkService({ eventBus, externalLinkTarget: LinkTarget.BLANK, externalLinkRel: "noopener noreferrer nofollow" });
  const findController = new PDFFindController({ eventBus, linkService });
  const pages = new PDFViewer({
    container: part("scroll"), viewer: part("pages"), eventBus, linkService, findController, l10n: words,
    // Links work; fields cannot be filled in: what would be written there is kept nowhere.
    annotationMode: library.AnnotationMode.ENABLE, enableAutoLinking: false, maxCanvasPixels: 2 ** 24,
  });
  linkService.setViewer(pages);

  const loading = library.getDocument({
    url: data.file, rangeChunkSize: AT_ONCE, disableAutoFetch: true, disableStream: true,
    cMapUrl: data.cmaps, standardFontDataUrl: data.fonts, wasmUrl: data.decoders, enableXfa: false, stopAtErrors: false,
  });
  const file = await loading.promise;
  eventBus.on("pagesinit", () => { pages.currentScaleValue = "page-width"; name(); say(""); });
  eventBus.on("pagerendered", ({ source }) => mark(source.div));
  tools(pages, eventBus, file.numPages);
  linkService.setDocument(file, null);
  pages.setDocument(file);
}

/** Let the buttons and keys work. */
function tools(pages, eventBus, count) {
  const number = part("number");
  const zoom = part("zoom");
  const go = (to) => { pages.currentPageNumber = Math.min(Math.max(Math.trunc(to) || 1, 1), count); };
  const resize = (by) => { pages.currentScale = Math.min(Math.max(pages.currentScale * by, ZOOM.least), ZOOM.most); };
  part("count").textContent = `/ ${count}`;
  number.max = count;
  number.addEventListener("change", () => go(Number(number.value)));
  zoom.addEventListener("change", () => { pages.currentScaleValue = zoom.value; });
  eventBus.on("pagechanging", ({ pageNumber }) => { number.value = pageNumber; });
  eventBus.on("scalechanging", ({ scale, presetValue }) => {
    const own = part("own-zoom");
    own.textContent = `${Math.round(scale * 100)} %`;
    own.value = String(scale);
    zoom.value = [...zoom.options].some((each) => each.value === presetValue) ? presetValue : own.value;
  });
  const deeds = {
    next: () => go(pages.currentPageNumber + 1), previous: () => go(pages.currentPageNumber - 1),
    larger: () => resize(ZOOM.step), smaller: () => resize(1 / ZOOM.step),
  };
  for (const [name, deed] of Object.entries(deeds)) part(name).addEventListener("click", deed);
  const keys = { n: deeds.next, p: deeds.previous, "+": deeds.larger, "-": deeds.smaller };
  part("scroll").addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
    keys[event.key]();
    event.preventDefault();
  });
  finding(eventBus);
  part("tools").hidden = false;
}

/** Find words: the browser itself sees only the pages that are drawn. */
function finding(eventBus) {
  const query = part("query");
  const found = part("found");
  const ask = (type, previous = false) => eventBus.dispatch("find", {
    source: query, type, query: query.value, caseSensitive: false, entireWord: false, highlightAll: true, findPrevious: previous, matchDiacritics: false,
  });
  const tell = (state, { current, total }) => {
    const pending = 3;
    if (!query.value || state === pending) found.textContent = "";
    else found.textContent = total ? fill(data.textFound, { current, total }) : data.textNothing;
  };
  eventBus.on("updatefindcontrolstate", ({ state, matchesCount }) => tell(state, matchesCount));
  eventBus.on("updatefindmatchescount", ({ matchesCount }) => { if (matchesCount.total) tell(0, matchesCount); });
  query.addEventListener("input", () => ask(""));
  query.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    ask("again", event.shiftKey);
    event.preventDefault();
  });
  part("find-next").addEventListener("click", () => ask("again"));
  part("find-previous").addEventListener("click", () => ask("again", true));
  viewer.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "f") return;
    query.select();
    event.preventDefault();
  });
}

start().catch((error) => {
  say(trouble(error));
});
