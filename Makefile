# xv39: build, run and test. All that is made lies under build/. `make help` prints this:
#:
#: make deps qemu        install what is missing, build, boot to a shell on this terminal
#: make deps check       install what is missing, build, run the quick test suite
#:
#: make                  build build/kernel.elf, build/fs.img, build/swap.img
#: make qemu             boot to the shell; `help` there, Ctrl-A X leaves, `shutdown` powers off
#: make run CMD="ls"     boot, run one command, power off, tell how it ended; `< file` is its input
#: make qemu-gdb, gdb    stopped at the start; gdb on it, from another window: walk, vmas, page,
#:                       lru, slots, locks, ps, trace (`help walk`); GDB_PORT=3939: for VS Code
#: make compile_commands.json   how each file is compiled, for editors: in build/
#: make check            the quick suite; check-full: the complete one (SHARD=k/n: a part);
#:                       check-labs: all of the labs, their mutants, cheats, seeds, a class;
#:                       check-view: pages in a browser (make deps check-view), after check or
#:                       alone
#: make bench            instructions per operation; WALL=1: seconds on this machine;
#:                       WORK=1: whole programs, disks and memory short and plenty
#: make view             the memory of the machine of `make qemu`, in a browser: 127.0.0.1:3939;
#:                       PORT=: another. VIEW=text: in the terminal (q ends)
#: make curves           faults against frames with each policy, your own too, OPT and exact LRU
#:                       beside; build/curves/index.html. STRING="belady my.txt" FRAMES="8 16 32"
#:                       POLICY="lru mine"
#: make trace CMD="ls"   the same as run, and build/trace.html shows what happened to pages;
#:                       OUT=build/trace, PFTRACE=1: for ui.perfetto.dev, too; FROM=a.xvtrace: of a
#:                       recorded run, anew
#: make doctor           versions of the tools, those known bad, and the fix
#: make grade LAB=buddy  a lab's tests: on this computer, then on the machine (a hand-out knows
#:                       its lab); HOST=1: only the first, SEED=: other values
#: make gdb LAB=buddy TEST="a test"   its machine, stopped (SEED=: with other values); then
#:                       `make gdb` from another window
#: make questions ID=me  a lab's questions about your own code, for what you hand in;
#:                       make viva LAB=buddy SUBMISSION=dir: three for a talk, with answers
#: make bug LAB=breakit ID=me OUT=dir   a kernel with a mistake to be named, and its questions
#: make handout LAB=buddy OUT=dir   a lab's hand-out: this tree without the lab's answers
#:                       CARRY=dir: on the student's own earlier lab; UPDATE=old: a patch for those
#:                       that were handed out before; COURSE=dir ID=anna: with anna's own rules
#: make lab NAME=mine FUNCTIONS="a b"   starts a lab of your own, in tests/labs/mine
#: make submission       packs what a student hands in (LAB=: outside of a hand-out)
#: make grade-all LAB=buddy SUBMISSIONS=dir   a class: marks and reports in OUT=build/grades/LAB;
#:                       JOBS=n at a time, SEED=: other values, STRICT=1: a sandbox or nothing
#: make regrade RESULT=dir   the same again, of one student's folder or all: what differs
#: make similarity LAB=buddy SUBMISSIONS=dir   which are like which; OUT=dir: for Dolos, JPlag
#: make course OUT=dir   a sample of a course: points, hints, dates, what is hidden, a secret; then
#:                       COURSE=dir with handout, grade-all
#: make gradescope LAB=buddy   the bundle that Gradescope takes; also prairielearn, submitty, with
#:                       CONTAINER= the name of your image; in OUT=build/bundles/SYSTEM-LAB
#: tests/reader/reader build/ram build/kernel.elf ps   what the memory of a machine holds, from
#:                       outside: of one that runs, or did, with RAM_FILE=build/ram; for `trace`
#:                       with APPEND=trace=1, too
#: make docs             the book of docs/, on one page: build/docs/index.html
#: make loc              lines of code, neither blank nor comment
#: make house            which floor of the kernel uses which: here, and build/house.svg
#: make clean, help      remove build/, print this
#:
#: PAGING=auto|sv39|sv48|sv57   CPUS=2   MEM=128M   SWAP=256M (0: none)   DISK=64M
#: POLICY=lru|clock|fifo|aging|adaptive   OVERCOMMIT=strict|always   SEED=n
#: ICOUNT=1 the deterministic lane: one hart, RAM disks     SAN=1 a kernel that checks itself
#: RACE=seed with SAN=1: windows of races are widened    CPU=rv64 QEMU's -cpu (rv64,v=true …)
#: EXTRA="a.c dir/b.S" more programs    FILES="x y" more files for the disk; one with the name
#:                       of ours is there in its place
#: APPEND="…" more boot arguments    TIMEOUT=600 seconds (0: none)    WERROR=1    V=1
#: CROSS=prefix- of the compiler    CLANG=1    QEMU=path    BUILD=build
#: RAM_FILE=path         a file that is the machine's memory, for tests/reader

