/* Boot of mem/: places the frame table; all RAM that is not reserved becomes managed frames. */
#ifndef MEM_MEMORY_H
#define MEM_MEMORY_H

void memory_init(void);

#endif
