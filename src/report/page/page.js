// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Draws the report from the two blocks of data in the page. Text of the trace reaches the page as
// text nodes only, never as markup. Nothing is fetched, nothing is stored.
"use strict";
(() => {
const SVG = "http://www.w3.org/2000/svg";
const R = JSON.parse(document.getElementById("report").textContent);
const T = JSON.parse(document.getElementById("time").textContent);
const PATHS = ["direct", "bounced", "tce", "iommu", "coherent", "failed", "unknown"];
const SLOT = 2048;

// ---- small helpers ----
function el(tag, attrs, ...kids) {
	const e = document.createElement(tag);
	for (const k in attrs || {})
		if (attrs[k] !== null && attrs[k] !== undefined) e.setAttribute(k, attrs[k]);
	e.append(...kids.filter(k => k !== null && k !== undefined));
	return e;
}
function svg(tag, attrs, text) {
	const e = document.createElementNS(SVG, tag);
	for (const k in attrs) e.setAttribute(k, attrs[k]);
	if (text !== undefined) e.textContent = text;
	return e;
}
const big = s => s === null || s === undefined ? null : BigInt(s);
const num = s => s === null || s === undefined ? null : Number(s);
const count = n => n === null ? "?" : BigInt(n).toLocaleString("en");
function bytes(n) {
	if (n === null) return "?";
	const units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
	let v = Number(n), u = 0;
	while (v >= 1024 && u < units.length - 1) { v /= 1024; u++; }
	return (u && v < 100 ? v.toFixed(1).replace(/\.0$/, "") : Math.round(v)) + " " + units[u];
}
function time(ns) {
	if (ns === null) return "?";
	const v = Number(ns);
	if (v < 1e3) return v + " ns";
	if (v < 1e6) return +(v / 1e3).toFixed(1) + " µs";
	if (v < 1e9) return +(v / 1e6).toFixed(1) + " ms";
	if (v < 120e9) return +(v / 1e9).toFixed(2) + " s";
	return Math.floor(v / 60e9) + " min " + Math.round(v % 60e9 / 1e9) + " s";
}
function short(v) {
	for (const [n, u] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]])
		if (v >= n) return +(v / n).toPrecision(3) + u;
	return String(+v.toPrecision(3));
}
const hex = b => "0x" + b.toString(16);

// ---- the page's frame ----
const main = el("main"), nav = el("nav");
const search = el("input", { type: "search", placeholder: "Search the tables ( / )", "aria-label": "Search the tables" });
const themeButton = el("button", { type: "button", title: "Light or dark" }, "◐");
const printButton = el("button", { type: "button" }, "Print");
const tip = el("div", { class: "tip", role: "status" });
tip.hidden = true;
document.body.append(el("header", {}, el("b", {}, "dmascope"), nav, search, themeButton, printButton), main, tip);

function setTheme(t) { document.documentElement.setAttribute("data-theme", t); }
const asked = /theme=(dark|light)/.exec(location.hash);
setTheme(asked ? asked[1] : matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
themeButton.onclick = () => setTheme(document.documentElement.getAttribute("data-theme") === "dark" ? "light" : "dark");
printButton.onclick = () => print();
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(d => d.open = true));

function section(id, title, note) {
	const head = el("h2", {}, title, note ? el("small", {}, note) : null);
	const s = el("section", { id }, head);
	main.append(s);
	nav.append(el("a", { href: "#" + id }, title));
	return s;
}
function showTip(ev, text) {
	tip.textContent = text;
	tip.hidden = false;
	const b = tip.getBoundingClientRect();
	tip.style.left = Math.max(4, Math.min(ev.clientX + 14, innerWidth - b.width - 8)) + "px";
	tip.style.top = (ev.clientY + b.height + 24 > innerHeight ? ev.clientY - b.height - 10 : ev.clientY + 16) + "px";
}
const hideTip = () => { tip.hidden = true; };

