# SPDX-License-Identifier: Apache-2.0
# Builds, tests and installs podtap. CFLAGS, CPPFLAGS and LDFLAGS belong to whoever builds.
VERSION := $(file <VERSION)
O      ?= build$(if $(SAN),-san)
CFLAGS ?= -O2 -g
PKGS   := libmnl libcjson libcap-ng
# How executables are linked: musl or glibc (static), or dynamic. Without it, the first that can be made
# here; tests/linkage decides. The archives that Debian lacks are made in ARCHIVES.
LINK     ?=
ARCHIVES ?= build-archives
PKG_CONFIG ?= pkg-config
# The start of the names of a cross compiler and its tools, such as aarch64-linux-gnu-. The tools are those that the
# compiler names.
CROSS_COMPILE ?=
ifneq ($(CROSS_COMPILE),)
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
endif
tool = $(shell $(CC) -print-prog-name=$1)
ifeq ($(origin AR),default)
AR = $(eval AR := $(call tool,ar))$(AR)
endif
ifeq ($(origin STRIP),undefined)
STRIP = $(eval STRIP := $(call tool,strip))$(STRIP)
endif
# What only single executables load, on top of those. PROTOC is protoc with its plugin; protoc-c is deprecated.
EXTRA  := libprotobuf-c libseccomp libnghttp2 libcurl yaml-0.1
PROTOC ?= $(or $(shell command -v protoc),protoc-c)

PREFIX      ?= /usr
BINDIR      ?= $(PREFIX)/bin
LIBEXECDIR  ?= $(PREFIX)/libexec/podtap
DATADIR     ?= $(PREFIX)/share
MANDIR      ?= $(DATADIR)/man
DOCDIR      ?= $(DATADIR)/doc/podtap
CNI_BIN_DIR ?= /opt/cni/bin
HOOKS_DIR   ?= /usr/share/containers/oci/hooks.d
# One of the directories in which podman looks for netavark's plugins.
NETAVARK_PLUGIN_DIR ?= $(PREFIX)/libexec/netavark

# Every executable: name, what it is linked from beside the floors, where it is installed, which of
# the EXTRA libraries it may load, and the name it is installed by if that differs.
table := podtap:plugin/main:$(CNI_BIN_DIR) \
	podtap-ipam:ipam/main:$(CNI_BIN_DIR) \
	podtap-netavark:netavark/main:$(NETAVARK_PLUGIN_DIR)::podtap \
	podtap-hook:expose/hook/podtap-hook:$(LIBEXECDIR) \
	podtap-nri:expose/nri/podtap-nri:$(LIBEXECDIR):libprotobuf-c,libseccomp \
	podtap-device-plugin:expose/device-plugin/podtap-device-plugin:$(LIBEXECDIR):libprotobuf-c,libnghttp2,libseccomp \
	podtap-addresses:expose/addresses/podtap-addresses:$(LIBEXECDIR):libcurl,yaml-0.1,libseccomp \
	podtapctl:control/main:$(BINDIR):yaml-0.1 \
	podtap-exec:tools/podtap-exec:$(BINDIR)
