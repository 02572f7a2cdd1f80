// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The BPF object and the hook catalogue against kernels that are not running here: each field
 * that a program reads is looked up in the kernel's (reduced) BTF, and each hook is chosen as on
 * that kernel. What must come out is written by hand in the file `expected`; parameters by BTF are
 * compared with the catalogue's. Prints TAP.
 *
 * usage: core OBJECT EXPECTED FIXTURES [WORD]	WORD is made unknown in each fixture first
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/btf.h>

#include "guest/symbols.h"
#include "probe/choose.h"
#include "probe/kernel_btf.h"
#include "util/names.h"

#define MAX_FIELDS	256
#define FIELD_LEN	128
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

/* ---- TAP ---- */

static unsigned int tests, failures;
static char complaints[8192];

static void complain_of(const char *fmt, const char *a, const char *b, const char *c)
{
	size_t used = strlen(complaints);

	snprintf(complaints + used, sizeof(complaints) - used, fmt, a, b, c);
	used = strlen(complaints);
	if (used + 2 < sizeof(complaints))
		strcpy(complaints + used, "\n");
}

static void verdict(const char *kernel, const char *what, unsigned int n)
{
	bool ok = !complaints[0];

	printf("%sok %u - %s: %u %s\n", ok ? "" : "not ", ++tests, kernel, n, what);
	for (char *l = strtok(complaints, "\n"); l; l = strtok(NULL, "\n"))
		printf("# %s\n", l);
	failures += !ok;
	complaints[0] = '\0';
}

/* ---- the fields that the object's programs read (CO-RE relocations) ---- */

/* As laid out in .BTF.ext; the kernel's include/uapi/linux/bpf.h, struct bpf_core_relo. */
struct ext_header {
	__u16 magic;
	__u8 version, flags;
	__u32 hdr_len, func_off, func_len, line_off, line_len, core_off, core_len;
};

struct core_relo {
	__u32 insn_off, type_id, access_off, kind;
};

struct ext_section {
	__u32 name_off, count;
	struct core_relo relos[];
};

enum { RELO_FIELD_EXISTS = 2, RELO_FIELD_LAST = 5, RELO_ENUM_EXISTS = 10, RELO_ENUM_VALUE = 11 };

struct field {
	char name[FIELD_LEN];		/* "device.archdata.dma_offset" */
	bool asked;			/* bpf_core_field_exists() */
};

static struct field fields[MAX_FIELDS];
static unsigned int nfields;

static struct field *field_get(const char *name)
{
	for (unsigned int i = 0; i < nfields; i++)
		if (!strcmp(fields[i].name, name))
			return &fields[i];
	if (nfields == MAX_FIELDS) {
		fputs("core: too many fields\n", stderr);
		exit(1);
	}
	snprintf(fields[nfields].name, FIELD_LEN, "%s", name);
	return &fields[nfields++];
}

static const struct btf_type *bare(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	return t;
}

/* struct_device_flags.DEV_FLAG_DMA_IOMMU: here the access is the number of the value. */
static void path_of_enum(const struct btf *btf, const struct core_relo *r, char *out)
{
	const struct btf_type *t = bare(btf, r->type_id);
	unsigned long i = strtoul(btf__name_by_offset(btf, r->access_off), NULL, 10);
	__u32 name = btf_is_enum(t) ? btf_enum(t)[i].name_off : 0;

	snprintf(out, FIELD_LEN, "%s.%s", btf__name_by_offset(btf, t->name_off),
		 btf__name_by_offset(btf, name));
}

/* "0:9:0" of struct device is device.archdata.dma_offset; the first number is an index. */
static void path_of(const struct btf *btf, const struct core_relo *r, char *out)
{
	const struct btf_type *t = bare(btf, r->type_id);
	const char *p = btf__name_by_offset(btf, r->access_off);
	size_t used = (size_t)snprintf(out, FIELD_LEN, "%s", btf__name_by_offset(btf, t->name_off));

	for (p = strchr(p, ':'); p; p = strchr(p + 1, ':')) {
		unsigned long i = strtoul(p + 1, NULL, 10);
		const struct btf_member *m;

		if (btf_is_array(t)) {
			t = bare(btf, btf_array(t)->type);
			continue;
		}
		m = &btf_members(t)[i];
		used += (size_t)snprintf(out + used, FIELD_LEN - used, ".%s",
					 btf__name_by_offset(btf, m->name_off));
		t = bare(btf, m->type);
	}
}