// ---- tables: sorted by a click, filtered by the search ----
const tables = [];
function table(cols, rows, empty) {
	if (!rows.length) return el("p", { class: "empty" }, empty);
	const body = el("tbody"), head = el("tr"), t = el("table", {}, el("thead", {}, head), body);
	const data = rows.map(r => {
		const tr = el("tr");
		cols.forEach(c => {
			const v = c.show ? c.show(r) : r[c.key];
			const td = el("td", { class: c.class || (c.num ? "num" : null) });
			td.append(v === null || v === undefined ? "?" : v);
			tr.append(td);
		});
		return { r, tr, text: tr.textContent.toLowerCase() };
	});
	cols.forEach(c => {
		const th = el("th", { class: c.num ? "num" : null, scope: "col" }, c.title);
		let down = !c.num;
		th.onclick = () => {
			down = !down;
			const key = c.sort || (r => c.num ? Number(r[c.key]) : String(c.show ? c.show(r) : r[c.key]));
			data.sort((a, b) => {
				const x = key(a.r), y = key(b.r);
				return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
			});
			head.querySelectorAll("th").forEach(h => h.removeAttribute("aria-sort"));
			th.setAttribute("aria-sort", down ? "descending" : "ascending");
			body.append(...data.map(d => d.tr));
		};
		head.append(th);
	});
	body.append(...data.map(d => d.tr));
	tables.push(data);
	return el("div", { class: "scroll" }, t);
}
search.oninput = () => {
	const words = search.value.toLowerCase().split(/\s+/).filter(w => w);
	tables.forEach(data => data.forEach(d => { d.tr.hidden = !words.every(w => d.text.includes(w)); }));
	document.querySelectorAll(".finding").forEach(f => {
		f.hidden = !words.every(w => f.textContent.toLowerCase().includes(w));
	});
};
addEventListener("keydown", e => {
	if (e.key === "/" && document.activeElement !== search) { search.focus(); e.preventDefault(); }
});

function legend(items) {
	return el("div", { class: "legend" }, ...items.map(([cls, text]) => el("span", {}, el("i", { class: cls }), text)));
}

// ---- findings ----
function findings() {
	const by = { error: 0, warning: 0, note: 0 };
	R.findings.forEach(f => by[f.severity]++);
	const s = section("findings", "Findings");
	const head = s.querySelector("h2");
	for (const k in by)
		if (by[k]) head.append(el("b", { class: "chip " + k }, by[k] + " " + k + (by[k] > 1 ? "s" : "")));
	if (!R.findings.length) head.append(el("b", { class: "chip good" }, "none"));
	R.findings.forEach(f => {
		const dl = el("dl");
		const row = (k, v) => v && dl.append(el("dt", {}, k), el("dd", {}, v));
		row("Seen", f.evidence);
		row("Do", f.action);
		row("Sure", f.confidence + " %" + (f.events.length ? "; event" + (f.events.length > 1 ? "s " : " ") + f.events.join(", ") +
			(Number(f.count) > f.events.length ? ", …" : "") : ""));
		row("But", f.not_seen);
		s.append(el("article", { class: "finding " + f.severity },
			el("h3", {}, el("span", { class: "chip " + f.severity }, f.severity), " " + f.id + (f.device ? ", " : ""),
				f.device ? el("span", { class: "mono" }, f.device) : null),
			el("p", {}, f.summary), dl));
	});
}

