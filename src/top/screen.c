// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The terminal through ncurses. Should the program crash, what ncurses would send at its end is
 * written by the signal handler from copies made at the start: nothing in ncurses may be called
 * from there.
 */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include <curses.h>
#include <term.h>

#include "top/screen.h"
#include "top/top.h"

static struct {
	SCREEN *scr;
	bool color, many;	/* many: a background for the chosen row beside the colours */
	struct termios before;
	bool have_termios;
	char bye[160];		/* leaves the terminal as it was */
	size_t bye_len;
} term;

void screen_defaults(struct screen_opts *o)
{
	const char *no_color = getenv("NO_COLOR");

	setlocale(LC_CTYPE, "");
	if (no_color && *no_color)
		o->no_color = true;
	if (strcmp(nl_langinfo(CODESET), "UTF-8"))
		o->no_unicode = true;
}

bool screen_possible(void)
{
	const char *name = getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && name && *name &&
	       strcmp(name, "dumb") && strcmp(name, "unknown");
}

/* ---- the end, whatever brings it ---- */

static void bye_add(const char *s)
{
	size_t n = s ? strlen(s) : 0;

	if (!n || term.bye_len + n > sizeof(term.bye))
		return;
	memcpy(term.bye + term.bye_len, s, n);
	term.bye_len += n;
}

/* A terminal's string without its padding "$<5>", which nobody needs any more. */
static void bye_cap(const char *name)
{
	const char *s = tigetstr(name), *pad;
	char text[64];

	if (!s || s == (char *)-1 || strlen(s) >= sizeof(text))
		return;
	strcpy(text, s);
	pad = strstr(s, "$<");
	if (pad)
		text[pad - s] = '\0';
	bye_add(text);
}

static void on_crash(int sig)
{
	ssize_t n;

	n = write(STDOUT_FILENO, term.bye, term.bye_len);
	(void)n;
	if (term.have_termios)
		tcsetattr(STDIN_FILENO, TCSANOW, &term.before);
	/* SA_RESETHAND: the signal ends us now as it would have */
	raise(sig);
}

static const int crashes[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGQUIT };

static void catch_crashes(bool on)
{
	struct sigaction sa = { .sa_handler = on_crash, .sa_flags = SA_RESETHAND | SA_NODEFER };

	if (!on)
		sa = (struct sigaction){ .sa_handler = SIG_DFL };
	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		sigaction(crashes[i], &sa, NULL);
}

void screen__close(void)
{
	if (!term.scr)
		return;
	catch_crashes(false);
	endwin();
	delscreen(term.scr);
	term.scr = NULL;
	if (term.have_termios)
		tcsetattr(STDIN_FILENO, TCSANOW, &term.before);
}

/* ---- the begin ---- */

static const short role_color[CELL_ROLES] = {
	[CELL_PLAIN] = -1, [CELL_LABEL] = -1, [CELL_TITLE] = COLOR_CYAN, [CELL_HEAD] = -1,
	[CELL_GOOD] = COLOR_GREEN, [CELL_NOTE] = COLOR_CYAN, [CELL_WARN] = COLOR_YELLOW,
	[CELL_ERROR] = COLOR_RED, [CELL_DIRECT] = COLOR_GREEN, [CELL_BOUNCED] = COLOR_YELLOW,
	[CELL_TCE] = COLOR_CYAN, [CELL_COHERENT] = COLOR_BLUE, [CELL_FAILED] = COLOR_RED,
	[CELL_OTHER] = COLOR_MAGENTA, [CELL_KEY] = COLOR_CYAN,
};

#define PAIR_HEAD	(CELL_ROLES + 1)
#define PAIR_SELECTED	(CELL_ROLES + 2)	/* and on, for each role, if there are many */
#define GREY		238

static void start_colors(bool enable)
{
	term.color = enable && has_colors() && start_color() != ERR &&
		     use_default_colors() != ERR;
	if (!term.color)
		return;
	for (short r = 0; r < CELL_ROLES; r++)
		init_pair((short)(r + 1), role_color[r], -1);
	init_pair(PAIR_HEAD, COLOR_BLACK, COLOR_CYAN);
	term.many = COLORS >= 256 && COLOR_PAIRS > PAIR_SELECTED + CELL_ROLES;
	if (!term.many)
		init_pair(PAIR_SELECTED, COLOR_BLACK, COLOR_WHITE);
	for (short r = 0; term.many && r < CELL_ROLES; r++)
		init_pair((short)(PAIR_SELECTED + r), role_color[r], GREY);
}

/* newterm() exits the process if the terminal's description is not usable: check it first. */
static bool known_terminal(void)
{
	int err;

	return setupterm(NULL, STDOUT_FILENO, &err) == OK && tigetstr("cup") &&
	       tigetstr("cup") != (char *)-1;
}

