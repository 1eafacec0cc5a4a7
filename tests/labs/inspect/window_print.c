/*
 * The student's program, which is written for our C library, not for this computer's: what it calls
 * has other names here, and driver.c has them.
 */
#include "user.h"

int lab_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int lab_vmstat(int pid, struct vm_stats *stats, int flags);
void lab_die(const char *program, const char *what) __attribute__((noreturn));
int *lab_errno(void);
void lab_print_vm_stats(void);

#define main vmstat_main
#define printf lab_printf
#define vmstat lab_vmstat
#define die lab_die
#define errno_address lab_errno
#include LAB_FILE

void lab_print_vm_stats(void)
{
    print_vm_stats();
}
