# What is installed here: read by deps, doctor, gdb and compilers.
# shellcheck shell=sh disable=SC2034

PREFIXES="riscv64-unknown-elf- riscv64-elf- riscv64-none-elf- riscv64-linux-gnu-"
FIRMWARE=opensbi-riscv64-generic-fw_dynamic.bin

have() { command -v "$1" >/dev/null 2>&1; }
any() { for c in "$@"; do have "$c" && return 0; done; return 1; }

# knows_riscv GDB: an x86 gdb has the same name, and its words for "no" differ by version and
# language; what counts is that it names the architecture when asked for it.
knows_riscv() {
    have "$1" && LC_ALL=C "$1" -nx -batch -ex 'set architecture riscv:rv64' \
        -ex 'show architecture' 2>/dev/null </dev/null | grep -q 'riscv:rv64'
}

# Prints the first gdb that knows RISC-V.
find_gdb() {
    for gdb in gdb-multiarch riscv64-unknown-elf-gdb riscv64-elf-gdb gdb; do
        if knows_riscv "$gdb"; then echo "$gdb"; return; fi
    done
    return 1
}

# Prints the first browser of the Chromium family; tests/browser/ground.py knows the same.
find_browser() {
    for browser in chromium chromium-browser google-chrome google-chrome-stable \
        /Applications/Chromium.app/Contents/MacOS/Chromium \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    do
        if have "$browser"; then echo "$browser"; return; fi
    done
    return 1
}

# find_firmware QEMU: prints what -bios should be: QEMU's own where that is installed, else a
# distribution's. tests/qemu/machine.py knows the same places.
find_firmware() {
    folders=$("$1" -L help 2>/dev/null </dev/null)
    for folder in $folders; do
        if [ -e "$folder/$FIRMWARE" ]; then echo default; return; fi
    done
    for file in /usr/share/qemu/$FIRMWARE \
        /usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin \
        /usr/share/opensbi/lp64/generic/firmware/fw_dynamic.bin /usr/share/edk2/riscv/fw_dynamic.bin
    do
        if [ -e "$file" ]; then echo "$file"; return; fi
    done
    return 1
}