/* kernel_btf__reduce() has to keep what the programs read. */
static void check_kept(const struct btf *btf, const struct core_relo *r)
{
	const char *name = btf__name_by_offset(btf, bare(btf, r->type_id)->name_off);
	const char *flavour = strstr(name, "___");
	size_t len = flavour ? (size_t)(flavour - name) : strlen(name);

	for (size_t i = 0; i < kernel_btf_types_count; i++)
		if (!strncmp(kernel_btf_types[i], name, len) && !kernel_btf_types[i][len])
			return;
	if (!strstr(complaints, name))
		complain_of("%s is not in kernel_btf_types", name, "", "");
}

static void read_relos(const struct btf *btf, const struct ext_header *h)
{
	const char *p = (const char *)h + h->hdr_len + h->core_off;
	const char *end = p + h->core_len;
	char name[FIELD_LEN];

	p += sizeof(__u32);	/* the size of a record comes first */
	while (p < end) {
		const struct ext_section *s = (const void *)p;

		for (__u32 i = 0; i < s->count; i++) {
			__u32 kind = s->relos[i].kind;

			check_kept(btf, &s->relos[i]);
			if (kind == RELO_ENUM_EXISTS || kind == RELO_ENUM_VALUE)
				path_of_enum(btf, &s->relos[i], name);
			else if (kind <= RELO_FIELD_LAST)
				path_of(btf, &s->relos[i], name);
			else
				continue;	/* of a type, not of a field */
			field_get(name)->asked |= kind == RELO_FIELD_EXISTS ||
						  kind == RELO_ENUM_EXISTS;
		}
		p += sizeof(*s) + s->count * sizeof(s->relos[0]);
	}
}

/* libbpf gives the raw section out under different names, by version. */
static const struct ext_header *ext_section_of(Elf *elf)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		const char *name = gelf_getshdr(scn, &shdr) ?
			elf_strptr(elf, names, shdr.sh_name) : NULL;
		Elf_Data *data = name && !strcmp(name, ".BTF.ext") ? elf_getdata(scn, NULL) : NULL;

		if (data && data->d_size > sizeof(struct ext_header))
			return data->d_buf;
	}
	return NULL;
}

static int read_object(const char *path)
{
	struct btf *btf = btf__parse_elf(path, NULL);
	int fd = open(path, O_RDONLY);
	const struct ext_header *h;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	h = btf && elf ? ext_section_of(elf) : NULL;
	if (h)
		read_relos(btf, h);
	elf_end(elf);
	if (fd >= 0)
		close(fd);
	btf__free(btf);
	return nfields ? 0 : -ENODATA;
}

/* ---- looking a field up in a kernel ---- */

static const struct btf_type *member_type(const struct btf *btf, const struct btf_type *t,
					  const char *name)
{
	const struct btf_member *m;

	if (!t || !btf_is_composite(t))
		return NULL;
	m = btf_members(t);
	for (int i = 0; i < btf_vlen(t); i++) {
		const char *have = btf__name_by_offset(btf, m[i].name_off);
		const struct btf_type *inner = bare(btf, m[i].type);

		if (!strcmp(have, name))
			return inner;
		inner = *have ? NULL : member_type(btf, inner, name);	/* anonymous */
		if (inner)
			return inner;
	}
	return NULL;
}

static bool kernel_has_value(const struct btf *btf, const struct btf_type *t, const char *name)
{
	for (int i = 0; i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_enum(t)[i].name_off), name))
			return true;
	return false;
}

static bool struct_has(const struct btf *btf, const struct btf_type *t, const char *path)
{
	char copy[FIELD_LEN], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", path);
	for (char *w = strtok_r(copy, ".", &save); t && w; w = strtok_r(NULL, ".", &save)) {
		while (btf_is_array(t))
			t = bare(btf, btf_array(t)->type);
		t = member_type(btf, t, w);
	}
	return t;
}

