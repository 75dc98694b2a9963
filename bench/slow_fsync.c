/* Adds 1 ms to each fsync and fdatasync of the program it is preloaded into: a slower disk, for `make bench`. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

static int slowly(const char *name, int file) {
    static const struct timespec added = {0, 1000000};
    int (*sync_file)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    nanosleep(&added, 0);
    return sync_file(file);
}

int fsync(int file) { return slowly("fsync", file); }
int fdatasync(int file) { return slowly("fdatasync", file); }
