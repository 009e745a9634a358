# The project's own tests: tests/X.sh each print KTAP; tests/run sums them up.
TESTS ?= $(wildcard tests/*.test)

test: all ## the project's own tests
	$(Q)O=$(abspath $(O)) tests/run $(TESTS)

check: ## format, shellcheck, cppcheck, both compilers with -Werror
	$(Q)tests/check
