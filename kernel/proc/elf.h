/*
 * Executable files (Executable and Linkable Format, 64 bits, little-endian; RISC-V ELF psABI): the
 * part that exec looks at.
 */
#pragma once

#include <stdint.h>

#define ELF_MAGIC 0x464c457fu /* 0x7f "ELF" */
#define ELF_CLASS_64 2
#define ELF_DATA_LITTLE 1
#define ELF_TYPE_EXECUTABLE 2
#define ELF_MACHINE_RISCV 243
#define ELF_MAX_SEGMENTS 64 /* of all types; ours */

struct elf_header {
    uint32_t magic;
    uint8_t class, data, version, abi;
    uint8_t padding[8];
    uint16_t type, machine;
    uint32_t format_version;
    uint64_t entry;
    uint64_t segment_offset, section_offset; /* in the file: the tables of headers */
    uint32_t flags;
    uint16_t header_size;
    uint16_t segment_size, segment_count; /* of one segment header; how many */
    uint16_t section_size, section_count, section_names;
};
_Static_assert(sizeof(struct elf_header) == 64, "ELF64 file header");

#define ELF_SEGMENT_LOAD 1
enum elf_segment_flag { ELF_EXECUTE = 1, ELF_WRITE = 2, ELF_READ = 4 };

struct elf_segment {
    uint32_t type, flags;
    uint64_t offset; /* in the file */
    uint64_t va, pa;
    uint64_t file_bytes, mem_bytes;
    uint64_t alignment;
};
_Static_assert(sizeof(struct elf_segment) == 56, "ELF64 program header");
