// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The kind of confidential guest: facts and decision. The session's other facts are in session.c.
 *
 * Kernel facts, linux 7.1.5 unless another version is named:
 *  powerpc  arch/powerpc/kernel/sysfs.c show_svm(): MSR_S. Only with CONFIG_PPC_SVM; without it
 *           prom_init.c cannot ask the ultravisor for secure mode, so no file means no.
 *  s390     arch/s390/kernel/uv.c: prot_virt_guest (5.8); the directory is made always.
 *  x86      arch/x86/mm/mem_encrypt.c print_mem_encrypt_feature_info(). MSR 0xc0010131 is what
 *           the kernel itself decides by (arch/x86/boot/startup/sme.c sme_enable()). The flags
 *           sev, sev_es and sev_snp of /proc/cpuinfo are of no use: a host has them, and a
 *           guest loses them (cpu/amd.c early_detect_mem_encrypt(): SYSCFG reads as 0 there).
 *           cpuid 0x8000001f alone is no proof: some monitors pass on what KVM could do.
 *           tdx_guest is set by coco/tdx/tdx.c tdx_early_init() in guests only.
 *           Hyper-V's isolation leaf: cpu/mshyperv.c, include/hyperv/hvgdk_mini.h.
 *  arm64    kernel/rsi.c: "RME: Using RSI version", and the device arm-cca-dev.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "guest/fs.h"
#include "guest/kind.h"
#include "util/names.h"

#define MSR_AMD64_SEV	0xc0010131
#define LOG_FEATURES	"Memory Encryption Features active:"

/* A file that holds 1 or 0; absent means no. */
static enum guest_tri read_flag(const char *root, const char *path)
{
	uint64_t v;
	int err = gfs_read_u64(root, path, 10, &v);

	if (err)
		return err == -ENOENT ? TRI_NO : TRI_UNKNOWN;
	return v ? TRI_YES : TRI_NO;
}

static enum guest_tri tri(bool yes)
{
	return yes ? TRI_YES : TRI_NO;
}

/* A word of the first "flags" line of /proc/cpuinfo. */
static bool has_flag(const char *cpuinfo, const char *flag)
{
	const char *line = strstr(cpuinfo, "\nflags"), *p = line;
	const char *end = line ? strchr(line + 1, '\n') : NULL;
	size_t n = strlen(flag);

	while (p && (p = strstr(p, flag)) && (!end || p < end)) {
		if (p[-1] == ' ' && (p[n] == ' ' || p[n] == '\n' || !p[n]))
			return true;
		p += n;
	}
	return false;
}

static void read_cpuinfo(const char *root, struct guest_facts *f)
{
	char buf[16384];

	/* The first processor is enough; the rest may be cut. */
	if (gfs_read(root, "/proc/cpuinfo", buf, sizeof(buf)) <= 0 || !strstr(buf, "\nflags"))
		return;
	f->tdx_flag = tri(has_flag(buf, "tdx_guest"));
	f->hypervisor = tri(has_flag(buf, "hypervisor"));
}

#ifdef __x86_64__
static void read_cpuid_hyperv(struct guest_facts *f)
{
	unsigned int a, b, c, d;

	__cpuid(0x40000000, a, b, c, d);
	if (b != 0x7263694d || c != 0x666f736f || d != 0x76482074 || a < 0x4000000c)
		return;		/* not "Microsoft Hv", or too old for the leaf */
	__cpuid(0x40000003, a, b, c, d);
	if (!(b >> 22 & 1))
		return;
	__cpuid(0x4000000c, a, b, c, d);
	if ((b & 0xf) <= HV_ISOLATION_TDX)
		f->hv = b & 0xf;
	/* shared_gpa_boundary_active: memory above the boundary is shared, cpu/mshyperv.c */
	f->vtom = b >> 5 & 1;
}

static void read_cpuid(struct guest_facts *f)
{
	unsigned int a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d))
		return;
	f->hypervisor = tri(c >> 31 & 1);
	f->tdx_cpuid = TRI_NO;
	if ((unsigned int)__get_cpuid_max(0, NULL) >= 0x21) {
		__cpuid_count(0x21, 0, a, b, c, d);
		f->tdx_cpuid = tri(b == 0x65746e49 && d == 0x5844546c && c == 0x20202020);
	}
	a = b = 0;
	if ((unsigned int)__get_cpuid_max(0x80000000, NULL) >= 0x8000001f)
		__cpuid(0x8000001f, a, b, c, d);
	f->sev_cpuid = tri(a >> 1 & 1);
	f->sev_es_cpuid = tri(a >> 3 & 1);
	f->sev_snp_cpuid = tri(a >> 4 & 1);
	f->c_bit = a & 3 ? b & 0x3f : 0;
	if (f->hypervisor == TRI_YES)
		read_cpuid_hyperv(f);
}

