# What "bulkhead pathlength" runs in the guest: static, so that nothing is loaded on the way.

PROGRAMS += $(O)/guest-path

$(O)/bench/path/main.o $(O)/guest-path: override SAN =
$(O)/guest-path: $(O)/bench/path/main.o $(BENCH_LIB) $(TOOL_LIB)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -static -o $@ $^ -pthread
