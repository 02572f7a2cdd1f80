// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The kernel's symbols from /proc/kallsyms: one array in order of address, one hash over the
 * part of the name before the first dot, so that a function and the copies a compiler made of
 * it (.isra.0, .constprop.0) share a chain. Names lie in one block; 200,000 symbols take
 * some 8 MB, and 2 more with the hash, which is made at the first question for a name. Who asks
 * for a few names only, or maybe for none, opens lazily: then the file is read at the first
 * question, and only what is expected is kept until something else is asked.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest/fs.h"
#include "guest/symbols.h"

#define MAX_OFFSET	(1ULL << 20)
#define MAX_TRAMPOLINE	4096		/* bytes of code that the kernel wrote at run time */
#define MAX_MODULES_FILE	(1 << 20)
#define MAX_MODULES	4096
#define NONE		UINT32_MAX

struct entry {
	uint64_t addr;
	uint32_t name;		/* offset in names */
	uint16_t module;	/* index in modules */
	char type;
};

/* Entries by name. Apart from the table, which questions do not change. */
struct index {
	uint32_t *bucket;	/* the first of each chain; NULL = not made yet */
	uint32_t *next;		/* in the chain, for each entry; NONE = last */
	uint32_t mask;
};

struct symbols {
	struct entry *entry;
	size_t count, room;
	char *names;
	size_t names_len, names_room;
	uint32_t *modules;	/* offsets in names; 0 is the kernel itself, "" */
	size_t nmodules;
	struct index *index;
	bool have_addresses;
	const uint8_t *only;	/* the names to keep, as lazy.names; NULL = all */
	struct lazy *lazy;	/* this one is empty, and asks those in there */
};

#define NAME_BITS	(1U << 14)

struct lazy {
	int fd;				/* opened while we have the rights to see addresses */
	uint8_t names[NAME_BITS / 8];	/* bits by hash_base(): expected */
	struct symbols *few, *all;	/* NULL = not read yet */
	char root[GFS_PATH_LEN];
	uint64_t modules;		/* modules_hash() before "all" was read */
	bool asked;			/* "all" was looked into since symbols_forget() */
};

