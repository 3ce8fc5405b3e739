# SPDX-License-Identifier: GPL-2.0-only
#
# One Makefile, sources by wildcard: the folders are the list. `make help` lists the targets,
# V=1 shows the commands. CC, CFLAGS, CPPFLAGS, LDFLAGS and LDLIBS belong to you: they are only added.
#
#   VARIANT=release   -O2                                    build/release/, the program also at build/rmaplab
#   VARIANT=debug     -O1, the checker after each step       build/debug/
#   VARIANT=san       debug under ASan and UBSan             build/san/
#   VARIANT=noev      release with the events compiled out   build/noev/ (the benchmark's reference)
#   VARIANT=ucontext  release without the assembly switch    build/ucontext/
#   MUTANT=name       release with one bug planted           build/mutant-name/

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
MAKEFLAGS += --no-print-directory
O := $(BUILD)/$(VARIANT)

# -- flags ---------------------------------------------------------------------------------------
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes $(if $(WERROR),-Werror)
ISCLANG := $(findstring clang,$(shell $(CC) --version 2>/dev/null))
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# Checkpoints copy the stacks of engine and scripts code, which must hold no redzones then.
NO_REDZONES := $(if $(ISCLANG),-mllvm -asan-stack=0,--param asan-stack=0)

OPT := -O2 -g
OPT_debug := -O1 -g -DCHECK=1
OPT_san := -O1 -g -DCHECK=1 $(SANITIZE)
OPT_noev := $(OPT) -DNO_EVENTS
OPT_ucontext := $(OPT) -DCO_UCONTEXT
OPT_mutant-$(MUTANT) := $(OPT) -DMUTANT_$(MUTANT)=1
OPT := $(or $(OPT_$(VARIANT)),$(OPT))
ifeq ($(filter release debug san noev ucontext mutant-%,$(VARIANT)),)
$(error VARIANT=$(VARIANT) is none of release debug san noev ucontext)
endif

# What each layer may see: this is the first half of the dependency rule, tests/lint is the other.
pkg = $(shell $(PKG_CONFIG) $(1) 2>/dev/null)
have = $(if $(shell $(PKG_CONFIG) --exists $(1) 2>/dev/null && echo y),$(2),$(3))
LUA := $(firstword $(foreach l,lua5.4 lua-5.4 lua54 lua,$(call have,'$l >= 5.4',$l)))
UI_PKGS := ncursesw readline
TEST_PKGS := cmocka vterm
PLACES = -DVERSION='"$(VERSION)"' -DDATADIR='"$(DATADIR)"'

ENGINE_FLAGS = -D_GNU_SOURCE -Iengine $(if $(filter san,$(VARIANT)),$(NO_REDZONES))
SCRIPTS_FLAGS := $(call pkg,--cflags $(LUA) zlib)
SCRIPTS_FLAGS += $(ENGINE_FLAGS) -Iscripts $(PLACES)
UI_FLAGS := $(call pkg,--cflags $(UI_PKGS))
UI_FLAGS += -D_GNU_SOURCE -Iengine -Iscripts -Iui $(PLACES)
TEST_FLAGS = $(UI_FLAGS) $(SCRIPTS_FLAGS) -Itests -Wno-unused-parameter \
	$(call pkg,--cflags $(TEST_PKGS))
LIBS := $(call pkg,--libs $(UI_PKGS) $(LUA) zlib) -lm
TEST_LIBS = $(call pkg,--libs $(TEST_PKGS)) $(LIBS)
ALL_FLAGS = -std=c11 $(WARN) $(OPT) $(LAYER) $(CPPFLAGS) $(CFLAGS)

# -- sources -------------------------------------------------------------------------------------
objects = $(patsubst %,$(O)/%.o,$(basename $(filter %.c,$(1)))) \
	$(patsubst %,$(O)/%.o,$(filter %.S,$(1)))
programs = $(patsubst $(1)/%.c,$(O)/$(2)/%,$(3))

