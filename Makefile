# SPDX-License-Identifier: GPL-2.0-only
#
# Sources are found by wildcard: the folders are the list. `make help` lists the targets, V=1 shows
# the commands. CC, CFLAGS, CPPFLAGS, LDFLAGS and LDLIBS are yours: they are only added. Objects of
#
#   VARIANT=release   -O2                                       are in build/release/ (the default)
#   VARIANT=debug     -O1, the checker after each step                 build/debug/
#   VARIANT=san       debug under ASan and UBSan                       build/san/
#   VARIANT=noev      release with the events compiled out             build/noev/
#   VARIANT=ucontext  release without the assembly thread switch       build/ucontext/
#   MUTANT=name       release with one bug planted                     build/mutant-name/

VERSION := 0.1
VARIANT ?= release
ifneq ($(MUTANT),)
override VARIANT := mutant-$(MUTANT)
endif
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
DATADIR ?= $(PREFIX)/share/rmaplab
PKG_CONFIG ?= pkg-config
BUILD ?= build
O := $(BUILD)/$(VARIANT)
MAKEFLAGS += --no-print-directory

# -- flags: what each layer may see is half of the dependency rule, tests/lint is the other -------
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes $(if $(WERROR),-Werror)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CLANG := $(findstring clang,$(shell $(CC) --version 2>/dev/null))
# Checkpoints copy the stacks of engine and scripts code: no redzones there.
NO_REDZONES := $(if $(CLANG),-mllvm -asan-stack=0,--param asan-stack=0)
OPT_release := -O2 -g
OPT_debug := -O1 -g -DCHECK=1
OPT_san := $(OPT_debug) $(SANITIZE)
OPT_noev := $(OPT_release) -DNO_EVENTS
OPT_ucontext := $(OPT_release) -DCO_UCONTEXT
OPT_mutant-$(MUTANT) := $(OPT_release) -DMUTANT_$(MUTANT)=1
OPT := $(or $(OPT_$(VARIANT)),$(error VARIANT is one of release debug san noev ucontext))

pkg = $(shell $(PKG_CONFIG) $(1) 2>/dev/null)
missing = $(if $(shell $(PKG_CONFIG) --exists $(1) 2>/dev/null || echo y),$(2))
LUA := $(firstword $(foreach l,lua5.4 lua-5.4 lua54 lua,$(if $(call missing,'$l >= 5.4',y),,$l)))
PLACES = -DVERSION='"$(VERSION)"' -DDATADIR='"$(DATADIR)"'
ENGINE_FLAGS := -D_GNU_SOURCE -Iengine
SCRIPTS_FLAGS := $(ENGINE_FLAGS) -Iscripts $(PLACES) $(call pkg,--cflags $(LUA) zlib)
UI_FLAGS := $(ENGINE_FLAGS) -Iscripts -Iui $(PLACES) $(call pkg,--cflags ncursesw readline)
TEST_FLAGS = $(UI_FLAGS) $(SCRIPTS_FLAGS) -Itests -Wno-unused-parameter \
	$(call pkg,--cflags cmocka vterm)
LIBS := $(call pkg,--libs ncursesw readline $(LUA) zlib) -lm
TEST_LIBS = $(call pkg,--libs cmocka vterm) $(LIBS)
ALL_FLAGS = -std=c11 $(WARN) $(OPT) $(LAYER) $(CPPFLAGS) $(CFLAGS)

