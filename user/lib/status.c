/*
 * One number for how a child ended, which a shell can exit with in its turn. The lowest 8 bits are
 * what $? shows, as on other systems: of an exit the status's own, of a kill END_KILLED. Above
 * them stands why it was killed.
 */
#include "user.h"

#define WAS_KILLED (1 << 30)
#define CAUSE_SHIFT 8

int end_cause(int status)
{
    int cause = (status & ~WAS_KILLED) >> CAUSE_SHIFT;

    return status >= WAS_KILLED && cause > CAUSE_EXITED && cause < CAUSES ? cause : CAUSE_EXITED;
}

int end_status(int status, int cause)
{
    if (cause != CAUSE_EXITED)
        return WAS_KILLED | cause << CAUSE_SHIFT | END_KILLED;
    if (end_cause(status) != CAUSE_EXITED) /* the child was a shell */
        return status;
    if (status != 0 && (status & 255) == 0) /* what is no success must not look like one */
        return 255;
    return status & 255;
}
