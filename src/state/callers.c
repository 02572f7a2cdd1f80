// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Callers: stacks and the name of the function behind them, what each caller has mapped, the
 * last failures. A caller is a (device, path, stack).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state/internal.h"

/* Frames that carry the request but did not ask for it. */
static const char *const carriers[] = {
	"dma_", "__dma_", "arch_dma_", "swiotlb_", "__swiotlb_", "iommu_", "ppc_iommu_", "vio_dma_",
	"tce_", "set_memory_", "__set_memory_", "ucall_", "bpf_", "trace_", "__traceiter_",
	"perf_", "kprobe", "__kretprobe", "kretprobe", "arch_rethook", "rethook_", "ftrace_",
	"__bpf_", "___bpf_", "optimized_callback", "dma_direct_", "plpar_",
	"vring_", "virtqueue_",		/* virtio's drivers are behind these */
	"blk_dma_", "blk_rq_dma_",	/* ... and block drivers behind these (6.17) */
};

static bool is_carrier(const char *frame)
{
	size_t i;

	for (i = 0; i < sizeof(carriers) / sizeof(carriers[0]); i++)
		if (!strncmp(frame, carriers[i], strlen(carriers[i])))
			return true;
	return false;
}

/* "vring_map_one_sg.isra.0+0x5c [virtio_ring]" -> "vring_map_one_sg [virtio_ring]" */
static void trim(char *to, const char *frame)
{
	const char *mod = strchr(frame, '[');
	size_t n = strcspn(frame, "+. ["), i;

	if (n > DMS_NAME_LEN - 1)
		n = DMS_NAME_LEN - 1;
	for (i = 0; i < n; i++)
		to[i] = frame[i] > ' ' && frame[i] < 0x7f ? frame[i] : '?';
	to[n] = '\0';
	if (mod && n + 1 + strlen(mod) < DMS_NAME_LEN) {
		to[n++] = ' ';
		for (; *mod; mod++)
			to[n++] = *mod >= ' ' && *mod < 0x7f ? *mod : '?';
		to[n] = '\0';
	}
}

/*
 * User space asks dma_heap_ioctl() for memory, and only one heap shares what it allocates
 * (drivers/dma-buf/heaps/system_heap.c, 7.1: 78b30c50a7ac).
 */
static const char *heap_of(const struct rec_stack *rec, const char *caller)
{
	for (uint32_t f = 0; f < rec->depth; f++)
		if (!strncmp(rec->frame[f], "dma_heap_", 9))
			return strncmp(caller, "system_heap_", 12) ? "" : "system_cc_shared";
	return NULL;
}

int callers__stack(struct state *m, const struct rec_stack *rec)
{
	uint32_t i = idmap_get(&m->by_stack, rec->id), f;
	uint32_t depth = rec->depth < DMS_STACK_DEPTH ? rec->depth : DMS_STACK_DEPTH;
	struct stack *s;

	if (i != NONE || m->stacks >= MAX_STACKS || !rec->id || !depth)
		return 0;
	if (GROW(m->stack, m->stack_cap, m->stacks))
		return -ENOMEM;
	s = &m->stack[m->stacks];
	s->rec = malloc(sizeof(*s->rec));
	if (!s->rec)
		return -ENOMEM;
	if (idmap_set(&m->by_stack, rec->id, m->stacks)) {
		free(s->rec);
		return -ENOMEM;
	}
	*s->rec = *rec;
	s->rec->depth = depth;
	m->stacks++;
	for (f = 0; f + 1 < depth && is_carrier(rec->frame[f]); f++)
		;
	trim(s->name, rec->frame[f]);
	s->heap = heap_of(s->rec, s->name);
	return 0;
}

const struct rec_stack *state__stack(const struct state *m, uint32_t id)
{
	uint32_t i = id ? idmap_get(&m->by_stack, id) : NONE;

	return i == NONE ? NULL : m->stack[i].rec;
}