# -- sources --------------------------------------------------------------------------------------
objects = $(patsubst %.c,$(O)/%.o,$(patsubst %.S,$(O)/%.S.o,$(1)))
programs = $(patsubst tests/%.c,$(O)/%,$(wildcard tests/$(1)/*.c))

ENGINE := $(wildcard engine/*.c $(foreach d,sim i386 mm rmap kernels,engine/$d/*.c engine/$d/*.S))
GENERATIONS := $(wildcard engine/rmap/20*.c)
SCRIPTS := $(wildcard scripts/*.c)
UI := $(filter-out ui/main.c,$(wildcard ui/*.c ui/panes/*.c))
TESTS := $(wildcard tests/t[0-9]*.c)
HELPERS := $(filter-out $(TESTS),$(wildcard tests/*.c))
BENCH := $(call programs,bench)
TOOLS := $(call programs,tools)
TEST_PROGRAMS := $(TESTS:%.c=$(O)/%)
EXES := $(TEST_PROGRAMS) $(BENCH)
LIBENGINE := $(O)/libengine.a
HOST := $(O)/libui.a $(O)/libscripts.a $(LIBENGINE)
PROGRAM := $(if $(wildcard ui/main.c),$(O)/rmaplab)

# -- is everything here? --------------------------------------------------------------------------
NEEDS := $(if $(shell command -v $(firstword $(CC)) 2>/dev/null),,gcc) \
	$(if $(shell command -v $(PKG_CONFIG) 2>/dev/null),,pkg-config) \
	$(call missing,ncursesw,libncurses-dev) $(call missing,readline,libreadline-dev) \
	$(if $(LUA),,liblua5.4-dev) $(call missing,zlib,zlib1g-dev)
ifneq ($(filter test tests san bench soak golden $(EXES),$(MAKECMDGOALS)),)
NEEDS += $(call missing,cmocka,libcmocka-dev) $(call missing,vterm,libvterm-dev)
endif
ifneq ($(filter-out clean help uninstall,$(or $(MAKECMDGOALS),all)),)
$(if $(strip $(NEEDS)),$(error missing: $(strip $(NEEDS)); run `sh scripts/setup build`))
endif

# -- rules ----------------------------------------------------------------------------------------
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(or $(2),$@))

all: $(HOST) $(PROGRAM) $(and $(PROGRAM),$(filter release,$(VARIANT)),$(BUILD)/rmaplab) ## build

$(O)/engine/%.o: LAYER = $(ENGINE_FLAGS) $(if $(filter san,$(VARIANT)),$(NO_REDZONES))
$(O)/scripts/%.o: LAYER = $(SCRIPTS_FLAGS) $(if $(filter san,$(VARIANT)),$(NO_REDZONES))
$(O)/ui/%.o: LAYER = $(UI_FLAGS)
$(O)/tests/%.o: LAYER = $(TEST_FLAGS)
$(O)/%.o: %.c $(O)/flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_FLAGS) -MMD -MP -c -o $@ $<
$(O)/%.S.o: %.S $(O)/flags
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_FLAGS) -MMD -MP -Wa,--noexecstack -c -o $@ $<

# The generations of rmap once more, for machines that nobody watches: see sim/machine.h.
$(O)/%.quiet.o: %.c $(O)/flags
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_FLAGS) -DQUIET -MMD -MP -c -o $@ $<

$(LIBENGINE): $(call objects,$(ENGINE)) $(GENERATIONS:%.c=$(O)/%.quiet.o)
$(O)/libscripts.a: $(call objects,$(SCRIPTS))
$(O)/libui.a: $(call objects,$(UI))
$(O)/libhelpers.a: $(call objects,$(HELPERS))
$(O)/lib%.a: $(O)/flags
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)

link = $(Q)mkdir -p $(@D) && \
	$(CC) $(OPT) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(1) $(LDLIBS)
$(O)/rmaplab: $(O)/ui/main.o $(HOST)
	$(call say,LINK)
	$(call link,$(LIBS))
$(BUILD)/rmaplab: $(BUILD)/release/rmaplab
	$(Q)ln -f $< $@ 2>/dev/null || cp $< $@
$(TEST_PROGRAMS): $(O)/%: $(O)/%.o
$(BENCH): $(O)/%: $(O)/tests/%.o
$(EXES): $(O)/libhelpers.a $(HOST)
	$(call say,LINK)
	$(call link,$(TEST_LIBS))
$(TOOLS): $(O)/%: $(O)/tests/%.o
	$(call say,LINK)
	$(call link)

# The flags in a file, rewritten when they differ: what was built with others is built again.
$(O)/flags: export FLAGS = $(CC) $(ALL_FLAGS) $(LDFLAGS) $(LDLIBS) $(PLACES)
$(O)/flags: FORCE
	@mkdir -p $(@D); printf '%s\n' "$$FLAGS" | cmp -s - $@ || printf '%s\n' "$$FLAGS" >$@

# -- targets --------------------------------------------------------------------------------------
RUN_TESTS = BUILD=$(BUILD) VARIANT=$(VARIANT) MAKE='$(MAKE)' sh tests/run

run: all ## build and start; LESSON=04 goes to one lesson
	$(Q)$(BUILD)/rmaplab $(if $(LESSON),lesson $(LESSON))
tests: all $(EXES) $(TOOLS) ## build the test programs, run none
test: tests ## run all tests; T=t31 runs those with t31 in their name
	$(Q)$(RUN_TESTS) $(T)
san: ## the tests under ASan and UBSan, without those that build and test other variants
	$(Q)$(MAKE) VARIANT=san test T='$(or $(T),-ucontext -mutants -t9)'
soak: tests ## the random tests in their long form, the engine's under valgrind: a good while
	$(Q)SOAK=1 $(RUN_TESTS) $(or $(T),random every_event pressure stress host_kernel \
		kernels_agree experiments)
	$(Q)VALGRIND=1 $(RUN_TESTS) t01 t03 t04 t05 t06 t1 t2 t3 t40 t41 t42 t43 t44
golden: tests ## write the golden screens anew, to be read in the diff
	$(Q)UPDATE_GOLDEN=1 $(RUN_TESTS) $(or $(T),golden) && git diff --stat -- tests/golden
bench: tests ## the benchmarks; each finds its twin without events in build/noev
	$(Q)$(MAKE) VARIANT=noev $(BENCH:$(O)/%=$(BUILD)/noev/%)
	$(Q)set -e; for b in $(BENCH); do NOEV=$(BUILD)/noev/bench/$${b##*/} $$b; done
lint: $(LIBENGINE) ## the dependency rule and the limits of style
	$(Q)sh tests/lint $(O)

SHARED := $(sort $(wildcard lessons/*.lua scripts/lib/*.lua scripts/experiments/*.lua \
	scripts/races/*.lua $(ENGINE) engine/*.h engine/*/*.h))
FOLDERS := $(addprefix $(DESTDIR)$(DATADIR)/,$(sort $(dir $(SHARED))))
install: all ## into PREFIX (/usr/local), below DESTDIR
	$(Q)install -d $(DESTDIR)$(BINDIR) $(FOLDERS)
	$(Q)install -m 755 $(O)/rmaplab $(DESTDIR)$(BINDIR)/rmaplab
	$(Q)set -e; for f in $(SHARED); do install -m 644 $$f $(DESTDIR)$(DATADIR)/$$f; done
uninstall: ## remove what install put there
	$(Q)rm -f $(DESTDIR)$(BINDIR)/rmaplab $(addprefix $(DESTDIR)$(DATADIR)/,$(SHARED))
	$(Q)find $(DESTDIR)$(DATADIR) -depth -type d -empty -delete 2>/dev/null || :
clean: ## remove what was built
	$(Q)rm -rf $(BUILD)
help: ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  %-10s %s\n", $$1, $$2}' Makefile

FORCE:
.PHONY: all run tests test san soak golden bench lint install uninstall clean help FORCE
.SECONDARY:
.DELETE_ON_ERROR:
-include $(shell find $(O) -name '*.d' 2>/dev/null)
