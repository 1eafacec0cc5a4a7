/*
 * Where every program begins: exec enters here with argc and argv, on an aligned stack. A program
 * whose standard output could not be written does not end with 0.
 */
#include "user.h"

int main(int argc, char *argv[]);
void _start(int argc, char *argv[]);

/* NULL in a program that has none of the library's output: see output.c. */
int (*output_check)(const char *program, int status) __attribute__((weak));

void _start(int argc, char *argv[])
{
    int status = main(argc, argv);

    exit(output_check ? output_check(argc > 0 ? argv[0] : "?", status) : status);
}
