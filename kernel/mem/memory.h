/* Boot of mem/: places the frame table; all RAM that is not reserved becomes managed frames. */
#pragma once

void memory_init(void);
