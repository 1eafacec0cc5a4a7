/* Names: directories, links, paths, and many processes at them at once. */
#include "test.h"

#define NAME_BYTES 62

static int make_empty(const char *path)
{
    int fd = open(path, O_CREATE | O_WRONLY);

    return fd < 0 ? -1 : close(fd);
}

static bool exists(const char *path)
{
    int fd = open(path, O_RDONLY);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* Entries in use, "." and ".." among them. */
static int count_entries(const char *path)
{
    struct dirent entry;
    int fd = open(path, O_RDONLY), count = 0;

    expect(fd >= 0);
    while (read(fd, &entry, sizeof(entry)) == sizeof(entry))
        count += entry.inum != 0;
    close(fd);
    return count;
}

static unsigned inode_of(const char *path)
{
    struct stat status;

    expect(stat(path, &status) == 0);
    return status.ino;
}

static int links_of(const char *path)
{
    struct stat status;

    expect(stat(path, &status) == 0);
    return status.nlink;
}

static void numbered(char *name, char letter, int number)
{
    name[0] = letter;
    name[1] = (char)('a' + number / 676);
    name[2] = (char)('a' + number / 26 % 26);
    name[3] = (char)('a' + number % 26);
    name[4] = '\0';
}

static void make_and_remove_directories(void)
{
    expect(mkdir("d") == 0);
    expect_error(mkdir("d"), EEXIST);
    expect(mkdir("d/e") == 0);
    expect_equal(count_entries("d"), 3);
    expect_error(unlink("d"), ENOTEMPTY);
    expect(unlink("d/e") == 0);
    expect(unlink("d") == 0);
    expect(!exists("d"));
    expect_error(mkdir("d/e"), ENOENT);
    expect_error(unlink("d"), ENOENT);
}

static void dot_and_dot_dot(void)
{
    expect(mkdir("d") == 0 && mkdir("d/e") == 0);
    expect_equal(inode_of("d/."), inode_of("d"));
    expect_equal(inode_of("d/e/.."), inode_of("d"));
    expect_equal(inode_of("d/e/../../d/./e"), inode_of("d/e"));
    expect_equal(inode_of("/.."), 1);
    expect(chdir("d/e") == 0);
    expect(make_empty("../f") == 0);
    expect(chdir("../..") == 0);
    expect(exists("d/f"));
    expect(unlink("d/.") == -1);
    expect(unlink("d/e/..") == -1);
    expect_error(unlink("d/f/."), ENOTDIR);
    expect_error(unlink("d/f/.."), ENOTDIR);
    expect(unlink(".") == -1);
    expect(unlink("/") == -1);
    expect_equal(links_of("d"), 2);
    expect(unlink("d/e") == 0);
    expect_equal(links_of("d"), 1);
}

static void slashes(void)
{
    expect(mkdir("d") == 0);
    expect(make_empty("d//f") == 0);
    expect(exists("./d///f"));
    expect(exists("d/"));
    expect(exists("//"));
    expect(open("", O_RDONLY) == -1);
}

static void files_are_no_directories(void)
{
    make_empty("f");
    expect_error(open("f/x", O_CREATE | O_WRONLY), ENOTDIR);
    expect_error(open("f/x", O_RDONLY), ENOTDIR);
    expect_error(mkdir("f/x"), ENOTDIR);
    expect_error(chdir("f"), ENOTDIR);
    expect_error(mkdir("f"), EEXIST);
    expect(mkdir("d") == 0);
    expect_error(open("d", O_WRONLY), EISDIR);
    expect_error(open("d", O_RDWR), EISDIR);
    expect_error(open("d", O_CREATE | O_WRONLY), EISDIR);
    expect_error(open("d", O_CREATE), EISDIR);
    expect(link("d", "d2") == -1);
}

static void longest_names(void)
{
    char name[NAME_BYTES + 2], path[MAX_PATH + 2];

    memset(name, 'n', NAME_BYTES + 1);
    name[NAME_BYTES + 1] = '\0';
    expect_error(open(name, O_CREATE | O_WRONLY), ENAMETOOLONG);
    expect_error(mkdir(name), ENAMETOOLONG);
    name[NAME_BYTES] = '\0';
    expect(make_empty(name) == 0);
    expect(exists(name));
    name[NAME_BYTES - 1] = 'm';
    expect(!exists(name));
    name[NAME_BYTES - 1] = 'n';
    expect(link(name, "short") == 0 && unlink(name) == 0 && exists("short"));

    memset(path, '/', MAX_PATH + 1);
    path[MAX_PATH + 1] = '\0';
    expect_error(open(path, O_RDONLY), ENAMETOOLONG);
    path[MAX_PATH] = '\0';
    expect_error(open(path, O_RDONLY), ENAMETOOLONG);
    path[MAX_PATH - 1] = '\0';
    expect(exists(path)); /* the root, 1023 times a slash */
}

static void links_count(void)
{
    write_file("a", "shared", 6);
    expect(link("a", "b") == 0);
    expect_equal(inode_of("a"), inode_of("b"));
    expect_equal(links_of("a"), 2);
    expect_error(link("a", "b"), EEXIST);
    expect_error(link("missing", "c"), ENOENT);
    expect_error(link("a", "missing/c"), ENOENT);
    expect(unlink("a") == 0);
    expect_equal(links_of("b"), 1);
    expect_error(unlink("a"), ENOENT);
    int fd = open("b", O_RDONLY);
    char text[8];

    expect(read(fd, text, 8) == 6 && memcmp(text, "shared", 6) == 0);
    expect(link("b", "b") == -1);
}

static void chdir_keeps(void)
{
    expect(mkdir("d") == 0 && chdir("d") == 0);
    make_empty("f");
    expect_error(chdir("missing"), ENOENT);
    expect(exists("f"));
    expect(chdir("../d/../d") == 0);
    expect(exists("f"));
}

/* Who stands in a directory that is removed stands on nothing, and does no harm. */
static void removed_directory(void)
{
    int before;

    expect(mkdir("d") == 0 && chdir("d") == 0);
    before = unlink("../d");
    if (before == 0) {
        expect_error(open("f", O_CREATE | O_WRONLY), ENOENT);
        expect_error(mkdir("e"), ENOENT);
        expect(link("/README", "r") == -1);
    }
    expect(chdir("/usertests.d") == 0);
}

/*
 * What ".." said in a removed directory leads nowhere, in particular not into the directory that
 * got the number of its parent, which is gone as well.
 */
static void removed_parents(void)
{
    unsigned lost;
    char name[8];
    int fd;

    expect(mkdir("p") == 0 && mkdir("p/q") == 0);
    lost = inode_of("p");
    fd = open("p/q", O_RDONLY);
    expect(chdir("p/q") == 0);
    expect(unlink("../../p/q") == 0 && unlink("/usertests.d/p") == 0);
    for (int i = 0; i < 64; i++) {
        numbered(name, 's', i);
        snprintf(block, sizeof(block), "/usertests.d/%s", name);
        expect(mkdir(block) == 0);
    }
    expect_error(open("..", O_RDONLY), ENOENT);
    expect_error(open(".", O_RDONLY), ENOENT);
    expect_error(open("../made", O_CREATE | O_WRONLY), ENOENT);
    expect_error(mkdir("../made"), ENOENT);
    expect_error(mknod("../made", 1, 0), ENOENT);
    expect_error(link("/README", "../made"), ENOENT);
    expect_error(link("../README", "/usertests.d/made"), ENOENT);
    expect_error(unlink("../saaa"), ENOENT);
    expect_error(chdir(".."), ENOENT);
    expect_error(exec("../true", (char *[]){NULL}), ENOENT);
    expect_equal(read(fd, block, 64), 0); /* and no entry leads there either */
    expect(chdir("/usertests.d") == 0);
    for (int i = 0; i < 64; i++) {
        numbered(name, 's', i);
        expect_equal(count_entries(name), 2);
        lost = inode_of(name) == lost ? 0 : lost;
    }
    expect_equal(lost, 0); /* else nothing was tested */
}

/* A path that ends in a slash names a directory, in each call that takes one. */
static void last_slash(void)
{
    char *argv[] = {NULL};

    write_file("f", "text", 4);
    expect(mkdir("d/") == 0 && mkdir("e//") == 0);
    expect_error(open("f/", O_RDONLY), ENOTDIR);
    expect_error(open("f//", O_RDWR | O_TRUNC), ENOTDIR);
    expect_error(open("f/", O_CREATE | O_RDWR), ENOTDIR);
    expect_error(open("new/", O_CREATE | O_RDWR), ENOENT);
    expect_error(open("d/", O_CREATE | O_RDWR), EISDIR);
    expect_error(open("/console/", O_RDWR), ENOTDIR);
    expect_error(mknod("new/", 1, 0), ENOENT);
    expect_error(mknod("d/", 1, 0), EEXIST);
    expect_error(mkdir("f/"), EEXIST);
    expect_error(link("f/", "g"), ENOTDIR);
    expect_error(link("d/", "g"), EPERM);
    expect_error(link("f", "new/"), ENOENT);
    expect_error(link("f", "d/"), EEXIST);
    expect_error(unlink("f/"), ENOTDIR);
    expect_error(chdir("f/"), ENOTDIR);
    expect_error(exec("/true/", argv), ENOTDIR);
    expect(close(open("d/", O_RDONLY)) == 0);
    expect(chdir("d/") == 0 && chdir("..///") == 0);
    expect(unlink("d/") == 0 && unlink("e//") == 0);
    expect(read(open("f", O_RDONLY), block, 10) == 4 && memcmp(block, "text", 4) == 0);
}

/* The root has no last name, "." and ".." are directories: they are not made. */
static void make_what_is_there(void)
{
    static const char *const paths[] = {"/", "//", "/.", "/..", ".", "..", "./"};

    make_empty("f");
    for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        expect_error(open(paths[i], O_CREATE | O_RDWR), EISDIR);
        expect_error(open(paths[i], O_CREATE), EISDIR);
        expect_error(open(paths[i], O_WRONLY), EISDIR);
        expect_error(mkdir(paths[i]), EEXIST);
        expect_error(mknod(paths[i], 1, 0), EEXIST);
        expect_error(link("f", paths[i]), EEXIST);
        expect_error(link(paths[i], "g"), EPERM);
        expect_error(unlink(paths[i]), EPERM);
        expect(close(open(paths[i], O_RDONLY)) == 0);
    }
}

