# SPDX-License-Identifier: Apache-2.0
# The oracles, and kmod/lpm.c as the kernel compiles it for a processor with popcnt.

ORACLE := $(B)/tests/oracle
TESTS += $(ORACLE)/oracle $(ORACLE)/language

$(ORACLE)/obj/lpm.o: kmod/lpm.c
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(ALL_CFLAGS) -O2 -mpopcnt -c -o $@ $<

$(ORACLE)/oracle: tests/oracle/oracle.c tests/oracle/world.c tests/oracle/world.h $(ORACLE)/obj/lpm.o $(B)/libresid.a
	$(call say,TEST) $(CC) $(ALL_CFLAGS) -O2 -mpopcnt $(LDFLAGS) -o $@ $(filter %.c %.o,$^) $(B)/libresid.a $(LIBS)

# What explain runs is part of residctl, not of the library.
$(ORACLE)/language: tests/oracle/language.c tests/oracle/words.c tests/oracle/words.h \
		userspace/residctl/destination.c $(ORACLE)/obj/lpm.o $(B)/libresid.a
	$(call say,TEST) $(CC) $(ALL_CFLAGS) -O2 -mpopcnt $(LDFLAGS) -o $@ $(filter %.c %.o,$^) $(B)/libresid.a $(LIBS)
