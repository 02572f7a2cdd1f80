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
# The licences, which a copy of the program has to come with, and what README's links lead to: they lie
# below DOCDIR as they do here. The report to the kernel's developers is for those alone.
DOC_FILES := README.md NEWS.md SECURITY.md $(wildcard LICENSES/* packaging/*/* doc/*.json doc/images/* doc/examples/* examples/*) \
	$(filter-out doc/upstream-%,$(wildcard doc/*.md))
DOC_DIRS := $(sort $(dir $(DOC_FILES)) packaging/)

install: $(OUT)/dmascope
	$(Q)$(INSTALL) -d $(addprefix $(DESTDIR),$(SBINDIR) $(MANDIR)/man8 $(BASHDIR) $(ZSHDIR)) \
		$(addprefix $(DESTDIR)$(DOCDIR)/,$(DOC_DIRS))
	$(Q)$(INSTALL) -m 755 $(OUT)/dmascope $(DESTDIR)$(SBINDIR)/dmascope
	$(Q)$(INSTALL) -m 644 $(MAN_PAGES) $(DESTDIR)$(MANDIR)/man8
	$(Q)for file in $(DOC_FILES); do \
		$(INSTALL) -m 644 "$$file" "$(DESTDIR)$(DOCDIR)/$$file" || exit; done
	$(Q)sed -i 's,/usr/sbin/dmascope,$(SBINDIR)/dmascope,' \
		$(DESTDIR)$(DOCDIR)/doc/examples/*.service
	$(Q)$(INSTALL) -m 644 tools/completion/dmascope.bash $(DESTDIR)$(BASHDIR)/dmascope
	$(Q)$(INSTALL) -m 644 tools/completion/_dmascope $(DESTDIR)$(ZSHDIR)/_dmascope

uninstall:
	$(Q)rm -f $(DESTDIR)$(SBINDIR)/dmascope $(DESTDIR)$(BASHDIR)/dmascope $(DESTDIR)$(ZSHDIR)/_dmascope
	$(Q)rm -f $(addprefix $(DESTDIR)$(MANDIR)/man8/,$(notdir $(MAN_PAGES)))
	$(Q)rm -f $(addprefix $(DESTDIR)$(DOCDIR)/,$(DOC_FILES))
	$(Q)for dir in $$(printf '%s\n' $(DOC_DIRS) | LC_ALL=C sort -r); do \
		rmdir "$(DESTDIR)$(DOCDIR)/$${dir%./}" 2>/dev/null || true; done

options: all
	$(Q)tools/options $(OUT)/dmascope

# The reports beside the examples' traces, after a change of what a report looks like.
examples: all
	$(Q)cd examples && for trace in *.json.gz; do \
		../$(OUT)/dmascope report "$$trace" >"$${trace%.json.gz}.txt" || true; done

.PHONY: install uninstall options examples
