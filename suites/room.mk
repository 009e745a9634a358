# The suites: one program a file, all linked with the suites' library.
# KSELFTEST names the kernel tree whose harness headers are used; without it
# tools/kselftest-get fetches them.

SUITE_SOURCES := $(wildcard suites/namespaces/*/*.c suites/cgroups/*/*.c)
SUITES := $(SUITE_SOURCES:%.c=$(O)/%)
SUITE_LIB := $(O)/suites/lib/libsuite.a
SUITE_LIB_OBJECTS := $(patsubst %.c,$(O)/%.o,$(wildcard suites/lib/*.c))
SUITE_OBJECTS := $(SUITES:%=%.o)
HARNESS := $(O)/kselftest/kselftest_harness.h
SUITE_LIBS := -lcap -lmnl -lz

# The harness's optional handler is an empty loop body.
CPPFLAGS_suites = $(if $(findstring clang,$(CC)),-Wno-empty-body) -Isuites/lib -I$(O)/suites/lib -isystem $(O)/kselftest
PROGRAMS += $(SUITES)
DATA += $(patsubst suites/%,$(O)/%,$(wildcard suites/contract/*.tsv))

$(eval $(call stamp,$(O)/kselftest.stamp,$(KSELFTEST)))

$(HARNESS): $(O)/kselftest.stamp
	$(say) GET $@
	$(Q)tools/kselftest-get $(if $(KSELFTEST),-k $(KSELFTEST)) $(@D)

.SECONDARY: $(SUITE_OBJECTS)
$(SUITE_OBJECTS): $(HARNESS)

# What a promise needs is read from the contract, so no test can forget it.
$(O)/suites/lib/needs.inc: suites/contract/namespaces.tsv suites/contract/cgroups.tsv
	$(say) GEN $@
	@mkdir -p $(@D)
	$(Q)awk -F '\t' 'FNR > 1 { printf "{ \"%s\", \"%s\" },\n", $$1, $$3 }' $^ >$@

# Which interface files a root cgroup has, and which any other one.
$(O)/suites/lib/files.inc: suites/contract/cgroup-files.tsv
	$(say) GEN $@
	@mkdir -p $(@D)
	$(Q)awk -F '\t' '$$1 == "v2" && $$3 != "-" { printf "{ \"%s\", \"%s\" },\n", $$3, $$4 }' $^ >$@

$(SUITE_OBJECTS): | $(O)/suites/lib/files.inc
$(O)/suites/lib/need.o: $(O)/suites/lib/needs.inc

$(SUITE_LIB): $(SUITE_LIB_OBJECTS)
	$(say) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# Those that ask BPF as a second witness.
WITNESSES := $(filter %/witness,$(SUITES))
$(WITNESSES): $(O)/bpf/check/libcheck.a
$(WITNESSES): private SUITE_LIBS += -lbpf -lelf

$(SUITES): %: %.o $(SUITE_LIB)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(SUITE_LIBS) -pthread

$(O)/contract/%: suites/contract/%
	@mkdir -p $(@D)
	$(Q)install -m 644 $< $@
