# bulkhead pathlength: knows what guest-path prints, and bulkhead vm.

PATH_OBJECTS := $(patsubst %.c,$(O)/%.o,$(wildcard tools/pathlength/*.c))
PROGRAMS += $(O)/bulkhead-pathlength

$(O)/bulkhead-pathlength: $(PATH_OBJECTS) $(TOOL_LIB)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -ljansson