/* A name's hash without the compiler's suffix, which begins at *end. */
static uint32_t hash_to(const char *name, const char **end)
{
	uint32_t h = 2166136261u;	/* FNV-1a */

	for (; *name && *name != '.' && *name != '\t' && *name != ' '; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	*end = name;
	return h;
}

static uint32_t hash_base(const char *name)
{
	const char *end;

	return hash_to(name, &end);
}

/* Doubles an array; sizes stay far below overflow because offsets are 32 bits. */
static int grow(void **array, size_t *room, size_t need, size_t size)
{
	size_t n = *room ? *room : 1024;
	void *p;

	if (need <= *room)
		return 0;
	while (n < need)
		n *= 2;
	if (n > UINT32_MAX)
		return -EFBIG;
	p = realloc(*array, n * size);
	if (!p)
		return -ENOMEM;
	*array = p;
	*room = n;
	return 0;
}

static int add_name(struct symbols *s, const char *name, size_t len, uint32_t *off)
{
	int err = grow((void **)&s->names, &s->names_room, s->names_len + len + 1, 1);

	if (err)
		return err;
	*off = (uint32_t)s->names_len;
	memcpy(s->names + s->names_len, name, len);
	s->names[s->names_len + len] = '\0';
	s->names_len += len + 1;
	return 0;
}

/* Modules come in runs, so the last one is nearly always the one. */
static int module_index(struct symbols *s, const char *name, size_t len, uint16_t *out)
{
	const char *have;
	uint32_t off;
	size_t i;
	int err;

	for (i = s->nmodules; i-- > 0; ) {
		have = s->names + s->modules[i];
		if (!strncmp(have, name, len) && !have[len]) {
			*out = (uint16_t)i;
			return 0;
		}
	}
	if (s->nmodules >= MAX_MODULES)
		return -EFBIG;
	err = add_name(s, name, len, &off);
	if (err)
		return err;
	*out = (uint16_t)s->nmodules;
	s->modules[s->nmodules++] = off;
	return 0;
}

/* Symbols that no stack, ops table or probe ever names. */
static bool is_kept(char type, const char *name)
{
	/* U, u: undefined in a module, listed while its init function runs */
	if (type == 'a' || type == 'A' || type == 'U' || type == 'u' || type == '?')
		return false;
	return strncmp(name, "__ksymtab_", 10) && strncmp(name, "__kstrtab", 9) &&
	       strncmp(name, "__pfx_", 6) && strncmp(name, "__UNIQUE_ID", 11) &&
	       name[0] != '$' && strncmp(name, ".L", 2);
}

/* dma_iommu_ops and its like: the symbols that are asked for by address at each start. */
static bool is_dma_ops(const char *name, const char *end)
{
	return end - name > 4 && *end != '.' && !memcmp(end - 4, "_ops", 4) &&
	       memmem(name, end - name, "dma", 3);
}

/* May be one that is asked for: the only thing that is done for each of a hundred thousand. */
static bool expected(const uint8_t *names, const char *name)
{
	const char *end;
	uint32_t bit = hash_to(name, &end) % NAME_BITS;

	return names[bit / 8] >> bit % 8 & 1 || is_dma_ops(name, end);
}

/* The number up to `end`; false: it is none. */
static bool hex(const char *p, const char *end, uint64_t *out)
{
	uint64_t v = 0;
	int d;

	for (; p < end; p++) {
		if (*p >= '0' && *p <= '9')
			d = *p - '0';
		else if (*p >= 'a' && *p <= 'f')
			d = *p - 'a' + 10;
		else
			return false;
		v = v << 4 | d;
	}
	*out = v;
	return true;
}

/* "ffffffff81000000 T name\t[module]", NUL-terminated. Other lines are skipped. */
static int add_line(struct symbols *s, const char *line)
{
	const char *sep = strchr(line, ' '), *name, *end, *module = NULL;
	struct entry *e;
	uint64_t addr;
	char type;
	int err;

	if (!sep || !sep[1] || sep[2] != ' ')
		return 0;
	type = sep[1];
	name = sep + 3;
	if (s->only && !expected(s->only, name))
		return 0;
	end = name + strcspn(name, "\t ");
	if (end == name || !is_kept(type, name) || !hex(line, sep, &addr))
		return 0;
	module = strchr(end, '[');
	err = grow((void **)&s->entry, &s->room, s->count + 1, sizeof(*s->entry));
	if (err)
		return err;
	e = &s->entry[s->count];
	*e = (struct entry){ .addr = addr, .type = type };
	if (module)
		err = module_index(s, module + 1, strcspn(module + 1, "]"), &e->module);
	if (!err)
		err = add_name(s, name, end - name, &e->name);
	if (err)
		return err;
	s->count++;
	if (addr)
		s->have_addresses = true;
	return 0;
}

/* Hands each line of the file to add_line(). */
static int read_lines(int fd, struct symbols *s)
{
	size_t room = 256 << 10, used = 0;
	char *buf = malloc(room + 1), *line, *nl;
	ssize_t n;
	int err = 0;

	if (!buf)
		return -ENOMEM;
	while (!err) {
		n = read(fd, buf + used, room - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err = -errno;
		if (n <= 0)
			break;
		used += n;
		buf[used] = '\0';
		for (line = buf; !err && (nl = memchr(line, '\n', buf + used - line));
		     line = nl + 1) {
			*nl = '\0';
			err = add_line(s, line);
		}
		used -= line - buf;
		memmove(buf, line, used);
		if (used == room)
			used = 0;	/* no such line is a symbol */
	}
	free(buf);
	return err;
}

static int by_addr(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	/* Aliases: the first in the file stays first. Names were added in its order. */
	return x->name < y->name ? -1 : x->name > y->name;
}

/* The kernel's own part is in order already, modules are not. */
static void sort(struct symbols *s)
{
	size_t i;

	for (i = 1; i < s->count; i++)
		if (s->entry[i - 1].addr > s->entry[i].addr)
			break;
	if (i < s->count)
		qsort(s->entry, s->count, sizeof(*s->entry), by_addr);
}

static bool index_names(const struct symbols *s)
{
	struct index *x = s->index;
	uint32_t buckets = 1024, h;
	size_t i;

	if (x->bucket)
		return true;
	while (buckets < s->count)
		buckets *= 2;
	x->next = malloc((s->count + 1) * sizeof(*x->next));
	if (!x->next)
		return false;
	x->bucket = malloc(buckets * sizeof(*x->bucket));
	if (!x->bucket) {
		free(x->next);
		return false;
	}
	memset(x->bucket, 0xff, buckets * sizeof(*x->bucket));
	x->mask = buckets - 1;
	/* Backwards, so that a chain is in order of address. */
	for (i = s->count; i-- > 0; ) {
		h = hash_base(s->names + s->entry[i].name) & x->mask;
		x->next[i] = x->bucket[h];
		x->bucket[h] = (uint32_t)i;
	}
	return true;
}

static void shrink(struct symbols *s)
{
	void *p = realloc(s->entry, (s->count + 1) * sizeof(*s->entry));

	if (p)
		s->entry = p;
	p = realloc(s->names, s->names_len);
	if (p)
		s->names = p;
}

static int load(int fd, struct symbols *s)
{
	uint32_t off;
	int err;

	s->modules = malloc(MAX_MODULES * sizeof(*s->modules));
	s->index = calloc(1, sizeof(*s->index));
	if (!s->modules || !s->index)
		return -ENOMEM;
	err = add_name(s, "", 0, &off);
	if (err)
		return err;
	s->modules[s->nmodules++] = off;
	err = read_lines(fd, s);
	if (err)
		return err;
	if (!s->count)
		return -ENODATA;
	sort(s);
	shrink(s);
	return 0;
}

static int open_kallsyms(const char *root)
{
	char path[GFS_PATH_LEN];
	int err = gfs_path(path, sizeof(path), root, "/proc/kallsyms"), fd;

	if (err)
		return err;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int load_from(int fd, const uint8_t *only, struct symbols **out)
{
	struct symbols *s = calloc(1, sizeof(*s));
	int err;

	*out = NULL;
	if (!s)
		return -ENOMEM;
	s->only = only;
	err = lseek(fd, 0, SEEK_SET) ? -errno : load(fd, s);
	if (err) {
		symbols_free(s);
		return err;
	}
	*out = s;
	return 0;
}

int symbols_load(const char *root, struct symbols **out)
{
	int fd = open_kallsyms(root), err;

	*out = NULL;
	if (fd < 0)
		return fd;
	err = load_from(fd, NULL, out);
	close(fd);
	return err;
}

int symbols_open(const char *root, struct symbols **out)
{
	struct symbols *s = calloc(1, sizeof(*s));
	struct lazy *l = calloc(1, sizeof(*l));
	int fd = open_kallsyms(root);

	*out = NULL;
	if (!s || !l || fd < 0) {
		if (fd >= 0)
			close(fd);
		free(l);
		free(s);
		return fd < 0 ? fd : -ENOMEM;
	}
	l->fd = fd;
	gfs_copy(l->root, sizeof(l->root), root);
	s->lazy = l;
	*out = s;
	return 0;
}

void symbols_expect(struct symbols *s, const char *name)
{
	uint32_t bit = hash_base(name) % NAME_BITS;

	if (s && s->lazy && !s->lazy->few)
		s->lazy->names[bit / 8] |= (uint8_t)(1 << bit % 8);
}

void symbols_free(struct symbols *s)
{
	if (!s)
		return;
	if (s->lazy) {
		close(s->lazy->fd);
		symbols_free(s->lazy->few);
		symbols_free(s->lazy->all);
	}
	free(s->lazy);
	free(s->entry);
	free(s->names);
	free(s->modules);
	if (s->index) {
		free(s->index->bucket);
		free(s->index->next);
	}
	free(s->index);
	free(s);
}

/* Hashes names, states and addresses of modules: other columns change without a new module. */
static uint64_t modules_hash(const struct lazy *l)
{
	uint64_t h = 14695981039346656037ull;	/* FNV-1a */
	unsigned int column = 0;
	char *text, *p;
	size_t len;

	if (gfs_read_all(l->root, "/proc/modules", MAX_MODULES_FILE, &text, &len))
		return 0;
	for (p = text; *p; p++) {
		if (column == 0 || column >= 4 || *p == '\n')
			h = (h ^ (unsigned char)*p) * 1099511628211ull;
		column = *p == '\n' ? 0 : column + (*p == ' ');
	}
	free(text);
	return h;
}

/* Returns the table of all symbols; NULL if they cannot be read. */
static const struct symbols *all_of(const struct symbols *s)
{
	if (!s || !s->lazy)
		return s;
	if (!s->lazy->all) {
		s->lazy->modules = modules_hash(s->lazy);
		load_from(s->lazy->fd, NULL, &s->lazy->all);
	}
	s->lazy->asked = true;
	return s->lazy->all;
}

void symbols_forget(struct symbols *s)
{
	struct lazy *l = s ? s->lazy : NULL;

	if (!l)
		return;
	if (!l->asked) {
		symbols_free(l->all);
		l->all = NULL;
	}
	l->asked = false;
}

void symbols_refresh(struct symbols *s)
{
	struct symbols *fresh;
	uint64_t now;

	if (!s || !s->lazy || !s->lazy->all)
		return;
	now = modules_hash(s->lazy);
	if (now == s->lazy->modules || load_from(s->lazy->fd, NULL, &fresh))
		return;
	s->lazy->modules = now;
	symbols_free(s->lazy->all);
	s->lazy->all = fresh;
}

/* Returns the table that has the name if any has, with an index; NULL if there is none. */
static const struct symbols *for_name(const struct symbols *s, const char *name)
{
	struct lazy *l = s ? s->lazy : NULL;

	if (!l || l->all || !expected(l->names, name)) {
		s = all_of(s);
	} else {
		if (!l->few)
			load_from(l->fd, l->names, &l->few);
		s = l->few;
	}
	return s && index_names(s) ? s : NULL;
}

bool symbols_have_addresses(const struct symbols *s)
{
	s = all_of(s);
	return s && s->have_addresses;
}

static bool is_function(char type)
{
	return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

static void fill(const struct symbols *s, const struct entry *e, struct symbol *sym)
{
	sym->name = s->names + e->name;
	sym->module = s->names + s->modules[e->module];
	sym->addr = e->addr;
	sym->type = e->type;
}

/* Returns the first function of aliases: a section's end may have the next one's address. */
static const struct entry *first_alias(const struct symbols *s, size_t i)
{
	uint64_t addr = s->entry[i].addr;
	size_t j;

	while (i && s->entry[i - 1].addr == addr)
		i--;
	for (j = i; j < s->count && s->entry[j].addr == addr; j++)
		if (is_function(s->entry[j].type))
			return &s->entry[j];
	return &s->entry[i];
}

static int by_address(const struct symbols *s, uint64_t addr, struct symbol *sym, uint64_t *off)
{
	size_t lo = 0, hi, mid;

	if (!s || !s->have_addresses || !addr)
		return -ENOENT;
	/* Invariant: entry[lo].addr <= addr < entry[hi].addr */
	hi = s->count;
	if (addr < s->entry[0].addr)
		return -ENOENT;
	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (s->entry[mid].addr <= addr)
			lo = mid;
		else
			hi = mid;
	}
	if (!s->entry[lo].addr || addr - s->entry[lo].addr > MAX_OFFSET)
		return -ENOENT;
	fill(s, first_alias(s, lo), sym);
	*off = addr - sym->addr;
	return 0;
}

int symbols_by_addr(const struct symbols *s, uint64_t addr, struct symbol *sym, uint64_t *off)
{
	uint64_t distance;
	int err = -ENOENT;

	/* among a few, only one that begins just there is sure to be it */
	if (s && s->lazy && !s->lazy->all)
		err = by_address(s->lazy->few, addr, sym, &distance);
	if (err || distance)
		err = by_address(all_of(s), addr, sym, &distance);
	if (!err && off)
		*off = distance;
	return err;
}

/*
 * True if a symbol at a distance can be the function: data is none, and trampolines of ftrace and
 * kprobes (pages between modules, kernel/trace/ftrace.c) end before the next module begins.
 */
static bool holds_code(const struct symbol *sym, uint64_t off)
{
	return is_function(sym->type) &&
	       (strncmp(sym->module, "__builtin__", 11) || off < MAX_TRAMPOLINE);
}

bool symbols_format(const struct symbols *s, uint64_t addr, char *buf, size_t len)
{
	char offset[24] = "";
	struct symbol sym;
	uint64_t off;

	if (symbols_by_addr(s, addr, &sym, &off) || (off && !holds_code(&sym, off))) {
		gfs_copy(buf, len, "?");
		return false;
	}
	if (off)
		snprintf(offset, sizeof(offset), "+0x%llx", (unsigned long long)off);
	snprintf(buf, len, "%s%s%s%s%s", sym.name, offset, *sym.module ? " [" : "", sym.module,
		 *sym.module ? "]" : "");
	return true;
}

static uint32_t chain(const struct symbols *s, const char *name)
{
	return s->index->bucket[hash_base(name) & s->index->mask];
}

unsigned int symbols_find(const struct symbols *s, const char *name, struct symbol *sym)
{
	const struct entry *best = NULL;
	unsigned int count = 0;
	uint32_t i;

	s = for_name(s, name);
	if (!s)
		return 0;
	for (i = chain(s, name); i != NONE; i = s->index->next[i]) {
		const struct entry *e = &s->entry[i];

		if (strcmp(s->names + e->name, name))
			continue;
		count++;
		if (!best || (!is_function(best->type) && is_function(e->type)))
			best = e;
	}
	if (best && sym)
		fill(s, best, sym);
	return count;
}

/* ".isra.0", ".constprop.0.isra.0", ".llvm.123"; not ".cold", which is a piece. */
static bool is_suffix(const char *p)
{
	static const char *const words[] = { ".isra", ".constprop", ".part", ".llvm", ".lto_priv" };
	size_t i, n;

	while (*p) {
		for (i = 0, n = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (!strncmp(p, words[i], strlen(words[i])))
				n = strlen(words[i]);
		if (!n || p[n] != '.' || !isdigit((unsigned char)p[n + 1]))
			return false;
		for (p += n + 1; isdigit((unsigned char)*p); p++)
			;
	}
	return true;
}

bool symbols_next_variant(const struct symbols *s, const char *name, size_t *pos,
			  struct symbol *sym)
{
	size_t n = strlen(name);
	uint32_t i;

	s = for_name(s, name);
	if (!s || *pos == NONE)
		return false;
	for (i = *pos ? (uint32_t)(*pos - 1) : chain(s, name); i != NONE; i = s->index->next[i]) {
		const struct entry *e = &s->entry[i];
		const char *have = s->names + e->name;

		if (!is_function(e->type) || strncmp(have, name, n) || !is_suffix(have + n))
			continue;
		/* 0 stands for the start, so positions are index + 1. */
		*pos = s->index->next[i] == NONE ? NONE : (size_t)s->index->next[i] + 1;
		fill(s, e, sym);
		return true;
	}
	*pos = NONE;
	return false;
}

static unsigned int count_functions(const struct symbols *s, const char *name)
{
	struct symbol sym;
	unsigned int n = 0;
	size_t pos = 0;

	while (symbols_next_variant(s, name, &pos, &sym))
		if (!strcmp(sym.name, name))
			n++;
	return n;
}

unsigned int symbols_find_function(const struct symbols *s, const char *name, struct symbol *sym)
{
	struct symbol cur, best = { .name = NULL };
	bool exact = false;
	size_t pos = 0;

	while (!exact && symbols_next_variant(s, name, &pos, &cur)) {
		exact = !strcmp(cur.name, name);
		/* a whole copy is preferred to a ".part" one */
		if (exact || !best.name || (strstr(best.name, ".part.") &&
					    !strstr(cur.name, ".part.")))
			best = cur;
	}
	if (!best.name)
		return 0;
	if (sym)
		*sym = best;
	return count_functions(s, best.name);
}
