/* Holdfast chat, in a shadow root; docs/chat.md tells how to embed it. A message stays in localStorage until the server
   shows it back, so nothing is lost, and the server keeps one message per key, so nothing is doubled. */
(() => {
  "use strict";
  const script = document.currentScript || document.querySelector('script[src*="holdfast-chat.js"]');
  const origin = new URL(script.src).origin;
  const given = script.dataset;
  const company = given.company || "Support";
  const locale = [given.locale, document.documentElement.lang, navigator.language, "en"].map((name) => (name || "").replace("_", "-"))
    .find((name) => { try { return name && Intl.getCanonicalLocales(name).length; } catch { return false; } });

  const WORDS = {
    en: {
      open: "Help", title: "{c} support", sub: "People and an assistant", close: "Close, keep my place", spot: "Place {n}",
      hello: "Hello. Write what happened, in your own words.", step: "A person is one step away at any time.",
      write: "Write a message", more: "Add anything. The person will read it.", send: "Send", person: "Talk to a person",
      asked: "I would like to talk to a person", you: "You", bot: "Assistant", place: "Your place in line", about: "Wait for a person",
      min: "min", under: "under 2", hour: "over an hour", unknown: "we cannot say yet", next: "You are next", joined: "joined at {n}, {t}",
      asof: "as of {t}",
      counting: "You asked for a person, and that is kept. Your place shows here once it is given.",
      sending: "Sending", kept: "Kept", slow: "Kept safely, read later than usual", waits: "Waits for a connection",
      off: "No connection. Write on: it is kept here and sent by itself.", failed: "Not sent. ", again: "Try again", change: "Change it",
      long: "{n} characters too long for one message", closed: "This conversation is closed. Write again and it opens.",
      here: "{n} is with you", fresh: "New message", case: "Case {n}",
    },
    id: {
      open: "Bantuan", title: "Bantuan {c}", sub: "Petugas dan asisten", close: "Tutup, simpan antrean saya", spot: "Antrean {n}",
      hello: "Halo. Tulis apa yang terjadi dengan kata-kata Anda sendiri.", step: "Petugas selalu satu langkah saja.",
      write: "Tulis pesan", more: "Tambahkan apa saja. Petugas akan membacanya.", send: "Kirim", person: "Bicara dengan petugas",
      asked: "Saya ingin bicara dengan petugas", you: "Anda", bot: "Asisten", place: "Antrean Anda", about: "Menunggu petugas",
      min: "mnt", under: "kurang dari 2", hour: "lebih dari satu jam", unknown: "belum bisa kami perkirakan", next: "Anda berikutnya", joined: "masuk di {n}, {t}",
      asof: "per {t}",
      counting: "Anda meminta petugas, dan itu disimpan. Antrean Anda segera tampil di sini.",
      sending: "Mengirim", kept: "Tersimpan", slow: "Tersimpan aman, dibaca lebih lambat dari biasanya", waits: "Menunggu koneksi",
      off: "Tidak ada koneksi. Terus menulis: pesan disimpan di sini dan terkirim sendiri.", failed: "Tidak terkirim. ", again: "Coba lagi", change: "Ubah",
      long: "{n} karakter terlalu panjang untuk satu pesan", closed: "Percakapan ini ditutup. Tulis lagi untuk membukanya.",
      here: "{n} bersama Anda", fresh: "Pesan baru", case: "Kasus {n}",
    },
    pt: {
      open: "Ajuda", title: "Atendimento {c}", sub: "Pessoas e um assistente", close: "Fechar e guardar meu lugar", spot: "Lugar {n}",
      hello: "Olá. Escreva o que aconteceu, com as suas palavras.", step: "Uma pessoa está sempre a um passo.",
      write: "Escreva uma mensagem", more: "Acrescente o que quiser. A pessoa vai ler.", send: "Enviar", person: "Falar com uma pessoa",
      asked: "Quero falar com uma pessoa", you: "Você", bot: "Assistente", place: "Seu lugar na fila", about: "Espera por uma pessoa",
      min: "min", under: "menos de 2", hour: "mais de uma hora", unknown: "ainda não sabemos dizer", next: "Você é o próximo", joined: "entrou em {n}, {t}",
      asof: "às {t}",
      counting: "Você pediu uma pessoa, e isso está guardado. Seu lugar aparece aqui em breve.",
      sending: "Enviando", kept: "Guardada", slow: "Guardada em segurança, lida mais tarde que o normal", waits: "Espera a conexão",
      off: "Sem conexão. Continue: o que você escreve fica aqui e é enviado sozinho.", failed: "Não enviada. ", again: "Tentar de novo", change: "Alterar",
      long: "{n} caracteres a mais para uma mensagem", closed: "Esta conversa está fechada. Escreva de novo para abri-la.",
      here: "{n} está com você", fresh: "Nova mensagem", case: "Caso {n}",
    },
  };
  const words = WORDS[locale.toLowerCase().split("-")[0]] || WORDS.en;
  const say = (name, values = {}) => words[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);

  /* One entry per message: two tabs never overwrite each other's. */
  const PREFIX = "holdfast-chat.";
  const memory = new Map();
  const store = {
    get(name) {
      if (memory.has(name)) return memory.get(name);
      try { return JSON.parse(localStorage.getItem(PREFIX + name)); } catch { return null; }
    },
    set(name, value) {
      try {
        if (value === null) localStorage.removeItem(PREFIX + name); else localStorage.setItem(PREFIX + name, JSON.stringify(value));
        memory.delete(name);
      } catch { memory.set(name, value); }
    },
    names(start) {
      let kept = [];
      try { kept = Object.keys(localStorage).map((name) => name.replace(PREFIX, "")); } catch { /* refused */ }
      return [...new Set([...kept, ...memory.keys()])].filter((name) => name.startsWith(start));
    },
  };
  const outbox = {
    all: () => store.names("out.").map(store.get).filter(Boolean).sort((a, b) => a.n - b.n),
    put: (message) => store.set("out." + message.key, message),
    drop: (key) => store.set("out." + key, null),
    change(key, changes) { const known = store.get("out." + key); if (known) outbox.put({ ...known, ...changes }); },
  };
  const call = (path, more) => fetch(origin + path, { credentials: "omit", signal: AbortSignal.timeout?.(20000), ...more });
  const newKey = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

  const PHONE = matchMedia("(max-width: 480px)");
  const NOTHING = { messages: [], line: null, state: "new", person: "", number: null };
  const LONGEST = 8000, KEPT_LONG = 6000, AWAY_AFTER = 3000, TICK = 5000, HIDDEN_AFTER = 30000, RECENT = 30 * 60000;
  const DARK = `color-scheme: dark; --brand: #9db7e8; --on: #101827; --ink: #e8edf0; --ink2: #b3bdc2; --line: #353e44; --edge: #7d878d; --ground: #1a2125; --own: #27303f;
    --sunk: #232b30; --amber: #33291a; --tide: #8fb4dc; --bad: #f0a297;`;
  const STYLE = `
  .w { all: initial; color-scheme: light; --brand: #26406d; --on: #fff; --ink: #1c2428; --ink2: #4d585e; --line: #dde3e6; --edge: #848f96; --ground: #fff; --own: #e8ecf5;
    --sunk: #f2f5f6; --amber: #fdf1dc; --tide: #2f5f8f; --bad: #a2271b;
    position: fixed; z-index: 2147483000; right: 24px; bottom: 24px; font: 14px/1.5 Inter, ui-sans-serif, system-ui, sans-serif; color: var(--ink); font-variant-numeric: tabular-nums; }
  .w.dark { ${DARK} } @media (prefers-color-scheme: dark) { .w.auto { ${DARK} } }
  * { box-sizing: border-box; margin: 0; padding: 0; }
  [hidden] { display: none !important; }
  button { font: inherit; color: inherit; background: none; border: 0; cursor: pointer; }
  :focus-visible { outline: 2px solid var(--brand); outline-offset: 2px; }
  svg { width: 18px; height: 18px; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; flex: none; }
  .start { display: flex; align-items: center; gap: 8px; min-height: 48px; padding: 0 18px; border-radius: 99px; background: var(--brand); color: var(--on); font-weight: 600; box-shadow: 0 8px 24px -8px rgb(0 0 0 / .4); }
  .start b { padding: 0 7px; border-radius: 99px; background: var(--on); color: var(--brand); font-size: 12px; line-height: 20px; }
  .panel { display: flex; flex-direction: column; width: 396px; max-width: calc(100vw - 48px); height: min(760px, calc(100vh - 48px)); border-radius: 18px; overflow: hidden; background: var(--ground); box-shadow: 0 0 0 1px var(--line), 0 24px 56px -16px rgb(0 0 0 / .35); }
  header { display: flex; align-items: center; gap: 12px; padding: 13px 12px 13px 16px; border-bottom: 1px solid var(--line); }
  header div { flex: 1; min-width: 0; }
  h2 { font-size: 15px; font-weight: 630; }
  .quiet { font-size: 12.5px; color: var(--ink2); }
  .mark { display: grid; place-items: center; width: 36px; height: 36px; border-radius: 10px; background: var(--brand); color: var(--on); font-size: 17px; font-weight: 630; }
  .icon { display: grid; place-items: center; width: 36px; height: 36px; border-radius: 9px; color: var(--ink2); }
  .icon:hover, .person:hover { background: var(--sunk); }
  .note { padding: 9px 16px; background: var(--amber); font-size: 13px; border-bottom: 1px solid var(--line); }
  .view { position: relative; flex: 1; min-height: 72px; display: flex; }
  .log { flex: 1; min-width: 0; overflow-y: auto; padding: 16px; display: flex; flex-direction: column; gap: 14px; overscroll-behavior: contain; outline-offset: -3px; }
  .hello p + p { margin-top: 4px; color: var(--ink2); }
  .m { max-width: 88%; display: grid; gap: 3px; white-space: pre-wrap; overflow-wrap: anywhere; }
  .m p + p, .m ul + p, .m p + ul { margin-top: 6px; } .m .by + *, .own > .st { margin: 0; }
  .m ul { padding-left: 18px; display: grid; gap: 4px; }
  .own { align-self: flex-end; justify-items: end; }
  .own > .t { background: var(--own); padding: 9px 12px; border-radius: 14px 14px 3px 14px; }
  .by { display: flex; align-items: center; gap: 7px; font-size: 12.5px; color: var(--ink2); }
  .by b { font-weight: 550; color: var(--ink); }
  .by i { display: grid; place-items: center; width: 20px; height: 20px; border-radius: 99px; background: var(--own); color: var(--brand); }
  .bot i { border-radius: 6px; color: var(--tide); background: var(--sunk); }
  .by svg { width: 13px; height: 13px; }
  a { color: var(--brand); text-underline-offset: 2px; }
  .sys { align-self: center; max-width: 40ch; text-align: center; font-size: 12.5px; color: var(--ink2); }
  .st { font-size: 12px; color: var(--ink2); } .st.bad { color: var(--bad); text-align: right; }
  .st button { text-decoration: underline; padding: 3px 4px; font-weight: 550; border-radius: 4px; }
  .fresh { position: absolute; left: 50%; bottom: 8px; transform: translateX(-50%); min-height: 32px; padding: 0 14px; border-radius: 99px; background: var(--brand); color: var(--on); font-size: 13px; font-weight: 550; white-space: nowrap; }
  .place { flex: none; margin: 0 12px 4px; border: 1px solid var(--line); border-radius: 14px; padding: 11px 14px; display: grid; gap: 7px; }
  .two { display: flex; justify-content: space-between; gap: 12px; }
  .two > :last-child { text-align: right; }
  .big { font-size: 26px; font-weight: 630; letter-spacing: -.02em; line-height: 30px; } .big small { font-size: 13px; font-weight: 550; }
  .big.txt { font-size: 16px; }
  .way { width: 100%; height: 12px; stroke: none; overflow: visible; }
  .way rect { fill: var(--line); } .way .done { fill: var(--brand); } .way circle { fill: var(--ground); stroke: var(--brand); stroke-width: 3; }
  .old .big { color: var(--ink2); } .old .done { fill: var(--edge); } .old circle { stroke: var(--edge); }
  footer { flex: none; padding: 8px 12px max(10px, env(safe-area-inset-bottom)); }
  .box { display: flex; align-items: flex-end; gap: 4px; border: 1px solid var(--edge); border-radius: 14px; padding: 4px 4px 4px 12px; }
  .box:focus-within { outline: 2px solid var(--brand); outline-offset: 0; border-color: transparent; }
  textarea { flex: 1; min-width: 0; height: 36px; max-height: 140px; border: 0; background: none; font: inherit; line-height: 22px; color: inherit; resize: none; padding: 7px 0; } textarea:focus-visible { outline: none; }
  textarea::placeholder { color: var(--ink2); opacity: 1; }
  .go { flex: none; display: grid; place-items: center; width: 36px; height: 36px; border-radius: 10px; background: var(--brand); color: var(--on); }
  .go:disabled { background: var(--sunk); color: var(--ink2); }
  .over { padding: 4px 4px 0; font-size: 12.5px; color: var(--bad); }
  .end { display: flex; align-items: center; gap: 12px; padding: 6px 4px 0; }
  .person { display: flex; align-items: center; gap: 7px; min-height: 34px; margin: 0 -6px 0 auto; padding: 0 10px; border-radius: 9px; font-weight: 550; color: var(--brand); }
  .new .person { flex: 1; justify-content: center; margin: 2px -4px 0; min-height: 40px; border-radius: 14px; box-shadow: inset 0 0 0 1px var(--line); }
  .vh { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  @media (pointer: coarse) { .icon, .go { width: 44px; height: 44px; } .person { min-height: 44px; } textarea { font-size: 16px; height: 44px; padding: 11px 0; } }
  @media (max-width: 480px) { .w.on { inset: var(--top) 0 auto; } .panel { width: 100vw; max-width: none; height: var(--height); border-radius: 0; box-shadow: none; } }
  @media (max-height: 560px) { .place { padding: 7px 14px; } .place .way { display: none; } .big, .big.txt { font-size: 17px; line-height: 1.3; } header { padding-block: 7px; } }
  @media (prefers-reduced-motion: no-preference) { .panel { animation: rise .2s cubic-bezier(.2,.7,.2,1); } @keyframes rise { from { opacity: 0; transform: translateY(8px); } } }
  @media (forced-colors: active) { .panel, .own > .t, .start, .go, .fresh { border: 1px solid; } }`;

  const ICONS = {
    down: "m7 10 5 5 5-5", up: "M12 19V5M6 11l6-6 6 6", chat: "M21 12a8 8 0 0 1-11.5 7.2L4 21l1.6-5A8 8 0 1 1 21 12z",
    person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20a7.5 7.5 0 0 1 15 0", bot: "M5 8.5h14V19H5zM12 8.5V5M9.5 13v1M14.5 13v1",
  };
  const filled = (node, attributes, children) => {
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") node[name] = value; else node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  };
  const make = (tag, attributes = {}, ...children) => filled(document.createElement(tag), attributes, children);
  const shape = (tag, attributes, ...children) => filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
  const icon = (name) => shape("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, shape("path", { d: ICONS[name] }));
  const clock = (when) => new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(when));
  const count = (number) => number.toLocaleString(locale);
  const storable = (text) => (text.toWellFormed?.() ?? text).replace(/\0/g, "").trim();

  class HoldfastChat extends HTMLElement {
    connectedCallback() {
      if (this.root) return;
      this.root = this.attachShadow({ mode: "open" });
      this.dress();
      this.shown = NOTHING;
      this.fetched = this.asked = this.heard = 0;
      this.stick = true; this.top = 0;
      this.away = document.hidden;
      this.told = !store.get("token");  // what a reload shows again is not new
      this.build();
      addEventListener("online", () => this.wake());
      addEventListener("offline", () => this.draw());
      addEventListener("storage", (event) => this.otherTab(event.key));
      document.addEventListener("visibilitychange", () => this.seen());
      setInterval(() => this.tick(), TICK);
      if (store.get("open") ?? "open" in given) this.open(false); else this.draw();
      this.wake();
    }

    /* A constructed sheet needs nothing in style-src. */
    dress() {
      const colour = (name, ours) => name && window.CSS?.supports("color", name) ? name : ours;
      const rules = STYLE.replace("#26406d", (ours) => colour(given.brand, ours)).replaceAll("#9db7e8", (ours) => colour(given.brandDark, ours));
      try {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(rules);
        this.root.adoptedStyleSheets = [sheet];
      } catch { this.root.append(make("style", {}, rules)); }  // old browsers
    }

    build() {
      const title = say("title", { c: company });
      this.start = make("button", { class: "start", "aria-haspopup": "dialog", onclick: () => this.open() });
      this.note = make("p", { class: "note", role: "status", hidden: true }, say("off"));
      this.sub = make("p", { class: "quiet" });
      const closing = make("button", { class: "icon", "aria-label": say("close"), onclick: () => this.close() }, icon("down"));
      this.log = make("div", { class: "log", role: "log", tabindex: 0, "aria-label": title, onscroll: () => this.scrolled() });
      this.fresh = make("button", { class: "fresh", hidden: true, onclick: () => { this.toEnd(); this.text.focus(); } }, say("fresh"));
      this.card = make("section", { class: "place", "aria-label": say("place"), hidden: true });
      this.text = make("textarea", { id: "text", enterkeyhint: "send", oninput: () => this.typed() });
      this.go = make("button", { class: "go", "aria-label": say("send") }, icon("up"));
      this.over = make("p", { class: "over", role: "status", hidden: true });
      this.person = make("button", { class: "person", onclick: () => this.askForPerson() }, icon("person"), say("person"));
      this.number = make("span", { class: "quiet" });
      this.end = make("div", { class: "end" }, this.number, this.person);
      this.live = make("p", { class: "vh", role: "status" });
      const form = make("form", { onsubmit: (event) => { event.preventDefault(); this.submit(); } },
        make("label", { class: "vh", for: "text" }, say("write")), make("div", { class: "box" }, this.text, this.go), this.over);
      this.panel = make("section", { class: "panel", role: "dialog", "aria-label": title, hidden: true },
        make("header", {}, make("span", { class: "mark", "aria-hidden": "true" }, [...company][0].toUpperCase()), make("div", {}, make("h2", {}, title), this.sub), closing),
        this.note, make("div", { class: "view" }, this.log, this.fresh), this.card, make("footer", {}, form, this.end));
      this.box = make("div", { class: `w ${given.theme || "auto"}`, lang: words === WORDS.en ? "en" : locale }, this.start, this.panel, this.live);
      this.root.append(this.box);
      this.keys();
      this.text.value = store.get("draft") || "";
      if (window.ResizeObserver) new ResizeObserver(() => this.stick && this.toEnd()).observe(this.log);
      window.visualViewport?.addEventListener("resize", () => this.fit());
      this.typed();
    }

    keys() {
      this.panel.onkeydown = (event) => {
        if (event.key === "Escape") this.close();
        else if (event.key === "Enter" && event.target === this.text && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.submit(); }
        else if (event.key === "Tab" && PHONE.matches) this.tab(event);
      };
      // The page's shortcuts must not take what is typed here.
      for (const name of ["keydown", "keypress", "keyup"]) this.panel.addEventListener(name, (event) => event.stopPropagation());
    }

    /* On a phone the focus stays within the panel. */
    tab(event) {
      const stops = [...this.panel.querySelectorAll("button:not(:disabled), a[href], textarea, [tabindex]")].filter((node) => node.getClientRects().length);
      const [from, to] = event.shiftKey ? [0, -1] : [-1, 0];
      if (this.root.activeElement === stops.at(from)) { event.preventDefault(); stops.at(to).focus(); }
    }

    fit() {
      const { height = innerHeight, offsetTop = 0 } = window.visualViewport || {};
      this.box.style.cssText = `--height: ${height}px; --top: ${offsetTop}px`;
    }

    open(focus = true) {
      this.panel.hidden = false; this.start.hidden = true; this.box.classList.add("on");
      this.panel.setAttribute("aria-modal", PHONE.matches);
      store.set("open", true);
      this.fit(); this.draw(); this.typed(); this.toEnd(); this.wake();
      if (focus) this.text.focus();
    }

    close() {
      this.panel.hidden = true; this.start.hidden = false; this.box.classList.remove("on");
      store.set("open", false);
      this.draw(); this.start.focus();
    }

    typed() {
      const text = this.text.value, over = text.length - LONGEST;
      this.go.disabled = !text.trim() || over > 0;
      this.over.hidden = over <= 0;
      this.over.textContent = say("long", { n: count(over) });
      store.set("draft", text || null);
      this.text.style.height = "";
      if (!this.panel.hidden && this.text.scrollHeight > this.text.clientHeight) this.text.style.height = `${this.text.scrollHeight}px`;
    }

    submit() {
      const text = storable(this.text.value);
      if (!text || this.go.disabled) return;
      this.put({ text });
      this.text.value = ""; this.typed();
    }

    askForPerson() {
      this.put({ text: "", person: true });
      this.text.focus();  // the button is about to go
    }

    put(message) {
      this.last = Math.max(Date.now(), (this.last || 0) + 1);
      outbox.put({ ...message, key: newKey(), n: this.last });
      this.draw(); this.toEnd(); this.flush();
    }

    /* One at a time and in order; what fails for lack of network is tried again, by any open tab. */
    async flush() {
      clearTimeout(this.later);
      if (this.flushing || !navigator.onLine) return;
      this.flushing = true;
      try {
        for (let next, refused = 0; (next = outbox.all().find((each) => !each.kept && !each.failed));) {
          const token = await this.session();
          const answer = await this.post(next.person ? "/chat/person" : "/chat/messages", { token, key: next.key, text: next.text, locale: locale.slice(0, 20) });
          this.reached();
          if (answer.ok) { outbox.change(next.key, { kept: Date.now() }); this.pause = 0; }
          else if (answer.status === 401 && !refused++) this.forget();
          else if ([401, 408, 429].includes(answer.status) || answer.status >= 500) throw new Error("later");
          else outbox.change(next.key, { failed: (await answer.json().catch(() => ({}))).detail || String(answer.status) });
          this.draw();
        }
        this.refresh();
      } catch (error) {
        if (error.message !== "later") this.lost();
        this.pause = Math.min((this.pause || 500) * 2, 15000);
        this.later = setTimeout(() => this.flush(), this.pause * (0.6 + 0.8 * Math.random()));  // not all at once
      } finally { this.flushing = false; this.draw(); }
    }

    async session() {
      if (!store.get("token")) {
        const answer = await this.post("/chat/session", {});
        if (!answer.ok) throw new Error("later");
        const { token } = await answer.json();
        store.set("token", store.get("token") || token);  // another tab may have been faster
        this.listen();
      }
      return store.get("token");
    }

    /* Without a content type it needs no preflight, so it goes on when the page is left. */
    post(path, body) {
      return call(path, { method: "POST", body: JSON.stringify(body), keepalive: true });
    }

    /* What the ended session accepted is with people; the rest goes into a new one. */
    forget() {
      store.set("token", null);
      for (const each of outbox.all()) if (each.kept) outbox.drop(each.key);
      this.shown = NOTHING;
      this.mute(); this.draw();
    }

    /* A stream only where it may say something. */
    get alive() {
      const { line, state, messages } = this.shown;
      return !this.panel.hidden || line || state === "person" || outbox.all().length || Date.now() - Date.parse(messages.at(-1)?.at) < RECENT;
    }

    listen() {
      const token = store.get("token");
      if (!token || this.source || this.away || !this.alive) return;
      const source = this.source = new EventSource(`${origin}/chat/events?token=${token}`);
      source.addEventListener("ready", () => { this.reached(); this.refresh(); this.flush(); });
      for (const name of ["chat", "resync"]) source.addEventListener(name, () => this.refresh());
      source.onerror = () => {
        this.lost();
        if (source.readyState !== EventSource.CLOSED) return;  // it comes back by itself
        this.mute();
        setTimeout(() => { this.refresh(); this.listen(); }, 3000 + 4000 * Math.random());
      };
    }

    mute() { this.source?.close(); this.source = null; }

    wake() { this.refresh(); this.listen(); this.flush(); }

    /* A browser has six connections to a server: none for hidden tabs. */
    seen() {
      clearTimeout(this.hiding);
      if (document.hidden) this.hiding = setTimeout(() => { this.away = true; this.mute(); }, HIDDEN_AFTER);
      else { this.away = false; this.wake(); }
    }

    otherTab(name) {
      if (name && !/^holdfast-chat\.(out|token)/.test(name)) return;
      if (!store.get("token")) this.mute();
      this.draw(); this.listen(); this.refresh();
    }

    lost() { this.losing ??= setTimeout(() => { this.off = true; this.draw(); }, AWAY_AFTER); }

    reached() {
      clearTimeout(this.losing); this.losing = null;
      if (this.off) { this.off = false; this.draw(); }
    }

    tick() {
      const waiting = outbox.all(), { line } = this.shown;
      if (document.hidden || !(store.get("token") || waiting.length)) return;
      if (waiting.some((each) => !each.kept && !each.failed) && !this.pause) this.flush();
      // A wait ages, faster near the front; a notice may get lost.
      const every = this.off || waiting.some((each) => each.kept) ? TICK : line && !this.panel.hidden ? Math.min(60, 12 + line.place / 4) * 1000 : Infinity;
      if (Date.now() - this.heard > every * (0.9 + 0.2 * Math.random())) this.refresh();
      this.listen(); this.draw();
    }

    refresh() { clearTimeout(this.soon); this.soon = setTimeout(() => this.fetch(), 50); }

    async fetch() {
      const token = store.get("token"), asked = ++this.asked;
      if (!token) return;
      const keys = outbox.all().map((each) => each.key).slice(0, 50);
      try {
        const answer = await call(`/chat/state?token=${token}&keys=${keys}`);
        if (answer.status === 401) { if (token === store.get("token")) this.forget(); this.flush(); return; }
        if (!answer.ok) throw new Error("later");
        const shown = await answer.json();
        if (asked < this.fetched) return;  // overtaken by a later one
        this.fetched = asked; this.heard = Date.now(); this.shown = shown;
        for (const message of shown.messages) if (store.get("out." + message.key)) outbox.drop(message.key);
        for (const key of shown.kept) if (!store.get("out." + key)?.kept) outbox.change(key, { kept: Date.now() });
        this.reached(); this.listen();
      } catch { this.lost(); }
      this.draw();
    }

    atEnd() { return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 48; }

    /* Only a reader moves upwards; a log that grew is away from its end as well. */
    scrolled() {
      if (this.atEnd()) this.stick = this.fresh.hidden = true;
      else if (this.log.scrollTop < this.top) this.stick = false;
      this.top = this.log.scrollTop;
    }

    toEnd() { this.log.scrollTop = this.log.scrollHeight; this.scrolled(); }

    draw() {
      const { messages, line, state, person, number } = this.shown;
      this.offline = !navigator.onLine || Boolean(this.off);
      this.note.hidden = !this.offline;
      this.sub.textContent = state === "person" && person ? say("here", { n: person }) : given.sub || say("sub");
      const known = new Set(messages.map((message) => message.key));
      const pending = outbox.all().filter((each) => !known.has(each.key));
      const stick = this.stick;
      this.reconcile([
        ["hello", () => make("div", { class: "hello" }, make("p", {}, say("hello")), make("p", {}, say("step")))],
        ...messages.map((message) => this.row(message)),
        ...pending.map((message) => this.own(message, message.failed ? "failed" : message.kept ? (Date.now() - message.kept > KEPT_LONG ? "slow" : "kept") : this.offline ? "waits" : "sending")),
        ...(state === "closed" && !pending.length ? [["closed", () => make("p", { class: "sys" }, say("closed"))]] : []),
      ]);
      const asking = pending.some((each) => each.person && !each.failed);
      this.place(line, asking && pending.some((each) => each.person && each.kept));
      this.text.placeholder = say(line || state === "person" ? "more" : "write");
      this.person.hidden = state === "person" || Boolean(line) || asking;
      this.number.hidden = !number;
      this.number.textContent = number ? say("case", { n: number }) : "";
      this.end.hidden = this.person.hidden && !number;
      this.end.classList.toggle("new", !number && !pending.length);
      if (stick && !this.panel.hidden) this.toEnd();
      if (stick && this.newest) {  // a long answer is read from its start
        this.top = this.log.scrollTop = Math.min(this.log.scrollTop, this.newest.offsetTop - 8);
        this.stick = this.atEnd();
      }
      this.launcher();
    }

    launcher() {
      const { messages, line } = this.shown;
      const theirs = messages.filter(({ author }) => ["agent", "assistant"].includes(author));
      if (!this.panel.hidden && theirs.length) store.set("read", theirs.at(-1).id);
      const unread = theirs.length - 1 - theirs.findIndex((message) => message.id === store.get("read"));
      const label = line ? say("spot", { n: count(line.place) }) : say("open");
      const drawn = `${label} ${unread}`;
      if (this.labelled === drawn) return;
      this.labelled = drawn;
      this.start.replaceChildren(icon("chat"), label, ...(unread ? [make("b", {}, make("span", { class: "vh" }, say("fresh")), count(unread))] : []));
      if (unread && this.panel.hidden) this.live.textContent = say("fresh");
    }

    /* Rows that did not change stay: a screen reader reads each once. */
    reconcile(rows) {
      const old = new Map([...this.log.children].map((node) => [node.dataset.row, node]));
      let before = this.newest = null;
      for (const [name, build, update] of rows) {
        let node = old.get(name);
        old.delete(name);
        const added = !node;
        if (added) { node = build(); node.dataset.row = name; }
        if (node.classList.contains("own")) this.newest = null;  // what one writes oneself stays in view
        else if (added && this.told) { this.newest ||= node; this.fresh.hidden = this.stick; }
        update?.(node);
        const spot = before ? before.nextSibling : this.log.firstChild;
        if (spot !== node) this.log.insertBefore(node, spot);
        before = node;
      }
      old.forEach((node) => node.remove());
      this.told ||= this.fetched > 0;
    }

    row(message) {
      if (message.author === "customer") return this.own({ ...message, person: message.kind === "person_request" }, "shown");
      if (message.author === "system") return [message.id, () => make("p", { class: "sys" }, message.text)];
      const bot = message.author === "assistant", name = bot ? say("bot") : message.name || company;
      return [message.id, () => make("div", { class: `m${bot ? " bot" : ""}` },
        make("p", { class: "by" }, make("i", { "aria-hidden": "true" }, icon(bot ? "bot" : "person")), make("b", {}, name), make("time", { datetime: message.at }, clock(message.at))),
        ...this.body(message))];
    }

    own(message, how) {
      const drawn = how + (message.failed || "");
      return [message.key || message.id,
        () => make("div", { class: "m own" }, make("span", { class: "vh" }, say("you")), make("p", { class: "t" }, message.person ? say("asked") : message.text), make("p", { class: "st" })),
        (node) => { if (node.dataset.how !== drawn) { node.dataset.how = drawn; this.status(node.lastChild, message, how); } }];
    }

    status(line, message, how) {
      line.className = how === "failed" ? "st bad" : "st";
      if (how === "shown") line.replaceChildren(make("time", { datetime: message.at }, clock(message.at)));
      else if (how !== "failed") line.replaceChildren(say(how));
      else {
        const again = () => { outbox.change(message.key, { failed: null }); this.draw(); this.flush(); };
        const change = () => { outbox.drop(message.key); this.text.value = [message.text, this.text.value].filter(Boolean).join("\n"); this.draw(); this.typed(); this.text.focus(); };
        line.replaceChildren(say("failed") + message.failed + " ", make("button", { onclick: message.person ? again : change }, say(message.person ? "again" : "change")));
      }
    }

    body(message) {
      const titles = new Map(message.citations.map(({ url, title }) => [url, title]));
      const parts = message.text.split(/\n{2,}/).map((part) => /^(- .*(\n|$))+$/.test(part)
        ? make("ul", {}, ...part.trim().split("\n").map((each) => make("li", {}, ...this.linked(each.slice(2), titles))))
        : make("p", {}, ...this.linked(part, titles)));
      const unnamed = [...titles].filter(([url]) => /^https?:/.test(url) && !message.text.includes(url));
      return [...parts, ...unnamed.map(([url, title]) => make("p", {}, this.link(url, title)))];
    }

    linked(text, titles) {
      return text.split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]])/).map((part) => /^https?:\/\//.test(part) ? this.link(part, titles.get(part) || part) : part);
    }

    link(url, text) { return make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text); }

    place(line, counting) {
      const at = this.heard, old = Boolean(line) && this.offline;
      const drawn = JSON.stringify([line, counting, old, clock(at)]);
      if (this.carded === drawn) return;
      this.carded = drawn;
      this.card.hidden = !line && !counting;
      this.card.classList.toggle("old", old);
      if (!line) { this.card.replaceChildren(...(counting ? [make("p", { class: "quiet", role: "status" }, say("counting"))] : [])); return; }
      const number = count(line.place), timed = line.low !== null && line.low < 60;
      const wait = line.low === null ? say("unknown") : line.low >= 60 ? say("hour") : line.high <= 2 ? say("under") : `${Math.max(1, line.low)}–${line.high}`;
      const done = `${Math.round(line.joined_as > 1 ? 96 * (line.joined_as - line.place) / (line.joined_as - 1) : 96) + 2}%`;
      const until = old ? say("asof", { t: clock(at) }) : timed && line.high > 2 ? `${clock(at + Math.max(1, line.low) * 60000)}–${clock(at + line.high * 60000)}` : "";
      this.card.replaceChildren(
        make("div", { class: "two" },
          make("div", {}, make("p", { class: "quiet" }, say("place")), make("p", { class: "big" }, number)),
          make("div", {}, make("p", { class: "quiet" }, say("about")), make("p", { class: timed ? "big" : "big txt" }, wait, make("small", {}, timed ? " " + say("min") : "")))),
        shape("svg", { class: "way", "aria-hidden": "true" }, shape("rect", { width: "100%", y: 3, height: 6, rx: 3 }), shape("rect", { class: "done", width: done, y: 3, height: 6, rx: 3 }), shape("circle", { cx: done, cy: 6, r: 4.5 })),
        make("p", { class: "two quiet" }, make("span", {}, line.place === 1 ? say("next") : say("joined", { n: count(line.joined_as), t: clock(line.joined_at) })), make("span", {}, until)));
      this.tell(line.place, `${say("place")}: ${number}. ${say("about")}: ${wait}${timed ? " " + say("min") : ""}.`);
    }

    /* A place that moved is read out, at most once a minute. */
    tell(place, sentence) {
      if (place === this.placed || Date.now() - (this.spoke || 0) < 60000) return;
      this.placed = place; this.spoke = Date.now();
      this.live.textContent = sentence;
    }
  }

  if (customElements.get("holdfast-chat")) return;  // the script is on the page twice
  customElements.define("holdfast-chat", HoldfastChat);
  const mount = () => document.body.append(document.createElement("holdfast-chat"));
  if (document.body) mount(); else addEventListener("DOMContentLoaded", mount);
})();
