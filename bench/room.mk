# The benchmarks.  libbench is the operations and what they stand on, for every
# program that uses them; bench/*.c is bulkhead bench itself.

CPPFLAGS_bench = -Ibench -Ibench/lib -Ibench/ops -Itools/lib
BENCH_LIB := $(O)/bench/libbench.a
BENCH_LIB_OBJECTS := $(patsubst %.c,$(O)/%.o,$(wildcard bench/lib/*.c bench/ops/*.c))
BENCH_SOURCES := $(wildcard bench/*.c bench/start/*.c bench/experiments/*.c)
BENCH_OBJECTS := $(patsubst %.c,$(O)/%.o,$(filter-out bench/start/true.c,$(BENCH_SOURCES)))

PROGRAMS += $(O)/bulkhead-bench $(O)/bench-worker $(O)/bench-true

$(BENCH_LIB): $(BENCH_LIB_OBJECTS)
	$(say) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(O)/bulkhead-bench: $(BENCH_OBJECTS) $(BENCH_LIB) $(TOOL_LIB)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -ljansson -lgsl -lgslcblas -lm -lseccomp -pthread

# Static: a fork there is to copy no library's page tables.
$(O)/bench/worker/main.o $(O)/bench-worker: override SAN =
$(O)/bench-worker: $(O)/bench/worker/main.o $(BENCH_LIB) $(TOOL_LIB)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -static -o $@ $^ -pthread

# Alone in a root file system that has no libraries.
$(O)/bench/start/true.o $(O)/bench-true: override SAN =
$(O)/bench-true: $(O)/bench/start/true.o
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -static -o $@ $^
