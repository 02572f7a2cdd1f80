// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * One record becomes one line. Events take a path of their own, straight into the buffer: they
 * come by the million. Everything else goes through the JSON writer.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "trace/device.h"
#include "trace/encode.h"
#include "trace/fields.h"
#include "trace/json.h"
#include "trace/writer.h"
#include "util/names.h"

#define EVENT_ROOM	1024	/* no event line is longer */
_Static_assert(sizeof(",\"size\":\"\"") + JSON_U64_MAX <= sizeof(((struct trace_lit *)0)->s),
	       "the longest field that is kept as a literal");
_Static_assert(sizeof(((struct trace_encoder *)0)->flag) == TRACE_FLAGS * sizeof(struct trace_lit),
	       "a literal for each flag");

static void make_lit(struct trace_lit *l, const char *before, const char *name, const char *after)
{
	size_t n = strlen(before) + strlen(name) + strlen(after);

	if (n >= sizeof(l->s))
		abort();	/* a name was added that is too long: every test would see it */
	stpcpy(stpcpy(stpcpy(l->s, before), name), after);
	l->len = (uint8_t)n;
}

void trace_encoder__init(struct trace_encoder *e, bool redact)
{
	memset(e, 0, sizeof(*e));
	e->redact = redact;
	for (unsigned int i = 0; i < DMS_EV_MAX; i++)
		make_lit(&e->type[i], "{\"type\":\"", dms_event_name(i), "\",\"t\":");
	for (unsigned int i = 0; i < DMS_HOOK_MAX; i++)
		make_lit(&e->hook[i], ",\"hook\":\"", dms_hook_name(i), "\"");
	for (unsigned int i = 0; i < DMS_HOOK_MAX; i++)
		make_lit(&e->also[i], ",\"also\":\"", dms_hook_name(i), "\"");
	for (unsigned int i = 0; i < DMS_PATH_MAX; i++)
		make_lit(&e->path[i], ",\"path\":\"", dms_path_name(i), "\"");
	for (unsigned int i = 0; i <= DMS_DIR_NONE; i++)
		make_lit(&e->dir[i], ",\"dir\":\"", dms_dir_name(i), "\"");
	for (unsigned int i = 0; i < TRACE_FLAGS; i++)
		make_lit(&e->flag[i], "\"", trace_flag_names[i], "\",");
	make_lit(&e->path[DMS_PATH_UNKNOWN], ",\"path\":", "null", "");
}

static char *put_lit(char *p, const struct trace_lit *l)
{
	memcpy(p, l->s, sizeof(l->s));
	return p + l->len;
}

static char *put_hex(char *p, uint64_t v)
{
	*p++ = '"';
	p = json_fmt_hex(p, v);
	*p++ = '"';
	return p;
}

static char *put_count(char *p, uint64_t v)
{
	*p++ = '"';
	p = json_fmt_u64(p, v);
	*p++ = '"';
	return p;
}

/* The key and the value, formatted anew only where it is not the last one. */
static inline char *put_memo(char *p, struct trace_memo *m, const char *key,
			     char *(*format)(char *p, uint64_t v), uint64_t v)
{
	if (m->v != v || !m->lit.len) {
		m->v = v;
		m->lit.len = (uint8_t)(format(stpcpy(m->lit.s, key), v) - m->lit.s);
	}
	return put_lit(p, &m->lit);
}

/* Without an offset a bounced mapping's DMA address and its slot are one, in each of its events. */
static char *put_slot(char *p, struct trace_memo *m, uint64_t v)
{
	if (v == DMS_DMA_ERROR)
		return json_lit(p, "null");
	return put_memo(p, m, "", put_hex, v);
}

static char *put_phys(char *p, const struct dms_event *ev)
{
	p = json_lit(p, ",\"phys\":");
	if (!ev->phys && (ev->flags & DMS_FL_NO_PHYS))
		return json_lit(p, "null");
	return put_hex(p, ev->phys);
}