bool caller_at(const struct state *m, uint32_t i, struct caller_use *out)
{
	const struct caller *c;

	if (i >= m->callers)
		return false;
	c = &m->caller[i];
	*out = (struct caller_use){ .dev = c->dev, .stack = c->stack, .path = c->path,
				    .maps = c->maps, .live = c->live };
	return true;
}

bool caller_growth(const struct state *m, uint32_t i, struct grown *out)
{
	return growth_monotonic(m, &m->caller[i].growth, m->caller[i].live, out);
}

const char *caller_name(const struct state *m, uint32_t stack)
{
	uint32_t i = stack ? idmap_get(&m->by_stack, stack) : NONE;

	return i == NONE ? NULL : m->stack[i].name;
}

const char *caller_heap(const struct state *m, uint32_t stack)
{
	uint32_t i = stack ? idmap_get(&m->by_stack, stack) : NONE;

	return i == NONE ? NULL : m->stack[i].heap;
}

static int caller_get(struct state *m, uint32_t dev, const struct dms_event *ev, uint8_t path,
		      uint32_t *index)
{
	uint64_t key = (uint64_t)dev << 40 | (uint64_t)path << 32 | ev->stack;

	*index = idmap_get(&m->by_caller, key);
	if (*index != NONE || m->callers >= MAX_CALLERS)
		return 0;
	if (GROW(m->caller, m->caller_cap, m->callers) ||
	    idmap_set(&m->by_caller, key, m->callers))
		return -ENOMEM;
	*index = m->callers++;
	m->caller[*index] = (struct caller){ .dev = dev, .stack = ev->stack, .path = path };
	return 0;
}

int caller_map(struct state *m, uint32_t dev, const struct dms_event *ev, uint32_t *index)
{
	int err = caller_get(m, dev, ev, ev->path, index);

	if (err || *index == NONE)
		return err;
	m->caller[*index].maps++;
	m->caller[*index].bytes += ev->size;
	return 0;
}

void caller_live(struct state *m, uint32_t index, uint64_t ts, uint64_t size, bool add)
{
	struct caller *c = &m->caller[index];

	growth_roll(&c->growth, ts, c->live);
	c->live += add ? 1 : -1;
	c->live_bytes += add ? size : -size;
	c->unmaps += !add;
	growth_set(&c->growth, c->live);
}

void caller_life(struct state *m, uint32_t index, size_t slot)
{
	if (m->caller[index].life_hist[slot] < UINT32_MAX)
		m->caller[index].life_hist[slot]++;
}

uint64_t state__hist_ns(const uint64_t hist[STATE_LIFE_SLOTS], unsigned int percent)
{
	uint64_t all = 0, sum = 0;

	for (size_t i = 0; i < STATE_LIFE_SLOTS; i++)
		all += hist[i];
	for (size_t i = 0; all && i < STATE_LIFE_SLOTS - 1; i++) {
		sum += hist[i];
		if (sum * 100 >= all * percent)
			return 1000ULL << i;
	}
	return all ? UINT64_MAX : 0;
}

uint64_t state__caller_life(const struct state_caller *c, unsigned int percent)
{
	uint64_t hist[STATE_LIFE_SLOTS];

	for (size_t i = 0; i < STATE_LIFE_SLOTS; i++)
		hist[i] = c->life_hist[i];
	return state__hist_ns(hist, percent);
}

int caller_fail(struct state *m, uint32_t dev, const struct dms_event *ev, enum state_fail why,
		bool unfit, uint64_t since)
{
	struct state_failure *f = &m->failure[m->failures++ % STATE_FAILURES];
	uint32_t index;
	int err;

	*f = (struct state_failure){ .seq = m->seq, .ts = ev->ts, .dev = ev->dev, .size = ev->size,
				     .phys = ev->phys, .why = why, .unfit = unfit,
				     .since = since, .dir = ev->dir,
				     .stack = ev->stack, .pid = ev->pid };
	err = caller_get(m, dev, ev, DMS_PATH_FAILED, &index);
	if (!err && index != NONE)
		m->caller[index].fails++;
	return err;
}

