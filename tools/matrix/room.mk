# bulkhead matrix: shares the VM's way to find a kernel.

MATRIX_OBJECTS := $(patsubst %.c,$(O)/%.o,$(wildcard tools/matrix/*.c))
PROGRAMS += $(O)/bulkhead-matrix

$(MATRIX_OBJECTS): override CPPFLAGS += -Itools/vm

$(O)/bulkhead-matrix: $(MATRIX_OBJECTS) $(patsubst %,$(O)/tools/vm/%.o,file capture kernel) \
		$(TOOL_LIB)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -ljansson
