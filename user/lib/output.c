/* Standard output that could not be written: main() need not look, the program's end tells. */
#include "user.h"

static int output_error; /* of the first write that failed; 0: none did */

void output_failed(void)
{
    if (output_error == 0)
        output_error = errno;
}

static int output_end(const char *program, int status)
{
    if (output_error == 0)
        return status;
    fprintf(STDERR, "%s: write error: %s\n", program, strerror(output_error));
    return status != 0 ? status : 1;
}

int (*output_check)(const char *program, int status) = output_end;