VERSION := 0.1
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
GOALS := $(or $(MAKECMDGOALS),all)

# All processors, unless a make above us shares them out.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(or $(shell getconf _NPROCESSORS_ONLN 2>/dev/null),2)
endif

# ---- variables ----------------------------------------------------------------------------------

PAGING     = auto
CPUS       = 2
MEM        = 128M
SWAP       = 256M
DISK       = 64M
POLICY     = lru
OVERCOMMIT = strict
ICOUNT     =
SAN        =
SEED       =
RACE       =
CPU       ?= rv64
EXTRA      =
FILES      =
APPEND     =
CROSS      =
CLANG      =
QEMU       =
TIMEOUT    = 600
WERROR     =
WALL       =
WORK       =
SHARD      = 1/1
CMD        =
LAB        =
OUT        =
HOST       =
ID         =
VARIANT    =
SUBMISSION =
SUBMISSIONS =
JOBS       =
COURSE     =
CARRY      =
UPDATE     =
NAME       =
FUNCTIONS  =
CONTAINER  =
RESULT     =
TEST       =
STRING     =
FRAMES     =
FROM       =
PFTRACE    =
STRICT     =
RAM_FILE   =
GDB_PORT   =
VIEW       = web
PORT       =
V          =
BUILD      = build

CHECKED = BUILD PAGING CPUS MEM SWAP DISK OVERCOMMIT ICOUNT SAN SEED RACE CPU EXTRA FILES CLANG \
    TIMEOUT WERROR WALL WORK HOST STRICT PFTRACE V GDB_PORT \
    $(if $(filter doctor deps help clean,$(GOALS)),,QEMU)

# A name on the command line that is not among those above is a slip: the nearest one is told.
INNER   = KERNEL IMAGE HOSTCC CC LD PREFIX SHELL MAKE MAKEFLAGS
typed  := $(filter-out $(INNER),$(strip \
    $(foreach v,$(.VARIABLES),$(if $(findstring command line,$(origin $v)),$v))))
known  := $(if $(typed),$(shell sed -n -e '/^CHECKED/q' -e 's/^\([A-Z_]*\) *?*=.*/\1/p' Makefile))
unknown := $(firstword $(filter-out $(known),$(typed)))
quoted  = '$(subst ','\'',$1)'
trouble := $(if $(unknown),$(shell tests/tools/nearest \
    $(call quoted,$(unknown)=$(value $(unknown))) $(sort $(known))))
$(if $(trouble),$(error $(trouble)))

# The curves take several policies, all else takes one.
policies_given = $(if $(filter curves,$(GOALS)),$(foreach p,$1,$(call quoted,POLICY=$p)),\
    $(call quoted,POLICY=$1))

# What is given otherwise goes through a script, which says what is wrong with the first that is.
given  := $(foreach v,$(CHECKED),$(if $(filter file,$(origin $v)),,$(call quoted,$v=$($v)))) \
    $(if $(filter run trace,$(GOALS)),$(if $(strip $(value CMD)$(value FROM)),,CMD=)) \
    $(if $(filter file,$(origin POLICY)),,$(call policies_given,$(POLICY))) \
    $(if $(filter curves,$(GOALS)),$(call quoted,STRING=$(STRING)) $(call quoted,FRAMES=$(FRAMES)))
trouble := $(if $(strip $(given)),$(shell tests/tools/variables $(given)))
$(if $(trouble),$(error $(trouble)))

override ICOUNT := $(filter 1,$(ICOUNT))
override SAN    := $(filter 1,$(SAN))
override CLANG  := $(filter 1,$(CLANG))
override WERROR := $(filter 1,$(WERROR))
ifneq ($(ICOUNT),)
override CPUS := 1
endif

Q := $(if $(filter 1,$(V)),,@)
say = @printf '  %-7s %s\n' '$1' '$2'

