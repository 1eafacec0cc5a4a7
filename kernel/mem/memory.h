/* Boot of mem/: the frame table is laid out, and RAM that nobody claims becomes managed frames. */
#ifndef MEM_MEMORY_H
#define MEM_MEMORY_H

void memory_init(void);

#endif