#define MANY 300

static void many_files(void)
{
    char path[16] = "d/";

    expect(mkdir("d") == 0);
    for (int i = 0; i < MANY; i++) {
        numbered(path + 2, 'f', i);
        write_file(path, path, 6);
    }
    expect_equal(count_entries("d"), MANY + 2);
    for (int i = 0; i < MANY; i += 2) {
        numbered(path + 2, 'f', i);
        expect(unlink(path) == 0);
    }
    drop_caches();
    expect_equal(count_entries("d"), MANY / 2 + 2);
    for (int i = 0; i < MANY; i++) {
        numbered(path + 2, 'f', i);
        expect(exists(path) == (i % 2 == 1));
        if (i % 2)
            expect(unlink(path) == 0);
    }
    expect(unlink("d") == 0);
}

static void deep_directories(void)
{
    for (int i = 0; i < 60; i++)
        expect(mkdir("deep") == 0 && chdir("deep") == 0);
    make_empty("bottom");
    expect(chdir("/usertests.d") == 0);
    expect(exists("deep/deep/deep"));
}

#define ROUNDS 40

static void create_own(long who)
{
    char name[8];

    for (int i = 0; i < ROUNDS; i++) {
        numbered(name, (char)('p' + who), i);
        write_file(name, name, 5);
        if (i % 2)
            expect(unlink(name) == 0);
    }
}