// ---- summary ----
const maps = R.devices.reduce((n, d) => n + Object.entries(d.paths).reduce((k, [p, v]) => k + (p === "failed" ? 0n : BigInt(v.maps)), 0n), 0n);
const failed = R.devices.reduce((n, d) => n + BigInt(d.paths.failed ? d.paths.failed.maps : 0), 0n);
function summary() {
	const s = section("summary", "Summary"), tiles = el("dl", { class: "tiles" });
	const tile = (id, k, v, note, bad) => tiles.append(el("div", { class: "tile" + (bad ? " bad" : "") },
		el("dt", {}, k), el("dd", { id }, el("span", {}, v), note ? el("small", {}, note) : null)));
	const g = R.guest, run = R.run;
	if (g) {
		tile("n-guest", "Guest", g.kind === "none" ? "not confidential" : g.kind, g.arch + ", " + g.cpus + " CPUs, " + bytes(g.mem_bytes));
		tile("n-kernel", "Kernel", el("span", {}, ...g.kernel.split(/(?<=[+-])/).flatMap(p => [p, el("wbr")])), g.lockdown ? "lockdown: " + g.lockdown : null);
	}
	tile("n-time", "Observed", time(run.ns), "dmascope " + (run.tool || "?"));
	tile("n-events", "Events", count(run.events), run.lost === "0" ? (run.complete ? "nothing was lost" : null) : count(run.lost) + " lost", run.lost !== "0");
	tile("n-maps", "Mappings", count(maps), R.devices.length + " devices");
	tile("n-failed", "Failed mappings", count(failed), null, failed > 0n);
	R.pools.forEach((p, i) => tile("n-pool" + i, "Pool" + (p.name === "default" ? "" : " " + p.name), p.slots === "0" ? "none" : count(p.slots) + " slots",
		p.slots === "0" || p.slots === null ? null : bytes(Number(p.slots) * SLOT) + "; at most " + count(big(p.hiwater)) + " in use" +
			(p.recommended && p.recommended !== p.slots ? "; recommended: " + p.recommended_option : "")));
	if (R.ledger) tile("n-shared", "Shared with the hypervisor", bytes(num(R.ledger.shared)), bytes(R.ledger.confirmed) + " seen, " + bytes(R.ledger.assumed) + " assumed");
	s.append(tiles);
	if (!run.complete) s.append(el("p", { class: "banner" }, "This trace is not complete: " + (run.incomplete || "something is missing") +
		". Numbers are what was observed."));
	if (run.until) s.append(el("p", { class: "banner" }, "It was recorded until " + run.until.id + " was found" +
		(run.until.device ? " (" + run.until.device + ")" : "") + (run.until.evidence ? ": " + run.until.evidence : ".") +
		(run.trimmed === "0" ? "" : " Events before the last were discarded (--max-size).") + (run.until.action ? " Do: " + run.until.action : "")));
	if (run.filter) s.append(el("p", { class: "banner" }, "Only these were recorded: " + run.filter));
	if (run.aggregates) s.append(el("p", { class: "banner" }, "Devices were counted in the kernel; single mappings are not known."));
}

