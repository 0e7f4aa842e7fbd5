
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const FORMATS = ["auto", "jpeg", "webp", "avif", "png"];
  // The variants of a configuration that names none.
  const VARIANTS = { 320: "sm", 640: "md", 1024: "lg", 1920: "xl" };
  const EXTENSIONS = { jpeg: "jpg", webp: "webp", avif: "avif", png: "png" };
  // In plain words, why an answer is the original, by the word in x-edgepix.
  const REASONS = {
    missing: "there is no image of this name",
    forbidden: "the store does not show it",
    busy: "the store is asked too much just now",
    cut: "it broke off on its way here",
    changed: "it was replaced while it was read",
    "store-timeout": "the store took too long",
    store: "the store fails",
    unsupported: "it is not an image, or of a kind that is not read",
    broken: "its file is broken",
    memory: "this would take more memory than --memory allows",
    pixels: "it has more pixels than are allowed",
    time: "this would take, or took, longer than there is time",
    size: "the result has more bytes than an answer may have",
    "would-grow": "the result would have more bytes and show nothing more",
    larger: "the result would have more bytes",
    kept: "it is what was asked for",
    request: "the URL asks for what this image does not have",
    event: "the question could not be read",
    config: "the configuration cannot be read",
    internal: "edgepix failed, which is a fault of its own",
    panic: "edgepix failed, which is a fault of its own",
  };
  // Between two questions while a slider is dragged.
  const PAUSE_MS = 60;
  const state = { image: "", width: 640, format: "auto", quality: 80 };
  let originals = [];
  let listable = true;
  let accept = "image/webp,image/*,*/*;q=0.8";
  // The format of the result that is shown, which Accept may have chosen.
  let made = null;
  // Size of the chosen original, as far as it is known.
  let source = { width: 0, height: 0, bytes: null, format: null };
  // One question is under way at a time; the state may have moved on meanwhile.
  let running = null;
  let again = false;
  let timer = 0;
  let shown = "";
  // Whether the first result is there: until then no thumbnail is in its way.
  let begun = false;

  // What is told is set as text: keys are anybody's words.
  const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  const bytes = (count) => {
    if (count === null || count === undefined) return "–";
    if (count < 1024) return `${count} B`;
    for (const [unit, size] of [["KB", 1024], ["MB", 1024 ** 2], ["GB", 1024 ** 3]]) {
      const amount = count / size;
      if (amount < 1000 || unit === "GB") return `${amount.toFixed(amount < 99.95 ? 1 : 0)} ${unit}`;
    }
  };
  const milliseconds = (time) => `${time.toFixed(time < 10 ? 1 : 0)} ms`;

  // The theme: the system's, unless it was changed here.
  const themes = ["auto", "light", "dark"];
  const remembered = () => {
    try { return localStorage.getItem("theme"); } catch { return null; }
  };
  const setTheme = (theme) => {
    document.documentElement.dataset.theme = theme;
    $("theme").textContent = `Theme: ${theme}`;
    try { localStorage.setItem("theme", theme); } catch { /* It is not kept, then. */ }
  };
  setTheme(themes.includes(remembered()) ? remembered() : "auto");
  $("theme").addEventListener("click", () => {
    const next = themes.indexOf(document.documentElement.dataset.theme) + 1;
    setTheme(themes[next % themes.length]);
  });

  // The state is in the address, so that it can be shared and gone back to.
  const readHash = () => {
    const said = new URLSearchParams(location.hash.slice(1));
    const number = (name, least, most, otherwise) => {
      const value = Number.parseInt(said.get(name), 10);
      return value >= least && value <= most ? value : otherwise;
    };
    state.image = said.get("image") ?? state.image;
    state.width = number("width", 16, 65535, state.width);
    state.quality = number("quality", 1, 100, state.quality);
    if (FORMATS.includes(said.get("format"))) state.format = said.get("format");
  };
  const writeHash = () => {
    const hash = `#${new URLSearchParams(state)}`;
    if (hash !== location.hash) history.replaceState(null, "", hash);
  };

  const chosen = () => originals.find((original) => original.key === state.image);
  const width = () => Math.min(state.width, Number($("width").max));
  const height = () => Math.max(1, Math.round(width() * source.height / source.width));
  const lossless = () => state.format === "png";

  // The question in each grammar: its URL, if it can be asked, and a note on what it
  // cannot say.
  const urls = (path) => {
    const quality = (before) => (lossless() ? "" : `${before}${state.quality}`);
    const cut = path.lastIndexOf("/") + 1;
    const auto = state.format === "auto";
    const format = auto ? made : state.format;
    const alike = state.format === source.format && (lossless() || state.quality === 80);
    const kept = alike ? "" : "keeps the original’s format, at quality 80";
    // Two of the grammars go by what a name ends in.
    const named = (pattern) => pattern.test(state.image);
    return {
      native: { url: `${path}?width=${width()}&format=${state.format}${quality("&quality=")}` },
      query: !named(/\.(jpe?g|png|webp|avif)$/i) ? { note: "leaves names like this one alone" }
        : { url: `${path}?w=${width()}&f=${state.format}${quality("&q=")}` },
      at: !named(/\.(jpe?g|png|webp|gif|avif)$/i) ? { note: "leaves names like this one alone" }
        : width() > 4096 ? { note: "has no widths above 4096" }
        : !EXTENSIONS[format] ? { note: "cannot let Accept choose the format" }
        : {
          url: `${path}@${width()}w${format === "png" ? "" : `_${state.quality}q`}.${EXTENSIONS[format]}`,
          note: auto ? `cannot let Accept choose: this is always ${format}, which it chose here` : "",
        },
      path: source.height
        ? { url: `${path.slice(0, cut)}${width()}x${height()}/${path.slice(cut)}`, note: kept }
        : { note: "needs the original’s size, which is not known" },
      variant: VARIANTS[width()]
        ? { url: path.replace(/(?<=[^/])(\.[^./]*)?$/, (end) => `-${VARIANTS[width()]}${end}`), note: kept }
        : { note: "has names for the widths 320 (sm), 640 (md), 1024 (lg) and 1920 (xl)" },
    };
  };

  const paintUrls = (path) => {
    const items = Object.entries(urls(path)).map(([dialect, { url, note }]) => {
      const name = element("span", { className: "dialect", textContent: dialect });
      const said = note ? [element("span", { className: "not", textContent: note })] : [];
      if (!url) return element("li", {}, name, ...said);
      const link = element("a", { href: url, textContent: url, target: "_blank", rel: "noopener" });
      const button = element("button", { type: "button", textContent: "Copy" });
      button.setAttribute("aria-label", `Copy the ${dialect} URL`);
      button.addEventListener("click", () => copy(button, location.origin + url));
      return element("li", {}, name, element("div", {}, link, ...said), button);
    });
    $("urls").replaceChildren(...items);
  };
  const copy = async (button, text) => {
    let said = "Copied";
    try { await navigator.clipboard.writeText(text); } catch { said = "Not allowed"; }
    button.textContent = said;
    $("copied").textContent = said;
    setTimeout(() => { button.textContent = "Copy"; }, 1200);
  };

  const paintControls = () => {
    $("width").value = state.width;
    $("width-said").textContent = source.width ? `${width()} of ${source.width} px` : `${width()} px`;
    $("quality").value = state.quality;
    $("quality").disabled = lossless();
    $("quality-said").textContent = lossless() ? "lossless" : `${state.quality} of 100`;
    for (const choice of document.querySelectorAll("#formats input")) {
      choice.checked = choice.value === state.format;
    }
  };

  const setSource = (known) => {
    for (const [name, value] of Object.entries(known)) {
      if (value !== null && value !== undefined && value !== 0) source[name] = value;
    }
    if (source.width) {
      $("width").max = Math.max(16, source.width);
      $("compare").style.setProperty("--ratio", source.width / source.height);
    }
    $("bytes-before").textContent = bytes(source.bytes);
    $("before-tag").textContent = source.bytes ? `Original ${bytes(source.bytes)}` : "Original";
    paintControls();
  };

  const rows = (list, pairs) => {
    const known = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
    list.replaceChildren(...known.flatMap(([name, value]) => {
      const term = element("dt", { textContent: name });
      if (list.id === "stages") term.dataset.stage = name;
      return [term, element("dd", { textContent: value })];
    }));
  };

  const paintTimes = (explained, roundTrip, passed) => {
    const spent = (explained.stages ?? []).filter((stage) => stage.ms > 0);
    $("bar").replaceChildren(...spent.map((stage) => {
      const part = element("i");
      part.dataset.stage = stage.name;
      part.style.flexGrow = stage.ms * 1000;
      return part;
    }));
    rows($("stages"), [
      ...spent.map((stage) => [stage.name, `${stage.ms.toFixed(1)} ms`]),
      ["in all", explained.time_ms ? `${explained.time_ms.toFixed(1)} ms, when it was ${passed ? "decided" : "made"}` : null],
      ["this time", `${roundTrip.toFixed(1)} ms, seen from here`],
    ]);
  };

  // A plan is lines of a name and what it says; parts of the memory are indented more.
  const paintPlan = (plan, otherwise) => {
    $("no-plan").hidden = Boolean(plan);
    $("no-plan").textContent = otherwise;
    const lines = (plan ?? "").split("\n").filter(Boolean);
    $("plan").tBodies[0].replaceChildren(...lines.map((line) => {
      const part = /^ {4,}(\d+)\s+(.*)$/.exec(line);
      const [, name, value] = part ?? /^ {2}(.{12}) (.*)$/.exec(line) ?? [null, "", line.trim()];
      const heading = element("th", { scope: "row", textContent: part ? Number(name).toLocaleString("en") : name.trim() });
      const said = part ? value.replace(/\s{2,}/, ", ") : value;
      return element("tr", { className: part ? "part" : "" }, heading, element("td", { textContent: said }));
    }));
  };

  const size = (side) => (side?.width ? `${side.width} × ${side.height}` : null);
  const trouble = (text) => {
    $("trouble").hidden = !text;
    $("trouble").textContent = text;
  };

  const paintAnswer = (response, blob, explained, roundTrip) => {
    const from = (response.headers.get("x-cache") ?? "").split(" ")[0];
    const said = response.headers.get("x-edgepix");
    const reason = /^passthrough; reason=(\S+)/.exec(said)?.[1];
    $("bytes-after").textContent = bytes(blob.size);
    $("after-tag").textContent = reason ? "The original" : `Result ${bytes(blob.size)}`;
    const share = source.bytes ? 100 * (1 - blob.size / source.bytes) : null;
    $("ratio").dataset.smaller = !reason && share > 0;
    $("ratio").textContent = reason ? `the original, because ${REASONS[reason] ?? reason}`
      : share === null ? ""
      : share > 0 ? `${share.toFixed(share > 99 ? 1 : 0)} % smaller`
      : share < 0 ? `${(-share).toFixed(0)} % larger` : "the same bytes";
    $("made").textContent = explained.time_ms && !reason ? `made in ${milliseconds(explained.time_ms)}` : "";
    $("cache").textContent = from;
    paintTimes(explained, roundTrip, Boolean(reason));
    rows($("answer"), [
      ["original", [size(source), explained.source?.format ?? source.format, bytes(source.bytes)].filter(Boolean).join(", ")],
      ["result", [size(explained.result), response.headers.get("content-type"), bytes(blob.size)].filter(Boolean).join(", ")],
      ["cache", [from, explained.token ? `keyed by the token ${explained.token}` : ""].filter(Boolean).join(", ")],
      ["cache-control", response.headers.get("cache-control")],
      ["etag", response.headers.get("etag")],
      ["x-edgepix", said],
      ["degraded", (explained.degraded ?? []).join("; ")],
      ["stored", explained.stored ? "yes, under its own key" : null],
    ]);
    paintPlan(explained.plan, "No plan was carried out: the answer is the original, as it is.");
    trouble("");
  };

  const blank = (id) => {
    $(id).hidden = true;
    $(id).removeAttribute("src");
  };
  const paintNothing = (why) => {
    blank("after");
    $("bytes-after").textContent = "–";
    $("after-tag").textContent = "No result";
    for (const id of ["ratio", "made", "cache"]) $(id).textContent = "";
    for (const id of ["bar", "stages", "answer"]) $(id).replaceChildren();
    paintPlan(null, `Nothing was planned: ${why}.`);
  };

  const show = async () => {
    const original = chosen();
    if (!original) return;
    const { url } = urls(original.path).native;
    const { signal } = running;
    try {
      const began = performance.now();
      // The cache that is looked at is the server's, not the browser's.
      const response = await fetch(url, { signal, cache: "no-store", headers: { Accept: accept } });
      const blob = await response.blob();
      const roundTrip = performance.now() - began;
      if (!response.ok) {
        const text = await blob.text();
        const message = /<Message>(.*?)<\/Message>/.exec(text)?.[1] ?? text;
        const missing = response.status === 404;
        made = null;
        paintNothing(missing ? REASONS.missing : "there is no answer to explain");
        paintUrls(original.path);
        trouble(missing ? `404: ${REASONS.missing}.` : `${response.status}: ${message.slice(0, 300)}`);
        return;
      }
      const asked = encodeURIComponent(url);
      const told = await fetch(`/.edgepix/explain?path=${asked}`, { signal, cache: "no-store" });
      const explained = told.ok ? await told.json() : {};
      setSource(explained.source ?? {});
      made = explained.result?.format ?? null;
      const old = shown;
      shown = URL.createObjectURL(blob);
      $("after").src = shown;
      if (old) URL.revokeObjectURL(old);
      paintAnswer(response, blob, explained, roundTrip);
      paintUrls(original.path);
    } catch (error) {
      if (error.name !== "AbortError") trouble(`The server does not answer: ${error.message}`);
    }
  };
  const refresh = async () => {
    again = true;
    if (running) return;
    $("work").ariaBusy = "true";
    while (again) {
      again = false;
      running = new AbortController();
      await show();
    }
    running = null;
    $("work").ariaBusy = "false";
  };

  const change = (changed) => {
    Object.assign(state, changed);
    writeHash();
    paintControls();
    timer ||= setTimeout(() => {
      timer = 0;
      refresh();
    }, PAUSE_MS);
  };

  const begin = () => {
    begun = true;
    for (const picture of document.querySelectorAll("img[data-later]")) {
      picture.src = picture.dataset.later;
      delete picture.dataset.later;
    }
  };

  // Scrolls the list alone: the page stays where it is.
  const reveal = (item) => {
    const own = item.getBoundingClientRect();
    const view = $("originals").getBoundingClientRect();
    const foot = Math.min(view.bottom, innerHeight);
    if (own.top < view.top || own.bottom > foot) {
      $("originals").scrollTop += (own.top + own.bottom - view.top - foot) / 2;
    }
    if (own.left < view.left || own.right > view.right) {
      $("originals").scrollLeft += (own.left + own.right - view.left - view.right) / 2;
    }
  };

  const choose = async (key) => {
    state.image = key;
    const original = chosen();
    if (!original) return;
    source = { width: 0, height: 0, bytes: original.bytes, format: null };
    const extension = original.key.split(".").pop().toLowerCase();
    source.format = { jpg: "jpeg", jpeg: "jpeg", jpe: "jpeg", jfif: "jpeg" }[extension] ?? extension;
    made = null;
    $("nothing").hidden = true;
    $("work").hidden = false;
    $("name").textContent = original.key;
    document.title = `${original.key} · edgepix`;
    for (const id of ["before", "after"]) $(id).hidden = false;
    $("before").src = original.path;
    for (const button of document.querySelectorAll(".original")) {
      const current = button.dataset.key === key;
      button.setAttribute("aria-current", current);
      if (current) reveal(button);
    }
    setSource({});
    paintUrls(original.path);
    writeHash();
    running?.abort();
    await refresh();
  };
  $("before").addEventListener("load", () => {
    const before = $("before");
    const unknown = !source.width;
    setSource({ width: before.naturalWidth, height: before.naturalHeight });
    if (unknown && chosen()) paintUrls(chosen().path);
  });

  // A picture that the browser cannot show is a quiet blank.
  for (const id of ["before", "after"]) {
    $(id).addEventListener("load", () => { $(id).hidden = false; });
    $(id).addEventListener("error", () => blank(id));
  }

  // A name that is not listed is one all the same: there are more than fit a list, and
  // stores without one.
  const add = (key) => {
    if (originals.some((original) => original.key === key)) return;
    const path = `/${key.split("/").map(encodeURIComponent).join("/")}`;
    originals.push({ key, path, bytes: null, added: true });
    list($("find").value);
  };

  const list = (wanted) => {
    const folded = wanted.trim().toLowerCase();
    const matching = originals.filter((original) => original.key.toLowerCase().includes(folded));
    $("originals").replaceChildren(...matching.map((original) => {
      const picture = element("img", { loading: "lazy", alt: "", width: 64, height: 48 });
      picture.addEventListener("error", () => picture.replaceWith(element("span", { className: "picture" })));
      const thumbnail = `${original.path}?width=160&format=auto`;
      if (begun) picture.src = thumbnail; else picture.dataset.later = thumbnail;
      // Long names differ at their ends: what is cut is before the last few letters.
      const letters = Array.from(original.key);
      const key = element("span", { className: "key", title: original.key },
        element("span", { className: "start", textContent: letters.slice(0, -9).join("") }),
        element("span", { className: "end", textContent: letters.slice(-9).join("") }));
      const size = element("span", { className: "size", textContent: original.bytes === null ? "" : bytes(original.bytes) });
      const button = element("button", { type: "button", className: "original" }, picture, key, size);
      button.dataset.key = original.key;
      button.setAttribute("aria-label", `${original.key} ${size.textContent}`.trim());
      button.setAttribute("aria-current", original.key === state.image);
      button.addEventListener("click", () => choose(original.key));
      return element("li", {}, button);
    }));
    const listed = originals.filter((original) => !original.added).length;
    const found = matching.filter((original) => !original.added).length;
    $("count").textContent = !listable ? "" : folded ? `(${found} of ${listed})` : `(${listed})`;
    $("none").hidden = matching.length > 0;
    $("none").textContent = !listable ? "This store cannot be listed: type a name and press Enter."
      : originals.length ? "No name is like that. Enter asks for it anyway."
      : "There are no images: JPEG, PNG, WebP, AVIF and GIF files would be listed.";
  };
  $("find").addEventListener("input", () => list($("find").value));
  $("find").addEventListener("keydown", (event) => {
    const key = $("find").value.trim().replace(/^\/+/, "");
    if (event.key !== "Enter" || !key) return;
    const like = document.querySelector("#originals .original");
    if (like) return choose(like.dataset.key);
    add(key);
    list(key);
    choose(key);
  });

  $("formats").append(...FORMATS.map((format) => element("label", {},
    element("input", { type: "radio", name: "format", value: format }), format)));
  $("formats").addEventListener("change", (event) => change({ format: event.target.value }));
  $("width").addEventListener("input", () => change({ width: Number($("width").value) }));
  $("quality").addEventListener("input", () => change({ quality: Number($("quality").value) }));
  $("split").addEventListener("input", () => $("compare").style.setProperty("--split", `${$("split").value}%`));
  $("controls").addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", () => {
    const before = state.image;
    readHash();
    paintControls();
    if (state.image === before) return refresh();
    add(state.image);
    choose(state.image);
  });

  // Whether this browser shows AVIF, which the answers to a script's questions depend on.
  const showsAvif = () => new Promise((resolve) => {
    const picture = new Image();
    picture.onload = () => resolve(true);
    picture.onerror = () => resolve(false);
    picture.src = "data:image/avif;base64,AAAAGGZ0eXBhdmlmAAAAAG1pZjFtaWFmAAAA0m1ldGEAAAAAAAAAIWhkbHIAAAAAAAAAAHBpY3QAAAAAAAAAAAAAAAAAAAAADnBpdG0AAAAAAAEAAAAeaWxvYwAAAABEAAABAAEAAAABAAAA8gAAACQAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABhdjAxAAAAAFZpcHJwAAAAOGlwY28AAAAUaXNwZQAAAAAAAAAQAAAAEAAAAAxhdjFDgR8MAAAAABBwaXhpAAAAAAMICAgAAAAWaXBtYQAAAAAAAAABAAEDAYIDAAAALG1kYXQSAAoJGAz/2CAhoNCAMhUSgRECCCCEADlRf7ihGlDe9IST78A=";
  });

  const nothing = (text) => {
    $("nothing").hidden = false;
    $("nothing").textContent = text;
  };
  const start = async () => {
    readHash();
    paintControls();
    if (await showsAvif()) accept = `image/avif,${accept}`;
    const answer = await fetch("/.edgepix/originals.json", { cache: "no-store" });
    listable = answer.status !== 501;
    if (listable && !answer.ok) throw new Error(`${answer.status}, ${await answer.text()}`);
    originals = listable ? await answer.json() : [];
    list("");
    if (state.image) add(state.image);
    const first = chosen() ?? originals[0];
    if (first) await choose(first.key);
    else nothing(listable ? "No images here yet." : "Type a name and press Enter.");
    begin();
  };
  start().catch((error) => {
    $("none").hidden = false;
    $("none").textContent = `The originals cannot be listed: ${error.message}`;
    if ($("work").hidden) nothing("Type a name and press Enter.");
  });
})();
