# SPDX-License-Identifier: Apache-2.0
# Builds, tests and installs podtap. CFLAGS, CPPFLAGS and LDFLAGS belong to whoever builds.
O      ?= build$(if $(SAN),-san)
CFLAGS ?= -O2 -g
PKGS   := libmnl libcjson libcap-ng
# How executables are linked: musl or glibc (static), or dynamic. Without it, the first that can be made
# here; tests/linkage decides. The archives that Debian lacks are made in ARCHIVES.
LINK     ?=
ARCHIVES ?= build-archives
PKG_CONFIG ?= pkg-config
STRIP    ?= strip
# What only single executables load, on top of those; PROTOC may also be protoc, with its plugin.
EXTRA  := libprotobuf-c libseccomp libnghttp2
PROTOC ?= protoc-c

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
	podtapctl:tools/podtapctl:$(BINDIR) \
	podtap-exec:tools/podtap-exec:$(BINDIR)
# Every other file that is installed: file, directory.
data := $(patsubst %,%:$(DOCDIR),$(wildcard *.md LICENSE)) \
	$(patsubst %,%:$(DOCDIR)/docs,$(wildcard docs/*.md)) \
	$(patsubst %,%:$(DOCDIR)/docs/development,$(wildcard docs/development/*.md)) \
	tests/README.md:$(DOCDIR)/tests \
	$(patsubst %,%:$(DOCDIR)/tests/bench,$(wildcard tests/bench/*.svg)) \
	$(patsubst %,%:$(DOCDIR)/examples,$(wildcard examples/*.*)) \
	$(patsubst %,%:$(DOCDIR)/examples/vm,$(wildcard examples/vm/*)) \
	$(patsubst %,%:$(DOCDIR)/examples/kubernetes,$(wildcard examples/kubernetes/*)) \
	$(patsubst %,%:$(MANDIR)/man5,$(wildcard man/*.5)) \
	$(patsubst %,%:$(MANDIR)/man8,$(wildcard man/*.8))

comma    := ,
column   = $(call field,$2,$(subst :, ,$(subst ::,:-:,$1)))
field    = $(filter-out -,$(word $1,$2))
installed = $(call column,$1,3)/$(or $(call column,$1,5),$(call column,$1,1))
programs := $(foreach row,$(table),$(call column,$(row),1))
mains    := $(foreach row,$(table),$(call column,$(row),2).c)
floors   := base cni netns ipam record plugin netavark expose/common expose/grpc expose/ttrpc expose/hook expose/nri expose/device-plugin tools
sources  := $(filter-out $(mains),$(wildcard $(floors:=/*.c)))
messages := $(patsubst %.proto,$(O)/gen/%.pb-c.c,$(wildcard expose/*/*.proto))
units    := $(patsubst %.c,$(O)/%,$(wildcard tests/unit/*.c))
helpers  := $(patsubst %.c,$(O)/%,$(wildcard tests/tools/*.c tests/bench/*.c))
fuzzers  := $(patsubst %.c,$(O)/%,$(wildcard tests/fuzz/*.c))
faulter  := $(O)/tests/fault/fault
linked   := $(programs:%=$(O)/%) $(units) $(helpers) $(fuzzers) $(faulter)

warn := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-qual \
	-Wwrite-strings -Wundef -Wvla -Wformat=2 -Wjump-misses-init
ifneq ($(findstring clang,$(CC)),)
warn := $(filter-out -Wjump-misses-init,$(warn))
endif
# A page of the stack that is touched first costs more than calling a function: what has a large frame
# and is seldom reached is not to become part of what is always.
frames := $(if $(findstring clang,$(CC)),,-fconserve-stack)
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
link_native  = -static-pie -Wl,-u,relro_protect
link_musl    = -Wl,-u,relro_protect
link_dynamic = -pie
link    = $(link_$(kind)) -Wl,-z,relro,-z,now,--as-needed,--gc-sections
pkg     = $(shell $(PKG_CONFIG) --cflags $(PKGS) $(EXTRA) 2>/dev/null)
headers = $(made:%=-isystem %/include) $(if $(filter musl,$(kind)),,$(pkg))
libs_of = $(if $(made),-L$(made)/lib $(patsubst lib%,-l%,$1),$(shell $(PKG_CONFIG) $(if $(static),--static) --libs $1 2>/dev/null))
libs    = $(call libs_of,$(PKGS))
cc      = $(CC) $(libc_flags_$(kind)) -std=gnu11 -D_GNU_SOURCE -I. -I$(O)/gen $(headers) $(warn) $(harden) $(frames) \
	-ffunction-sections -fdata-sections $(mode) $(define) $(CPPFLAGS) $(CFLAGS)

# One short line a step; the whole command with V=1.
say = $(if $(V),,@printf '%4s  %s\n' $1 $@;)

all: $(programs:%=$(O)/%)
	$(if $(findstring s,$(firstword -$(MAKEFLAGS))),,@echo '$(linkage_text)')
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
#? make check-guest       Debian's kernels, in virtual machines; WHOLE=1, FILES=plugin/tap.bats,...
#? make fault             every system call fails, and is the last one; FULL=1
#? make fuzz              every parser by invented input; TIME=60 TARGETS=config
#? make load              hundreds of containers at once; PART=storm or crowd
#? make bench             cost, in ratios to a bare program; bench-paths: frames between pods and guests
#? make lint              format, static analysis, scripts, manuals, layers
#? make linkage           say how the executables are linked, and why
#? make install           DESTDIR, PREFIX, CNI_BIN_DIR, NETAVARK_PLUGIN_DIR, LIBEXECDIR, MANDIR; install-aliases, install-hook
#? make uninstall         what install put there; uninstall-hook
#? make clean             remove every build directory
#? Variables: O=DIRECTORY CC CFLAGS CPPFLAGS LDFLAGS SAN=address,undefined LINK=musl,glibc,dynamic V=1
compile: all $(units) $(helpers) $(faulter)

$(foreach row,$(table),$(eval $(O)/$(call column,$(row),1): $(O)/$(call column,$(row),2).o))
$(foreach row,$(table),$(if $(call column,$(row),4),$(eval \
	$(O)/$(call column,$(row),1): private own = $$(call libs_of,$(subst $(comma), ,$(call column,$(row),4))))))
$(units) $(helpers) $(fuzzers): %: %.o
$(units) $(fuzzers): private own = $(call libs_of,$(EXTRA))
$(faulter): $(patsubst %.c,$(O)/%.o,$(wildcard tests/fault/*.c))
$(fuzzers): private link += -fsanitize=fuzzer
# The yardsticks are dynamic, and load the libraries of podtap, though they use none of them. They have no sanitizer.
yardsticks := $(O)/tests/bench/floor $(O)/tests/bench/empty
$(yardsticks) $(yardsticks:=.o): private kind = dynamic
$(yardsticks) $(yardsticks:=.o): private made =
$(yardsticks): private LDFLAGS += -Wl,--no-as-needed
$(foreach file,$(wildcard tests/bench/*.c),$(file:%.c=$(O)/%) $(file:%.c=$(O)/%.o)): private mode =
$(linked): $(O)/parts.a
	$(call say,LINK)$(cc) $(link) $(LDFLAGS) -o $@ $(filter %.o,$^) $(O)/parts.a $(own) $(libs)

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
suites := plugin ipam netavark expose runtimes docs
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
	@$(MAKE) --no-print-directory O=build-fuzz CC=clang SAN=fuzzer-no-link,address,undefined \
		CFLAGS='-O1 -g -fprofile-instr-generate -fcoverage-mapping' fuzzers
	@tests/fuzz/run build-fuzz $(TIME) $(TARGETS)
fuzzers: $(fuzzers)

# Every system call fails in turn, and is the last one in turn; FULL=1 has whole resources fail too.
fault:
	@tests/packages install build check
	@$(MAKE) --no-print-directory all $(faulter)
	@tests/fault/run $(O) $(if $(FULL),full)

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

# A runtime may be running the old executable and may look for it at any instant: rename over it.
place = install -D $(if $(filter 0755,$2),$(STRIP:%=-s --strip-program='%')) -m $2 $1 '$(DESTDIR)$3.new' && mv -f '$(DESTDIR)$3.new' '$(DESTDIR)$3'
define newline


endef
install: all
	$(foreach row,$(table),$(call place,$(O)/$(call column,$(row),1),0755,$(call installed,$(row)))$(newline)	)
	$(foreach row,$(data),$(call place,$(call column,$(row),1),0644,$(call column,$(row),2)/$(notdir $(call column,$(row),1)))$(newline)	)
# A file under one of these names that is no link to podtap belongs to someone else.
alias_files := $(patsubst %,'$(DESTDIR)$(CNI_BIN_DIR)/%',macvtap macvlan)
install-aliases: install
	@for file in $(alias_files); do \
		if [ "$$(readlink "$$file")" != podtap ] && { [ -e "$$file" ] || [ -L "$$file" ]; } && \
			[ -z '$(FORCE)' ]; then echo "$$file is not ours: FORCE=1 replaces it" >&2; exit 1; fi; \
		ln -sfn podtap "$$file.new" && mv -fT "$$file.new" "$$file" || exit 1; \
	done

# podman runs what a file in HOOKS_DIR names for every container: the executable has to be there
# before that file and until after it. CRI-O reads the same directory and does not start when it finds a
# precreate hook in it.
hook_file := $(HOOKS_DIR)/50-podtap.json
install-hook: $(O)/podtap-hook
	@if [ -z '$(FORCE)' ] && { command -v crio >/dev/null || [ -e '$(DESTDIR)/usr/bin/crio' ]; }; then \
		echo "CRI-O is installed, and does not start with a precreate hook: FORCE=1 installs it" >&2; \
		exit 1; \
	fi
	$(call place,$(O)/podtap-hook,0755,$(LIBEXECDIR)/podtap-hook)
	@install -d '$(DESTDIR)$(HOOKS_DIR)'
	sed 's|@LIBEXECDIR@|$(abspath $(LIBEXECDIR))|' expose/hook/50-podtap.json >'$(DESTDIR)$(hook_file).new' && \
		chmod 0644 '$(DESTDIR)$(hook_file).new' && mv -f '$(DESTDIR)$(hook_file).new' '$(DESTDIR)$(hook_file)'
uninstall-hook:
	$(RM) '$(DESTDIR)$(hook_file)'
	$(RM) '$(DESTDIR)$(LIBEXECDIR)/podtap-hook'
# What is ours alone, the inner ones first.
directories := $(addprefix $(DOCDIR)/,examples/vm examples/kubernetes examples docs/development docs tests/bench tests) $(DOCDIR) $(LIBEXECDIR)
uninstall: uninstall-hook
	@for file in $(alias_files); do \
		if [ "$$(readlink "$$file")" = podtap ]; then rm -f "$$file"; fi; \
	done
	$(RM) $(foreach row,$(table),'$(DESTDIR)$(call installed,$(row))')
	$(RM) $(foreach row,$(data),'$(DESTDIR)$(call column,$(row),2)/$(notdir $(call column,$(row),1))')
	@rmdir $(directories:%='$(DESTDIR)%') 2>/dev/null || : # somebody else's may be in them

clean:
	$(RM) -r build build-*

.PHONY: all linkage help compile messages check tests unit check-kubernetes check-guest fault load fuzz fuzzers bench bench-paths demo lint install install-aliases install-hook uninstall-hook uninstall clean FORCE
.SECONDARY:
.DELETE_ON_ERROR:
-include $(wildcard $(O)/*/*.d $(O)/*/*/*.d)
