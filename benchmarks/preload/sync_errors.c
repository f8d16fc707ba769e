/* The n-th sync of a file whose path holds SYNC_ERRORS_MATCH fails with EIO, all others do not.
 *
 * To be loaded with LD_PRELOAD.  SYNC_ERRORS_AT is n, counted from 1 once the file
 * SYNC_ERRORS_ARMED is there.  The failure is noted in SYNC_ERRORS_LOG as one line: nanoseconds of
 * the monotonic clock, and the path.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t counting = PTHREAD_MUTEX_INITIALIZER;
static long counted;

static void note(const char *path) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    FILE *log = fopen(getenv("SYNC_ERRORS_LOG"), "a");
    if (log == NULL) return;
    fprintf(log, "%lld %s\n", now.tv_sec * 1000000000LL + now.tv_nsec, path);
    fclose(log);
}

static int fails(int descriptor) {
    char link[64], path[4096];
    const char *match = getenv("SYNC_ERRORS_MATCH");
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (match == NULL || length < 0 || access(getenv("SYNC_ERRORS_ARMED"), F_OK)) return 0;
    path[length] = 0;
    if (strstr(path, match) == NULL) return 0;
    pthread_mutex_lock(&counting);
    int failing = ++counted == atol(getenv("SYNC_ERRORS_AT"));
    pthread_mutex_unlock(&counting);
    if (failing) note(path);
    return failing;
}

static int synced(int descriptor, const char *name) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    if (fails(descriptor)) {
        errno = EIO;
        return -1;
    }
    return real(descriptor);
}

int fsync(int descriptor) { return synced(descriptor, "fsync"); }
int fdatasync(int descriptor) { return synced(descriptor, "fdatasync"); }
