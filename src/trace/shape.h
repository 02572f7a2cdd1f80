/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The shape of a line of an event: all of its text but the digits of its numbers. The lines of a
 * trace have few shapes. A line of the shape of an earlier one needs no parsing: its text is
 * compared, its numbers are read where those were, and all else is as in the event of that line.
 */
#ifndef DMASCOPE_TRACE_SHAPE_H
#define DMASCOPE_TRACE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dmascope/event.h"

#define SHAPE_TEXT	320	/* bytes of a line; longer ones are parsed, each */
#define SHAPE_NUMBERS	16
#define SHAPE_SETS	32	/* by the length of the line ... */
#define SHAPE_WAYS	2	/* ... so many each */

struct shape_number {
	uint16_t end;		/* behind its last digit */
	uint8_t digits;		/* of decimal ones at most 18, else 16: they fit into 64 bits */
	bool hex;
	uint8_t at, bytes;	/* where in the event, 1, 4 or 8 bytes of it */
	bool time;		/* since the start of the trace */
};

struct shape {
	uint16_t *len;		/* its length in struct shapes */
	uint8_t numbers;
	bool has_slot;		/* it names a slot: event_also() asks for that */
	struct shape_number number[SHAPE_NUMBERS];
	struct dms_event event;	/* before event_also() */
	char text[SHAPE_TEXT];
	char mask[SHAPE_TEXT];	/* 0 in the place of digits, else all bits */
};

struct shapes {
	uint16_t len[SHAPE_SETS][SHAPE_WAYS];	/* of the line, 0: there is none */
	uint8_t next[SHAPE_SETS];		/* to be replaced */
	struct shape of[SHAPE_SETS][SHAPE_WAYS];	/* 60 KiB that most traces use little of */
};

void shapes__init(struct shapes *s);

/*
 * The shape of a line, if it was kept, and the event of that line, if its numbers fit their fields;
 * else NULL.
 */
const struct shape *shapes__find(const struct shapes *s, const char *line, size_t len,
				 uint64_t start_ns, struct dms_event *ev);
/* Room for a shape of that length, without numbers. NULL: the line is too long. */
struct shape *shapes__new(struct shapes *s, size_t len);
void shape__add(struct shape *s, const struct shape_number *num);
/* Keeps it: numbers and event are filled in. */
void shape__keep(struct shape *s, const char *line, size_t len);

#endif /* DMASCOPE_TRACE_SHAPE_H */
