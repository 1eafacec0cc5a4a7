/* ps: the processes; their state (R running, S sleeping, Z ended) and memory in KiB. */
#include "user.h"

int main(void)
{
    struct proc_info *table = malloc(MAX_PROCESSES * sizeof(*table));
    int rows;

    if (table == NULL || (rows = procinfo(table, MAX_PROCESSES)) < 0)
        die("ps", "processes");
    printf("%5s %5s S %9s %9s %9s NAME\n", "PID", "PPID", "RESIDENT", "SWAPPED", "SIZE");
    for (int i = 0; i < rows; i++) {
        const struct proc_info *p = &table[i];

        printf("%5d %5d %c %9llu %9llu %9llu %s\n", p->pid, p->ppid, p->state, p->resident / 1024,
               p->swapped / 1024, p->size / 1024, p->name);
    }
    return 0;
}
