/* Preloaded (LD_PRELOAD) before libc: every fsync and fdatasync takes SLOW_FSYNC_MICROSECONDS longer, as on a disk
   that really waits for its platter. Nothing is left out: the real call follows. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

typedef int (*sync_call)(int);

static void wait_a_little(void) {
    const char *told = getenv("SLOW_FSYNC_MICROSECONDS");
    usleep(told ? (useconds_t)atoi(told) : 2000);
}

int fsync(int descriptor) {
    wait_a_little();
    return ((sync_call)dlsym(RTLD_NEXT, "fsync"))(descriptor);
}

int fdatasync(int descriptor) {
    wait_a_little();
    return ((sync_call)dlsym(RTLD_NEXT, "fdatasync"))(descriptor);
}
