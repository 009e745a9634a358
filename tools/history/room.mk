# bulkhead history: results of many nights, and where their level changed.

PROGRAMS += $(O)/bulkhead-history
HISTORY_OBJ := $(patsubst %.c,$(O)/%.o,$(wildcard tools/history/*.c))

$(O)/bulkhead-history: $(HISTORY_OBJ) $(TOOL_LIB)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -ljansson -lgsl -lgslcblas -lm
