/* What the tests of mappings share. All sizes are in pages. */
#ifndef MAPPING_H
#define MAPPING_H

#include "test.h"

#define RW (PROT_READ | PROT_WRITE)

/* The address space and its promises, as far as a refused call may not change them. */
struct shape {
    unsigned long long bytes, promised;
};
void shape_read(struct shape *shape);
bool shape_is(const struct shape *before);

/* Each expects success. flags: MAP_PRIVATE or MAP_SHARED, and more. */
char *map(unsigned long pages, int prot, int flags); /* anonymous */
char *map_at(const char *address, unsigned long pages, int prot, int flags);
/* The file is opened for what prot and flags ask for, and closed when it is mapped. */
char *map_file(const char *path, unsigned long pages, int prot, int flags);
void unmap(char *start, unsigned long pages);
void protect(char *start, unsigned long pages, int prot);

bool is_mapped(const char *page);  /* an area is there */
bool is_present(const char *page); /* no access to it would wait for the disk */
bool has_bytes(const char *data, unsigned long bytes, char byte);
/* A kernel that asks too much of a page is told so: what it may do, without dying of it. */
bool can_read(const char *address);
bool can_write(char *address); /* leaves what is there */

/* For expect_killed. */
void load_byte(long address);
void store_byte(long address);

unsigned long promised(void);
unsigned long small_object_frames(void); /* with caches dropped: areas are small objects */
void need_strictness(void);              /* skips where the machine promises everything */

#endif
