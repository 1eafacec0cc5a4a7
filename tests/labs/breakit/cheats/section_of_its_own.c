/*
 * Wants to lie where another part of the program is.
 * whole: file
 */
__attribute__((section(".checkpoint"))) int before = 1;

int main(void)
{
    return before;
}
