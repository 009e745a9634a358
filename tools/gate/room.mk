# bulkhead gate: two sides, interleaved; and its own rates of error.

GATE_OBJECTS := $(patsubst %.c,$(O)/%.o,$(wildcard tools/gate/*.c))
PROGRAMS += $(O)/bulkhead-gate

$(O)/bulkhead-gate: $(GATE_OBJECTS) $(TOOL_LIB)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -ljansson -lgsl -lgslcblas -lm