# The Kubernetes kit: the chart and the kustomizations.
kit := $(sort $(shell find deploy ! -type d))
# Every other file that is installed: file, directory.
data := $(patsubst %,%:$(DOCDIR),$(wildcard *.md LICENSE)) \
	$(patsubst %,%:$(DOCDIR)/docs,$(wildcard docs/*.md)) \
	$(patsubst %,%:$(DOCDIR)/docs/development,$(wildcard docs/development/*.md)) \
	tests/README.md:$(DOCDIR)/tests \
	$(patsubst %,%:$(DOCDIR)/tests/bench,$(wildcard tests/bench/*.svg)) \
	$(patsubst %,%:$(DOCDIR)/examples,$(wildcard examples/*.*)) \
	$(patsubst %,%:$(DOCDIR)/examples/vm,$(wildcard examples/vm/*)) \
	$(patsubst %,%:$(DOCDIR)/examples/kubernetes,$(wildcard examples/kubernetes/*)) \
	$(foreach file,$(kit),$(file):$(DOCDIR)/$(patsubst %/,%,$(dir $(file)))) \
	completions/podtapctl:$(DATADIR)/bash-completion/completions \
	completions/_podtapctl:$(DATADIR)/zsh/site-functions \
	completions/podtapctl.fish:$(DATADIR)/fish/vendor_completions.d \
	$(patsubst %,%:$(MANDIR)/man5,$(wildcard man/*.5)) \
	$(patsubst %,%:$(MANDIR)/man8,$(wildcard man/*.8))

comma    := ,
column   = $(call field,$2,$(subst :, ,$(subst ::,:-:,$1)))
field    = $(filter-out -,$(word $1,$2))
installed = $(call column,$1,3)/$(or $(call column,$1,5),$(call column,$1,1))
programs := $(foreach row,$(table),$(call column,$(row),1))
mains    := $(foreach row,$(table),$(call column,$(row),2).c)
floors   := base cni netns ipam record plugin netavark expose/common expose/grpc expose/ttrpc expose/hook expose/metrics expose/nri expose/device-plugin expose/addresses control tools
heap     := base/malloc
sources  := $(filter-out $(mains) $(heap).c,$(wildcard $(floors:=/*.c)))
messages := $(patsubst %.proto,$(O)/gen/%.pb-c.c,$(wildcard expose/*/*.proto))
units    := $(patsubst %.c,$(O)/%,$(wildcard tests/unit/*.c))
helpers  := $(patsubst %.c,$(O)/%,$(wildcard tests/tools/*.c tests/bench/*.c))
fuzzers  := $(patsubst %.c,$(O)/%,$(wildcard tests/fuzz/*.c))
faulter  := $(O)/tests/fault/fault
modeller := $(O)/tests/model/model
walker   := $(O)/tests/owners/owners
simulator := $(O)/tests/simulation/simulation
groups   := $(faulter) $(modeller) $(walker) $(simulator)
linked   := $(programs:%=$(O)/%) $(units) $(helpers) $(fuzzers) $(groups)

warn := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-qual \
	-Wwrite-strings -Wundef -Wvla -Wformat=2 -Wjump-misses-init
ifneq ($(findstring clang,$(CC)),)
warn := $(filter-out -Wjump-misses-init,$(warn))
endif
# A page of the stack that is touched first costs more than calling a function: what has a large frame
# and is seldom reached is not to become part of what is always.
frames := $(if $(findstring clang,$(CC)),,-fconserve-stack)
# Nothing unwinds the stack but a debugger, for which -g writes tables that no process maps.
unwind := $(if $(SAN),,-fno-asynchronous-unwind-tables)
harden := -fPIE -fstack-protector-strong -fno-plt $(if $(SAN),,-D_FORTIFY_SOURCE=2)
mode   := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
# Kind, directory of the archives or "-", and why: asked once, by the first command that needs it.
linkage = $(eval linkage := $(shell AR='$(AR)' tests/linkage '$(LINK)' '$(SAN)' '$(ARCHIVES)' $(CC)))$(linkage)
kind    = $(word 1,$(linkage))
made    = $(filter-out -,$(word 2,$(linkage)))
why     = $(wordlist 3,99,$(linkage))
static  = $(filter musl native glibc,$(kind))
libc    = $(if $(filter glibc,$(kind)),glibc,musl)
linked_as = $(if $(static),static$(comma) $(libc),dynamic)
libc_flags_musl = -specs=$(made)/specs
link_glibc   = -static-pie
# What another linker than GNU ld refuses is left out.
linker       = $(eval linker := $(shell $(CC) $(CFLAGS) $(LDFLAGS) -Wl,--version 2>/dev/null))$(linker)
layouts      = base/segments.ld base/order.ld base/dynamic.ld
layout       = $(filter-out $(if $(filter GNU-ld,$(word 1,$(linker))-$(word 2,$(linker))),,%/dynamic.ld),$(layouts))
link_native  = -static-pie -Wl,-u,relro_protect $(layout:%=-Wl,-T,%)
link_musl    = -Wl,-u,relro_protect $(layout:%=-Wl,-T,%)
link_dynamic = -pie
without = $(if $(filter musl native,$(kind)),,$(O)/$(heap).o)
link    = $(link_$(kind)) -Wl,-z,relro,-z,now,--as-needed,--gc-sections
pkg     = $(shell $(PKG_CONFIG) --cflags $(PKGS) $(EXTRA) 2>/dev/null)
headers = $(made:%=-isystem %/include) $(if $(filter musl,$(kind)),,$(pkg))
libs_of = $(if $(made),-L$(made)/lib $(patsubst %,-l%,$(1:lib%=%)),$(shell $(PKG_CONFIG) $(if $(static),--static) --libs $1 2>/dev/null))
libs    = $(call libs_of,$(PKGS))
cc      = $(CC) $(libc_flags_$(kind)) -std=gnu11 -D_GNU_SOURCE -DPODTAP_VERSION='"$(VERSION)"' -I. -I$(O)/gen $(headers) $(warn) $(harden) $(frames) $(unwind) \
	-ffunction-sections -fdata-sections $(mode) $(define) $(CPPFLAGS) $(CFLAGS)

# One short line a step; the whole command with V=1, nothing with -s.
silent = $(findstring s,$(firstword -$(MAKEFLAGS)))
say = $(if $(V),,@$(if $(silent),,printf '%4s  %s\n' $1 $@;))

all: $(programs:%=$(O)/%)
	$(if $(silent),,@echo '$(linkage_text)')
linkage_text = Linked as $(linked_as): $(why).

# What make builds here, and why.
linkage:
	@echo '$(linkage_text)'

help:
	@sed -n 's/^#? //p' Makefile

#? make                   build every program in build/
#? make demo              show ADD to DEL in namespaces of its own (root)
#? make check             all tests (root); FILES=plugin/tap.bats,... FILTER=REGEX SAN=address,undefined
#? make unit              the unit tables alone
#? make check-kubernetes  real pods, by newer versions of containerd
#? make check-newer       a newer Debian's compilers and libraries; SUITE=sid FILES=plugin,...
#? make check-image       the image of both architectures, run by podman
#? make check-guest       Debian's kernels, in virtual machines; WHOLE=1, FILES=plugin/tap.bats,...
#? make fault             every system call fails, and is the last one; FULL=1
#? make fuzz              every parser by invented input; TIME=60 TARGETS=config
#? make model             every order of 24 events of two nodes that share a pool; a VM that moves between three
#? make load              hundreds of containers at once; PART=storm or crowd
#? make bench             cost, in ratios to a bare program; bench-paths: frames between pods and guests
#? make bench-cluster     what addresses that nodes share cost, beside the budgets
#? make lint              format, static analysis, scripts, manuals, layers
#? make linkage           say how the executables are linked, and why
#? make install           DESTDIR, PREFIX, CNI_BIN_DIR, NETAVARK_PLUGIN_DIR, LIBEXECDIR, MANDIR; install-aliases, install-hook
#? make uninstall         what install put there; uninstall-hook
#? make dist              a release in dist/: sources, executables, .deb and .rpm, SBOM, checksums; ARCHES, DIST=DIRECTORY
#? make check-dist        make dist twice, and tests of its packages
#? make dist-binaries      static executables of ARCHES='amd64 arm64', stripped, in dist/tree-ARCH as make install places them
#? make image             the image of ARCHES as an OCI archive, in dist/
#? make clean             remove every build directory
#? Variables: O=DIRECTORY CC CROSS_COMPILE AR STRIP PKG_CONFIG CFLAGS CPPFLAGS LDFLAGS SAN=address,undefined LINK=musl,glibc,dynamic V=1
compile: all $(units) $(helpers) $(groups)

$(foreach row,$(table),$(eval $(O)/$(call column,$(row),1): $(O)/$(call column,$(row),2).o))
$(foreach row,$(table),$(if $(call column,$(row),4),$(eval \
	$(O)/$(call column,$(row),1): private own = $$(call libs_of,$(subst $(comma), ,$(call column,$(row),4))))))
# A program that mostly makes one call and ends has a heap of its own, where it is static with musl.
short_lived := podtap podtap-ipam podtap-netavark podtap-hook podtapctl podtap-exec
$(short_lived:%=$(O)/%): $(O)/$(heap).o
$(units) $(helpers) $(fuzzers): %: %.o
$(units) $(fuzzers) $(O)/tests/tools/engine: private own = $(call libs_of,$(EXTRA))
# Of several files each: all of their directory.
$(foreach program,$(groups),$(eval $(program): $$(patsubst %.c,$(O)/%.o,$$(wildcard $(patsubst $(O)/%,%,$(dir $(program)))*.c))))
$(fuzzers): private link += -fsanitize=fuzzer
# The yardsticks are dynamic, and load the libraries of podtap, though they use none of them. They have no sanitizer.
yardsticks := $(O)/tests/bench/floor $(O)/tests/bench/empty
$(yardsticks) $(yardsticks:=.o): private kind = dynamic
$(yardsticks) $(yardsticks:=.o): private made =
$(yardsticks): private LDFLAGS += -Wl,--no-as-needed
$(foreach file,$(wildcard tests/bench/*.c),$(file:%.c=$(O)/%) $(file:%.c=$(O)/%.o)): private mode =
$(linked): $(O)/parts.a $(layouts)
	$(call say,LINK)$(cc) $(link) $(LDFLAGS) -o $@ $(filter-out $(without),$(filter %.o,$^)) $(O)/parts.a $(own) $(libs)

$(O)/parts.a: $(sources:%.c=$(O)/%.o) $(messages:.c=.o)
	@$(RM) $@
	$(call say,AR)$(AR) rcs $@ $^

$(O)/base/cli.o: private define = -DPODTAP_LINKAGE='"$(linked_as)"'
# Code made from .proto files comes first, and is not judged by our warnings.
$(O)/%.o: %.c $(O)/flags | $(messages)
	@mkdir -p $(@D)
	$(call say,CC)$(cc) -MMD -MP -c -o $@ $<
$(O)/gen/%.o: $(O)/gen/%.c $(O)/flags
	$(call say,CC)$(filter-out $(warn),$(cc)) -c -o $@ $<
$(O)/gen/%.pb-c.c $(O)/gen/%.pb-c.h: %.proto $(O)/flags
	@mkdir -p $(O)/gen
	$(call say,GEN)$(PROTOC) --c_out=$(O)/gen $<

$(O)/flags: export FLAGS = $(cc) $(link) $(LDFLAGS) $(libs) $(linked_as)
$(O)/flags: FORCE # changed flags rebuild, unchanged ones do not
	@$(if $(shell $(PKG_CONFIG) --libs $(PKGS) $(EXTRA) 2>/dev/null),,tests/packages show build; false)
	@$(if $(filter none,$(kind)),echo '$(why)' >&2; false)
	@mkdir -p $(@D)
	@printf '%s\n' '$(linkage_text)' >$(O)/linkage
	@printf '%s\n' "$$FLAGS" | cmp -s - $@ || printf '%s\n' "$$FLAGS" > $@

# FILES=plugin/tap.bats,... runs these files alone, FILTER=REGEX the tests of these names.
# What has to be installed is known only when it is: the second make looks again.
suites := plugin ipam netavark expose addresses control runtimes docs
check:
	@tests/packages install build check guest
	@$(MAKE) --no-print-directory tests
tests: compile
	@FILTER='$(FILTER)' tests/run $(O) '$(or $(FILES),$(suites))' $(if $(FILES)$(FILTER),,$(units))
unit: $(units:=.run)
%.run: % FORCE
	$<

# Real pods, of a containerd newer than this machine's: 2 and 1.7.
check-kubernetes:
	@tests/packages install build check kubernetes
	@$(MAKE) --no-print-directory compile
	@tests/tree sid >/dev/null
	@tests/tree trixie >/dev/null
	@FILTER='$(FILTER)' tests/run $(O) '$(or $(FILES),kubernetes)'
# With the compilers and libraries of a newer Debian, in a tree.
SUITE ?= sid
check-newer:
	@tests/packages install guest
	@tests/newer $(SUITE) '$(or $(FILES),plugin/protocol.bats$(comma)plugin/hostaccess.bats$(comma)ipam/add.bats)'
# Under Debian's older kernels, in virtual machines: what depends on the kernel most, with WHOLE=1
# nearly everything, which takes an hour, with FILES=plugin/tap.bats,... these.
check-guest:
	@tests/packages install build check kernels
	@$(MAKE) --no-print-directory compile
	@tests/kernels/run $(O) $(or $(FILES),$(if $(WHOLE),whole,core)) $(units)
# Every parser, for TIME seconds each, by inputs that libFuzzer invents: clang's, and counting lines.
TIME ?= 60
fuzz:
	@tests/packages install build fuzz
	@$(MAKE) --no-print-directory O=build-fuzz CC=clang CPPFLAGS='$(CPPFLAGS) -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION' SAN=fuzzer-no-link,address,undefined \
		CFLAGS='-O1 -g -fprofile-instr-generate -fcoverage-mapping' fuzzers
	@tests/fuzz/run build-fuzz $(TIME) $(TARGETS)
fuzzers: $(fuzzers)

# Every system call fails in turn, and is the last one in turn; FULL=1 has whole resources fail too.
fault:
	@tests/packages install build check
	@$(MAKE) --no-print-directory all $(faulter)
	@tests/fault/run $(O) $(if $(FULL),full)

# Every order of so many events of two nodes that share a pool, by the code of podtap-addresses; and random orders of
# events of three nodes between which a VM moves with its address. Without a guard there must be a violation.
EVENTS := 24
guards := verify prove fence compare
model: $(modeller) $(walker)
	@$< $(EVENTS)
	@$< $(EVENTS) shown
	@for guard in $(guards); do \
		if found=$$($< $(EVENTS) $$guard); then echo "without $$guard: no violation"; exit 1; fi; \
		echo "without $$guard: $${found%% (*}"; done
	@$(walker) 10000 100
	@for guard in prove compare migrates; do \
		if found=$$($(walker) 10000 100 $$guard); then echo "without $$guard: no violation"; exit 1; fi; \
		echo "without $$guard: $${found%%:*}"; done

# Hundreds of containers at once; a host that has thousands. PART=storm or crowd: only the one.
load:
	@tests/packages install build load
	@$(MAKE) --no-print-directory all $(helpers)
	@tests/load/load $(O) $(PART)

export PYTHONDONTWRITEBYTECODE = 1
bench:
	@tests/packages install build bench
	@$(MAKE) --no-print-directory all $(helpers)
	@tests/bench/bench $(O)
# Pools that nodes share: podtap-addresses with an etcd, and the simulation.
bench-cluster:
	@tests/packages install build bench bench-cluster
	@$(MAKE) --no-print-directory all $(helpers) $(simulator)
	@tests/bench/cluster $(O)
# What goes through links of each kind between pods and between guests.
bench-paths:
	@tests/packages install build bench bench-paths
	@$(MAKE) --no-print-directory all $(helpers)
	@tests/guest/build $(O)/guest
	@tests/bench/paths $(O)

demo:
	@[ "$$(id -u)" = 0 ] || { echo 'make demo makes network namespaces and links: run it as root.' >&2; exit 1; }
	@tests/packages install build demo
	@$(MAKE) --no-print-directory all
	@BUILD=$(abspath $(O)) examples/demo

lint:
	@tests/packages install build lint
	@$(MAKE) --no-print-directory messages
	@tests/lint $(CC) -std=gnu11 -D_GNU_SOURCE -I. -I$(O)/gen $(pkg)
messages: $(messages)

stripper = $(eval stripper := $(if $(STRIP),$(if $(shell command -v $(STRIP)),$(STRIP))))$(stripper)
stripped = $(if $(stripper),Stripped by $(notdir $(stripper)).,Not stripped: $(if $(STRIP),there is no $(STRIP).,STRIP is empty.))
# A runtime may be running the old executable and may look for it at any instant: rename over it.
place = install -D $(if $(filter 0755,$2),$(stripper:%=-s --strip-program='%')) -m $2 $1 '$(DESTDIR)$3.new' && mv -f '$(DESTDIR)$3.new' '$(DESTDIR)$3'
define newline


endef
quiet := $(if $(V),,@)
# What is installed, and what of it a directory gets: its names, or how many where they are more than 4.
targets   = $(foreach row,$(table),$(call installed,$(row))) $(foreach row,$(data),$(call column,$(row),2)/$(notdir $(call column,$(row),1)))
contents  = $(call names,$(notdir $(foreach file,$(targets),$(if $(filter $1/,$(dir $(file))),$(file)))))
names     = $(if $(word 5,$1),$(words $1) files,$1)
install: all
	$(foreach row,$(table),$(quiet)$(call place,$(O)/$(call column,$(row),1),0755,$(call installed,$(row)))$(newline)	)
	$(foreach row,$(data),$(quiet)$(call place,$(call column,$(row),1),0644,$(call column,$(row),2)/$(notdir $(call column,$(row),1)))$(newline)	)
	$(if $(silent),,$(foreach place,$(sort $(dir $(targets))),@echo '$(DESTDIR)$(place:/=): $(call contents,$(place:/=))'$(newline)	))
	$(if $(silent),,@echo '$(stripped)')
	$(if $(silent),,@echo 'Next: podtapctl doctor. For podman make install-hook, for the names macvtap and macvlan make install-aliases.')
	$(if $(silent),,@echo 'Read $(DOCDIR)/README.md.')
# Links named macvtap and macvlan. Another program's file of these names is kept; uninstall puts it back.
install-aliases: install
	@$(O)/podtapctl install --aliases --from '$(DESTDIR)$(CNI_BIN_DIR)' --to '$(DESTDIR)$(CNI_BIN_DIR)'

# podman runs what a file in HOOKS_DIR names for every container: the executable has to be there
# before that file and until after it. CRI-O reads the same directory and does not start when it finds a
# precreate hook in it.
hook_file := $(HOOKS_DIR)/50-podtap.json
install-hook: $(O)/podtap-hook
	@if [ -z '$(FORCE)' ] && { command -v crio >/dev/null || [ -e '$(DESTDIR)/usr/bin/crio' ]; }; then \
		echo "CRI-O is installed, and does not start with a precreate hook: FORCE=1 installs it" >&2; \
		exit 1; \
	fi
	$(quiet)$(call place,$(O)/podtap-hook,0755,$(LIBEXECDIR)/podtap-hook)
	@install -d '$(DESTDIR)$(HOOKS_DIR)'
	$(quiet)sed 's|@LIBEXECDIR@|$(abspath $(LIBEXECDIR))|' expose/hook/50-podtap.json >'$(DESTDIR)$(hook_file).new' && \
		chmod 0644 '$(DESTDIR)$(hook_file).new' && mv -f '$(DESTDIR)$(hook_file).new' '$(DESTDIR)$(hook_file)'
	$(if $(silent),,@echo '$(DESTDIR)$(LIBEXECDIR): podtap-hook'; echo '$(DESTDIR)$(HOOKS_DIR): $(notdir $(hook_file))')
uninstall-hook:
	$(quiet)$(RM) '$(DESTDIR)$(hook_file)'
	$(quiet)$(RM) '$(DESTDIR)$(LIBEXECDIR)/podtap-hook'
# What is ours alone, the inner ones first.
directories := $(addprefix $(DOCDIR)/,$(shell find deploy -depth -type d) examples/vm examples/kubernetes examples docs/development docs tests/bench tests) $(DOCDIR) $(LIBEXECDIR)
uninstall:
	@ctl='$(DESTDIR)$(BINDIR)/podtapctl'; [ -x "$$ctl" ] || ctl=$(O)/podtapctl; \
		"$$ctl" uninstall $(if $(DESTDIR)$(FORCE),--force) --from '$(DESTDIR)$(CNI_BIN_DIR)'
	@$(MAKE) --no-print-directory uninstall-hook # not before: without it, podman gives no tap
	$(quiet)$(RM) $(foreach row,$(table),'$(DESTDIR)$(call installed,$(row))')
	$(quiet)$(RM) $(foreach row,$(data),'$(DESTDIR)$(call column,$(row),2)/$(notdir $(call column,$(row),1))')
	@rmdir $(directories:%='$(DESTDIR)%') 2>/dev/null || : # somebody else's may be in them
	$(if $(silent)$(DESTDIR),,@echo 'Removed all that make install placed. /etc/podtap, /run/podtap and /var/lib/podtap stay.')

# What a release is made of: the executables of each architecture, stripped, as make install places them.
DIST   ?= dist
ARCHES ?= amd64 arm64
cross_amd64 := x86_64-linux-gnu-
cross_arm64 := aarch64-linux-gnu-
dist-binaries:
	@tests/packages install build cross
	@$(MAKE) --no-print-directory $(ARCHES:%=$(DIST)/tree-%)
$(DIST)/tree-%: FORCE
	@$(RM) -r $@
	@umask 022; unset AR STRIP; $(MAKE) -s O=build-$* LINK=musl CROSS_COMPILE=$(cross_$*) CC=$(cross_$*)gcc \
		CFLAGS='-O2 -Werror' CPPFLAGS= LDFLAGS= SAN= DESTDIR=$(abspath $@) install
image: dist-binaries
	@tests/packages install image
	@image/build "$$(cat VERSION)" $(DIST)/podtap-image.tar $(ARCHES:%=$(DIST)/tree-%)
# The image as it is built, run by podman.
check-image:
	@tests/packages install build check guest packaging
	@$(MAKE) --no-print-directory all image
	@IMAGE=$(abspath $(DIST)) tests/run $(O) image
dist:
	@tests/packages install build cross dist
	@$(MAKE) --no-print-directory dist-binaries
	@DIRTY='$(DIRTY)' packaging/dist '$(DIST)' '$(ARCHIVES)' $(ARCHES)
# The release, and that of a clone in another directory, which has the same bytes; the packages installed, upgraded, removed.
check-dist:
	@tests/packages install build cross dist check packaging
	@$(MAKE) --no-print-directory dist DIRTY=1
	@$(MAKE) --no-print-directory compile
	@tests/packaging/former '$(abspath $(O))/former' '$(abspath $(ARCHIVES))'
	@BATS_TEST_TIMEOUT=1200 DIST='$(abspath $(DIST))' FORMER='$(abspath $(O))/former' FILTER='$(FILTER)' tests/run $(O) '$(or $(FILES),packaging)'

clean:
	$(RM) -r build build-* $(DIST)

.PHONY: all linkage help compile messages check tests unit check-kubernetes check-guest check-newer fault model load fuzz fuzzers bench bench-cluster bench-paths demo lint install install-aliases install-hook uninstall-hook uninstall dist dist-binaries check-dist image check-image clean FORCE
.SECONDARY:
.DELETE_ON_ERROR:
-include $(wildcard $(O)/*/*.d $(O)/*/*/*.d)