/* Two drivers may each have a structure of that name: then either will do, as for libbpf. */
static bool kernel_has(const struct btf *btf, const char *field)
{
	size_t len = strcspn(field, ".");
	const char *path = field + len + (field[len] == '.'), *flavour = strstr(field, "___");
	char name[FIELD_LEN];

	if (flavour && flavour < field + len)
		len = (size_t)(flavour - field);
	snprintf(name, sizeof(name), "%.*s", (int)len, field);
	for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (strcmp(btf__name_by_offset(btf, t->name_off), name))
			continue;
		if (btf_is_struct(t) && struct_has(btf, t, path))
			return true;
		if (btf_is_enum(t) && kernel_has_value(btf, t, path))
			return true;
	}
	return false;
}

/* ---- what is expected ---- */

struct absent {
	char field[FIELD_LEN];		/* or a structure, for all of its fields: "xive_q." */
	char kernels[256];		/* fixtures, separated by blanks; "x86-" for all of x86 */
	char guard[FIELD_LEN];		/* a field the code asks for first, or an architecture */
};

static struct absent absents[64];
static unsigned int nabsents;

static bool begins(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

static bool kernel_listed(const char *list, const char *kernel)
{
	char copy[256], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", list);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		if (!strcmp(w, kernel) || (w[strlen(w) - 1] == '-' && begins(kernel, w)))
			return true;
	return false;
}

static bool covers(const struct absent *a, const char *field)
{
	size_t n = strlen(a->field);

	return !strcmp(a->field, field) || (begins(field, a->field) &&
					    (a->field[n - 1] == '.' || field[n] == '.'));
}

static const struct absent *absence(const char *field, const char *kernel)
{
	for (unsigned int i = 0; i < nabsents; i++)
		if (covers(&absents[i], field) && kernel_listed(absents[i].kernels, kernel))
			return &absents[i];
	return NULL;
}

/* An absence is only by design if the code asks before it reads, or never runs there. */
static bool guarded(const struct absent *a)
{
	static const char *const archs[] = { "ppc64le" };

	for (size_t i = 0; i < COUNT(archs); i++)
		if (!strcmp(a->guard, archs[i]))
			return true;
	for (unsigned int i = 0; i < nfields; i++)
		if (fields[i].asked && !strcmp(fields[i].name, a->guard))
			return true;
	return false;
}

static void check_fields(const char *kernel, const struct btf *btf)
{
	for (unsigned int i = 0; i < nfields; i++) {
		const char *name = fields[i].name;
		const struct absent *a = absence(name, kernel);
		bool has = kernel_has(btf, name);

		if (!has && !a)
			complain_of("field %s does not resolve on %s", name, kernel, "");
		else if (has && a)
			complain_of("field %s is there on %s, though listed as absent", name,
				    kernel, "");
		else if (a && !guarded(a))
			complain_of("field %s: nothing asks for %s before it is read (%s)", name,
				    a->guard, kernel);
	}
	verdict(kernel, "fields resolve or are absent by design", nfields);
}

/* ---- hooks ---- */

struct fixture {
	char kernel[64], arch[32];
	struct btf *btf;
	struct symbols *syms;
	unsigned int nhooks;
	bool seen[DMS_HOOK_MAX];
};

/* A function's parameters in BTF must be those that the catalogue has for some kernel. */
static void compare_layout(const char *kernel, const struct choice *c)
{
	const char *const *list = c->cand->older;
	struct dms_layout want;

	hook_layout(c->row->id, c->cand->params, &want);
	for (int i = 0; memcmp(&c->layout, &want, sizeof(want)) && i < CAND_OLDER && list[i]; i++)
		hook_layout(c->row->id, list[i], &want);
	if (memcmp(&c->layout, &want, sizeof(want)))
		complain_of("%s(%s) of %s: no list of the catalogue is like this", c->symbol,
			    c->params, kernel);
}

/* "kprobe tce_build_pSeriesLP.isra.0", "none" */
static void chosen(const struct choose_env *env, const char *kernel, const struct hook_row *row,
		   char *out, size_t len)
{
	struct choice c = {};

	choose(env, row, &c);
	if (c.cand && c.params[0])
		compare_layout(kernel, &c);
	if (c.cand)
		snprintf(out, len, "%s %s", dms_attach_name(c.attach), c.symbol);
	else
		snprintf(out, len, "none");
}

static struct choose_env env_of(const struct fixture *f)
{
	return (struct choose_env){
		.btf = f->btf, .own_btf = f->btf, .syms = f->syms, .arch = f->arch,
		.kprobes = true, .hcalls = true, .secure = true,
	};
}

/* "HOOK BY SYMBOL", and after it "| BY SYMBOL" where lockdown changes the choice to another. */
static void check_hook(struct fixture *f, const char *line)
{
	char word[64], want[128] = "", locked[128] = "none", have[128];
	struct choose_env env = env_of(f);
	const struct hook_row *row;
	int id;

	if (sscanf(line, "%63s %127[^|\n]| %127[^\n]", word, want, locked) < 2)
		return;
	for (size_t n = strlen(want); n && want[n - 1] == ' '; n--)
		want[n - 1] = '\0';
	if (begins(want, "tp_btf") && !strcmp(locked, "none"))
		snprintf(locked, sizeof(locked), "%s", want);
	id = dms_hook_by_name(word);
	row = id > 0 ? hook_row_by_id((enum dms_hook)id) : NULL;
	if (!row || !choose_applies(&env, row)) {
		complain_of("there is no hook %s on %s", word, f->kernel, "");
		return;
	}
	f->seen[id] = true;
	if (want[0] == '?')
		return;
	f->nhooks++;
	chosen(&env, f->kernel, row, have, sizeof(have));
	if (strcmp(have, want))
		complain_of("hook %s should be by %s, but is by %s", word, want, have);
	env.no_kprobes = true;
	chosen(&env, f->kernel, row, have, sizeof(have));
	if (strcmp(have, locked))
		complain_of("hook %s under lockdown should be by %s, but is by %s", word, locked,
			    have);
}

/* Where kprobes can corrupt the kernel, no function has one. */
static void check_harm(const struct fixture *f, bool fentry)
{
	struct choose_env env = env_of(f);
	unsigned int withheld = 0;

	env.fentry = fentry;
	env.kprobes_harm = true;
	for (unsigned int i = 0; i < hook_rows_count; i++) {
		struct choice c = {};

		if (!choose_applies(&env, &hook_rows[i]))
			continue;
		choose(&env, &hook_rows[i], &c);
		withheld += c.withheld;
		/* one behind the entry is a trap, which returns another way */
		if (c.cand && c.attach == ATTACH_KPROBE && !c.cand->offset)
			complain_of("hook %s is by a kprobe on %s of %s",
				    dms_hook_name(hook_rows[i].id), c.symbol, f->kernel);
	}
	if (!fentry && !withheld)
		complain_of("no hook of %s is left out for want of fentry", f->kernel, "", "");
	verdict(f->kernel, fentry ? "hooks take no kprobe that can crash ppc64le, but fentry" :
		"hooks take no kprobe that can crash ppc64le, for want of fentry", f->nhooks);
}

static void end_fixture(struct fixture *f)
{
	struct choose_env env = env_of(f);

	for (unsigned int i = 0; i < hook_rows_count; i++)
		if (choose_applies(&env, &hook_rows[i]) && !f->seen[hook_rows[i].id])
			complain_of("hook %s is not in the list for %s",
				    dms_hook_name(hook_rows[i].id), f->kernel, "");
	verdict(f->kernel, "hooks are chosen as expected, with and without lockdown", f->nhooks);
	if (!strcmp(f->arch, "ppc64le")) {
		check_harm(f, true);
		check_harm(f, false);
	}
	btf__free(f->btf);
	symbols_free(f->syms);
	memset(f, 0, sizeof(*f));
}

/* ---- fixtures ---- */

static void *read_all(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	void *data = NULL;

	if (f && !fstat(fileno(f), &st)) {
		data = calloc(1, (size_t)st.st_size + 1);
		if (data && fread(data, 1, (size_t)st.st_size, f) != (size_t)st.st_size)
			data = (free(data), NULL);
		*size = (size_t)st.st_size;
	}
	if (f)
		fclose(f);
	return data;
}

/* Makes a word unknown, wherever it stands whole: in BTF's strings, in the list of symbols. */
static void break_word(char *data, size_t size, const char *word)
{
	size_t n = word ? strlen(word) : 0;

	for (char *p = data; n && p + n < data + size; p++)
		if (!memcmp(p, word, n) && (p[n] == '\0' || p[n] == '\n') &&
		    (p == data || p[-1] == '\0' || p[-1] == ' '))
			*p = '?';
}

static struct symbols *load_symbols(const char *path, const char *broken)
{
	char root[] = "/tmp/dmascope-core-XXXXXX", dir[64], file[80];
	struct symbols *syms = NULL;
	size_t size;
	char *text = read_all(path, &size);
	FILE *f;

	if (!text || !mkdtemp(root))
		return NULL;
	break_word(text, size, broken);
	snprintf(dir, sizeof(dir), "%s/proc", root);
	snprintf(file, sizeof(file), "%s/kallsyms", dir);
	mkdir(dir, 0700);
	f = fopen(file, "w");
	if (f) {
		fwrite(text, 1, size, f);
		fclose(f);
		if (!symbols_open(root, &syms)) {
			choose_expect(syms);
			symbols_find(syms, "dma_set_mask", NULL);
		}
		/* a name that was not expected makes all be read a second time: it is not found */
		if (truncate(file, 0))
			perror(file);
	}
	unlink(file);
	rmdir(dir);
	rmdir(root);
	free(text);
	return syms;
}

/* "[KERNEL ARCH]" */
static void begin_fixture(struct fixture *f, const char *line, const char *dir, const char *broken)
{
	char path[512];
	size_t size;
	char *raw;

	if (sscanf(line, "[%63s %31[^]]]", f->kernel, f->arch) != 2) {
		complain_of("cannot read %s", line, "", "");
		return;
	}
	snprintf(path, sizeof(path), "%s/%s.btf", dir, f->kernel);
	raw = read_all(path, &size);
	if (raw) {
		break_word(raw, size, broken);
		f->btf = btf__new(raw, (__u32)size);
		free(raw);
	}
	snprintf(path, sizeof(path), "%s/%s.syms", dir, f->kernel);
	f->syms = load_symbols(path, broken);
	if (!f->btf || !f->syms) {
		complain_of("%s: no fixture, or one that cannot be read: tests/core/make-fixtures",
			    f->kernel, "", "");
		verdict(f->kernel, "fixtures", 0);
		return;
	}
	check_fields(f->kernel, f->btf);
}

/* "FIELD | KERNELS | GUARD | since when" */
static void add_absent(const char *line)
{
	struct absent *a = &absents[nabsents];

	if (nabsents < COUNT(absents) &&
	    sscanf(line, "%127s | %255[^|]| %127s", a->field, a->kernels, a->guard) == 3)
		nabsents++;
	else
		complain_of("cannot read %s", line, "", "");
}

static int run(const char *expected, const char *dir, const char *broken)
{
	FILE *in = fopen(expected, "r");
	struct fixture f = {};
	char line[1024];

	if (!in)
		return -errno;
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || !line[0])
			continue;
		if (line[0] == '[') {
			if (f.syms)
				end_fixture(&f);
			memset(&f, 0, sizeof(f));
			begin_fixture(&f, line, dir, broken);
		} else if (f.syms) {
			check_hook(&f, line);
		} else if (!f.kernel[0]) {
			add_absent(line);
		}
	}
	if (f.syms)
		end_fixture(&f);
	fclose(in);
	return 0;
}

int main(int argc, char **argv)
{
	int err;

	if (argc < 4 || argc > 5) {
		fputs("usage: core OBJECT EXPECTED FIXTURES [WORD]\n", stderr);
		return 2;
	}
	err = read_object(argv[1]);
	verdict(argv[1], "fields, of types that are kept of a kernel's BTF", nfields);
	if (!err)
		err = run(argv[2], argv[3], argc == 5 ? argv[4] : NULL);
	if (err)
		fprintf(stderr, "core: %s\n", strerror(-err));
	printf("1..%u\n", tests);
	return err || failures ? 1 : 0;
}