ENGINE := $(wildcard engine/*.c $(foreach d,sim i386 mm rmap,engine/$d/*.c engine/$d/*.S))
SCRIPTS := $(wildcard scripts/*.c)
UI := $(filter-out ui/main.c,$(wildcard ui/*.c ui/panes/*.c))
MAIN := $(wildcard ui/main.c)
TESTS := $(wildcard tests/t[0-9]*.c)
HELPERS := $(filter-out $(TESTS),$(wildcard tests/*.c))

LIBENGINE := $(O)/libengine.a
HOST := $(O)/libui.a $(O)/libscripts.a $(LIBENGINE)
PROGRAM := $(if $(MAIN),$(O)/rmaplab)
TEST_PROGRAMS := $(call programs,tests,tests,$(TESTS))
BENCH_PROGRAMS := $(call programs,tests/bench,bench,$(wildcard tests/bench/*.c))
FUZZ_PROGRAMS := $(call programs,tests/fuzz,fuzz,$(wildcard tests/fuzz/*.c))
TOOLS := $(call programs,tests/tools,tools,$(wildcard tests/tools/*.c))
EXES := $(TEST_PROGRAMS) $(BENCH_PROGRAMS) $(FUZZ_PROGRAMS)

# -- is everything here? -------------------------------------------------------------------------
NEEDS := $(if $(shell command -v $(firstword $(CC))),,gcc) \
	$(if $(shell command -v $(PKG_CONFIG)),,pkg-config) \
	$(call have,ncursesw,,libncurses-dev) $(call have,readline,,libreadline-dev) \
	$(if $(LUA),,liblua5.4-dev) $(call have,zlib,,zlib1g-dev)
TEST_GOALS := test san bench soak golden tests
ifneq ($(filter $(TEST_GOALS) $(EXES),$(MAKECMDGOALS)),)
NEEDS += $(call have,cmocka,,libcmocka-dev) $(call have,vterm,,libvterm-dev)
endif
ifneq ($(filter-out clean help uninstall lint,$(or $(MAKECMDGOALS),all)),)
ifneq ($(strip $(NEEDS)),)
$(error missing $(strip $(NEEDS)) (Debian names): run `sh scripts/setup build`)
endif
endif

# -- rules ---------------------------------------------------------------------------------------
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

all: $(HOST) $(PROGRAM) $(if $(filter release,$(VARIANT)),$(if $(MAIN),$(BUILD)/rmaplab)) ## build the program (the default)

$(O)/engine/%.o: LAYER = $(ENGINE_FLAGS)
$(O)/scripts/%.o: LAYER = $(SCRIPTS_FLAGS)
$(O)/ui/%.o: LAYER = $(UI_FLAGS)
$(O)/tests/%.o: LAYER = $(TEST_FLAGS)

$(O)/%.o: %.c $(O)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_FLAGS) -MMD -MP -c -o $@ $<
$(O)/%.S.o: %.S $(O)/flags
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_FLAGS) -MMD -MP -Wa,--noexecstack -c -o $@ $<

$(LIBENGINE): $(call objects,$(ENGINE))
$(O)/libscripts.a: $(call objects,$(SCRIPTS))
$(O)/libui.a: $(call objects,$(UI))
$(O)/libhelpers.a: $(call objects,$(HELPERS))
$(O)/lib%.a: $(O)/flags
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)

link = $(CC) $(OPT) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(1) $(LDLIBS)
$(O)/rmaplab: $(O)/ui/main.o $(HOST)
	$(call say,LINK,$@)
	$(Q)$(call link,$(LIBS))
$(BUILD)/rmaplab: $(BUILD)/release/rmaplab
	$(Q)ln -f $< $@ 2>/dev/null || cp $< $@

$(EXES): $(O)/libhelpers.a $(HOST)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(call link,$(TEST_LIBS))
$(TEST_PROGRAMS): $(O)/tests/%: $(O)/tests/%.o
$(BENCH_PROGRAMS): $(O)/bench/%: $(O)/tests/bench/%.o
$(FUZZ_PROGRAMS): $(O)/fuzz/%: $(O)/tests/fuzz/%.o
$(TOOLS): $(O)/tools/%: $(O)/tests/tools/%.o
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(call link)

# A change of flags rebuilds: the file holds them and is rewritten only when they differ.
$(O)/flags: export FLAGS := $(CC) $(OPT) $(WARN) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(VERSION) $(DATADIR)
$(O)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' "$$FLAGS" | cmp -s - $@ || printf '%s\n' "$$FLAGS" >$@

# -- targets -------------------------------------------------------------------------------------
run: all ## build and start; LESSON=04 goes to one lesson
	$(Q)$(BUILD)/rmaplab $(if $(LESSON),lesson $(LESSON))

tests: all $(EXES) $(TOOLS) ## build the test programs without running them

test: tests ## run all tests; T=t31 runs those with t31 in their name
	$(Q)BUILD=$(BUILD) VARIANT=$(VARIANT) MAKE='$(MAKE)' sh tests/run $(T)

san: ## the tests under ASan and UBSan; T= as above
	$(Q)$(MAKE) VARIANT=san test

soak: tests ## the random tests, long form: a good while
	$(Q)SOAK=1 BUILD=$(BUILD) VARIANT=$(VARIANT) MAKE='$(MAKE)' sh tests/run $(or $(T),random stress)

bench: tests ## the benchmarks
	$(Q)$(MAKE) VARIANT=noev tests
	$(Q)for b in $(BENCH_PROGRAMS); do NOEV=$(BUILD)/noev/bench/$${b##*/} $$b || exit 1; done

golden: tests ## rewrite the golden screens, to be read in the diff
	$(Q)UPDATE_GOLDEN=1 BUILD=$(BUILD) VARIANT=$(VARIANT) MAKE='$(MAKE)' sh tests/run $(or $(T),golden)
	$(Q)git diff --stat -- tests/golden

lint: ## the dependency rule and the limits of style
	$(Q)sh tests/lint

SHARED := $(wildcard lessons/*.lua lessons/*.md scripts/lib/*.lua $(ENGINE) engine/*.h engine/*/*.h engine/*.md)
install: all ## into PREFIX (/usr/local), below DESTDIR
	$(Q)install -d $(DESTDIR)$(BINDIR) $(addprefix $(DESTDIR)$(DATADIR)/,$(sort $(dir $(SHARED))))
	$(Q)install -m 755 $(O)/rmaplab $(DESTDIR)$(BINDIR)/rmaplab
	$(Q)for f in $(SHARED); do install -m 644 $$f $(DESTDIR)$(DATADIR)/$$f || exit 1; done

uninstall: ## remove what install put there
	$(Q)rm -f $(DESTDIR)$(BINDIR)/rmaplab $(addprefix $(DESTDIR)$(DATADIR)/,$(SHARED))
	$(Q)if [ -d $(DESTDIR)$(DATADIR) ]; then find $(DESTDIR)$(DATADIR) -depth -type d -empty -delete; fi

clean: ## remove everything that was built
	$(Q)rm -rf $(BUILD)

help: ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

FORCE:
.PHONY: all run tests test san soak bench golden lint install uninstall clean help FORCE
.SECONDARY:
.DELETE_ON_ERROR:
-include $(shell find $(O) -name '*.d' 2>/dev/null)
