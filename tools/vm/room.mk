# The throwaway VM: bulkhead-vm and "bulkhead run -k" here, the guest's PID 1 in
# tools/guest.  What
# the scripts source and read lies beside them.

VM_MAINS := tools/vm/main.c tools/vm/run.c
VM_OBJECTS := $(patsubst %.c,$(O)/%.o,$(filter-out $(VM_MAINS),$(wildcard tools/vm/*.c)))
GUEST_OBJECTS := $(patsubst %.c,$(O)/%.o,$(wildcard tools/guest/*.c))

PROGRAMS += $(O)/bulkhead-vm $(O)/bulkhead-run-vm $(O)/guest-init
DATA += $(O)/apt.sh $(patsubst %,$(O)/%,$(wildcard ci/kernels ci/expect/*))

$(O)/bulkhead-vm: $(O)/tools/vm/main.o $(VM_OBJECTS) $(TOOL_LIB)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lelf

$(O)/bulkhead-run-vm: $(O)/tools/vm/run.o $(VM_OBJECTS) $(TOOL_LIB)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lelf

# Alone in a guest that has no libraries yet, and no sanitizer's.  The same bytes
# wherever it is built: the guest's memory begins with them.
$(GUEST_OBJECTS) $(O)/guest-init: override SAN =
$(O)/guest-init: $(GUEST_OBJECTS)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -static -s -Wl,--build-id=none -o $@ $^

$(O)/apt.sh: tools/apt.sh
	@mkdir -p $(@D)
	$(Q)install -m 644 $< $@

$(O)/ci/%: ci/%
	@mkdir -p $(@D)
	$(Q)install -m 644 $< $@
