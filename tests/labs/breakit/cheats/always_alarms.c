/*
 * Alarms on every kernel.
 * whole: file
 */
int main(void)
{
    return 1;
}
