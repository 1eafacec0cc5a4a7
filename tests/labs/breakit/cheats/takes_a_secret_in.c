/*
 * Wants a file of the grading machine in the program.
 * whole: file
 * never: root:
 */
__asm__(".section .rodata\n.incbin \"/etc/shadow\"\n.text\n");

int main(void)
{
    return 1;
}