bool state__failure(const struct state *m, size_t i, struct state_failure *out)
{
	if (i >= m->failures || i >= STATE_FAILURES)
		return false;
	*out = m->failure[(m->failures - 1 - i) % STATE_FAILURES];
	out->caller = caller_name(m, out->stack);
	return true;
}

static int by_maps(const void *a, const void *b)
{
	const struct state_caller *x = a, *y = b;
	uint64_t nx = x->maps + x->fails, ny = y->maps + y->fails;

	return nx < ny ? 1 : nx > ny ? -1 : 0;
}

/* ts of the oldest live mapping of each caller; one walk for all. */
static void find_oldest(const struct state *m, uint64_t *oldest)
{
	const struct mapping *mp;
	uint32_t id = 0;

	while ((mp = maptab_next(&m->maps, &id)))
		if (mp->caller != NONE && (!oldest[mp->caller] || mp->ts < oldest[mp->caller]))
			oldest[mp->caller] = mp->ts;
}

static int by_name(const void *a, const void *b)
{
	const struct state_caller *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->path != y->path)
		return x->path < y->path ? -1 : 1;
	if (!x->name || !y->name)
		return !x->name - !y->name;
	return strcmp(x->name, y->name);
}

/* One function reached by many ways is one caller. Returns how many are left. */
static size_t join_callers(struct state_caller *c, size_t count)
{
	size_t i, n = 0;

	qsort(c, count, sizeof(*c), by_name);
	for (i = 0; i < count; i++) {
		if (!n || by_name(&c[n - 1], &c[i])) {
			c[n++] = c[i];
			continue;
		}
		if (c[i].maps > c[n - 1].maps)
			c[n - 1].stack = c[i].stack;
		c[n - 1].maps += c[i].maps;
		c[n - 1].bytes += c[i].bytes;
		c[n - 1].fails += c[i].fails;
		c[n - 1].live += c[i].live;
		c[n - 1].live_bytes += c[i].live_bytes;
		for (size_t k = 0; k < STATE_LIFE_SLOTS; k++)
			c[n - 1].life_hist[k] += c[i].life_hist[k];
		if (c[i].oldest && (!c[n - 1].oldest || c[i].oldest < c[n - 1].oldest))
			c[n - 1].oldest = c[i].oldest;
	}
	return n;
}

size_t state__callers(const struct state *m, const uint64_t *dev, struct state_caller *out,
		      size_t n)
{
	struct state_caller *all = calloc(m->callers + 1, sizeof(*all));
	uint64_t *oldest = calloc(m->callers + 1, sizeof(*oldest));
	size_t count = 0;
	uint32_t i;

	if (!all || !oldest)
		goto cleanup;
	find_oldest(m, oldest);
	for (i = 0; i < m->callers; i++) {
		const struct caller *c = &m->caller[i];
		uint64_t key = m->dev[c->dev]->pub.key;

		if (dev && *dev != key)
			continue;
		all[count++] = (struct state_caller){
			.dev = key, .path = c->path, .stack = c->stack,
			.name = caller_name(m, c->stack), .maps = c->maps, .bytes = c->bytes,
			.fails = c->fails, .live = c->live, .live_bytes = c->live_bytes,
			.oldest = oldest[i],
		};
		memcpy(all[count - 1].life_hist, c->life_hist, sizeof(c->life_hist));
	}
	count = join_callers(all, count);
	qsort(all, count, sizeof(*all), by_maps);
	if (n)
		memcpy(out, all, (count < n ? count : n) * sizeof(*all));
cleanup:
	free(all);
	free(oldest);
	return count;
}

void callers__begin_slice(struct state *m)
{
	uint32_t i;

	m->failures = 0;
	for (i = 0; i < m->callers; i++) {
		struct caller *c = &m->caller[i];

		c->maps = c->bytes = c->fails = c->unmaps = 0;
		memset(&c->growth, 0, sizeof(c->growth));
	}
}

void callers__free(struct state *m)
{
	uint32_t i;

	for (i = 0; i < m->stacks; i++)
		free(m->stack[i].rec);
	free(m->stack);
	free(m->caller);
	idmap_free(&m->by_stack);
	idmap_free(&m->by_caller);
}
