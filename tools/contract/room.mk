# bulkhead contract: what of the contract is tested.

PROGRAMS += $(O)/bulkhead-contract

$(O)/bulkhead-contract: $(O)/tools/contract/main.o $(O)/tools/contract/files.o $(TOOL_LIB)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -ljansson