static void creates_at_once(void)
{
    char name[8];

    for (int i = 0; i < 6; i++)
        spawn(create_own, i);
    join_all(6, 0);
    for (int who = 0; who < 6; who++)
        for (int i = 0; i < ROUNDS; i++) {
            numbered(name, (char)('p' + who), i);
            expect(exists(name) == (i % 2 == 0));
        }
    expect_equal(count_entries("."), 6 * ROUNDS / 2 + 2);
}

static void fight_for_one(long who)
{
    for (int i = 0; i < ROUNDS * 3; i++) {
        int fd = open("one", O_CREATE | O_RDWR);

        if (fd >= 0) {
            expect_equal(write(fd, &who, sizeof(who)), sizeof(who));
            close(fd);
        }
        link("one", who % 2 ? "two" : "three");
        unlink(who % 2 ? "three" : "one");
        unlink("two");
    }
}

/* The same names, made, linked and removed by all: somebody wins each time, and nothing is lost. */
static void one_name_many_processes(void)
{
    for (int i = 0; i < 5; i++)
        spawn(fight_for_one, i);
    join_all(5, 0);
    unlink("one");
    unlink("two");
    unlink("three");
    expect_equal(count_entries("."), 2);
}

static void climb(long who)
{
    char name[8];

    for (int i = 0; i < ROUNDS; i++) {
        numbered(name, (char)('a' + who), i);
        mkdir("d");
        if (chdir("d") == 0) {
            make_empty(name);
            unlink(name);
            expect(chdir("..") == 0 || chdir("/usertests.d") == 0);
        }
        unlink("d");
    }
}

