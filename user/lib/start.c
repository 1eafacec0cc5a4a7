/* Where every program begins: exec enters here with argc and argv, on an aligned stack. */
#include "user.h"

int main(int argc, char *argv[]);
void _start(int argc, char *argv[]);

void _start(int argc, char *argv[])
{
    exit(main(argc, argv));
}
