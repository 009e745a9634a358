# bulkhead compare: two results of benchmarks beside each other.

PROGRAMS += $(O)/bulkhead-compare

$(O)/bulkhead-compare: $(O)/tools/compare/main.o $(TOOL_LIB)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -ljansson -lgsl -lgslcblas -lm