static void directories_at_once(void)
{
    for (int i = 0; i < 5; i++)
        spawn(climb, i);
    join_all(5, 0);
    unlink("d");
    expect(!exists("d"));
}

static int create_once(int fd)
{
    return fd >= 0 ? close(fd) == 0 : 0;
}

static void race_to_link(long who)
{
    (void)who;
    exit(link("source", "target") == 0);
}

/* Exactly one of many wins a name. */
static void one_wins(void)
{
    expect_equal(create_once(open("source", O_CREATE | O_WRONLY)), 1);
    for (int round = 0; round < 10; round++) {
        int wins = 0;

        for (int i = 0; i < 6; i++)
            spawn(race_to_link, i);
        for (int i = 0; i < 6; i++) {
            int status;

            expect(wait(&status) > 0);
            wins += status;
        }
        expect_equal(wins, 1);
        expect_equal(links_of("source"), 2);
        expect(unlink("target") == 0);
    }
}

/* Directories are files of 64-byte entries. */
static void directory_as_a_file(void)
{
    struct dirent entry;
    int fd;

    expect(mkdir("d") == 0);
    make_empty("d/name");
    fd = open("d", O_RDONLY);
    expect_equal(sizeof(entry), 64);
    expect(read(fd, &entry, 64) == 64 && strcmp(entry.name, ".") == 0);
    expect_equal(entry.inum, inode_of("d"));
    expect(read(fd, &entry, 64) == 64 && strcmp(entry.name, "..") == 0);
    expect_equal(entry.inum, inode_of("."));
    expect(read(fd, &entry, 64) == 64 && strcmp(entry.name, "name") == 0);
    expect_equal(entry.inum, inode_of("d/name"));
    expect(write(fd, &entry, 64) == -1);
    expect(ftruncate(fd, 0) == -1);
}

const struct test directory_tests[] = {
    {"make_and_remove_directories", make_and_remove_directories, QUICK},
    {"dot_and_dot_dot", dot_and_dot_dot, QUICK},
    {"slashes", slashes, QUICK},
    {"files_are_no_directories", files_are_no_directories, QUICK},
    {"longest_names", longest_names, QUICK},
    {"links_count", links_count, QUICK},
    {"chdir_keeps", chdir_keeps, QUICK},
    {"removed_directory", removed_directory, QUICK},
    {"removed_parents", removed_parents, QUICK},
    {"last_slash", last_slash, QUICK},
    {"make_what_is_there", make_what_is_there, QUICK},
    {"many_files", many_files, QUICK},
    {"deep_directories", deep_directories, QUICK},
    {"creates_at_once", creates_at_once, QUICK},
    {"one_name_many_processes", one_name_many_processes, QUICK},
    {"directories_at_once", directories_at_once, QUICK},
    {"one_wins", one_wins, QUICK},
    {"directory_as_a_file", directory_as_a_file, QUICK},
    {NULL, NULL, QUICK},
};