// ---- charts over time ----
const W = 1100, H = 190, L = 62, B = 22, TOP = 14;
const span = T.bin_ns * T.bins;
function ticks(max, n) {
	const raw = max / n, mag = 10 ** Math.floor(Math.log10(raw || 1));
	const step = [1, 2, 5, 10].map(m => m * mag).find(m => m >= raw) || mag;
	const out = [];
	for (let v = 0; v <= max * 1.001; v += step) out.push(v);
	return out;
}
function frame(max, unit, label) {
	const s = svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": label });
	const y = v => H - B - (H - B - TOP) * (max ? v / max : 0), x = t => L + (W - L - 8) * t / span;
	ticks(max, 4).forEach(v => {
		s.append(svg("line", { class: "grid", x1: L, x2: W - 8, y1: y(v), y2: y(v) }),
			svg("text", { x: L - 6, y: y(v) + 4, "text-anchor": "end" }, unit(v)));
	});
	ticks(span / 1e6, 8).forEach(ms => {
		const at = x(ms * 1e6);
		s.append(svg("line", { class: "axis", x1: at, x2: at, y1: H - B, y2: H - B + 4 }),
			svg("text", { x: at, y: H - 4, "text-anchor": "middle" }, time(ms * 1e6)));
	});
	s.append(svg("line", { class: "axis", x1: L, x2: W - 8, y1: H - B, y2: H - B }));
	return { s, x, y };
}
// Layers: [class, values, name], stacked.
function stacked(layers, opt) {
	const sum = new Array(T.bins).fill(0);
	layers.forEach(l => l[1].forEach((v, i) => { sum[i] += v; }));
	const max = Math.max(1, opt.top || 0, ...sum), { s, x, y } = frame(max, opt.unit, opt.label);
	const low = new Array(T.bins).fill(0);
	layers.forEach(([cls, v]) => {
		let up = "", down = "";
		v.forEach((n, i) => {
			const a = x(i * T.bin_ns), b = x((i + 1) * T.bin_ns);
			up += `${i ? "L" : "M"}${a.toFixed(1)} ${y(low[i] + n).toFixed(1)}H${b.toFixed(1)}`;
			down = `L${b.toFixed(1)} ${y(low[i]).toFixed(1)}H${a.toFixed(1)}` + down;
			low[i] += n;
		});
		if (v.length) s.append(svg("path", { class: cls, d: up + down + "Z" }));
	});
	(opt.lines || []).forEach(([cls, v, text]) => {
		s.append(svg("line", { class: cls, x1: L, x2: W - 8, y1: y(v), y2: y(v) }),
			cls === "water" ? svg("text", { x: L + 4, y: y(v) - 3 }, text) : svg("text", { x: W - 10, y: y(v) - 3, "text-anchor": "end" }, text));
	});
	const marks = opt.marks || [];
	marks.forEach((n, i) => {
		if (n) s.append(svg("path", { class: "failed", d: `M${x((i + .5) * T.bin_ns)} ${H - B - 8}l4 8h-8z` }));
	});
	const cursor = svg("line", { class: "cursor", y1: TOP, y2: H - B, visibility: "hidden" });
	s.append(cursor);
	s.onpointermove = ev => {
		const box = s.getBoundingClientRect();
		const i = Math.floor(((ev.clientX - box.left) * W / box.width - L) / (W - L - 8) * T.bins);
		if (i < 0 || i >= T.bins) return s.onpointerleave();
		const at = x((i + .5) * T.bin_ns);
		cursor.setAttribute("x1", at); cursor.setAttribute("x2", at); cursor.setAttribute("visibility", "visible");
		showTip(ev, time(i * T.bin_ns) + " to " + time((i + 1) * T.bin_ns) + "\n" +
			layers.filter(l => l[1][i]).map(l => l[2] + ": " + opt.value(l[1][i])).join("\n") +
			(marks[i] ? "\n" + marks[i] + " failed mappings" : "") || "nothing");
	};
	s.onpointerleave = () => { hideTip(); cursor.setAttribute("visibility", "hidden"); };
	return el("div", { class: "chart" }, s);
}
function poolChart() {
	const p = R.pools[0];
	if (!p || p.slots === "0" || !T.used.some(v => v)) return;
	const s = section("pool", "Bounce pool over time", "slots of 2 KiB in use, the most in each " + time(T.bin_ns));
	const holders = T.holders.map((h, i) => [i, h, Math.max(...h.slots)]).sort((a, b) => b[2] - a[2]).slice(0, 7);
	const layers = holders.map(([, h], i) => ["c" + i, h.slots, h.device === "-" ? "from before the start: not known who" : h.device]);
	const rest = T.used.map((v, i) => Math.max(0, v - layers.reduce((n, l) => n + l[1][i], 0)));
	if (rest.some(v => v)) layers.push(["c7", rest, layers.length ? "others, not distinguished" : "in use"]);
	const used = Math.max(...T.used, Number(p.hiwater || 0)), slots = Number(p.slots), lines = [];
	if (p.hiwater !== null) lines.push(["water", Number(p.hiwater), "most in use: " + count(p.hiwater)]);
	if (used > slots / 3) lines.push(["capacity", slots, "all slots: " + count(p.slots)]);
	s.append(legend(layers.map(l => [l[0], l[2]]).concat(T.failed.some(v => v) ? [["failed", "failed mappings"]] : [])),
		stacked(layers, { unit: short, value: v => count(v) + " slots", lines, marks: T.failed, label: "Slots of the bounce pool in use over time",
			top: used > slots / 3 ? slots * 1.05 : used * 1.15 }));
	if (used <= slots / 3) s.append(el("p", { class: "dim" }, "The pool has " + count(p.slots) + " slots: the chart shows its lower " + Math.ceil(used * 115 / slots) + " %."));
}
function rateChart() {
	if (!T.tracks.length) return;
	const s = section("rates", "Mappings over time", "by path, in pieces of " + time(T.bin_ns));
	const names = [...new Set(T.tracks.map(t => t.device))];
	const dev = el("select", { "aria-label": "Device" }, el("option", { value: "" }, "all devices"), ...names.map(n => el("option", { value: n }, n)));
	const what = el("select", { "aria-label": "Unit" }, el("option", { value: "maps" }, "mappings per second"), el("option", { value: "bytes" }, "bytes per second"));
	const box = el("div");
	const draw = () => {
		const per = 1e9 / T.bin_ns, layers = [];
		PATHS.forEach(p => {
			const v = new Array(T.bins).fill(0);
			T.tracks.filter(t => t.path === p && (!dev.value || t.device === dev.value))
				.forEach(t => t[what.value].forEach((n, i) => { v[i] += n * per; }));
			if (v.some(n => n)) layers.push([p, v, p]);
		});
		const unit = what.value === "maps" ? v => short(v) + "/s" : v => bytes(Math.round(v)) + "/s";
		box.replaceChildren(legend(layers.map(l => [l[0], l[2]])), stacked(layers, { unit, value: unit, marks: dev.value ? [] : T.failed, label: "Mappings over time by path" }));
	};
	dev.onchange = what.onchange = draw;
	s.querySelector("h2").append(el("span"), dev, what);
	s.append(box);
	draw();
}

