/*
 * Does not end, and so is an alarm everywhere.
 * whole: file
 */
int main(void)
{
    for (;;)
        __asm__ volatile("");
}
