# The probes: X.bpf.c is compiled for the kernel's BPF machine and becomes
# X.skel.h, which the C side embeds.  No dump of the kernel's types is used:
# bpf/lib/core.h has what is read.

BPFTOOL ?= bpftool
CPPFLAGS_bpf = -Ibpf/lib -Ibpf/check -Ibpf/trace -Itools/lib -I$(O)

# A guest has no libraries, and CAP_* are looked at without one of them missing.
BPF_LIBS = $(shell $(PKG_CONFIG) --static --libs libbpf) -lcap
# Where <asm/types.h> is, which clang does not know for this target.
BPF_INCLUDE := -idirafter /usr/include/$(shell $(CC) -print-multiarch 2>/dev/null || uname -m)-linux-gnu \
	-idirafter /usr/include/$(shell $(CC) -print-multiarch 2>/dev/null)
BPF_ARCH := $(subst aarch64,arm64,$(subst x86_64,x86,$(shell uname -m)))
BPF_FLAGS = -g -O2 -Wall -Wextra -Wno-unused-parameter $(if $(WERROR),-Werror) -std=gnu11 \
	-target bpf -mcpu=v2 -D__TARGET_ARCH_$(BPF_ARCH) $(CPPFLAGS_bpf) $(BPF_INCLUDE)

BPF_PROGRAMS := $(wildcard bpf/*/*.bpf.c)
BPF_SKELETONS := $(BPF_PROGRAMS:%.bpf.c=$(O)/%.skel.h)
BPF_LIB_OBJECTS := $(patsubst %.c,$(O)/%.o,$(wildcard bpf/lib/*.c))
CHECK_LIB := $(O)/bpf/check/libcheck.a

.SECONDARY: $(BPF_PROGRAMS:%.c=$(O)/%.o)
$(O)/%.bpf.o: %.bpf.c
	$(say) BPF $<
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_FLAGS) -MMD -MP -MT $@ -MF $(O)/$*.bpf.d -c -o $@.tmp $<
	$(Q)$(BPFTOOL) gen object $@ $@.tmp && rm -f $@.tmp

$(O)/%.skel.h: $(O)/%.bpf.o
	$(say) SKEL $@
	$(Q)$(BPFTOOL) gen skeleton $< name $(notdir $*)_bpf >$@.tmp && mv $@.tmp $@

# The witnesses, for the suites: bpf/check/check.h.
$(O)/bpf/check/check.o: $(O)/bpf/check/check.skel.h
$(CHECK_LIB): $(O)/bpf/check/check.o $(O)/bpf/lib/attach.o
	$(say) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^

all: $(CHECK_LIB)

# One static program, which runs in a guest as well.
TRACE_OBJECTS := $(patsubst %.c,$(O)/%.o,$(filter-out %.bpf.c,$(wildcard bpf/trace/*.c)))
PROGRAMS += $(O)/bulkhead-trace

$(TRACE_OBJECTS): $(filter $(O)/bpf/trace/%,$(BPF_SKELETONS))
$(TRACE_OBJECTS) $(BPF_LIB_OBJECTS): override SAN =
$(O)/bulkhead-trace: $(TRACE_OBJECTS) $(BPF_LIB_OBJECTS) $(TOOL_LIB)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -static -o $@ $^ -ljansson $(BPF_LIBS) -lm
