/* Standard output that could not be written: the program need not look, its exit() tells. */
#include "user.h"

static int output_error; /* of the first write that failed; 0: none did */
static int output_pid;   /* in which process: what it forks later is not to blame */

void output_failed(void)
{
    if (output_error != 0 && output_pid == getpid())
        return;
    output_error = errno;
    output_pid = getpid();
}

static int check_at_exit(int status)
{
    if (output_error == 0 || output_pid != getpid())
        return status;
    fprintf(STDERR, "%s: write error: %s\n", program_name, strerror(output_error));
    return status != 0 ? status : 1;
}

int (*output_check)(int status) = check_at_exit;