// ---- devices ----
const total = (d, key) => Object.entries(d.paths).reduce((n, [p, v]) => n + (p === "failed" ? 0n : BigInt(v[key])), 0n);
function mix(d) {
	const all = Object.values(d.paths).reduce((n, v) => n + Number(v.maps), 0), bar = el("div", { class: "mix" });
	const words = [];
	PATHS.forEach(p => {
		const n = d.paths[p] ? Number(d.paths[p].maps) : 0;
		if (!n) return;
		const i = el("i", { class: p });
		i.style.width = 100 * n / all + "%";
		bar.append(i);
		words.push(count(n) + " " + p);
	});
	bar.title = words.join(", ") || "nothing was mapped";
	bar.setAttribute("aria-label", bar.title);
	return bar;
}
// Of all slots and time: who held how much of the pool for how long.
const heldAll = R.devices.reduce((n, d) => n + Number(d.slot_time || 0), 0);
const share = d => heldAll && Number(d.slot_time) ? (100 * Number(d.slot_time) / heldAll).toFixed(0) + " %" : "-";
function devices() {
	const s = section("devices", "Devices", R.devices.length + " seen");
	s.append(legend(PATHS.filter(p => R.devices.some(d => d.paths[p])).map(p => [p, p])), table([
		{ title: "Device", key: "name", class: "mono" },
		{ title: "Driver", show: d => [d.driver, d.kind].filter(x => x).join(", ") || "?" },
		{ title: "Decision", show: d => { const e = el("span", { title: d.why }, d.decision); return e; }, sort: d => d.decision },
		{ title: "Paths", show: mix, sort: d => Object.keys(d.paths).join() },
		{ title: "Mappings", num: true, show: d => count(total(d, "maps")), sort: d => Number(total(d, "maps")) },
		{ title: "Bytes", num: true, show: d => bytes(total(d, "map_bytes")), sort: d => Number(total(d, "map_bytes")) },
		{ title: "Failed", num: true, show: d => count(d.paths.failed ? d.paths.failed.maps : 0), sort: d => Number(d.paths.failed ? d.paths.failed.maps : 0) },
		{ title: "Live", num: true, show: d => count(total(d, "live")), sort: d => Number(total(d, "live")) },
		{ title: "Pool held", num: true, show: d => share(d), sort: d => Number(d.slot_time || 0) },
		{ title: "Most slots", num: true, show: d => count(d.slots_max), sort: d => Number(d.slots_max) },
	], R.devices, "No device was seen."));
}

