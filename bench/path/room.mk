# What "bulkhead pathlength" runs in the guest: static, so that nothing is loaded on the
# way, and the same bytes wherever it is built: how large it is makes a difference.

PROGRAMS += $(O)/guest-path

$(O)/bench/path/main.o $(O)/guest-path: override SAN =
$(O)/guest-path: $(O)/bench/path/main.o $(BENCH_LIB) $(TOOL_LIB)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -static -s -Wl,--build-id=none -o $@ $^ -pthread
