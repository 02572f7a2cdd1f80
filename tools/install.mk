# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# `make install` and `make uninstall`, with DESTDIR and PREFIX; `make options` after a change of one.

PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/dmascope
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
INSTALL ?= install

MAN_PAGES := $(wildcard doc/man/*.8)
DOC_FILES := README.md $(wildcard doc/*.md doc/*.json)
EXAMPLES := $(wildcard doc/examples/* examples/*)

install: $(OUT)/dmascope
	$(Q)$(INSTALL) -d $(addprefix $(DESTDIR),$(SBINDIR) $(MANDIR)/man8 $(DOCDIR)/examples $(BASHDIR) \
		$(ZSHDIR))
	$(Q)$(INSTALL) -m 755 $(OUT)/dmascope $(DESTDIR)$(SBINDIR)/dmascope
	$(Q)$(INSTALL) -m 644 $(MAN_PAGES) $(DESTDIR)$(MANDIR)/man8
	$(Q)$(INSTALL) -m 644 $(DOC_FILES) $(DESTDIR)$(DOCDIR)
	$(Q)$(INSTALL) -m 644 $(EXAMPLES) $(DESTDIR)$(DOCDIR)/examples
	$(Q)$(INSTALL) -m 644 tools/completion/dmascope.bash $(DESTDIR)$(BASHDIR)/dmascope
	$(Q)$(INSTALL) -m 644 tools/completion/_dmascope $(DESTDIR)$(ZSHDIR)/_dmascope

uninstall:
	$(Q)rm -f $(DESTDIR)$(SBINDIR)/dmascope $(DESTDIR)$(BASHDIR)/dmascope $(DESTDIR)$(ZSHDIR)/_dmascope
	$(Q)rm -f $(addprefix $(DESTDIR)$(MANDIR)/man8/,$(notdir $(MAN_PAGES)))
	$(Q)rm -f $(addprefix $(DESTDIR)$(DOCDIR)/,$(notdir $(DOC_FILES)))
	$(Q)rm -f $(addprefix $(DESTDIR)$(DOCDIR)/examples/,$(notdir $(EXAMPLES)))
	$(Q)rmdir $(DESTDIR)$(DOCDIR)/examples $(DESTDIR)$(DOCDIR) 2>/dev/null || true

options: all
	$(Q)tools/options $(OUT)/dmascope

# The reports beside the examples' traces, after a change of what a report looks like.
examples: all
	$(Q)cd examples && for trace in *.json.gz; do \
		../$(OUT)/dmascope report "$$trace" >"$${trace%.json.gz}.txt" || true; done

.PHONY: install uninstall options examples
