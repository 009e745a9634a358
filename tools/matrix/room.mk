# bulkhead matrix: shares the VM's way to find a kernel.

MATRIX_OBJECTS := $(patsubst %.c,$(O)/%.o,$(wildcard tools/matrix/*.c))
PROGRAMS += $(O)/bulkhead-matrix

$(MATRIX_OBJECTS): override CPPFLAGS += -Itools/vm

$(O)/bulkhead-matrix: $(MATRIX_OBJECTS) $(O)/tools/vm/text.o $(O)/tools/vm/capture.o \
		$(O)/tools/vm/kernel.o $(O)/tools/vm/options.o
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs jansson)
