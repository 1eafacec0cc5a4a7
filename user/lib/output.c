/* Standard output that could not be written: the program need not look, its exit() tells. */
#include "user.h"

const char *program_name = "?";
int (*output_check)(int status); /* NULL while no output was lost */
static int output_error; /* of the first write that failed */
static int output_pid;   /* in which process: what it forks later is not to blame */

static int tell_at_exit(int status)
{
    if (output_pid != getpid())
        return status;
    fprintf(STDERR, "%s: write error: %s\n", program_name, strerror(output_error));
    return status != 0 ? status : 1;
}

void output_failed(void)
{
    if (output_check && output_pid == getpid())
        return;
    output_error = errno;
    output_pid = getpid();
    output_check = tell_at_exit;
}
