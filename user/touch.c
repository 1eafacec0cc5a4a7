/* touch FILE…: makes those that do not exist. */
#include "user.h"

int main(int argc, char *argv[])
{
    int status = 0;

    for (int i = 1; i < argc; i++) {
        int fd = open(argv[i], O_WRONLY | O_CREATE);

        if (fd < 0) {
            warn("touch", argv[i]);
            status = 1;
        } else {
            close(fd);
        }
    }
    return status;
}