// ---- address maps ----
// Blocks [lo, hi) far from each other stand in rows of their own; each row can be zoomed and moved.
function rowsOf(blocks, gap) {
	const rows = [];
	blocks.sort((a, b) => a.lo < b.lo ? -1 : a.lo > b.lo ? 1 : 0);
	blocks.forEach(b => {
		const last = rows[rows.length - 1];
		if (last && b.lo <= last.hi + gap) {
			last.blocks.push(b);
			if (b.hi > last.hi) last.hi = b.hi;
		} else rows.push({ lo: b.lo, hi: b.hi, blocks: [b] });
	});
	return rows;
}
function strip(row, name) {
	const w = 900, h = 46, s = svg("svg", { viewBox: `0 0 ${w} ${h}`, role: "img", "aria-label": "Addresses " + hex(row.lo) + " to " + hex(row.hi), tabindex: 0 });
	const full = Number(row.hi - row.lo) || 1;
	let lo = 0, size = full;
	const draw = () => {
		const kids = [svg("rect", { class: "memory", x: 0, y: 6, width: w, height: 22, rx: 2 })];
		row.blocks.forEach(b => {
			const a = (Number(b.lo - row.lo) - lo) / size * w, z = (Number(b.hi - row.lo) - lo) / size * w;
			if (z < 0 || a > w) return;
			const x0 = Math.max(0, a), width = Math.max(1.2, Math.min(w, z) - x0);
			kids.push(svg("rect", { class: b.class, x: x0.toFixed(2), y: b.frame ? 4 : 6, width: width.toFixed(2), height: b.frame ? 26 : 22 }));
		});
		kids.push(svg("text", { x: 0, y: h - 3 }, hex(row.lo + BigInt(Math.round(lo)))),
			svg("text", { x: w, y: h - 3, "text-anchor": "end" }, hex(row.lo + BigInt(Math.round(lo + size)) - 1n)),
			svg("text", { x: w / 2, y: h - 3, "text-anchor": "middle" }, bytes(Math.round(size)) + (size < full ? " of " + bytes(full) : "")));
		s.replaceChildren(...kids);
	};
	const zoom = (at, by) => {
		const mid = lo + size * at;
		size = Math.min(full, Math.max(Math.min(4096, full), size * by));
		lo = Math.min(full - size, Math.max(0, mid - size * at));
		draw();
	};
	const where = ev => { const b = s.getBoundingClientRect(); return Math.min(1, Math.max(0, (ev.clientX - b.left) / b.width)); };
	s.addEventListener("wheel", ev => { if (ev.ctrlKey || ev.shiftKey || size < full || ev.deltaY < 0) { ev.preventDefault(); zoom(where(ev), ev.deltaY < 0 ? 1 / 1.5 : 1.5); } }, { passive: false });
	let drag = null;
	s.onpointerdown = ev => { drag = { at: where(ev), lo }; s.setPointerCapture(ev.pointerId); };
	s.onpointerup = () => { drag = null; };
	s.onpointermove = ev => {
		const at = where(ev);
		if (drag) {
			lo = Math.min(full - size, Math.max(0, drag.lo - (at - drag.at) * size));
			return draw();
		}
		const addr = lo + size * at, near = size / 300;
		const hit = row.blocks.filter(b => !b.frame && Number(b.lo - row.lo) - near <= addr && addr <= Number(b.hi - row.lo) + near);
		const frames = row.blocks.filter(b => b.frame && Number(b.lo - row.lo) <= addr && addr <= Number(b.hi - row.lo));
		showTip(ev, hex(row.lo + BigInt(Math.max(0, Math.round(addr)))) + "\n" + [...hit.slice(0, 4), ...frames.slice(0, 3)].map(b => b.text).join("\n") + (hit.length > 4 ? "\n… " + (hit.length - 4) + " more" : ""));
	};
	s.onpointerleave = hideTip;
	s.onkeydown = ev => {
		if (ev.key === "+" || ev.key === "=") zoom(.5, .5);
		else if (ev.key === "-") zoom(.5, 2);
		else if (ev.key === "ArrowLeft" || ev.key === "ArrowRight") {
			lo = Math.min(full - size, Math.max(0, lo + size / 5 * (ev.key === "ArrowLeft" ? -1 : 1)));
			draw();
		} else return;
		ev.preventDefault();
	};
	const buttons = el("div", {}, ...[["+", .5], ["−", 2], ["all", Infinity]].map(([text, by]) => {
		const b = el("button", { type: "button", title: by === Infinity ? "Show all" : by < 1 ? "Zoom in" : "Zoom out" }, text);
		b.onclick = () => zoom(.5, by === Infinity ? 1e30 : by);
		return b;
	}));
	draw();
	return el("div", { class: "strip chart" }, el("div", { class: "name" }, name, buttons), s);
}
function dmaMap() {
	const s = section("addresses", "DMA addresses", "mapped at the end of the trace; wheel or + and − zoom, drag moves");
	const blocks = R.ranges.map(r => {
		const lo = BigInt(r.dma);
		return { lo, hi: lo + BigInt(r.size), class: r.path + (r.shared === "no" && r.path !== "bounced" ? " private" : ""),
			text: (r.device || "?") + ", " + r.path + ", " + bytes(r.size) + (r.shared ? ", shared: " + r.shared : "") + (r.caller ? "\nby " + r.caller : "") };
	});
	(R.windows || []).filter(w => !w.removed && w.size !== "0").forEach(w => {
		const lo = BigInt(w.base);
		blocks.push({ lo, hi: lo + BigInt(w.size), frame: true, class: "window", text: "window " + w.liobn + " of " + (w.device || "?") + ", " + w.kind + ", " + w.use });
	});
	if (!blocks.length) {
		s.append(el("p", { class: "empty" }, R.run.aggregates ? "Single mappings are not followed when devices are counted in the kernel." : "Nothing is mapped."));
		return;
	}
	const paths = PATHS.filter(p => R.ranges.some(r => r.path === p));
	s.append(legend(paths.map(p => [p, p])));
	if (Number(R.ranges_total) > R.ranges.length)
		s.append(el("p", { class: "dim" }, "The first " + count(R.ranges.length) + " of " + count(R.ranges_total) + " ranges."));
	const rows = rowsOf(blocks, 1n << 28n);
	rows.slice(0, 24).forEach(r => s.append(strip(r, r.blocks.filter(b => !b.frame).length + " ranges, " + r.blocks.filter(b => b.frame).length + " windows")));
	if (rows.length > 24) s.append(el("p", { class: "dim" }, (rows.length - 24) + " more areas are not drawn."));
}
function ledgerMap() {
	if (!R.ledger) return;
	const s = section("shared", "Memory the hypervisor can see", bytes(num(R.ledger.shared)) + " shared at the end");
	const blocks = R.ledger.ranges.map(r => {
		const lo = BigInt(r.phys);
		return { lo, hi: lo + BigInt(r.size), class: r.confirmed ? "seen" : "assumed",
			text: bytes(r.size) + (r.confirmed ? ", seen being shared" + (r.since !== null ? " at " + time(r.since) : "") : r.since !== null ? ", perhaps shared: its conversion failed at " + time(r.since) : ", shared at boot (the pool)") + (r.caller ? "\nby " + r.caller : "") };
	});
	s.append(legend([["memory", "private"], ["seen", "seen being shared"], ["assumed", "assumed: the pool, shared at boot"]]));
	const mem = R.guest ? BigInt(R.guest.mem_bytes) : 0n;
	if (mem) blocks.push({ lo: 0n, hi: mem, frame: true, class: "memory", text: "memory" });
	blocks.sort((a, b) => (b.frame ? 1 : 0) - (a.frame ? 1 : 0));
	rowsOf(blocks, 1n << 30n).slice(0, 12).forEach(r => {
		r.blocks.sort((a, b) => (b.frame ? 1 : 0) - (a.frame ? 1 : 0));
		s.append(strip(r, r.blocks.filter(b => !b.frame).length + " shared ranges"));
	});
	const l = R.ledger;
	const calls = l.shares === null ? "Conversions were not counted" : count(l.shares) + (l.shares === "1" ? " call shared, " : " calls shared, ") +
		count(l.unshares) + " made private again" + (l.failed === null ? "" : ", " + count(l.failed) + " were refused");
	s.append(el("p", { class: "dim" }, calls + "; a kexec now would have to convert at least " + bytes(l.kexec) + "."));
}

