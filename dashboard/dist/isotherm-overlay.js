// src/words.ts
var e = new Intl.NumberFormat("en");
new Intl.NumberFormat("en", {
	style: "percent",
	maximumFractionDigits: 1
}), new Intl.DisplayNames("en", { type: "region" });
var t = (t) => e.format(t), n = [
	["phone", "Phone (below 480 px)"],
	["phone-large", "Large phone (below 768 px)"],
	["tablet", "Tablet (below 1,024 px)"],
	["laptop", "Laptop (below 1,280 px)"],
	["desktop", "Desktop (below 1,536 px)"],
	["wide", "Wide (1,536 px and more)"]
];
function r(e) {
	switch (e.reason) {
		case "below_threshold": return `Not enough yet: a page is shown from ${e.needed} page views on. Try more days, or fewer filters.`;
		case "below_k": return `Places with fewer than ${e.needed} page views behind them are not shown.`;
		case "no_whole_month": return "Countries of past days are kept by whole months only. Choose days that hold a whole month.";
		case "cut_cohorts": return "Some days are kept together with others outside this range, and are left out. Widen the range to see them.";
	}
}
var i = { rgba: /* @__PURE__ */ "00000000.2a1e7d00.2c1e7e01.2d1f7f01.2f1f8002.301f8103.32208204.33208306.35208408.3621850a.3821860c.3921870e.3a218910.3c228a13.3d228b16.3f228c19.40228d1c.42228e1f.43238f23.45239026.4623922a.4823932e.49239432.4a249536.4c24963a.4d24973e.4f249842.50249947.52259a4b.53259b50.55259c54.56259d59.57269e5e.59269f62.5b26a067.5c26a16c.5e27a271.5f27a375.6127a37a.6227a47f.6428a584.6528a689.6728a68d.6829a792.6a29a797.6c2aa89b.6d2aa8a0.6f2aa8a4.702ba9a9.722ba9ad.742ca9b2.752ca9b6.772ca9ba.792caabe.7a2daac2.7c2daac6.7d2daac9.7f2eaacd.812ea9d0.822ea9d4.842ea9d7.852ea9da.872fa9dd.892fa9df.8a2fa9e2.8c2fa8e4.8e2fa8e6.8f30a8e8.9130a7ea.9230a7eb.9430a7ed.9630a6ee.9730a6ef.9930a6ef.9a31a5f0.9c31a5f0.9e31a4f0.9f31a4f0.a131a3f0.a231a3f0.a432a2f0.a532a2f0.a732a1f0.a832a1f0.aa32a0f0.ab33a0f0.ad339ff0.ae339ff0.b0339ef0.b1349df0.b3349df0.b4349cf0.b6359bf0.b7359bf0.b8369af0.ba369af0.bb3799f0.bd3798f0.be3897f0.bf3897f0.c13996f0.c23a95f0.c33a94f0.c43b93f0.c53b92f0.c73c91f0.c83d90f0.c93d8ff0.ca3e8ef0.cb3e8df0.cc3f8cf0.ce3f8bf0.cf408af0.d04189f0.d14188f0.d24287f0.d34285f0.d44384f0.d54483f0.d64482f0.d74581f0.d8467ff0.d9467ef0.da477df0.db487cf0.dc487bf0.dd4979f0.de4a78f0.df4b77f0.e04b76f0.e14c74f0.e24d73f0.e34e72f0.e44e71f0.e54f70f0.e6506ef0.e6516df0.e7526cf0.e8536bf0.e9546af0.ea5568f0.eb5667f0.ec5766f0.ec5865f0.ed5964f0.ee5a63f0.ef5b62f0.ef5c61f0.f05d60f0.f15f5ff0.f1605ef0.f2615df0.f2625cf0.f3635bf0.f3655af0.f46659f0.f46758f0.f56957f0.f56a56f0.f56b55f0.f66d54f0.f66e53f0.f66f52f0.f77152f0.f77251f0.f77450f0.f7754ff0.f7764ef0.f8784df0.f8794cf0.f87a4cf0.f87c4bf0.f87d4af0.f87f49f0.f88049f0.f98148f0.f98347f0.f98447f0.f98646f0.f98746f0.f98845f0.f98a45f0.f98b44f0.f98d44f0.fa8e44f0.fa8f44f0.fa9143f0.fa9243f0.fa9443f0.fa9543f0.fa9744f0.fa9844f0.fb9944f0.fb9b44f0.fb9c45f0.fb9e45f0.fb9f46f0.fca147f0.fca248f0.fca448f0.fca549f0.fca74bf0.fca84cf0.fdaa4df0.fdab4ef0.fdac50f0.fdae51f0.fdaf52f0.fdb154f0.fdb256f0.fdb457f0.fdb559f0.feb75af0.feb85cf0.feba5ef0.febb5ff0.febc61f0.febe63f0.febf65f0.fec166f0.fec268f0.fec36af0.fec56cf0.fec66df0.fec86ff0.fec971f0.fecb73f0.fecc74f0.fecd76f0.fecf78f0.fed079f0.fed17bf0.fed37df0.fed47ff0.fed680f0.fed782f0.fed984f0.feda86f0.fedb87f0.fedd89f0.fede8bf0.fedf8cf0.fee18ef0.fee28ff0.fee491f0.fee593f0.fde694f0.fde896f0.fde997f0.fdeb99f0.fdec9af0".split(".") }, a = Uint32Array.from(i.rgba, (e) => {
	let t = Number.parseInt(e, 16);
	return ((t & 255) << 24 | (t & 65280) << 8 | t >>> 8 & 65280 | t >>> 24) >>> 0;
}), o = a.length - 1, s = [
	.1,
	.3,
	.5,
	.7,
	.85,
	1
].map((e) => `#${i.rgba[Math.round(e * o)]}`), c = (e) => `#${i.rgba[Math.max(1, Math.round(Math.min(1, e) * o))].slice(0, 6)}`;
function l(e, t) {
	e.width !== t.columns && (e.width = t.columns), e.height !== t.rows && (e.height = t.rows);
	let n = e.getContext("2d");
	if (!n) return;
	let r = n.createImageData(t.columns, t.rows), i = new Uint32Array(r.data.buffer), { levels: s } = t;
	for (let e = 0; e < i.length; e++) {
		let t = s[e];
		t > .004 && (i[e] = a[Math.min(o, Math.max(1, Math.round(t * o)))]);
	}
	n.putImageData(r, 0, 0);
}
// src/overlay/panel.ts
var u = [
	["heat", "Heat"],
	["rates", "Rates"],
	["reach", "Scroll"]
], d = [
	["click,tap", "Clicks and taps"],
	["click", "Clicks"],
	["tap", "Taps"],
	["rage", "Rage clicks"],
	["dead", "Dead clicks"]
], f = "\n  :host { all: initial; position: fixed; inset: 0; width: 100vw; height: 100vh; margin: 0; padding: 0; border: 0;\n    background: none; overflow: hidden; pointer-events: none; z-index: 2147483647; color-scheme: light dark; }\n  canvas { position: absolute; left: 0; top: 0; opacity: 0.8; }\n  .lines { width: 100%; height: 100%; }\n  form { box-sizing: border-box; position: absolute; right: 12px; bottom: 12px; pointer-events: auto; display: flex; flex-wrap: wrap; gap: 8px;\n    align-items: center; max-width: min(560px, calc(100vw - 24px)); padding: 10px 12px; border-radius: 10px;\n    font: 14px/1.4 system-ui, sans-serif; color: #eceaf2; background: #1e1b26f2; box-shadow: 0 4px 24px #0006; }\n  button, select { font: inherit; color: inherit; background: #35303f; border: 1px solid #5e586e; border-radius: 6px;\n    padding: 4px 10px; min-height: 32px; cursor: pointer; }\n  button[aria-pressed=true] { background: #c79bf2; color: #1a1024; border-color: #c79bf2; }\n  :focus-visible { outline: 3px solid #fb9d45; outline-offset: 2px; }\n  p { flex: 1 1 100%; margin: 0; color: #c9c4d6; }\n  strong { color: #fff; }\n  .legend { display: inline-flex; gap: 6px; align-items: center; color: #c9c4d6; }\n", p = class {
	choice;
	heat = document.createElement("canvas");
	lines = Object.assign(document.createElement("canvas"), { className: "lines" });
	host = document.createElement("div");
	#e = document.createElement("p");
	#t = [];
	constructor(e, t, r) {
		this.choice = e;
		let i = this.host.attachShadow({ mode: "closed" }), a = new CSSStyleSheet();
		a.replaceSync(f), i.adoptedStyleSheets = [a];
		let o = document.createElement("form");
		o.setAttribute("aria-label", "Isotherm");
		for (let [n, r] of u) {
			let i = Object.assign(document.createElement("button"), {
				type: "button",
				textContent: r
			});
			i.addEventListener("click", () => {
				e.map = n, this.#n(), t(!1);
			}), i.dataset.map = n, this.#t.push(i);
		}
		let s = m("Layer", d, e.layer, (n) => (e.layer = n, t(!0))), c = m("Viewport", [["", "All viewports"], ...n], e.viewport, (n) => (e.viewport = n, t(!0))), l = Object.assign(document.createElement("button"), {
			type: "button",
			textContent: "Close"
		});
		l.addEventListener("click", r), this.#e.setAttribute("role", "status"), o.append(this.#e, ...this.#t, s, c, h(), l), i.append(this.heat, this.lines, o), this.#n();
	}
	show() {
		this.host.setAttribute("popover", "manual"), document.documentElement.append(this.host), this.host.showPopover?.(), this.fit();
	}
	fit() {
		let e = devicePixelRatio || 1;
		this.lines.width = Math.round(innerWidth * e), this.lines.height = Math.round(innerHeight * e);
	}
	say(e) {
		this.#e.textContent !== e && (this.#e.textContent = e);
	}
	#n() {
		for (let e of this.#t) e.setAttribute("aria-pressed", String(e.dataset.map === this.choice.map));
	}
};
function m(e, t, n, r) {
	let i = document.createElement("select");
	i.setAttribute("aria-label", e);
	for (let [e, r] of t) i.append(new Option(r, e, !1, e === n));
	return i.addEventListener("change", () => r(i.value)), i;
}
function h() {
	let e = Object.assign(document.createElement("span"), { className: "legend" }), t = document.createElement("canvas");
	[t.width, t.height] = [60, 10], t.style.cssText = "position:static;width:60px;height:10px;opacity:1";
	let n = t.getContext("2d");
	return s.forEach((e, t) => {
		n.fillStyle = e.slice(0, 7), n.fillRect(t * 10, 0, 10, 10);
	}), e.append("low", t, "high"), e;
}
// src/heat/grid.ts
var g = 24, _ = 3, v = .6;
function y(e, t, n) {
	let r = Math.max(1, Math.ceil(e / n)), i = Math.max(1, Math.ceil(t / n));
	return {
		columns: r,
		rows: i,
		binPx: n,
		levels: new Float32Array(r * i)
	};
}
function b(e, t = g) {
	e.levels = ee(e.levels, e.columns, e.rows, Math.max(.8, t / e.binPx));
}
function x(e) {
	let t = 0;
	for (let n of e.levels) n > t && (t = n);
	return t;
}
function S(e, t) {
	if (t <= 0) return;
	let { levels: n } = e;
	for (let e = 0; e < n.length; e++) {
		let r = n[e];
		r > 0 && (n[e] = Math.min(1, r / t) ** v);
	}
}
function ee(e, t, n, r) {
	let i = te(r), a = (i.length - 1) / 2, o = new Float32Array(e.length), s = new Uint8Array(n);
	for (let r = 0; r < n; r++) {
		let c = e.subarray(r * t, (r + 1) * t);
		if (!c.some((e) => e > 0)) continue;
		let l = Math.min(n - 1, r + a);
		for (let e = Math.max(0, r - a); e <= l; e++) {
			let n = i[e - r + a], l = e * t;
			s[e] = 1;
			for (let e = 0; e < t; e++) o[l + e] += n * c[e];
		}
	}
	let c = e.fill(0);
	for (let e = 0; e < n; e++) {
		if (!s[e]) continue;
		let n = e * t;
		for (let e = 0; e < t; e++) {
			let r = o[n + e];
			if (r === 0) continue;
			let s = Math.min(t - 1, e + a);
			for (let t = Math.max(0, e - a); t <= s; t++) c[n + t] += i[t - e + a] * r;
		}
	}
	return c;
}
function te(e) {
	let t = Math.ceil(e * _), n = Float32Array.from({ length: 2 * t + 1 }, (n, r) => Math.exp(-.5 * ((r - t) / e) ** 2)), r = n.reduce((e, t) => e + t, 0);
	return n.map((e) => e / r);
}
// src/overlay/picture.ts
var C = 8, w = 14;
function T(e, t, n) {
	let r = D(t, innerWidth, innerHeight);
	S(r, n), l(e, r), e.style.width = `${r.columns * C}px`, e.style.height = `${r.rows * C}px`;
}
function E(e) {
	if (e.length === 0) return 0;
	let t = Math.min(...e.map((e) => e.x)) - 100, n = Math.min(...e.map((e) => e.y)) - 100, r = Math.max(...e.map((e) => e.x)) - t + 100, i = Math.max(...e.map((e) => e.y)) - n + 100;
	return x(D(e.map(({ x: e, y: r, heat: i }) => ({
		x: e - t,
		y: r - n,
		heat: i
	})), r, i));
}
function D(e, t, n) {
	let r = y(t, n, C);
	for (let { x: t, y: n, heat: i } of e) {
		let e = Math.floor(t / C), a = Math.floor(n / C);
		e >= 0 && a >= 0 && e < r.columns && a < r.rows && (r.levels[a * r.columns + e] += i);
	}
	return b(r, w), r;
}
var O = (e) => `${(100 * e).toFixed(+(e < .1))} %`;
function k(e, t) {
	let n = M(e), r = Math.max(.001, ...t.map((e) => e.element.rate));
	for (let e of [...t].sort((e, t) => t.width * t.height - e.width * e.height)) {
		let t = c((e.element.rate / r) ** .6);
		n.fillStyle = `${t}55`, n.strokeStyle = t, n.lineWidth = 2, n.fillRect(e.left, e.top, e.width, e.height), n.strokeRect(e.left + 1, e.top + 1, e.width - 2, e.height - 2), N(n, O(e.element.rate), e.left, e.top);
	}
}
function A(e, t, n) {
	let r = M(e), i = new Map(t.reach.map((e) => [e.depth, e.share]));
	for (let e = 1; e <= 100; e++) {
		let t = n.top + n.height * (e - 1) / 100, a = n.top + n.height * e / 100, o = i.get(e);
		a < 0 || t > innerHeight || o === void 0 || (r.fillStyle = `${c(o)}66`, r.fillRect(0, t, innerWidth, a - t), e % 10 == 0 && (r.fillStyle = "#0008", r.fillRect(0, a, innerWidth, 1), N(r, `${O(o)} came to ${e} %`, 8, a)));
	}
	for (let [e, i] of [
		["a quarter", t.fold.p25],
		["half", t.fold.p50],
		["three quarters", t.fold.p75]
	]) {
		if (i === null) continue;
		let t = n.top + i;
		r.setLineDash([8, 6]), r.strokeStyle = "#fff", r.strokeRect(0, t, innerWidth, 0), r.setLineDash([]), N(r, `${e} see no further without scrolling`, innerWidth - 300, t);
	}
}
function j(e) {
	e.getContext("2d")?.clearRect(0, 0, e.width, e.height);
}
function M(e) {
	let t = e.getContext("2d");
	return t.setTransform(1, 0, 0, 1, 0, 0), j(e), t.scale(e.width / innerWidth, e.height / innerHeight), t;
}
function N(e, t, n, r) {
	e.font = "600 12px system-ui, sans-serif";
	let i = e.measureText(t).width + 10, a = Math.max(0, Math.min(n, innerWidth - i)), o = Math.max(0, r - 9);
	e.fillStyle = "#1d1a26", e.fillRect(a, o, i, 18), e.fillStyle = "#fff", e.fillText(t, a + 5, o + 13);
}
// ../js-snippet/src/overlay/resolve.ts
function P(e, t = document) {
	let n = null;
	for (let r of e.split(" >>> ")) {
		let e = n ? n.shadowRoot : t;
		if (n = e && e.querySelector(r), !n) return null;
	}
	return n;
}
// src/overlay/places.ts
var F = class {
	#e = [];
	get known() {
		return this.#e.length;
	}
	search(e) {
		this.#e = [];
		for (let t of e.elements) {
			let e = W(() => P(t.anchor));
			e && this.#e.push({
				source: t,
				target: e
			});
		}
	}
	boxes() {
		let e = [];
		for (let { source: t, target: n } of this.#e) {
			let { left: r, top: i, width: a, height: o } = n.getBoundingClientRect();
			a > 0 && o > 0 && z(n) && e.push({
				left: r,
				top: i,
				width: a,
				height: o,
				element: t
			});
		}
		return e;
	}
	points() {
		let e = [];
		for (let { source: t, target: n } of this.#e) {
			let r = n.getBoundingClientRect();
			if (r.width === 0 || r.height === 0 || !z(n)) continue;
			let i = B(n);
			for (let a of t.cells) {
				let t = a.unit === "eighth", o = r.left + (t ? (a.x + .5) * r.width / 8 : 16 * a.x + 8 - n.scrollLeft), s = r.top + (t ? (a.y + .5) * r.height / 8 : 16 * a.y + 8 - n.scrollTop);
				U(o, s, i) && e.push({
					x: o,
					y: s,
					heat: a.views
				});
			}
			e.push(...R(t, r).filter(({ x: e, y: t }) => U(e, t, i)));
		}
		return e;
	}
}, I = 12, L = 32;
function R(e, t) {
	let n = e.cells.reduce((e, t) => e + t.n, 0), r = e.clicks > n ? e.views * (1 - n / e.clicks) : 0;
	if (r === 0) return [];
	let i = Math.min(L, Math.ceil(t.width / I)), a = Math.min(L, Math.ceil(t.height / I)), o = r / (i * a);
	return Array.from({ length: i * a }, (e, n) => ({
		x: t.left + (n % i + .5) * t.width / i,
		y: t.top + (Math.floor(n / i) + .5) * t.height / a,
		heat: o
	}));
}
function z(e) {
	return e.checkVisibility?.({
		opacityProperty: !0,
		visibilityProperty: !0
	}) ?? !0;
}
function B(e) {
	let t = null;
	for (let n = V(e); n && n !== document.body && n !== document.documentElement; n = V(n)) {
		if (n.scrollHeight <= n.clientHeight && n.scrollWidth <= n.clientWidth || getComputedStyle(n).overflow === "visible") continue;
		let e = n.getBoundingClientRect();
		t = t ? H(t, e) : e;
	}
	return t;
}
var V = (e) => e.parentElement ?? e.getRootNode().host ?? null;
function H(e, t) {
	let n = Math.max(e.left, t.left), r = Math.max(e.top, t.top);
	return new DOMRect(n, r, Math.max(0, Math.min(e.right, t.right) - n), Math.max(0, Math.min(e.bottom, t.bottom) - r));
}
var U = (e, t, n) => !n || e >= n.left && e <= n.right && t >= n.top && t <= n.bottom;
function W(e) {
	try {
		return e();
	} catch {
		return null;
	}
}
// src/overlay/question.ts
var G = class extends Error {};
async function K(e, t, n) {
	let r;
	try {
		r = await fetch(new URL("/api/v1/overlay", e), {
			method: "POST",
			headers: { "Content-Type": "text/plain" },
			body: JSON.stringify({
				grant: t,
				...n
			}),
			credentials: "omit",
			referrerPolicy: "no-referrer"
		});
	} catch {
		throw new G("The service cannot be reached from this page. Its Content-Security-Policy may not name it in connect-src.");
	}
	if (r.ok) return await r.json();
	throw r.status === 401 || r.status === 403 ? new G("This view has ended. Open the page from the dashboard again.") : new G(`The service answered with status ${r.status}.`);
}
// src/overlay/main.ts
var q = 400, J = "isotherm-heat=";
function Y(e, t) {
	let n = {
		map: "heat",
		layer: "click,tap",
		viewport: ""
	}, r = new p(n, (e) => e ? void u() : m(), b), i = new F(), a = location.pathname, o, s = 0, c = 0, l = 0;
	async function u() {
		r.say("Loading…");
		try {
			o = await K(e, t, {
				layer: n.layer,
				viewport: n.viewport
			}), d();
		} catch (e) {
			o = void 0, r.say(e instanceof G ? e.message : "Something went wrong in the overlay.");
		}
		m();
	}
	function d() {
		l = 0, o && (i.search(o.heatmap), s = E(i.points()), m());
	}
	function f() {
		c = 0, j(r.heat), j(r.lines), !o || location.pathname !== a ? o && r.say("This is another page now. Open it from the dashboard to see its heat.") : (r.say(X(o, i.known)), n.map === "heat" ? T(r.heat, i.points(), s) : n.map === "rates" ? k(r.lines, i.boxes()) : A(r.lines, o.scroll, Z()));
	}
	function m() {
		c ||= requestAnimationFrame(f);
	}
	function h() {
		l ||= window.setTimeout(d, q), m();
	}
	function g() {
		r.fit(), h();
	}
	function _(e) {
		e.key === "Escape" && b();
	}
	let v = new MutationObserver((e) => e.some((e) => e.target !== r.host) && h()), y = new ResizeObserver(h);
	function b() {
		v.disconnect(), y.disconnect(), removeEventListener("scroll", m, !0), removeEventListener("resize", g), removeEventListener("load", h, !0), removeEventListener("keydown", _), clearTimeout(l), cancelAnimationFrame(c), r.host.remove();
	}
	r.show(), v.observe(document, {
		subtree: !0,
		childList: !0,
		attributes: !0,
		characterData: !0
	}), y.observe(document.documentElement), addEventListener("scroll", m, {
		capture: !0,
		passive: !0
	}), addEventListener("resize", g), addEventListener("load", h, !0), addEventListener("keydown", _), u();
}
function X({ heatmap: e }, n) {
	if (e.withheld?.reason === "below_threshold") return r(e.withheld);
	let i = e.elements.length - n, a = i > 0 ? ` ${t(i)} of ${t(e.elements.length)} elements are not on this page at this width.` : "";
	return `${t(e.views)} page views, ${e.from} to ${e.to}.${a}`;
}
function Z() {
	let e = document.scrollingElement ?? document.documentElement;
	if (e.scrollHeight > innerHeight + 1) return {
		top: -e.scrollTop,
		height: e.scrollHeight
	};
	let t = null;
	for (let e of document.querySelectorAll("body *")) {
		let n = e.clientWidth * e.clientHeight;
		e.scrollHeight > e.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(e).overflowY) && n > (t ? t.clientWidth * t.clientHeight : 0) && (t = e);
	}
	return t ? {
		top: t.getBoundingClientRect().top - t.scrollTop,
		height: t.scrollHeight
	} : {
		top: 0,
		height: innerHeight
	};
}
var [Q = "", $ = ""] = location.hash.slice(1).split(J);
$ && (history.replaceState(history.state, "", location.pathname + location.search + (Q && `#${Q.replace(/&$/, "")}`)), Y(import.meta.url, $));
