# SPDX-License-Identifier: GPL-2.0-only
# One make for the whole house; each room brings its own list (ROOM/room.mk).
#
#   make deps run    install what is needed, build, validate the running kernel
#   make help        all targets and variables

O ?= build
prefix ?= /usr/local
bindir = $(prefix)/bin
libexecdir = $(prefix)/libexec/bulkhead
mandir = $(prefix)/share/man

CC ?= cc
CLANG ?= clang
PKG_CONFIG ?= pkg-config
WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2
CFLAGS ?= -O2 -g
override CFLAGS += -std=gnu11 $(WARN) $(if $(WERROR),-Werror) $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer)
override CPPFLAGS += -D_GNU_SOURCE
override LDFLAGS += $(if $(SAN),-fsanitize=$(SAN))

Q = $(if $(V),,@)
say = $(if $(V),@:,@printf '  %-7s %s\n')

all:
.PHONY: all FORCE
.SUFFIXES:
.DELETE_ON_ERROR:
FORCE:

# A file that changes only when the text in it does: what was built with other
# flags or other headers is then built again.
define stamp
$(1): FORCE
	@mkdir -p $$(@D); printf '%s\n' '$(2)' | cmp -s - $$@ || printf '%s\n' '$(2)' >$$@
endef
$(eval $(call stamp,$(O)/flags.stamp,$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)))

include suites/room.mk
include tools/room.mk
-include bench/room.mk
-include bench/path/room.mk
-include bpf/room.mk

all: $(PROGRAMS) $(DATA)

$(O)/%.o: %.c $(O)/flags.stamp
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CPPFLAGS_$(firstword $(subst /, ,$*))) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(shell find $(O) -name '*.d' 2>/dev/null)

include tests/room.mk

run: all ## validate the running kernel
	$(Q)$(O)/bulkhead run

deps: ## install what building and testing needs (Debian), or say what that is
	$(Q)tools/deps

install: all ## install into $(DESTDIR)$(prefix)
	$(Q)install -d $(DESTDIR)$(bindir) $(DESTDIR)$(libexecdir) $(DESTDIR)$(mandir)/man1
	$(Q)cd $(O) && find $(patsubst $(O)/%,%,$(PROGRAMS)) -type f -exec install -D {} $(abspath $(DESTDIR)$(libexecdir))/{} \;
	$(Q)cd $(O) && find $(patsubst $(O)/%,%,$(DATA)) -type f -exec install -D -m 644 {} $(abspath $(DESTDIR)$(libexecdir))/{} \;
	$(Q)ln -sf ../libexec/bulkhead/bulkhead $(DESTDIR)$(bindir)/bulkhead
	$(Q)install -m 644 tools/bulkhead.1 $(DESTDIR)$(mandir)/man1/

clean: ## remove $(O)
	$(Q)rm -rf $(O)

help: ## this
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18
	@echo
	@echo '  O=DIR           build there instead of in build/'
	@echo '  V=1             show the commands'
	@echo '  WERROR=1        warnings are errors (as in CI)'
	@echo '  SAN=LIST        sanitizers for the tools: address,undefined'
	@echo '  CC=clang        another compiler'
	@echo '  KSELFTEST=DIR   a kernel tree (or the folder of kselftest_harness.h) for the headers'
	@echo '  prefix=DIR DESTDIR=DIR   where install puts things'

.PHONY: run deps install clean help test check