/* Needs the msr module and CAP_SYS_RAWIO; lockdown refuses writing only. */
static void read_msr(struct guest_facts *f)
{
	uint64_t v;
	ssize_t n;
	int fd;

	if (f->sev_cpuid != TRI_YES)
		return;
	fd = open("/dev/cpu/0/msr", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = pread(fd, &v, sizeof(v), MSR_AMD64_SEV);
	close(fd);
	if (n != (ssize_t)sizeof(v))
		return;
	f->sev_msr = tri(v & 1);
	f->sev_es_msr = tri(v >> 1 & 1);
	f->sev_snp_msr = tri(v >> 2 & 1);
}
#else
static void read_cpuid(struct guest_facts *f)
{
	(void)f;
}

static void read_msr(struct guest_facts *f)
{
	(void)f;
}
#endif

/*
 * The kernel prints the line in pieces (pr_cont): another CPU's message can come between, and
 * the pieces then stand alone.
 */
static void read_log(const char *root, struct guest_facts *f)
{
	static const char *const pieces[] = { "\nAMD SEV", "] AMD SEV", "] Intel TDX" };
	char line[DMS_TEXT_LEN];
	bool whole = false;
	char *log = NULL;
	unsigned int i;

	if (gfs_kernel_log(root, &log, &whole))
		return;
	f->log_whole = tri(whole);
	f->cca_log = !gfs_log_line(log, "RME: Using RSI version", line, sizeof(line)) ? TRI_YES :
		     whole ? TRI_NO : TRI_UNKNOWN;
	if (!gfs_log_line(log, LOG_FEATURES, f->log_line, sizeof(f->log_line)) &&
	    !strstr(f->log_line, "AMD") && !strstr(f->log_line, "Intel"))
		for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
			if (!gfs_log_line(log, pieces[i] + 1, line, sizeof(line)))
				gfs_copy(f->log_line, sizeof(f->log_line), line);
	free(log);
}

void guest_facts_read(const char *root, struct guest_facts *f)
{
	struct utsname u;

	memset(f, 0, sizeof(*f));
	f->cca_log = f->hypervisor = f->tdx_flag = f->tdx_cpuid = TRI_UNKNOWN;
	f->sev_cpuid = f->sev_es_cpuid = f->sev_snp_cpuid = TRI_UNKNOWN;
	f->sev_msr = f->sev_es_msr = f->sev_snp_msr = f->log_whole = TRI_UNKNOWN;
	/* A copied tree may carry its machine's name. */
	if (gfs_live(root) ||
	    gfs_read(root, "/proc/sys/kernel/arch", f->arch, sizeof(f->arch)) <= 0)
		gfs_copy(f->arch, sizeof(f->arch), uname(&u) ? "" : u.machine);
	f->ppc_svm = read_flag(root, "/sys/devices/system/cpu/svm");
	f->s390_pv = read_flag(root, "/sys/firmware/uv/prot_virt_guest");
	f->cca_device = tri(gfs_exists(root, "/sys/devices/platform/arm-cca-dev"));
	f->snp_sysfs = tri(gfs_exists(root, "/sys/devices/system/cpu/sev/vmpl") ||
			   gfs_exists(root, "/sys/devices/platform/sev-guest"));
	if (!strcmp(f->arch, "x86_64") || !strcmp(f->arch, "i686")) {
		read_cpuinfo(root, f);
		if (gfs_live(root)) {
			read_cpuid(f);
			read_msr(f);
		}
	}
	read_log(root, f);
}

__attribute__((format(printf, 4, 5)))
static enum dms_guest set(char *how, size_t len, enum dms_guest kind, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (len)
		vsnprintf(how, len, fmt, ap);
	va_end(ap);
	return kind;
}

static enum dms_guest sev_level(enum guest_tri es, enum guest_tri snp)
{
	return snp == TRI_YES ? GUEST_SEV_SNP : es == TRI_YES ? GUEST_SEV_ES : GUEST_SEV;
}

static enum dms_guest ppc_kind(const struct guest_facts *f, char *how, size_t len)
{
	const char *file = "/sys/devices/system/cpu/svm";

	if (f->ppc_svm == TRI_YES)
		return set(how, len, GUEST_PEF, "%s is 1: a secure VM under an ultravisor", file);
	if (f->ppc_svm == TRI_NO)
		return set(how, len, GUEST_NONE, "%s is 0 or absent (absent: a kernel without "
			   "CONFIG_PPC_SVM, which cannot become secure)", file);
	return set(how, len, GUEST_UNKNOWN, "%s is not readable", file);
}

static enum dms_guest s390_kind(const struct guest_facts *f, char *how, size_t len)
{
	const char *file = "/sys/firmware/uv/prot_virt_guest";

	if (f->s390_pv == TRI_YES)
		return set(how, len, GUEST_S390_PV, "%s is 1", file);
	if (f->s390_pv == TRI_NO)
		return set(how, len, GUEST_NONE, "%s is 0 or absent", file);
	return set(how, len, GUEST_UNKNOWN, "%s is not readable", file);
}

static enum dms_guest arm_kind(const struct guest_facts *f, char *how, size_t len)
{
	if (f->cca_device == TRI_YES)
		return set(how, len, GUEST_CCA,
			   "/sys/devices/platform/arm-cca-dev exists: a realm");
	if (f->cca_log == TRI_YES)
		return set(how, len, GUEST_CCA, "kernel log: RME: Using RSI version");
	if (f->cca_log == TRI_NO)
		return set(how, len, GUEST_NONE, "the kernel log begins at boot and has no "
			   "\"RME: Using RSI version\", and there is no arm-cca-dev");
	return set(how, len, GUEST_UNKNOWN, "there is no arm-cca-dev, but a kernel may lack it, "
		   "and the kernel log is not readable or no longer begins at boot");
}

/* The decision by the kernel's own log and flags. GUEST_MAX: none. */
static enum dms_guest x86_by_kernel(const struct guest_facts *f, char *how, size_t len)
{
	const char *l = f->log_line;

	if (f->tdx_flag == TRI_YES)
		return set(how, len, GUEST_TDX, "tdx_guest among the flags of /proc/cpuinfo");
	if (strstr(l, "Intel TDX"))
		return set(how, len, GUEST_TDX, "kernel log: %s", l);
	if (strstr(l, " SEV"))
		return set(how, len, sev_level(tri(strstr(l, "SEV-ES")), tri(strstr(l, "SEV-SNP"))),
			   "kernel log: %s", l);
	if (f->sev_msr == TRI_YES)
		return set(how, len, sev_level(f->sev_es_msr, f->sev_snp_msr),
			   "MSR 0xc0010131: SEV%s%s", f->sev_es_msr == TRI_YES ? " SEV-ES" : "",
			   f->sev_snp_msr == TRI_YES ? " SEV-SNP" : "");
	if (f->snp_sysfs == TRI_YES)
		return set(how, len, GUEST_SEV_SNP, "the kernel made the SEV-SNP guest's devices "
			   "(cpu/sev/vmpl or platform/sev-guest in sysfs)");
	return GUEST_MAX;
}

static enum dms_guest x86_hv_says(const struct guest_facts *f, char *how, size_t len)
{
	if (f->tdx_cpuid == TRI_YES)
		return set(how, len, GUEST_TDX, "cpuid leaf 0x21 says IntelTDX");
	if (f->hv == HV_ISOLATION_SNP)
		return set(how, len, GUEST_SEV_SNP,
			   "Hyper-V's cpuid leaf 0x4000000c: SNP isolation");
	if (f->hv == HV_ISOLATION_TDX)
		return set(how, len, GUEST_TDX,
			   "Hyper-V's cpuid leaf 0x4000000c: TDX isolation");
	if (f->hv == HV_ISOLATION_VBS)
		return set(how, len, GUEST_NONE, "Hyper-V isolates this guest by VBS: its memory "
			   "is not encrypted by the hardware");
	return GUEST_MAX;
}

static enum dms_guest x86_kind(const struct guest_facts *f, char *how, size_t len)
{
	enum dms_guest kind = x86_by_kernel(f, how, len);

	if (kind == GUEST_MAX)
		kind = x86_hv_says(f, how, len);
	if (kind != GUEST_MAX)
		return kind;
	if (strstr(f->log_line, "AMD SME"))
		return set(how, len, GUEST_NONE, "kernel log: %s (a host)", f->log_line);
	if (f->hypervisor == TRI_NO)
		return set(how, len, GUEST_NONE, "cpuid: no hypervisor");
	if (f->sev_msr == TRI_NO)
		return set(how, len, GUEST_NONE, "MSR 0xc0010131: SEV is off");
	if (f->log_whole == TRI_YES && !*f->log_line)
		return set(how, len, GUEST_NONE, "the kernel log begins at boot and has no \"%s\"",
			   LOG_FEATURES);
	if (f->sev_cpuid == TRI_NO && f->tdx_cpuid == TRI_NO)
		return set(how, len, GUEST_NONE, "cpuid offers neither SEV (0x8000001f) nor TDX "
			   "(0x21)");
	return set(how, len, GUEST_UNKNOWN, "%s, and neither MSR 0xc0010131 (modprobe msr) nor the "
		   "boot messages could be read",
		   f->sev_cpuid == TRI_YES ? "cpuid 0x8000001f offers SEV, as some monitors do to "
		   "every guest" : "cpuid was not asked");
}

uint64_t guest_facts_enc_mask(const struct guest_facts *f, enum dms_guest kind)
{
	/* phys_to_dma() sets it for private memory; under vTOM sme_me_mask is 0 (hv_vtom_init()) */
	if (!f->c_bit || f->vtom || !dms_guest_is(kind, GT_C_BIT))
		return 0;
	return 1ULL << f->c_bit;
}

enum dms_guest guest_facts_kind(const struct guest_facts *f, char *how, size_t len)
{
	if (!strncmp(f->arch, "ppc", 3))
		return ppc_kind(f, how, len);
	if (!strncmp(f->arch, "s390", 4))
		return s390_kind(f, how, len);
	if (!strcmp(f->arch, "aarch64"))
		return arm_kind(f, how, len);
	if (!strcmp(f->arch, "x86_64") || !strcmp(f->arch, "i686"))
		return x86_kind(f, how, len);
	return set(how, len, GUEST_UNKNOWN, "architecture \"%s\" has no secure guest known here",
		   f->arch);
}
