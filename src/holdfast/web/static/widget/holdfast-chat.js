/* Holdfast chat: one script, no dependencies, everything inside a shadow root.
   <script src="https://support.example.com/static/widget/holdfast-chat.js" data-company="Tidewater" defer></script>
   Optional: data-locale (en, id, pt-br), data-brand (a CSS colour), data-open (starts open).
   A message lives in localStorage until the server shows it back, so a reload or a lost network neither loses nor
   doubles it: every message carries a key of its own, and the server keeps one message per key. */
(() => {
  "use strict";
  const script = document.currentScript;
  const origin = new URL(script.src).origin;
  const company = script.dataset.company || "Support";
  const locale = script.dataset.locale || document.documentElement.lang || navigator.language || "en";

  const WORDS = {
    en: {
      open: "Help", title: "{c} support", sub: "People and an assistant, day and night", close: "Close, keep my place",
      hello: "Hello. Write what happened, in your own words. A person is one step away at any time.",
      write: "Write a message", more: "Add anything. The person will read it.", send: "Send", person: "Talk to a person",
      asked: "You asked for a person", you: "You", bot: "Assistant", place: "Your place in line", about: "A person in about",
      min: "min", under: "under 2", hour: "over an hour", unknown: "We cannot say yet", joined: "joined at {n}, {t}",
      keep: "Close this if you like. Your place is kept.", sending: "Sending", kept: "Kept", waits: "Waits for the network",
      off: "No connection. What you write is kept here and sent when it is back.", failed: "Not sent: ",
      again: "Try again", sources: "From", closed: "This conversation is closed. Write again and it opens.",
      here: "{n} is with you", next: "You are next",
    },
    id: {
      open: "Bantuan", title: "Bantuan {c}", sub: "Petugas dan asisten, siang dan malam", close: "Tutup, simpan antrean saya",
      hello: "Halo. Tulis apa yang terjadi dengan kata-kata Anda. Petugas selalu satu langkah saja.",
      write: "Tulis pesan", more: "Tambahkan apa saja. Petugas akan membacanya.", send: "Kirim", person: "Bicara dengan petugas",
      asked: "Anda meminta petugas", you: "Anda", bot: "Asisten", place: "Antrean Anda", about: "Petugas dalam sekitar",
      min: "mnt", under: "kurang dari 2", hour: "lebih dari satu jam", unknown: "Belum bisa kami perkirakan",
      joined: "masuk di {n}, {t}", keep: "Silakan tutup. Antrean Anda disimpan.", sending: "Mengirim", kept: "Tersimpan",
      waits: "Menunggu jaringan", off: "Tidak ada koneksi. Tulisan Anda disimpan di sini dan dikirim nanti.",
      failed: "Tidak terkirim: ", again: "Coba lagi", sources: "Dari", closed: "Percakapan ini ditutup. Tulis lagi untuk membukanya.",
      here: "{n} bersama Anda", next: "Anda berikutnya",
    },
    pt: {
      open: "Ajuda", title: "Atendimento {c}", sub: "Pessoas e um assistente, dia e noite", close: "Fechar e guardar meu lugar",
      hello: "Olá. Escreva o que aconteceu, com as suas palavras. Uma pessoa está sempre a um passo.",
      write: "Escreva uma mensagem", more: "Acrescente o que quiser. A pessoa vai ler.", send: "Enviar", person: "Falar com uma pessoa",
      asked: "Você pediu uma pessoa", you: "Você", bot: "Assistente", place: "Seu lugar na fila", about: "Uma pessoa em cerca de",
      min: "min", under: "menos de 2", hour: "mais de uma hora", unknown: "Ainda não sabemos dizer", joined: "entrou em {n}, {t}",
      keep: "Pode fechar. Seu lugar fica guardado.", sending: "Enviando", kept: "Guardada", waits: "Espera a rede",
      off: "Sem conexão. O que você escreve fica aqui e é enviado depois.", failed: "Não enviada: ", again: "Tentar de novo",
      sources: "De", closed: "Esta conversa está fechada. Escreva de novo para abri-la.", here: "{n} está com você", next: "Você é o próximo",
    },
  };
  const words = WORDS[locale.toLowerCase().split("-")[0]] || WORDS.en;
  const say = (name, values = {}) => words[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);

  /* What survives a reload. Private windows may refuse storage: then it lives as long as the page. */
  const memory = {};
  const store = {
    get(name) { try { return JSON.parse(localStorage.getItem("holdfast." + name)) ?? memory[name]; } catch { return memory[name]; } },
    set(name, value) { memory[name] = value; try { localStorage.setItem("holdfast." + name, JSON.stringify(value)); } catch { /* memory has it */ } },
  };
  const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  const CSS = `
  :host { --brand: light-dark(#26406d, #9db7e8); --on: light-dark(#fff, #101827); --ink: light-dark(#1c2428, #e8edf0);
    --ink2: light-dark(#4d585e, #b7c0c5); --line: light-dark(#dde3e6, #353e44); --edge: light-dark(#848f96, #7d878d); --ground: light-dark(#fff, #1a2125);
    --own: light-dark(#e8ecf5, #27303f); --sunk: light-dark(#f2f5f6, #151b1e); --amber: light-dark(#fdf1dc, #3a2f1a);
    all: initial; color-scheme: light dark; position: fixed; z-index: 2147483000; inset: auto 20px 20px auto; font: 14px/1.45 Inter, ui-sans-serif, system-ui, sans-serif; color: var(--ink); }
  * { box-sizing: border-box; margin: 0; }
  button { font: inherit; color: inherit; background: none; border: 0; cursor: pointer; }
  :focus-visible { outline: 2px solid var(--brand); outline-offset: 2px; border-radius: 6px; }
  svg { width: 18px; height: 18px; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; flex: none; }
  .start { display: flex; align-items: center; gap: 8px; min-height: 48px; padding: 0 18px; border-radius: 999px; background: var(--brand); color: var(--on); font-weight: 600; box-shadow: 0 8px 24px -8px rgb(0 0 0 / .4); }
  .panel { display: flex; flex-direction: column; width: 396px; height: min(720px, calc(100dvh - 40px)); border-radius: 18px; overflow: hidden; background: var(--ground); box-shadow: 0 0 0 1px var(--line), 0 24px 56px -16px rgb(0 0 0 / .35); }
  [hidden] { display: none !important; }
  header { display: flex; align-items: center; gap: 12px; padding: 14px 14px 12px 18px; border-bottom: 1px solid var(--line); }
  header div { flex: 1; min-width: 0; }
  h2 { font-size: 15px; font-weight: 620; letter-spacing: -.01em; }
  .quiet, time, .by, .ends { font-size: 12px; color: var(--ink2); }
  .mark { display: grid; place-items: center; width: 34px; height: 34px; border-radius: 10px; background: var(--brand); color: var(--on); }
  .icon { display: grid; place-items: center; width: 36px; height: 36px; border-radius: 8px; }
  .icon:hover { background: var(--sunk); }
  .note { padding: 9px 18px; background: var(--amber); font-size: 13px; }
  .log { flex: 1; min-height: 0; overflow-y: auto; padding: 16px 18px; display: flex; flex-direction: column; gap: 12px; overscroll-behavior: contain; }
  .m { max-width: 86%; display: grid; gap: 3px; }
  .m p { white-space: pre-wrap; overflow-wrap: anywhere; }
  .own { align-self: end; justify-items: end; }
  .own p { background: var(--own); padding: 9px 12px; border-radius: 14px 14px 4px 14px; }
  .by { display: flex; align-items: center; gap: 6px; font-weight: 550; }
  .by svg { width: 14px; height: 14px; }
  .m a { color: var(--brand); text-underline-offset: 2px; }
  .sys { align-self: center; max-width: 100%; text-align: center; font-size: 12px; color: var(--ink2); }
  .bad { color: light-dark(#a2271b, #f0a297); font-size: 12px; }
  .bad button { text-decoration: underline; padding: 2px 4px; }
  .place { border: 1px solid var(--line); border-radius: 14px; padding: 12px 14px; display: grid; gap: 8px; }
  .two { display: flex; justify-content: space-between; gap: 12px; }
  .two > :last-child { text-align: right; }
  .big { font-size: 26px; font-weight: 620; letter-spacing: -.02em; line-height: 1.15; font-variant-numeric: tabular-nums; }
  .big.words { font-size: 16px; }
  .place svg.way { width: 100%; height: 10px; stroke: none; overflow: visible; }
  .way rect { fill: var(--line); } .way .done { fill: var(--brand); } .way circle { fill: var(--ground); stroke: var(--brand); stroke-width: 3; }
  footer { padding: 8px 12px 10px; display: grid; gap: 6px; }
  .box { display: flex; align-items: end; gap: 4px; border: 1px solid var(--edge); border-radius: 14px; padding: 4px 4px 4px 12px; }
  .box:focus-within { outline: 2px solid var(--brand); outline-offset: 1px; }
  textarea { flex: 1; min-width: 0; border: 0; background: none; font: inherit; color: inherit; resize: none; padding: 7px 0; outline: none; max-height: 140px; }
  textarea:focus-visible { outline: none; }
  textarea::placeholder { color: var(--ink2); opacity: 1; }
  .go { width: 36px; height: 36px; display: grid; place-items: center; border-radius: 10px; background: var(--brand); color: var(--on); }
  .go:disabled { opacity: .45; cursor: default; }
  .person { display: flex; align-items: center; justify-content: center; gap: 8px; min-height: 36px; border-radius: 10px; font-weight: 550; color: var(--brand); }
  .person:hover { background: var(--sunk); }
  .vh { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  @media (pointer: coarse) { .icon, .go { width: 44px; height: 44px; } .person { min-height: 44px; } textarea { font-size: 16px; } }
  @media (max-width: 480px) { :host([data-state="open"]) { inset: 0; } .panel { width: 100vw; height: 100dvh; border-radius: 0; } }
  @media (prefers-reduced-motion: no-preference) { .panel { animation: rise .2s cubic-bezier(.2,.7,.2,1); } @keyframes rise { from { opacity: 0; transform: translateY(8px); } } }
  @media (forced-colors: active) { .panel, .own p, .place, .start { border: 1px solid; } }`;

  const ICONS = {
    wave: "M3 15c3 0 3-6 6-6s3 6 6 6 3-6 6-6", down: "m7 10 5 5 5-5", up: "M12 19V5M6 11l6-6 6 6", chat: "M21 12a8 8 0 0 1-11.5 7.2L4 21l1.6-5A8 8 0 1 1 21 12z",
    person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20a7.500 7.500 0 0 1 15 0", bot: "M5 8h14v11H5zM12 8V4.500M9.500 13v1M14.500 13v1",
  };
  const SVG = "http://www.w3.org/2000/svg";
  const make = (tag, properties = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name in node && name !== "role") node[name] = value; else node.setAttribute(name, value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  };
  const shape = (tag, attributes, ...children) => {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };
  const icon = (name) => shape("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, shape("path", { d: ICONS[name] }));
  const clock = (iso) => new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hour12: false }).format(new Date(iso));

  class HoldfastChat extends HTMLElement {
    connectedCallback() {
      this.root = this.attachShadow({ mode: "open" });
      const sheet = new CSSStyleSheet();  // a constructed sheet needs no style-src exception on the host's page
      sheet.replaceSync(CSS);
      this.root.adoptedStyleSheets = [sheet];
      if (script.dataset.brand) sheet.insertRule(`:host { --brand: ${script.dataset.brand}; }`, sheet.cssRules.length);
      this.shown = { messages: [], line: null, state: "new", person: "" };
      this.build();
      addEventListener("online", () => { this.flush(); this.listen(); });
      addEventListener("offline", () => this.draw());
      addEventListener("storage", (event) => { if (event.key?.startsWith("holdfast.")) this.refresh(); });
      if (store.get("token")) { this.refresh(); this.listen(); this.flush(); }
      if ("open" in script.dataset || store.get("open")) this.open(false);
    }

    build() {
      this.start = make("button", { className: "start", type: "button", "aria-expanded": "false" }, icon("chat"), say("open"));
      this.note = make("p", { className: "note", role: "status", hidden: true });
      this.sub = make("p", { className: "quiet" }, say("sub"));
      this.closing = make("button", { className: "icon", type: "button", ariaLabel: say("close"), title: say("close") }, icon("down"));
      this.log = make("div", { className: "log", role: "log", tabIndex: 0, ariaLabel: say("title", { c: company }) });
      this.card = make("section", { className: "place", role: "status", ariaLabel: say("place"), hidden: true });
      this.text = make("textarea", { rows: 1, maxLength: 8000, id: "text", placeholder: say("write") });
      this.go = make("button", { className: "go", type: "submit", ariaLabel: say("send"), disabled: true }, icon("up"));
      this.person = make("button", { className: "person", type: "button" }, icon("person"), say("person"));
      const form = make("form", {}, make("label", { className: "vh", htmlFor: "text" }, say("write")), make("div", { className: "box" }, this.text, this.go));
      this.panel = make("section", { className: "panel", role: "dialog", ariaLabel: say("title", { c: company }), hidden: true },
        make("header", {}, make("span", { className: "mark" }, icon("wave")), make("div", {}, make("h2", {}, say("title", { c: company })), this.sub), this.closing),
        this.note, this.log, make("footer", {}, form, this.person));
      this.root.append(this.start, this.panel);
      this.start.onclick = () => this.open();
      this.closing.onclick = () => this.close();
      this.panel.onkeydown = (event) => { if (event.key === "Escape") this.close(); };
      this.text.oninput = () => this.typed();
      this.text.onkeydown = (event) => { if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.submit(); } };
      form.onsubmit = (event) => { event.preventDefault(); this.submit(); };
      this.person.onclick = () => this.put({ key: newKey(), text: "", person: true, at: new Date().toISOString() });
      this.text.value = store.get("draft") || "";
      this.typed();
    }

    open(focus = true) {
      this.panel.hidden = false; this.start.hidden = true; this.dataset.state = "open";
      store.set("open", true); this.draw();
      if (focus) this.text.focus();
    }

    close() {
      this.panel.hidden = true; this.start.hidden = false; this.dataset.state = "closed";
      store.set("open", false); this.start.focus();
    }

    typed() {
      this.go.disabled = !this.text.value.trim();
      store.set("draft", this.text.value);
      this.text.rows = Math.min(6, this.text.value.split("\n").length);
    }

    submit() {
      const text = this.text.value.trim();
      if (!text) return;
      this.put({ key: newKey(), text, at: new Date().toISOString() });
      this.text.value = ""; this.typed();
    }

    get outbox() { return store.get("outbox") || []; }

    put(message) { store.set("outbox", [...this.outbox, message]); this.draw(true); this.flush(); }

    change(key, changes) { store.set("outbox", this.outbox.map((each) => each.key === key ? { ...each, ...changes } : each)); this.draw(); }

    /* One at a time and in order. What fails for lack of network stays and is tried again. */
    async flush() {
      if (this.flushing || !navigator.onLine) return this.draw();
      this.flushing = true;
      try {
        for (let next; (next = this.outbox.find((each) => !each.kept && !each.failed));) {
          const token = await this.session();
          const answer = await this.post(next.person ? "/chat/person" : "/chat/messages", { token, key: next.key, text: next.text, locale });
          if (answer.ok) { this.change(next.key, { kept: true }); this.pause = 0; }
          else if (answer.status === 401) { store.set("token", null); this.source?.close(); this.source = null; }
          else if (answer.status >= 500 || answer.status === 408) throw new Error("later");
          else this.change(next.key, { failed: (await answer.json().catch(() => ({}))).detail || String(answer.status) });
        }
        this.refresh();
      } catch {
        this.pause = Math.min((this.pause || 500) * 2, 15000);
        setTimeout(() => this.flush(), this.pause);
      } finally { this.flushing = false; this.draw(); }
    }

    async session() {
      if (!store.get("token")) {
        const answer = await this.post("/chat/session", {});
        if (!answer.ok) throw new Error("later");
        store.set("token", (await answer.json()).token);
        this.listen();
      }
      return store.get("token");
    }

    post(path, body) {
      return fetch(origin + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), credentials: "omit" });
    }

    listen() {
      const token = store.get("token");
      if (!token || (this.source && this.source.readyState !== EventSource.CLOSED)) return;
      this.source = new EventSource(`${origin}/chat/events?token=${encodeURIComponent(token)}`);
      this.source.addEventListener("ready", () => { this.away = false; this.refresh(); this.flush(); });
      for (const name of ["chat", "resync"]) this.source.addEventListener(name, () => this.refresh());
      this.source.onerror = () => {
        this.away = true; this.draw();
        if (this.source.readyState === EventSource.CLOSED) setTimeout(() => this.listen(), 5000);
      };
      // The wait is an estimate that ages: fetch it again while somebody looks at it.
      this.ticking ??= setInterval(() => { if (this.shown.line && !this.panel.hidden && !document.hidden) this.refresh(); }, 20000);
    }

    refresh() { clearTimeout(this.soon); this.soon = setTimeout(() => this.fetch(), 60); }

    async fetch() {
      const token = store.get("token");
      if (!token) return;
      try {
        const answer = await fetch(`${origin}/chat/state?token=${encodeURIComponent(token)}`, { credentials: "omit" });
        if (answer.status === 401) { store.set("token", null); return; }
        if (!answer.ok) throw new Error("later");
        this.shown = await answer.json();
        this.away = false;
        const keys = new Set(this.shown.messages.map((message) => message.key));
        store.set("outbox", this.outbox.filter((each) => !keys.has(each.key)));
      } catch { this.away = true; }
      this.draw();
    }

    draw(toEnd = false) {
      const atEnd = toEnd || this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 60;
      const offline = !navigator.onLine || this.away;
      if (this.note.hidden === offline) { this.note.hidden = !offline; this.note.textContent = offline ? say("off") : ""; }
      const { messages, line, state, person } = this.shown;
      this.sub.textContent = person && state === "person" ? say("here", { n: person }) : say("sub");
      const rows = messages.filter((message) => message.text || message.author === "customer").map((message) => this.row(message));
      const pending = this.outbox.map((message) => this.row({ ...message, author: "customer", pending: true }));
      const closed = state === "closed" ? [["closed", () => make("p", { className: "m sys" }, say("closed"))]] : [];
      this.reconcile([["hello", () => make("p", {}, say("hello"))], ...rows, ...pending, ...closed]);
      this.place(line);
      this.text.placeholder = say(line || state === "person" ? "more" : "write");
      this.person.hidden = state === "person" || Boolean(line) || this.outbox.some((each) => each.person && !each.failed);
      if (atEnd) this.log.scrollTop = this.log.scrollHeight;
    }

    /* Rows that did not change stay as they are, so that a screen reader reads each message once. */
    reconcile(rows) {
      const old = new Map([...this.log.children].filter((node) => node.dataset.row).map((node) => [node.dataset.row, node]));
      let before = null;
      for (const [name, build] of rows) {
        let node = old.get(name);
        old.delete(name);
        if (!node) { node = build(); node.dataset.row = name; }
        const spot = before ? before.nextSibling : this.log.firstChild;
        if (spot !== node) this.log.insertBefore(node, spot);
        before = node;
      }
      old.forEach((node) => node.remove());
    }

    row(message) {
      if (!message.pending && message.author === "system") return [message.id, () => make("p", { className: "m sys" }, message.text)];
      if (message.author !== "customer") {
        return [message.id, () => make("div", { className: "m" },
          make("p", { className: "by" }, icon(message.author === "assistant" ? "bot" : "person"), message.author === "assistant" ? say("bot") : message.name, make("time", { dateTime: message.at }, clock(message.at))),
          this.linked(message.text))];
      }
      const text = message.text || say("asked");
      if (!message.pending) return [`${message.key || message.id}.in`, () => make("div", { className: "m own" }, make("span", { className: "vh" }, say("you")), make("p", {}, text), make("time", { dateTime: message.at }, clock(message.at)))];
      const how = message.failed ? "failed" : message.kept ? "kept" : navigator.onLine ? "sending" : "waits";
      return [`${message.key}.${how}`, () => make("div", { className: "m own" }, make("span", { className: "vh" }, say("you")), make("p", {}, text), how !== "failed"
        ? make("span", { className: "quiet" }, say(how))
        : make("span", { className: "bad" }, say("failed") + message.failed, make("button", { type: "button", onclick: () => { this.change(message.key, { failed: null }); this.flush(); } }, say("again"))))];
    }

    linked(text) {
      const line = make("p");
      for (const part of text.split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)])/)) {
        line.append(/^https?:\/\//.test(part) ? make("a", { href: part, target: "_blank", rel: "noopener noreferrer" }, part) : part);
      }
      return line;
    }

    place(line) {
      this.card.hidden = !line;
      if (!line) { this.card.remove(); this.drawn = ""; return; }
      if (this.log.lastChild !== this.card) this.log.append(this.card);
      const drawn = JSON.stringify(line);
      if (this.drawn === drawn) return;
      this.drawn = drawn;
      const wait = line.low === null ? say("unknown") : line.high <= 2 ? say("under") : line.low >= 60 ? say("hour") : `${Math.max(1, line.low)}–${line.high}`;
      const numeric = line.low !== null && line.low < 60;
      const done = line.joined_as > 1 ? (line.joined_as - line.place) / (line.joined_as - 1) : 1;
      const x = 3 + 94 * Math.max(0, Math.min(1, done));
      this.card.replaceChildren(
        make("div", { className: "two" },
          make("div", {}, make("p", { className: "quiet" }, say("place")), make("p", { className: "big" }, line.place.toLocaleString(locale))),
          make("div", {}, make("p", { className: "quiet" }, say("about")), make("p", { className: numeric ? "big" : "big words" }, numeric ? `${wait} ${say("min")}` : wait))),
        shape("svg", { class: "way", viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
          shape("rect", { x: 0, y: 4, width: 100, height: 2, rx: 1 }), shape("rect", { class: "done", x: 0, y: 4, width: x, height: 2, rx: 1 })),
        make("p", { className: "ends" }, line.place === 1 ? say("next") : say("joined", { n: line.joined_as.toLocaleString(locale), t: clock(line.joined_at) })),
        make("p", { className: "quiet" }, say("keep")));
    }
  }

  if (!customElements.get("holdfast-chat")) customElements.define("holdfast-chat", HoldfastChat);
  const mount = () => document.body.append(document.createElement("holdfast-chat"));
  if (document.body) mount(); else addEventListener("DOMContentLoaded", mount);
})();
