// Write what the pages of the office load into core/static/core/, which git leaves out and the wheel carries:
//   office.css   Tabler cut to the classes that occur in templates and code, then our own styles
//   office.js    our own scripts, one after the other
//   htmx.js      as its authors minified it
//   icons.svg    the icons named in icons.json, as symbols of one sprite
//   fonts/       Be Vietnam Pro, regular and semibold, in the three subsets that our languages need
//   viewer/      pdf.js and what shows files with it; only the page of a file loads it
// docs/adr/0050-assets-built-from-npm.md says why it is done this way.
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { transform } from "lightningcss";
import { PurgeCSS } from "purgecss";

const here = dirname(fileURLToPath(import.meta.url));
const office = dirname(here);
const packages = join(here, "node_modules");
const target = join(office, "core", "static", "core");
const read = (...parts) => readFileSync(join(...parts), "utf8");

// The oldest browsers that Tabler's own colours work in (light-dark() and relative colours): summer of 2024.
const version = (major, minor = 0) => (major << 16) | (minor << 8);
const BROWSERS = { chrome: version(123), firefox: version(128), safari: version(17, 5) };

const WEIGHTS = [400, 600];
// Characters such as ơ and đ are in both of the latter: the browser asks the one named last.
const SUBSETS = ["latin", "latin-ext", "vietnamese"];

/** Return the @font-face rules and copy their files. */
function fonts() {
  const home = join(packages, "@fontsource", "be-vietnam-pro");
  const ranges = JSON.parse(read(home, "unicode.json"));
  mkdirSync(join(target, "fonts"));
  return WEIGHTS.flatMap((weight) =>
    SUBSETS.map((subset) => {
      const file = `be-vietnam-pro-${subset}-${weight}-normal.woff2`;
      cpSync(join(home, "files", file), join(target, "fonts", file));
      return `@font-face{font-family:"Be Vietnam Pro";font-style:normal;font-display:swap;font-weight:${weight};
        src:url("fonts/${file}") format("woff2");unicode-range:${ranges[subset]}}`;
    }),
  ).join("\n");
}

/** Return the files of one folder of ours, in the order of their names. */
function own(folder) {
  return readdirSync(join(here, folder)).sort().map((name) => read(here, folder, name)).join("\n");
}

/** Return one style sheet: only what some template, script or module of the office can ask for. */
async function styles() {
  const raw = [read(packages, "@tabler/core/dist/css/tabler.min.css"), own("css")].join("\n");
  const [cut] = await new PurgeCSS().purge({
    content: ["html", "py"].map((kind) => `${office}/**/*.${kind}`).concat(`${here}/js/*.js`),
    css: [{ raw }],
    variables: true,
    // Whole names only: a class put together from pieces is listed in safelist.json, with the reason.
    defaultExtractor: (text) => text.match(/[A-Za-z][\w-]*/g) ?? [],
    safelist: JSON.parse(read(here, "safelist.json")),
  });
  const code = Buffer.from(fonts() + cut.css.replace(/\/\*# sourceMappingURL.*?\*\//g, ""));
  return transform({ filename: "office.css", code, minify: true, targets: BROWSERS }).code;
}

/** Return the sprite: every icon as a symbol that takes the colour of its text. */
function sprite() {
  const outline = JSON.parse(read(packages, "@tabler/icons/tabler-nodes-outline.json"));
  const element = ([tag, attributes]) =>
    `<${tag} ${Object.entries(attributes).map(([key, value]) => `${key}="${value}"`).join(" ")}/>`;
  const symbols = Object.entries(JSON.parse(read(here, "icons.json"))).map(([name, icon]) => {
    if (!outline[icon]) throw new Error(`icons.json: @tabler/icons has no icon called ${icon}`);
    return `<symbol id="${name}" viewBox="0 0 24 24">${outline[icon].map(element).join("")}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
}

const withoutMap = (text) => text.replace(/\/\/# sourceMappingURL.*/, "");

/** Return pdf.js's own style sheet cut to what is drawn here: pages, text that can be selected, places found, links. */
async function pages() {
  const raw = read(packages, "pdfjs-dist/legacy/web/pdf_viewer.css");
  // Its rules are nested, which PurgeCSS does not follow.
  const flat = transform({ filename: "pages.css", code: Buffer.from(raw), targets: { chrome: version(100) } }).code.toString();
  const used = `pdfViewer page canvasWrapper textLayer selectionRendering markedContent endOfContent highlight selected appended begin middle end
    annotationLayer linkAnnotation span br canvas div section a`;
  const [cut] = await new PurgeCSS().purge({ content: [{ raw: used, extension: "html" }], css: [{ raw: flat }], variables: true });
  // Which colours the page has is ours to say.
  return cut.css.replace(/^ *color-scheme: light dark;$/m, "");
}

/** Write the viewer: pdf.js as its authors minified it, what it reads while it works, and our own script and styles. */
async function viewer() {
  const from = join(packages, "pdfjs-dist");
  const to = join(target, "viewer");
  mkdirSync(to);
  for (const [name, file] of [["pdf", "build/pdf.min"], ["worker", "build/pdf.worker.min"], ["pages", "web/pdf_viewer"]]) {
    // The end of the name is one that every web server knows as a script.
    writeFileSync(join(to, `${name}.js`), withoutMap(read(from, "legacy", `${file}.mjs`)));
  }
  // Letters of fonts that a file does not bring along, tables of Chinese, Japanese and Korean ones, decoders of scans.
  for (const folder of ["standard_fonts", "cmaps", "wasm"]) cpSync(join(from, folder), join(to, folder), { recursive: true });
  // What runs the scripts inside of files, which we never do.
  for (const name of readdirSync(join(to, "wasm")).filter((each) => /quickjs/i.test(each))) rmSync(join(to, "wasm", name));
  cpSync(join(from, "LICENSE"), join(to, "LICENSE"));
  cpSync(join(here, "viewer", "viewer.js"), join(to, "viewer.js"));
  const code = Buffer.from((await pages()) + read(here, "viewer", "viewer.css"));
  writeFileSync(join(to, "viewer.css"), transform({ filename: "viewer.css", code, minify: true, targets: BROWSERS }).code);
}

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
writeFileSync(join(target, "office.css"), await styles());
writeFileSync(join(target, "office.js"), own("js"));
writeFileSync(join(target, "htmx.js"), withoutMap(read(packages, "htmx.org/dist/htmx.min.js")));
writeFileSync(join(target, "icons.svg"), sprite());
cpSync(join(here, "mark.svg"), join(target, "mark.svg"));
await viewer();