.PHONY: view all qemu run qemu-gdb gdb check check-full check-labs check-view bench \
    curves doctor grade grade-all \
    handout gradescope prairielearn submitty course regrade similarity questions viva bug \
    submission lab loc house docs help clean deps trace FORCE

# ---- make deps GOAL…: a second make builds the goals, and sees what was installed ----------------

ifneq ($(filter deps,$(GOALS)),)
REST := $(filter-out deps,$(GOALS))
deps:
	@tests/tools/deps $(REST)
	$(if $(REST),@$(MAKE) --no-print-directory $(REST))
ifneq ($(REST),)
.PHONY: $(REST)
$(REST): deps
	@:
endif
else

# ---- tools, found once ------------------------------------------------------------------------

ifneq ($(filter-out doctor help clean gdb,$(GOALS)),)
trouble := $(shell command -v python3 >/dev/null 2>&1 || \
    echo "no python3: 'make deps' installs it, 'make doctor' tells what else is missing")
$(if $(trouble),$(error $(trouble)))
endif

without_compiler := clean help loc house docs doctor grade grade-all handout submission questions \
    gradescope prairielearn submitty course regrade similarity viva bug lab gdb check check-full \
    check-labs check-view view
ifneq ($(filter-out $(without_compiler),$(GOALS)),)
-include $(BUILD)/tools.mk
ifneq ($(TOOLS_FOR),$(CROSS)|$(CLANG))
trouble := $(shell tests/tools/compilers $(BUILD)/tools.mk '$(CROSS)' '$(CLANG)')
$(if $(trouble),$(error $(trouble)))
include $(BUILD)/tools.mk
endif
$(BUILD)/tools.mk: ;
endif
HOSTCC ?= cc
LD := $(PREFIX)ld

# ---- the kernel -------------------------------------------------------------------------------

K      := $(BUILD)$(if $(SAN),/san)
KERNEL := $(K)/kernel.elf

WARN := -Wall -Wextra $(if $(WERROR),-Werror)
KERNEL_FLAGS = -std=gnu11 -O2 -g $(WARN) -Wframe-larger-than=512 $(KERNEL_ARCH) -mcmodel=medany \
    -ffreestanding -fno-common -fomit-frame-pointer -fno-builtin-printf -nostdlib \
    $(COMMON_FLAGS) -Ikernel -DXV39_VERSION='"$(VERSION)"' \
    $(if $(SAN),-DSAN=1 -fsanitize=undefined -fsanitize-undefined-trap-on-error)

