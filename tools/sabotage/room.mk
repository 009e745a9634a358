# bulkhead sabotage: who tests the tests.  The tracer lies beside it.

SABOTAGE_TABLE_OBJECTS := $(patsubst %,$(O)/tools/sabotage/%.o,names step table)
SABOTAGE_OBJECTS := $(patsubst %,$(O)/tools/sabotage/%.o,main matrix plan report results sandbox)
# A cgroup is emptied and removed as the supervisor does it.
SABOTAGE_RUN_OBJECTS := $(patsubst %,$(O)/tools/run/%.o,cgroup facts owned place)
TRACER_OBJECTS := $(patsubst %,$(O)/tools/sabotage/%.o,tracer apply text match task regs memory \
	filter bites)

$(SABOTAGE_OBJECTS): override CPPFLAGS += -Itools/run

PROGRAMS += $(O)/bulkhead-sabotage $(O)/sabotage-trace
SABOTAGE_TABLES := $(patsubst %,$(O)/%.tsv,sabotages untraceable excused)
DATA += $(SABOTAGE_TABLES)

$(O)/bulkhead-sabotage: $(SABOTAGE_OBJECTS) $(SABOTAGE_TABLE_OBJECTS) \
		$(SABOTAGE_RUN_OBJECTS) $(TOOL_LIB)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -ljansson

$(O)/sabotage-trace: $(TRACER_OBJECTS) $(SABOTAGE_TABLE_OBJECTS) $(TOOL_LIB)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

$(SABOTAGE_TABLES): $(O)/%: tools/sabotage/%
	$(say) GEN $@
	$(Q)install -m 644 $< $@
