# bulkhead run: the supervisor.

RUN_OBJECTS := $(patsubst %.c,$(O)/%.o,$(wildcard tools/run/*.c))
RUN_LIBS := -ljansson -lz

PROGRAMS += $(O)/bulkhead-run

$(O)/bulkhead-run: $(RUN_OBJECTS) $(TOOL_LIB)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(RUN_LIBS)
