# The throwaway VM and its kernels: scripts, and the guest's PID 1.  What the
# scripts source and read lies beside them.

DATA += $(O)/apt.sh $(patsubst %,$(O)/%,$(wildcard ci/kernels ci/expect/*))

$(O)/apt.sh: tools/apt.sh
	@mkdir -p $(@D)
	$(Q)install -m 644 $< $@

$(O)/ci/%: ci/%
	@mkdir -p $(@D)
	$(Q)install -m 644 $< $@
