# The benchmarks.  libbench is the operations and what they stand on, for every
# program that uses them; bench/*.c is bulkhead bench itself.

CPPFLAGS_bench = -Ibench/lib -Ibench/ops -Itools/lib
BENCH_LIB := $(O)/bench/libbench.a
BENCH_LIB_OBJECTS := $(patsubst %.c,$(O)/%.o,$(wildcard bench/lib/*.c bench/ops/*.c))
BENCH_OBJECTS := $(patsubst %.c,$(O)/%.o,$(wildcard bench/*.c bench/start/*.c bench/experiments/*.c))

PROGRAMS += $(O)/bulkhead-bench

$(BENCH_LIB): $(BENCH_LIB_OBJECTS)
	$(say) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(O)/bulkhead-bench: $(BENCH_OBJECTS) $(BENCH_LIB) $(TOOL_LIB)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -ljansson -lgsl -lgslcblas -lm -lseccomp -pthread