static char *put_aux(char *p, struct trace_encoder *e, const struct dms_event *ev)
{
	switch (trace_aux[ev->type]) {
	case TA_SLOT:
		return put_slot(json_lit(p, ",\"slot\":"), &e->slot, ev->aux);
	case TA_MASK:
		return put_hex(json_lit(p, ",\"mask\":"), ev->aux);
	case TA_UCALLS:
		return put_count(json_lit(p, ",\"ucalls\":"), ev->aux);
	case TA_OPCODE:
		return put_hex(json_lit(p, ",\"opcode\":"), ev->aux);
	default:
		return put_hex(json_lit(p, ",\"aux\":"), ev->aux);
	}
}

static char *put_ret(char *p, const struct dms_event *ev)
{
	if (ev->type == DMS_EV_MAP)
		p = json_lit(p, ",\"index\":");
	else if (ev->type == DMS_EV_BOUNCE)
		p = json_lit(p, ",\"align_mask\":");
	else
		p = json_lit(p, ",\"ret\":");
	return json_fmt_s64(p, ev->ret);
}

static char *put_path_dir(char *p, const struct trace_encoder *e, const struct dms_event *ev,
			  unsigned int has)
{
	unsigned int path = ev->path < DMS_PATH_MAX ? ev->path : DMS_PATH_UNKNOWN;

	if (path || (has & TF_PATH))
		p = put_lit(p, &e->path[path]);
	if (!ev->dir && !(has & TF_DIR))
		return p;
	return ev->dir <= DMS_DIR_NONE ? put_lit(p, &e->dir[ev->dir]) :
					 json_lit(p, ",\"dir\":null");
}

static char *put_flags(char *p, const struct trace_encoder *e, unsigned int flags)
{
	p = json_lit(p, ",\"flags\":[");
	for (; flags; flags &= flags - 1)
		p = put_lit(p, &e->flag[__builtin_ctz(flags)]);
	p[-1] = ']';
	return p;
}

/* Those that say what a mapping is, by name; the rest is a number only. */
static char *put_attr_names(char *p, uint32_t attrs)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{ DMS_ATTR_MMIO, "MMIO" },
		{ DMS_ATTR_REQUIRE_COHERENT, "REQUIRE_COHERENT" },
		{ DMS_ATTR_CC_SHARED, "CC_SHARED" },
		{ DMS_ATTR_ALLOC_CC_SHARED, "ALLOC_CC_SHARED" },
	};
	bool any = false;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(attrs & names[i].bit))
			continue;
		p = stpcpy(p, any ? ",\"" : ",\"attr_names\":[\"");
		p = stpcpy(stpcpy(p, names[i].name), "\"");
		any = true;
	}
	if (any)
		*p++ = ']';
	return p;
}

/* The fields that many types have and most events do not. */
static char *put_rest(char *p, struct trace_encoder *e, const struct dms_event *ev)
{
	unsigned int flags;

	if (ev->liobn)
		p = json_fmt_u64(json_lit(p, ",\"liobn\":"), ev->liobn);
	if (ev->page_shift)
		p = json_fmt_u64(json_lit(p, ",\"page_shift\":"), ev->page_shift);
	if (ev->attrs) {
		p = json_fmt_u64(json_lit(p, ",\"attrs\":"), ev->attrs);
		p = put_attr_names(p, ev->attrs);
	}
	if (ev->pid)
		p = put_memo(p, &e->pid, ",\"pid\":", json_fmt_u64, ev->pid);
	if (ev->stack)
		p = json_fmt_u64(json_lit(p, ",\"stack\":"), ev->stack);
	if (ev->object)
		p = json_fmt_u64(json_lit(p, ",\"object\":"), ev->object);
	flags = ev->flags & ~trace_also_flags(ev);
	if (flags)
		p = put_flags(p, e, flags);
	return p;
}

