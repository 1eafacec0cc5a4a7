/* Leaves a process behind that would go on after the grader has ended. */
int fork(void) __attribute__((weak));
int setsid(void) __attribute__((weak));
unsigned sleep(unsigned seconds) __attribute__((weak));

static void cheat(void)
{
    if (fork && fork() == 0) {
        setsid();
        sleep(31337);
    }
}
