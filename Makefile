# SPDX-License-Identifier: Apache-2.0
# Builds, tests and installs podtap. CFLAGS, CPPFLAGS and LDFLAGS belong to whoever builds.
O      ?= build$(if $(SAN),-san)$(if $(STATIC),-static)
CFLAGS ?= -O2 -g
PKGS   := libmnl libcjson libcap-ng

floors   := cni netns ipam plugin
programs := podtap podtap-ipam
mains    := plugin/main.c ipam/main.c
sources  := $(filter-out $(mains),$(wildcard $(floors:=/*.c)))
units    := $(patsubst %.c,$(O)/%,$(wildcard tests/unit/*.c))

warn := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-qual \
	-Wwrite-strings -Wundef -Wvla -Wformat=2 -Wjump-misses-init
ifneq ($(findstring clang,$(CC)),)
warn := $(filter-out -Wjump-misses-init,$(warn))
endif
harden := -fPIE -fstack-protector-strong -fno-plt $(if $(SAN),,-D_FORTIFY_SOURCE=2)
mode   := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
link    = $(if $(STATIC),-static-pie,-pie) -Wl,-z,relro,-z,now,--as-needed
pkg    := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
libs   := $(shell pkg-config $(if $(STATIC),--static) --libs $(PKGS) 2>/dev/null)
cc      = $(CC) -std=gnu11 -D_GNU_SOURCE -I. $(pkg) $(warn) $(harden) $(mode) $(CPPFLAGS) $(CFLAGS)

all: $(programs:%=$(O)/%)

$(O)/podtap: $(O)/plugin/main.o
$(O)/podtap-ipam: $(O)/ipam/main.o
$(units): %: %.o
$(programs:%=$(O)/%) $(units): $(O)/parts.a
	$(cc) $(link) $(LDFLAGS) -o $@ $(filter %.o,$^) $(O)/parts.a $(libs)

$(O)/parts.a: $(sources:%.c=$(O)/%.o)
	@$(RM) $@
	$(AR) rcs $@ $^

$(O)/%.o: %.c $(O)/flags
	@mkdir -p $(@D)
	$(cc) -MMD -MP -c -o $@ $<

export FLAGS = $(cc) $(link) $(LDFLAGS) $(libs)
$(O)/flags: FORCE # changed flags rebuild, unchanged ones do not
	@mkdir -p $(@D)
	@printf '%s\n' "$$FLAGS" | cmp -s - $@ || printf '%s\n' "$$FLAGS" > $@

unit: $(units:=.run)
%.run: % FORCE
	$<

clean:
	$(RM) -r build build-san build-static

.PHONY: all unit clean FORCE
.SECONDARY:
.DELETE_ON_ERROR:
-include $(wildcard $(O)/*/*.d $(O)/*/*/*.d)
