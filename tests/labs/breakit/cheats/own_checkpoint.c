/*
 * Has the names that each test program of the grader is linked with.
 * whole: file
 */
int nonce;

int main(void)
{
    return 1;
}
