# What the tools share: texts, KTAP, results, the contract.  TOOL_LIB is named in
# tools/room.mk, for rooms that come before this one.

TOOL_LIB_OBJECTS := $(patsubst %.c,$(O)/%.o,$(wildcard tools/lib/*.c))

$(TOOL_LIB): $(TOOL_LIB_OBJECTS)
	$(say) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^