// ---- lifetimes ----
function lifetimes() {
	if (!T.lifetimes.length) return;
	const s = section("lifetimes", "Lifetimes", "how long mappings lived, of those that ended");
	const box = el("div", { class: "lives" });
	const sorted = T.lifetimes.map(l => [l, l.hist.reduce((a, b) => a + b, 0)]).sort((a, b) => b[1] - a[1]);
	const edge = i => i ? time(2 ** (i - 1) * 1000) : "0";
	sorted.slice(0, 12).forEach(([l, n]) => {
		const w = 360, h = 96, max = Math.max(...l.hist), g = svg("svg", { viewBox: `0 0 ${w} ${h}`, role: "img", "aria-label": "Lifetimes of mappings of " + l.device });
		l.hist.forEach((v, i) => {
			const bar = svg("rect", { class: "direct", x: i * 15 + 1, y: h - 18 - (h - 30) * v / max, width: 13, height: v ? Math.max(1, (h - 30) * v / max) : 0 });
			bar.onpointermove = ev => showTip(ev, edge(i) + " to " + (i === l.hist.length - 1 ? "…" : edge(i + 1)) + ": " + count(v) + " mappings");
			bar.onpointerleave = hideTip;
			g.append(bar);
			if (i % 5 === 0) g.append(svg("text", { x: i * 15, y: h - 4 }, edge(i)));
		});
		box.append(el("div", { class: "chart" }, el("h3", {}, el("span", { class: "mono" }, l.device), " " + count(n) + " ended"), g));
	});
	s.append(box);
	if (sorted.length > 12) s.append(el("p", { class: "dim" }, (sorted.length - 12) + " more devices are not drawn."));
}

