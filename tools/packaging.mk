# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Packages, into build/packages: `make deb`, `make deb ARCH=ppc64le` (s390x), `make rpm`, `make tarball`
# (one static program with its pages, for any distribution). What is packaged is what git knows. The same
# sources give the same bytes: what is in a package has the time of the last entry of debian/changelog, or
# an earlier one.

PACKAGES := build/packages
SOURCE := build/source/dmascope-$(VERSION)
deb_arch_amd64 := amd64
deb_arch_ppc64le := ppc64el
deb_arch_s390x := s390x
DEB_ARCH := $(deb_arch_$(ARCH))
EPOCH = $${SOURCE_DATE_EPOCH:-$$(date -d "$$(sed -n 's/^ -- .*>  //p' debian/changelog | head -n 1)" +%s)}

# A copy of the checkout without what is built.
source:
	$(Q)rm -rf $(SOURCE) && mkdir -p $(SOURCE) $(PACKAGES)
	$(Q)git ls-files -z | xargs -0 cp --parents -t $(SOURCE)

deb: source
	$(Q)tools/install-deps build package $(if $(filter-out $(HOST_ARCH),$(ARCH)),cross)
	$(Q)cd $(SOURCE) && dpkg-buildpackage -b -us -uc -a$(DEB_ARCH) \
		$(if $(filter-out $(HOST_ARCH),$(ARCH)),-d -Pnocheck)
	$(Q)mv build/source/dmascope*_$(VERSION)_$(DEB_ARCH).deb $(PACKAGES)
	$(Q)lintian --fail-on error,warning $(PACKAGES)/dmascope_$(VERSION)_$(DEB_ARCH).deb
	@ls $(PACKAGES)/*_$(DEB_ARCH).deb

# On Debian the packages that the spec asks for have other names: hence --nodeps.
rpm: source
	$(Q)tools/install-deps build package
	$(Q)rpmlint packaging/dmascope.spec
	$(Q)rm -rf build/rpm && mkdir -p build/rpm/SOURCES
	$(Q)tar -C build/source -czf build/rpm/SOURCES/dmascope-$(VERSION).tar.gz dmascope-$(VERSION)
	$(Q)SOURCE_DATE_EPOCH=$(EPOCH) rpmbuild -bb --nodeps --define "_topdir $(CURDIR)/build/rpm" \
		--define "use_source_date_epoch_as_buildtime 1" --define "_buildhost reproducible" \
		--define "clamp_mtime_to_source_date_epoch 1" packaging/dmascope.spec
	$(Q)mv build/rpm/RPMS/*/*.rpm $(PACKAGES)
	@ls $(PACKAGES)/*.rpm

tarball:
	$(Q)rm -rf build/tarball/dmascope-$(VERSION)-$(ARCH)
	$(Q)$(MAKE) --no-print-directory ARCH=$(ARCH) STATIC=1 PREFIX=/usr/local \
		DESTDIR=$(CURDIR)/build/tarball/dmascope-$(VERSION)-$(ARCH) install
	$(Q)mkdir -p $(PACKAGES)
	$(Q)tar -C build/tarball --sort=name --owner=0 --group=0 --numeric-owner \
		--mtime=@$(EPOCH) -cf - dmascope-$(VERSION)-$(ARCH) | \
		gzip -9n >$(PACKAGES)/dmascope-$(VERSION)-$(ARCH).tar.gz
	@ls $(PACKAGES)/dmascope-$(VERSION)-$(ARCH).tar.gz

.PHONY: source deb rpm tarball
