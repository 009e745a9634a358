# The front door and its verbs.  A verb is a C program (tools/VERB/*.c becomes
# bulkhead-VERB) or a script (tools/bulkhead-VERB).

PROGRAMS += $(O)/bulkhead
CPPFLAGS_tools = -Itools/lib
TOOL_LIB := $(O)/tools/lib/libtool.a

$(O)/bulkhead: $(O)/tools/bulkhead.o
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

TOOL_SCRIPTS := $(wildcard tools/bulkhead-*)
PROGRAMS += $(TOOL_SCRIPTS:tools/%=$(O)/%)
$(TOOL_SCRIPTS:tools/%=$(O)/%): $(O)/%: tools/%
	@mkdir -p $(@D)
	$(Q)install -m 755 $< $@

include $(wildcard tools/*/room.mk)