// ---- the other tables ----
function others() {
	let s = section("callers", "Callers", "functions that map, most mappings first");
	s.append(table([
		{ title: "Function", show: c => c.caller || "not recorded", class: "mono" },
		{ title: "Device", show: c => c.device || "-", class: "mono" },
		{ title: "Path", key: "path" },
		{ title: "Mappings", num: true, key: "maps", show: c => count(c.maps) },
		{ title: "Bytes", num: true, key: "bytes", show: c => bytes(c.bytes) },
		{ title: "Failed", num: true, key: "failed", show: c => count(c.failed) },
		{ title: "Live", num: true, key: "live", show: c => count(c.live) },
	].concat(R.callers.some(c => c.life_p50 !== undefined) ? [
		{ title: "Lifetime p50", num: true, show: c => c.life_p50 === null ? "-" : "< " + time(c.life_p50), sort: c => Number(c.life_p50) },
		{ title: "p95", num: true, show: c => c.life_p95 === null ? "-" : "< " + time(c.life_p95), sort: c => Number(c.life_p95) },
	] : []), R.callers, "No mapping was seen."));
	if (R.failures.length) {
		s = section("failures", "Failures", "the last " + R.failures.length + ", newest first");
		s.append(table([
			{ title: "Event", num: true, key: "event" },
			{ title: "At", num: true, key: "t", show: f => time(f.t) },
			{ title: "Device", key: "device", class: "mono" },
			{ title: "Size", num: true, key: "size", show: f => bytes(f.size) },
			{ title: "Reason", key: "reason" },
			{ title: "Caller", show: f => f.caller || "-", class: "mono" },
		], R.failures, ""));
	}
	s = section("ranges", "Ranges", count(R.ranges.length) + " of " + count(R.ranges_total) + " mapped at the end");
	const d = el("details", {}, el("summary", {}, "Show the table"));
	let filled = false;
	const fill = () => { if (filled) return; filled = true; d.append(table([
		{ title: "Device", show: r => r.device || "-", class: "mono" },
		{ title: "Path", key: "path" },
		{ title: "DMA address", key: "dma", class: "mono", sort: r => BigInt(r.dma) },
		{ title: "Memory", show: r => r.phys || "?", class: "mono" },
		{ title: "Size", num: true, key: "size", show: r => bytes(r.size) },
		{ title: "Mappings", num: true, key: "count" },
		{ title: "Direction", key: "dir" },
		{ title: "Shared", show: r => r.shared || "?" },
		{ title: "Caller", show: r => r.caller || "-", class: "mono" },
	], R.ranges, "Nothing is mapped.")); };
	d.ontoggle = fill;
	if (R.ranges.length <= 60) { d.open = true; fill(); }
	s.append(d);
	if ((R.not_judged || []).length) {
		s = section("notjudged", "Not judged", "findings that cannot be ruled out: some of what would show them was not observed");
		s.append(table([
			{ title: "Finding", key: "id", class: "mono" },
			{ title: "Because", show: f => f.reason + (f.lost && f.lost !== "0" ? " (" + count(f.lost) + " lost)" : ""), class: "text" },
		], R.not_judged, ""));
	}
	if (R.run.missing_hooks.length) {
		s = section("missing", "Not observed", "hooks that this kernel does not have, or that tell less");
		s.append(table([
			{ title: "Hook", key: "hook", class: "mono" },
			{ title: "Not known without it", key: "lost", class: "text" },
			{ title: "Why", key: "reason", class: "text" },
		], R.run.missing_hooks, ""));
	}
}

findings();
summary();
poolChart();
rateChart();
devices();
dmaMap();
ledgerMap();
lifetimes();
others();
main.append(el("footer", {}, "Made by dmascope " + (document.querySelector("meta[name=generator]").content.split(" ")[1] || "") +
	" from a recorded trace; times are after its start. Charts are sums or maxima of " + time(T.bin_ns) + " each. `dmascope report` prints the same as text."));
document.documentElement.setAttribute("data-ready", "yes");
})();
