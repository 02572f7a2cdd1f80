# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Packages, into build/packages: `make deb`, `make deb ARCH=ppc64le` (arm64, s390x), `make deb-source`,
# `make rpm`, `make tarball` (one static program with its pages, for any distribution), and
# `make release`: the sources and the static tarballs of all architectures, with SHA256SUMS. A package
# holds what git tracks. The same sources give the same bytes: files in a package have the time of the
# last entry of debian/changelog, or an earlier one.

PACKAGES := build/packages
SOURCE := build/source/dmascope-$(VERSION)
ORIG := build/source/dmascope_$(VERSION).orig.tar.gz
RELEASE_ARCHES := amd64 arm64 ppc64le s390x
deb_arch_amd64 := amd64
deb_arch_arm64 := arm64
deb_arch_ppc64le := ppc64el
deb_arch_s390x := s390x
DEB_ARCH := $(deb_arch_$(ARCH))
DEB_VERSION := $(shell sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)
EPOCH = $${SOURCE_DATE_EPOCH:-$$(date -d "$$(sed -n 's/^ -- .*>  //p' debian/changelog | head -n 1)" +%s)}
TAR = tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@$(EPOCH) --mode=go-w -cf -

# A copy of the checkout without what is built, and the tarball that a distribution starts from.
source:
	$(Q)rm -rf build/source && mkdir -p $(SOURCE) $(PACKAGES)
	$(Q)git ls-files -z -- . ':!debian' | xargs -0 cp --parents -t $(SOURCE)
	$(Q)$(TAR) -C build/source dmascope-$(VERSION) | gzip -9n >$(ORIG)
	$(Q)git ls-files -z -- debian | xargs -0 cp --parents -t $(SOURCE)

dist: source
	$(Q)cp $(ORIG) $(PACKAGES)/dmascope-$(VERSION).tar.gz
	@ls $(PACKAGES)/dmascope-$(VERSION).tar.gz

deb: source
	$(Q)tools/install-deps build package $(if $(filter-out $(HOST_ARCH),$(ARCH)),cross)
	$(Q)cd $(SOURCE) && dpkg-buildpackage -b -us -uc -a$(DEB_ARCH) \
		$(if $(filter-out $(HOST_ARCH),$(ARCH)),-d -Pnocheck)
	$(Q)mv build/source/dmascope*_$(DEB_VERSION)_$(DEB_ARCH).deb $(PACKAGES)
	$(Q)lintian --fail-on error,warning $(PACKAGES)/dmascope_$(DEB_VERSION)_$(DEB_ARCH).deb
	@ls $(PACKAGES)/*_$(DEB_ARCH).deb

deb-source: source
	$(Q)tools/install-deps package
	$(Q)cd build/source && dpkg-source -b dmascope-$(VERSION)
	$(Q)mv build/source/dmascope_$(DEB_VERSION).* $(PACKAGES)
	$(Q)cp $(ORIG) $(PACKAGES)
	@ls $(PACKAGES)/dmascope_$(DEB_VERSION).dsc

# On Debian the packages that the spec asks for have other names: hence --nodeps.
rpm: source
	$(Q)tools/install-deps build package
	$(Q)rpmlint packaging/dmascope.spec
	$(Q)rm -rf build/rpm && mkdir -p build/rpm/SOURCES
	$(Q)cp $(ORIG) build/rpm/SOURCES/dmascope-$(VERSION).tar.gz
	$(Q)SOURCE_DATE_EPOCH=$(EPOCH) rpmbuild -bb --nodeps --define "_topdir $(CURDIR)/build/rpm" \
		--define "use_source_date_epoch_as_buildtime 1" --define "_buildhost reproducible" \
		--define "clamp_mtime_to_source_date_epoch 1" packaging/dmascope.spec
	$(Q)mv build/rpm/RPMS/*/*.rpm $(PACKAGES)
	$(Q)rpmlint --config packaging/rpmlint.toml $(PACKAGES)/dmascope-$(VERSION)-*.rpm
	@ls $(PACKAGES)/*.rpm

tarball:
	$(Q)rm -rf build/tarball/dmascope-$(VERSION)-$(ARCH)
	$(Q)$(MAKE) --no-print-directory ARCH=$(ARCH) STATIC=1 PREFIX=/usr/local \
		DESTDIR=$(CURDIR)/build/tarball/dmascope-$(VERSION)-$(ARCH) install
	$(Q)mkdir -p $(PACKAGES)
	$(Q)$(TAR) -C build/tarball dmascope-$(VERSION)-$(ARCH) | \
		gzip -9n >$(PACKAGES)/dmascope-$(VERSION)-$(ARCH).tar.gz
	@ls $(PACKAGES)/dmascope-$(VERSION)-$(ARCH).tar.gz

release:
	$(Q)tests/run --log build/release-logs tests/cli/test_release
	$(Q)$(MAKE) --no-print-directory dist
	$(Q)for arch in $(RELEASE_ARCHES); do $(MAKE) --no-print-directory tarball ARCH=$$arch || exit; done
	$(Q)cd $(PACKAGES) && sha256sum dmascope-$(VERSION).tar.gz \
		$(RELEASE_ARCHES:%=dmascope-$(VERSION)-%.tar.gz) >SHA256SUMS && cat SHA256SUMS

# The Debian package as a distribution builds it: in clean chroots of these suites.
CHROOTS ?= bookworm sid
check-chroot:
	$(Q)tests/run $(CHROOTS:%="tests/package/chroot %")

.PHONY: source dist deb deb-source rpm tarball release check-chroot
