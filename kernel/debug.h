/* The boot argument debug=: so that tests see whether the kernel's checks see. */
#pragma once

#ifdef SAN
/* Feeds the checker of the lock order what is right and what is wrong. Sleeps. Does not return. */
void debug_lockorder(void);
#else
#define debug_lockorder() ((void)0)
#endif