int screen__open(const struct screen_opts *o)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return -ENOTTY;
	term.have_termios = !tcgetattr(STDIN_FILENO, &term.before);
	if (!known_terminal())
		return -ENOENT;
	term.scr = newterm(NULL, stdout, stdin);
	if (!term.scr)
		return -ENOENT;
	term.bye_len = 0;
	bye_add("\033[?1000l");
	bye_cap("sgr0");
	bye_cap("cnorm");
	bye_cap("rmkx");
	bye_cap("rmcup");
	catch_crashes(true);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(30);
	curs_set(0);
#ifdef BUTTON5_PRESSED
	mousemask(BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	mouseinterval(0);
#endif
	start_colors(!o->no_color);
	return 0;
}

/* ---- showing ---- */

void screen__size(unsigned int *rows, unsigned int *cols)
{
	int r, c;

	getmaxyx(stdscr, r, c);
	*rows = r > 0 ? (unsigned int)r : 0;
	*cols = c > 0 ? (unsigned int)c : 0;
}

static bool is_bar(unsigned int role)
{
	return role >= CELL_DIRECT && role <= CELL_OTHER;
}

static attr_t selected(attr_t attr, unsigned int role, short *pair)
{
	attr &= ~(attr_t)A_DIM;
	if (term.many)
		*pair = (short)(PAIR_SELECTED + role);
	else if (!term.color)
		attr |= A_REVERSE;
	else if (!is_bar(role))		/* bars keep their colours */
		*pair = PAIR_SELECTED;
	return attr;
}

static attr_t attrs_of(uint16_t a, short *pair)
{
	unsigned int role = CELL_ROLE(a);
	attr_t attr = 0;

	*pair = term.color ? (short)(role + 1) : 0;
	if (a & CELL_BOLD)
		attr |= A_BOLD;
	if (a & CELL_DIM || role == CELL_LABEL)
		attr |= A_DIM;
	if (role == CELL_HEAD) {
		attr |= term.color ? 0 : A_REVERSE;
		*pair = term.color ? PAIR_HEAD : 0;
	}
	return a & CELL_SELECTED ? selected(attr, role, pair) : attr;
}

void screen__show(const struct cells *c)
{
	for (unsigned int r = 0; r < c->rows; r++) {
		for (unsigned int i = 0; i < c->cols; i++) {
			const struct cell *at = &c->at[(size_t)r * c->cols + i];
			wchar_t text[2] = { (wchar_t)at->ch, 0 };
			attr_t attr;
			short pair;
			cchar_t ch;

			attr = attrs_of(at->attr, &pair);
			setcchar(&ch, text, attr, pair, NULL);
			mvadd_wch((int)r, (int)i, &ch);
		}
	}
	refresh();
}

/* ---- keys ---- */

static int mouse_key(void)
{
	MEVENT ev;

	if (getmouse(&ev) != OK)
		return 0;
#ifdef BUTTON5_PRESSED
	if (ev.bstate & BUTTON4_PRESSED)
		return TOP_KEY_WHEEL_UP;
	if (ev.bstate & BUTTON5_PRESSED)
		return TOP_KEY_WHEEL_DOWN;
#endif
	return 0;
}

static int special(wint_t k)
{
	static const struct { wint_t from; int to; } map[] = {
		{ KEY_UP, TOP_KEY_UP }, { KEY_DOWN, TOP_KEY_DOWN }, { KEY_LEFT, TOP_KEY_LEFT },
		{ KEY_RIGHT, TOP_KEY_RIGHT }, { KEY_PPAGE, TOP_KEY_PAGE_UP },
		{ KEY_NPAGE, TOP_KEY_PAGE_DOWN }, { KEY_HOME, TOP_KEY_HOME },
		{ KEY_END, TOP_KEY_END }, { KEY_ENTER, TOP_KEY_ENTER },
		{ KEY_BACKSPACE, TOP_KEY_BACKSPACE }, { KEY_F(1), TOP_KEY_F1 },
		{ KEY_F(6), TOP_KEY_F6 }, { KEY_F(10), TOP_KEY_F10 },
		{ KEY_RESIZE, TOP_KEY_RESIZE },
	};

	if (k == KEY_MOUSE)
		return mouse_key();
	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (map[i].from == k)
			return map[i].to;
	return 0;
}

/* Both ends of a line may learn of a new size at different times: what stands there is unknown. */
static int draw_anew(void)
{
	clearok(curscr, TRUE);
	return TOP_KEY_RESIZE;
}

int screen__key(void)
{
	wint_t k;
	int key;

	for (;;) {
		switch (get_wch(&k)) {
		case KEY_CODE_YES:
			key = special(k);
			if (key == TOP_KEY_RESIZE)
				return draw_anew();
			if (key)
				return key;
			continue;
		case OK:
			if (k == '\r' || k == '\n')
				return TOP_KEY_ENTER;
			if (k == 27)
				return TOP_KEY_ESC;
			if (k == ('l' & 0x1f))
				return draw_anew();
			if (k == 127 || k == 8)
				return TOP_KEY_BACKSPACE;
			if (!k || k > 0xffff)
				continue;
			return (int)k;
		default:
			return 0;
		}
	}
}