static int encode_event(struct trace_encoder *e, struct out *o, const struct dms_rec *rec)
{
	const struct dms_event *ev = &rec->event;
	unsigned int has;
	char *p;

	if (!ev->type || ev->type >= DMS_EV_MAX || ev->type == DMS_EV_STACK ||
	    ev->type == DMS_EV_DEVSTATE)
		return -EINVAL;
	if (!out__room(o, EVENT_ROOM))
		return o->err;
	has = trace_fields[ev->type];
	p = put_lit(o->p, &e->type[ev->type]);
	p = json_fmt_s64(p, (int64_t)(ev->ts - e->start_ns));
	p = json_fmt_u64(json_lit(p, ",\"cpu\":"), ev->cpu);
	if (ev->hook && ev->hook < DMS_HOOK_MAX)
		p = put_lit(p, &e->hook[ev->hook]);
	if (ev->also && ev->also < DMS_HOOK_MAX)
		p = put_lit(p, &e->also[ev->also]);
	if (ev->dev)
		p = put_memo(p, &e->dev, ",\"dev\":", put_hex, ev->dev);
	if (ev->dma || (has & TF_DMA))
		p = put_slot(json_lit(p, ",\"dma\":"), &e->slot, ev->dma);
	if (ev->phys || (has & TF_PHYS))
		p = put_phys(p, ev);
	if (ev->size || (has & TF_SIZE))
		p = put_memo(p, &e->size, ",\"size\":", put_count, ev->size);
	p = put_path_dir(p, e, ev, has);
	if (trace_also_slot(ev) ? ev->aux != ev->dma : ev->aux || (has & TF_AUX))
		p = put_aux(p, e, ev);
	if (ev->ret || (has & TF_RET))
		p = put_ret(p, ev);
	p = put_rest(p, e, ev);
	if ((ev->type == DMS_EV_SHARE || ev->type == DMS_EV_DOMAIN_MAP) && rec->comm[0] &&
	    !e->redact)
		p = json_fmt_text(json_lit(p, ",\"comm\":"), rec->comm,
				  strnlen(rec->comm, sizeof(rec->comm)));
	*p++ = '}';
	o->p = p;
	return out__end_line(o);
}

static void begin(struct json *j, struct out *o, const char *type)
{
	json__init(j, o);
	json__begin_object(j, NULL);
	if (type)
		json__str(j, "type", type);
}

static int end(struct json *j)
{
	json__end_object(j);
	return json__end_line(j);
}

static void put_time(struct json *j, const struct trace_encoder *e, uint64_t ts)
{
	if (ts)
		json__int(j, "t", (int64_t)(ts - e->start_ns));
}

static void hex_or_null(struct json *j, const char *key, bool known, uint64_t v)
{
	if (known)
		json__hex(j, key, v);
	else
		json__null(j, key);
}

static void u64_or_null(struct json *j, const char *key, bool known, uint64_t v)
{
	if (known)
		json__u64(j, key, v);
	else
		json__null(j, key);
}

static void bool_or_null(struct json *j, const char *key, bool known, bool v)
{
	if (known)
		json__bool(j, key, v);
	else
		json__null(j, key);
}

/* Free text: with redaction, numbers that could be addresses are taken out. */
static void put_text(struct json *j, const struct trace_encoder *e, const char *key, const char *s)
{
	char buf[2 * DMS_TEXT_LEN];
	size_t n = 0;

	while (e->redact && *s && n + 4 < sizeof(buf)) {
		size_t digits = 0;

		if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
			digits = strspn(s + 2, "0123456789abcdefABCDEF");
		if (digits > 4) {
			n = (size_t)(stpcpy(buf + n, "0x-") - buf);
			s += 2 + digits;
		} else {
			buf[n++] = *s++;
		}
	}
	if (e->redact)
		json__str_n(j, key, buf, n);
	else
		json__str(j, key, s);
}

/* Kernel parameters that decide the path of DMA: a redacted trace keeps these only. */
static const char *const plain_params[] = {
	"swiotlb", "iommu", "intel_iommu", "amd_iommu", "disable_ddw", "mem", "svm", "xive",
	"lockdown", "nr_cpus", "maxcpus", "mem_encrypt", "memmap", "hugepages", "hugepagesz",
	"default_hugepagesz", "kvm-guest", "quiet", "ro", "rw", "panic", "cma", "coherent_pool",
};

static const char *const secret_words[] = {
	"hostname", "passw", "secret", "token", "key", "credential", "auth", "nfsroot", "user",
};

