/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Prototypes: the parameters of a function or trace event in the kernel's BTF, found by name and
 * checked against the kinds that the catalogue's facts have. Nothing is loaded or chosen here.
 */
#ifndef DMASCOPE_PROBE_PROTO_H
#define DMASCOPE_PROBE_PROTO_H

#include <bpf/btf.h>

#include "guest/symbols.h"
#include "probe/catalogue.h"

struct proto {
	struct dms_layout layout;
	char params[DMS_TEXT_LEN];	/* names in order; "" = BTF does not list the function */
};

/*
 * The prototype of the function `symbol`, for a hook and one of its candidates. 0: *out is filled,
 * from BTF or, where BTF does not list the function (or btf is NULL), from the catalogue. -EPROTO:
 * it cannot be read safely, and `why` names the parameter and its type.
 */
int proto_function(const struct btf *btf, enum dms_hook id, const struct candidate *c,
		   const char *symbol, struct proto *out, char *why, size_t len);

/*
 * The same for a trace event, whose parameters have kinds but no names: their number and kinds are
 * compared. -ENOENT: the kernel has no such event. A longer list is accepted with `more`.
 */
int proto_event(const struct btf *btf, enum dms_hook id, const struct candidate *c, bool more,
		struct proto *out, char *why, size_t len);

/*
 * Checks that BTF from a file can be of the kernel with these symbols: nearly all of its functions
 * are symbols there. 0, or -EINVAL with a reason in `why`. Reads all symbols.
 */
int proto_of_kernel(const struct btf *btf, const struct symbols *syms, char *why, size_t len);

#endif /* DMASCOPE_PROBE_PROTO_H */
