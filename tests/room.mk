# The project's own tests: tests/X.sh each print KTAP; tests/run sums them up.
TESTS ?= $(wildcard tests/*.test)

test: all ## the project's own tests
	$(Q)O=$(abspath $(O)) tests/run $(TESTS)

check: ## format, shellcheck, cppcheck, both compilers with -Werror
	$(Q)tests/check

# A program that behaves as badly as it is told to, for the supervisor's own test.
PUPPET := $(O)/tests/supervisor/puppet

$(PUPPET): $(O)/tests/supervisor/puppet.o
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

test: $(PUPPET)

# The witnesses of bpf/check at work, here and in a guest.
WITNESS := $(O)/tests/trace/witness

$(O)/tests/trace/witness.o: override CPPFLAGS += -Ibpf/check
$(WITNESS): override SAN =
$(WITNESS): $(O)/tests/trace/witness.o $(CHECK_LIB)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -static -o $@ $^ $(BPF_LIBS)

test: $(WITNESS)

# How often "bulkhead history" is wrong; not part of "make test", which asks it of one series.
$(O)/tests/history/rates.o: override CPPFLAGS += -Itools/history
$(O)/tests/history/rates: $(O)/tests/history/rates.o $(O)/tools/history/divisive.o $(TOOL_LIB)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lgsl -lgslcblas -lm