static bool param_shown(const char *name, size_t len, bool redact)
{
	char low[64];
	size_t i;

	if (len == 2 && !memcmp(name, "ip", 2))
		return false;	/* holds the host's name */
	for (i = 0; i < sizeof(plain_params) / sizeof(plain_params[0]); i++)
		if (strlen(plain_params[i]) == len && !memcmp(plain_params[i], name, len))
			return true;
	if (redact || len >= sizeof(low))
		return false;
	for (i = 0; i < len; i++)
		low[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
	low[len] = 0;
	for (i = 0; i < sizeof(secret_words) / sizeof(secret_words[0]); i++)
		if (strstr(low, secret_words[i]))
			return false;
	return true;
}

/* "a b=1 ip=..." as it is, with "-" for values that are nobody's business. */
static void put_cmdline(struct json *j, const struct trace_encoder *e, const char *s)
{
	char buf[sizeof(((struct rec_session *)0)->cmdline) + 4], *p = buf;

	while (*s && p < buf + sizeof(buf) - 1) {
		size_t len = strcspn(s, " "), name = strcspn(s, " =");

		if (!len || name == len || param_shown(s, name, e->redact))
			name = len;
		if ((size_t)(buf + sizeof(buf) - p) < len + 3)
			break;
		p = mempcpy(p, s, name);
		if (name < len)
			p = stpcpy(p, len - name > 1 ? "=-" : "=");
		s += len;
		if (*s)
			*p++ = *s++;
	}
	json__str_n(j, "cmdline", buf, (size_t)(p - buf));
}

/* The wall clock of the start, for people: readers use start_ns and realtime_offset_ns. */
static void put_started(struct json *j, const struct rec_session *s)
{
	int64_t ns = (int64_t)(s->start_ns + (uint64_t)s->realtime_offset_ns);
	time_t t = (time_t)(ns / 1000000000);
	struct tm tm;
	char buf[32];

	if (ns > 0 && gmtime_r(&t, &tm) && strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%SZ", &tm))
		json__str(j, "started", buf);
}

static int encode_session(struct trace_encoder *e, struct out *o, const struct rec_session *s)
{
	char num[JSON_U64_MAX + 2];
	struct json j;

	begin(&j, o, NULL);
	json__str(&j, "format", TRACE_FORMAT);
	json__str(&j, "version", TRACE_VERSION);
	json__str(&j, "type", "session");
	json__str(&j, "tool", s->tool_version);
	json__str(&j, "kernel", s->kernel);
	json__str(&j, "arch", s->arch);
	json__str(&j, "guest", s->guest ? dms_guest_name(s->guest) : NULL);
	put_text(&j, e, "guest_how", s->guest_how);
	json__str(&j, "lockdown", s->lockdown[0] ? s->lockdown : NULL);
	json__int(&j, "page_size", s->page_size);
	json__int(&j, "cpus", s->cpus);
	json__u64(&j, "mem_bytes", s->mem_bytes);
	hex_or_null(&j, "mem_top", s->mem_top, s->mem_top);
	hex_or_null(&j, "enc_mask", s->enc_mask, s->enc_mask);
	hex_or_null(&j, "shared_mask", s->shared_mask, s->shared_mask);
	if (s->lmb_size)
		json__u64(&j, "lmb_size", s->lmb_size);
	else
		json__null(&j, "lmb_size");
	json__str(&j, "clock", "monotonic");
	json__u64(&j, "start_ns", s->start_ns);
	*json_fmt_s64(num, s->realtime_offset_ns) = 0;
	json__str(&j, "realtime_offset_ns", num);
	put_started(&j, s);
	put_cmdline(&j, e, s->cmdline);
	json__bool(&j, "swiotlb_force", s->swiotlb_force);
	json__bool(&j, "disable_ddw", s->disable_ddw);
	if (s->filter[0])
		put_text(&j, e, "filter", s->filter);
	else
		json__str(&j, "filter", NULL);
	json__bool(&j, "redacted", e->redact || s->redacted);
	if ((e->redact && !s->redacted) || s->runs_kept)
		json__bool(&j, "runs_kept", true);
	json__bool(&j, "misses_untold", s->misses_untold);
	e->start_ns = s->start_ns;
	return end(&j);
}

static int encode_hook(struct out *o, const struct rec_hook *h)
{
	struct json j;

	if (!h->id || (unsigned int)h->id >= DMS_HOOK_MAX)
		return -EINVAL;
	begin(&j, o, "hook");
	json__str(&j, "hook", dms_hook_name(h->id));
	json__str(&j, "name", h->name);
	json__str(&j, "symbol", h->symbol);
	json__str(&j, "attach", h->attach ? dms_attach_name(h->attach) : NULL);
	json__str(&j, "reason", h->reason);
	json__str(&j, "lost", h->lost);
	if (h->unseen[0])
		json__str(&j, "unseen", h->unseen);
	return end(&j);
}

static int encode_device(struct trace_encoder *e, struct out *o, const struct rec_device *d)
{
	struct json j;

	begin(&j, o, "device");
	put_time(&j, e, d->ts);
	json__hex(&j, "dev", d->key);
	device_fields__put(&j, d, 0);
	if (!device_fields__all_known(d))
		json__str(&j, "null_because",
			  "not in this kernel or device, or its hook is missing");
	return end(&j);
}

static int encode_window(struct trace_encoder *e, struct out *o, const struct rec_window *w)
{
	struct json j;

	begin(&j, o, "window");
	put_time(&j, e, w->ts);
	json__hex(&j, "dev", w->dev);
	json__int(&j, "liobn", w->liobn);
	json__int(&j, "page_shift", w->page_shift);
	json__str(&j, "kind", w->kind ? dms_window_kind_name(w->kind) : NULL);
	json__str(&j, "use", w->use ? dms_window_use_name(w->use) : NULL);
	json__hex(&j, "base", w->base);
	json__u64(&j, "size", w->size);
	json__bool(&j, "removed", w->removed);
	json__str(&j, "source", w->source);
	if (!w->kind || !w->use)
		json__str(&j, "null_because", "not reported by the source");
	return end(&j);
}

static int encode_pool(struct trace_encoder *e, struct out *o, const struct rec_pool *p)
{
	struct json j;

	begin(&j, o, "pool");
	put_time(&j, e, p->ts);
	json__str(&j, "name", p->name);
	json__hex(&j, "start", p->start);
	json__hex(&j, "end", p->end);
	json__u64(&j, "nslabs", p->nslabs);
	json__int(&j, "slot_size", p->slot_size);
	json__int(&j, "areas", p->areas);
	u64_or_null(&j, "used", p->used_known, p->used);
	u64_or_null(&j, "hiwater", p->hiwater_known, p->hiwater);
	bool_or_null(&j, "force_bounce", p->force_bounce_known, p->force_bounce);
	bool_or_null(&j, "cc_shared", p->cc_shared_known, p->cc_shared);
	json__bool(&j, "dynamic", p->dynamic);
	json__str(&j, "source", p->source);
	if (!p->used_known || !p->hiwater_known || !p->force_bounce_known || !p->cc_shared_known)
		json__str(&j, "null_because", "not reported by the source");
	return end(&j);
}

/* A frame without a symbol is a kernel address: that never goes into a trace. */
static int encode_stack(struct out *o, const struct rec_stack *s)
{
	struct json j;

	if (s->depth > DMS_STACK_DEPTH)
		return -EINVAL;
	begin(&j, o, "stack");
	json__int(&j, "id", s->id);
	json__begin_array(&j, "frames");
	for (uint32_t i = 0; i < s->depth; i++) {
		const char *f = s->frame[i];
		bool address = f[0] == '0' && f[1] == 'x';

		json__str_n(&j, NULL, address ? "?" : f, address ? 1 : strnlen(f, DMS_NAME_LEN));
	}
	json__end_array(&j);
	return end(&j);
}

static int encode_gap(struct trace_encoder *e, struct out *o, const struct rec_gap *g)
{
	struct json j;

	if ((unsigned int)g->hook >= DMS_HOOK_MAX)
		return -EINVAL;
	begin(&j, o, "gap");
	put_time(&j, e, g->ts);
	json__str(&j, "hook", dms_hook_name(g->hook));
	json__u64(&j, "lost", g->lost);
	if (g->trimmed)
		json__bool(&j, "trimmed", true);
	return end(&j);
}

static int encode_stats(struct trace_encoder *e, struct out *o, const struct rec_stats *s)
{
	struct json j;

	if (s->key.path >= DMS_PATH_MAX)
		return -EINVAL;
	begin(&j, o, "stats");
	put_time(&j, e, s->ts);
	json__hex(&j, "dev", s->key.dev);
	json__str(&j, "path", s->key.path ? dms_path_name(s->key.path) : NULL);
	json__u64(&j, "maps", s->val.maps);
	json__u64(&j, "unmaps", s->val.unmaps);
	json__u64(&j, "map_bytes", s->val.map_bytes);
	json__u64(&j, "unmap_bytes", s->val.unmap_bytes);
	json__begin_array(&j, "hist");
	for (unsigned int i = 0; i < DMS_HIST_SLOTS; i++)
		json__u64(&j, NULL, s->val.hist[i]);
	json__end_array(&j);
	return end(&j);
}

static void put_counts(struct json *j, const char *key, const struct dms_counts *c)
{
	json__begin_object(j, key);
	json__u64(j, "hits", c->hits);
	json__u64(j, "delivered", c->delivered);
	json__u64(j, "filtered", c->filtered);
	json__u64(j, "ignored", c->ignored);
	json__u64(j, "dropped", c->dropped);
	json__u64(j, "failed", c->failed);
	if (c->skipped)
		json__u64(j, "skipped", c->skipped);
	json__end_object(j);
}

static int encode_end(struct trace_encoder *e, struct out *o, const struct rec_end *r)
{
	static const struct dms_counts none;
	struct json j;

	begin(&j, o, "end");
	put_time(&j, e, r->ts);
	json__bool(&j, "complete", r->complete);
	put_text(&j, e, "why", r->why);
	if (r->not_judged[0])
		put_text(&j, e, "not_judged", r->not_judged);
	json__begin_object(&j, "hooks");
	for (unsigned int i = 0; i < DMS_HOOK_MAX; i++)
		if (memcmp(&r->counts[i], &none, sizeof(none)))
			put_counts(&j, dms_hook_name(i), &r->counts[i]);
	json__end_object(&j);
	json__u64(&j, "lines", e->lines + 1);
	return end(&j);
}

static int encode_finding(struct trace_encoder *e, struct out *o, const struct rec_finding *f)
{
	struct json j;

	begin(&j, o, "finding");
	put_time(&j, e, f->ts);
	json__str(&j, "id", f->id);
	json__int(&j, "severity", f->severity);
	json__int(&j, "confidence", f->confidence);
	if (f->dev)
		json__hex(&j, "dev", f->dev);
	put_text(&j, e, "summary", f->summary);
	put_text(&j, e, "evidence", f->evidence);
	put_text(&j, e, "action", f->action);
	return end(&j);
}

int trace_encode(struct trace_encoder *e, struct out *o, const struct dms_rec *rec)
{
	switch (rec->type) {
	case REC_EVENT:
		return encode_event(e, o, rec);
	case REC_SESSION:
		return encode_session(e, o, &rec->session);
	case REC_HOOK:
		return encode_hook(o, &rec->hook);
	case REC_DEVICE:
		return encode_device(e, o, &rec->device);
	case REC_WINDOW:
		return encode_window(e, o, &rec->window);
	case REC_POOL:
		return encode_pool(e, o, &rec->pool);
	case REC_STACK:
		return encode_stack(o, &rec->stack);
	case REC_GAP:
		return encode_gap(e, o, &rec->gap);
	case REC_STATS:
		return encode_stats(e, o, &rec->stats);
	case REC_END:
		return encode_end(e, o, &rec->end);
	case REC_FINDING:
		return encode_finding(e, o, &rec->finding);
	default:
		return -EINVAL;
	}
}