kernel_sources := $(wildcard kernel/*.c kernel/*/*.c kernel/*.S kernel/*/*.S \
    kernel/*/*/*.c kernel/*/*/*.S kernel/*/*/*/*.c)

# With a replacement policy that is not ours goes what looks on while it works.
POLICIES     := kernel/vm/replacement/policies
own_policies := $(filter-out $(patsubst %,$(POLICIES)/policy_%.c,adaptive aging clock fifo lru),\
    $(wildcard $(POLICIES)/*.c))
ifneq ($(own_policies),)
kernel_sources += tests/tools/policy_check.c
POLICY_CHECK   := $(addprefix --wrap=,lru_policy_named lru_policy_numbered timer_interrupt)
endif
kernel_objects := $(kernel_sources:%=$(K)/%.o) $(K)/layout.c.o

# The compilers may not turn the loops of memset and memcpy into calls of themselves.
$(K)/kernel/lib/string.c.o: KERNEL_FLAGS += $(NO_PATTERNS)

$(K)/kernel/%.o: kernel/% $(BUILD)/tools.mk
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(KERNEL_FLAGS) -MMD -MP -c $< -o $@

$(K)/tests/tools/policy_check.c.o: tests/tools/policy_check.c $(BUILD)/tools.mk
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(KERNEL_FLAGS) -MMD -MP -c $< -o $@

# For tests/reader: where what is in memory.
$(K)/layout.c: tests/reader/layout.awk tests/reader/layout.list
	@mkdir -p $(@D)
	$(Q)awk -f $^ > $@

$(K)/layout.c.o: $(K)/layout.c $(BUILD)/tools.mk
	$(call say,CC,$@)
	$(Q)$(CC) $(KERNEL_FLAGS) -MMD -MP -c $< -o $@

# Linked twice: the symbol table for backtraces is made from the first link. The list of objects
# is compared, so that a file that was removed leaves the image too.
$(K)/objects: FORCE
	@mkdir -p $(@D)
	@echo '$(kernel_objects)' | cmp -s - $@ || echo '$(kernel_objects)' > $@

KERNEL_LINK = $(LD) $(POLICY_CHECK) -melf64lriscv -nostdlib -z max-page-size=4096 -T kernel.ld

# The policies by name; a name or a number that is there twice ends the build.
# Also under `make -n`, so that it knows whether they changed.
$(BUILD)/policies.h: FORCE
	+@mkdir -p $(@D)
	+@tests/tools/policies $@

$(KERNEL): $(kernel_objects) $(BUILD)/policies.h $(K)/objects kernel.ld kernel/sync/ksyms.awk
	$(call say,LD,$@)
	$(Q)awk -f kernel/sync/ksyms.awk /dev/null > $(K)/ksyms.S
	$(Q)$(CC) $(KERNEL_ARCH) -c $(K)/ksyms.S -o $(K)/ksyms.o
	$(Q)$(KERNEL_LINK) -o $(K)/kernel.1 $(kernel_objects) $(K)/ksyms.o
	$(Q)$(PREFIX)nm -n $(K)/kernel.1 | awk -f kernel/sync/ksyms.awk > $(K)/ksyms.S
	$(Q)$(CC) $(KERNEL_ARCH) -c $(K)/ksyms.S -o $(K)/ksyms.o
	$(Q)$(KERNEL_LINK) -o $@ $(kernel_objects) $(K)/ksyms.o

# ---- user programs ----------------------------------------------------------------------------

U := $(BUILD)/user
USER_FLAGS = -std=gnu11 -O2 -g $(WARN) $(USER_ARCH) -mcmodel=medany -ffreestanding -fno-common \
    -fno-builtin-printf -nostdlib $(COMMON_FLAGS) -Ikernel -Iuser/lib
USER_LINK = $(LD) $(PROGRAM_BASE) -melf64lriscv -nostdlib -z max-page-size=4096 \
    -T user/user.ld

library_sources := $(wildcard user/lib/*.c user/lib/*.S)
library_objects := $(library_sources:%=$(U)/%.o)
replaced        := $(notdir $(basename $(EXTRA))) $(notdir $(FILES))
program_sources := $(foreach f,$(wildcard user/*.c tests/guest/*.c) tests/bench/work.c,\
    $(if $(filter $(basename $(notdir $f)),$(replaced)),,$f))
programs        := $(program_sources:%.c=$(U)/%)

# Every other folder of user/ and tests/guest/ is one program of many files, named like it.
many_folders  := $(filter-out user/lib/ user/xv6/,$(sort $(dir $(wildcard user/*/*.c \
    tests/guest/*/*.c))))
many_programs := $(foreach d,$(many_folders),$(if $(filter $(notdir $(d:/=)),$(replaced)),,\
    $(U)/$d$(notdir $(d:/=))))
our_shell     := $(U)/user/sh/sh
many_objects  := $(patsubst %,$(U)/%.o,$(wildcard $(addsuffix *.c,$(many_folders))))

$(U)/user/lib/string.c.o: USER_FLAGS += $(NO_PATTERNS)
$(U)/user/lib/policy.c.o: USER_FLAGS += -I$(BUILD)
$(U)/user/lib/policy.c.o: $(BUILD)/policies.h

$(U)/%.o: % $(BUILD)/tools.mk
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(USER_FLAGS) -MMD -MP -c $< -o $@

$(U)/libc.a: $(library_objects)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(PREFIX)ar rcs $@ $^

$(programs): $(U)/%: $(U)/%.c.o $(U)/libc.a user/user.ld
	$(Q)$(USER_LINK) -o $@ $< $(U)/libc.a

define many_rule
$(U)/$1$(notdir $(1:/=)): $(filter $(U)/$1%,$(many_objects)) $(U)/libc.a user/user.ld
	$$(Q)$$(USER_LINK) -o $$@ $(filter $(U)/$1%,$(many_objects)) $(U)/libc.a
endef
$(foreach d,$(many_folders),$(eval $(call many_rule,$d)))

# A program that lies at 2^41, where Sv39 does not reach.
$(U)/tests/guest/highseg: PROGRAM_BASE = --defsym=program_base=0x20000000000

# Programs from outside the tree: xv6's own, unmodified, see user/xv6 for their headers. They lie
# at 0, as in xv6.
EXTRA_FLAGS = -std=gnu11 -O -g -w $(USER_ARCH) -mcmodel=medany -ffreestanding -fno-common \
    -fno-builtin -nostdlib -fno-delete-null-pointer-checks -fno-strict-aliasing \
    $(COMMON_FLAGS) -Iuser/xv6 -Iuser/xv6/user -I.
extra_program = $(BUILD)/extra/$(subst /,_,$(subst .,_,$(dir $1)))/$(basename $(notdir $1))
extra_programs := $(foreach f,$(EXTRA),$(call extra_program,$f))

define extra_rule
$(call extra_program,$1): $1 $(U)/libc.a user/user.ld $(BUILD)/tools.mk
	@mkdir -p $$(@D)
	$$(call say,EXTRA,$1)
	$$(Q)$$(CC) $$(EXTRA_FLAGS) -I$(dir $1) -MMD -MP -MT $$@ -c $1 -o $$@.o
	$$(Q)$$(USER_LINK) -z muldefs -o $$@ $$@.o $(U)/libc.a
$(call extra_program,$1): PROGRAM_BASE = --defsym=program_base=0
endef
$(foreach f,$(EXTRA),$(eval $(call extra_rule,$f)))

# For tests/grade/kernelbuild.py: how a file of the kernel is compiled.
.PHONY: kernel-command
kernel-command:
	@printf '%s\n' 'kernel: $(subst ','\'',$(CC) $(KERNEL_FLAGS))'

# For tests/grade/program.py: how a program of ours is compiled and linked, and all it needs.
.PHONY: user-commands
user-commands: $(U)/libc.a $(programs) $(many_programs) $(BUILD)/mkfs/mkfs
	@printf '%s\n' 'compile: $(CC) $(USER_FLAGS)' 'link: $(USER_LINK)' 'library: $(U)/libc.a'

# The target is in $(BUILD), where editors look, too.
.PHONY: compile_commands.json
compile_commands.json:
	@mkdir -p $(BUILD)
	@$(MAKE) -nB --no-print-directory all | tests/tools/compile-commands > $(BUILD)/$@
	@echo "$(BUILD)/$@"

# ---- the disks --------------------------------------------------------------------------------

# `make` and `make qemu` use build/fs.img, which lives until a program on it changes. `make run`
# with other programs than ours has an image of its own, and so has `make bench WORK=1`, which wants
# 5,000 inodes.
ifneq ($(filter 1,$(WORK)),)
override DISK := 128M
endif
ifeq ($(filter run trace,$(GOALS))$(filter 1,$(WORK)),)
IMAGE := $(BUILD)/fs.img
else ifeq ($(EXTRA)$(FILES)$(filter-out 64M,$(DISK)),)
IMAGE := $(BUILD)/fs.img
else
IMAGE := $(BUILD)/images/$(firstword $(shell echo '$(DISK) $(EXTRA) $(FILES)' | cksum))/fs.img
endif

mkfs_programs := $(BUILD)/mkfs/mkfs $(BUILD)/mkfs/fsck
HOST_FLAGS = -std=gnu11 -O2 -g $(WARN) -Ikernel -Imkfs

mkfs_common := $(filter-out mkfs/mkfs.c mkfs/fsck.c,$(wildcard mkfs/*.c))

$(mkfs_programs): $(BUILD)/mkfs/%: mkfs/%.c $(mkfs_common) kernel/fs/recover.c \
    $(wildcard mkfs/*.h kernel/abi/*.h kernel/fs/*.h)
	@mkdir -p $(@D)
	$(call say,HOSTCC,$@)
	$(Q)$(HOSTCC) $(HOST_FLAGS) -o $@ $(filter %.c,$^)

disk_files := $(programs) $(many_programs) $(extra_programs) $(FILES)
# What EXTRA and FILES replace is not there, but for the shell: init runs CMD with ours.
disk_names := $(if $(filter README,$(replaced)),,README.md README) \
    $(if $(filter sh,$(replaced)),$(our_shell) sh.xv39) $(foreach f,$(disk_files),$f $(notdir $f))
bytes = $$(( $(patsubst %M,%<<20,$(patsubst %G,%<<30,$1)) ))

$(dir $(IMAGE))fs.list: FORCE
	@mkdir -p $(@D)
	@{ echo '# $(DISK)'; printf '%s %s\n' $(disk_names); } > $@.$$$$; \
	    if cmp -s $@.$$$$ $@; then rm $@.$$$$; else mv $@.$$$$ $@; fi

$(IMAGE): $(disk_files) $(our_shell) README.md $(BUILD)/mkfs/mkfs $(dir $(IMAGE))fs.list
	$(call say,MKFS,$@)
	$(Q)$(BUILD)/mkfs/mkfs $@.$$$$ $(call bytes,$(DISK)) $(dir $(IMAGE))fs.list && mv $@.$$$$ $@

# ---- booting ----------------------------------------------------------------------------------

# What the scripts read. The command goes as it was typed, whatever make would make of its dollars.
export PAGING CPUS MEM SWAP DISK POLICY OVERCOMMIT ICOUNT SEED RACE CPU APPEND QEMU \
    TIMEOUT WERROR BUILD KERNEL IMAGE PREFIX SHARD WALL WORK CROSS CLANG SAN LAB OUT HOST \
    ID VARIANT SUBMISSION SUBMISSIONS JOBS STRICT COURSE CONTAINER RESULT TEST RAM_FILE CARRY \
    UPDATE NAME FUNCTIONS STRING FRAMES VERSION FROM PFTRACE GDB_PORT
export COMMAND := $(value CMD)

qemu: $(KERNEL) $(IMAGE) $(BUILD)/mkfs/fsck
	@tests/qemu/run --console

qemu-gdb: $(KERNEL) $(IMAGE)
	@echo 'The machine waits: `make gdb$(if $(GDB_PORT), GDB_PORT=$(GDB_PORT))` in another window.'
	@tests/qemu/run --gdb

gdb:
	@$(if $(LAB)$(TEST),tests/grade/under-gdb,tests/tools/gdb $(KERNEL))

view:
	@tests/view/view '$(VIEW)' '$(BUILD)' '$(PORT)' $(if $(RAM_FILE),'$(RAM_FILE)' '$(KERNEL)')

run: $(KERNEL) $(IMAGE)
	$(if $(filter sh,$(replaced)),@echo "CMD is run by xv39's own shell; \`sh\` is yours" >&2)
	@CMD="$$COMMAND" tests/qemu/run

$(BUILD)/swap.img: FORCE
	@tests/qemu/run --swap

# ---- tests ------------------------------------------------------------------------------------

# The suites build what they test through this file, in folders of their own below build/.
# `make check check-view` is one suite with one last line.
ifeq ($(wildcard LAB),)
check check-full check-labs:
	@tests/qemu/$@ $(if $(filter check,$@),$(if $(filter check-view,$(GOALS)),--view))
check-view: $(filter check check-full check-labs,$(GOALS))
	@$(if $(filter check,$(GOALS)),:,tests/browser/check)
else
check check-full check-labs check-view:
	@echo 'make $@: a hand-out does not have what this needs; `make grade` tries what you write'
	@exit 1
endif

bench: $(KERNEL) $(IMAGE)
	@tests/bench/bench

curves: $(KERNEL) $(IMAGE)
	@POLICIES='$(if $(filter file,$(origin POLICY)),,$(POLICY))' tests/curves/curves

trace: $(if $(FROM),,$(KERNEL) $(IMAGE))
	@CMD="$$COMMAND" tests/trace/trace

doctor:
	@tests/tools/doctor

grade:
	@tests/grade/grade student

questions viva bug:
	@tests/grade/grade $@

grade-all:
	@tests/grade/grade-all "$$LAB" "$$SUBMISSIONS" "$$OUT" --jobs="$$JOBS" --seed="$$SEED" \
	    --course="$$COURSE" $(if $(filter 1,$(STRICT)),--strict)

handout:
	@tests/grade/handout "$$LAB" "$$OUT" "$$COURSE" "$$VARIANT" --carry="$$CARRY" \
	    --update="$$UPDATE"

lab:
	@tests/grade/start "$$NAME" $$FUNCTIONS

gradescope prairielearn submitty:
	@tests/grade/bundle $@ "$$LAB" "$$OUT" "$$COURSE"

course:
	@tests/grade/sample-course "$$OUT"

regrade:
	@tests/grade/regrade "$$RESULT"

similarity:
	@tests/grade/similarity "$$LAB" "$$SUBMISSIONS" "$$OUT"

submission:
	@tests/grade/pack "$$LAB"

loc:
	@tests/lint/loc

house:
	@tests/tools/house $(BUILD)/house.svg

docs:
	@tests/docs/docs

help:
	@sed -n 's/^#: \{0,1\}//p' Makefile

all: $(KERNEL) $(IMAGE) $(BUILD)/swap.img $(mkfs_programs)

clean:
	rm -rf $(BUILD)

-include $(kernel_objects:.o=.d) $(library_objects:.o=.d) $(programs:=.c.d) \
    $(many_objects:.o=.d) $(extra_programs:=.d)

endif   # of what is not make deps
