/* Keeps, of the folder POWER_CUT_ROOT, what would survive a power cut at any moment.
 *
 * To be loaded with LD_PRELOAD.  At a sync of a file its bytes are copied to
 * POWER_CUT_KEPT/content/KEY; at a sync of a folder the names in it are written to
 * POWER_CUT_KEPT/names/KEY, one line each: kind, key, name.  So bytes that were not synced are
 * lost, and so is a name, a rename or a removal whose folder was not.  KEY is inode and birth time.
 * What is there when the first process begins is taken as synced.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t keeping = PTHREAD_MUTEX_INITIALIZER;

static int key_of(int at, const char *name, char *key, mode_t *mode) {
    struct statx told;
    if (statx(at, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &told))
        return -1;
    *mode = told.stx_mode;
    return sprintf(key, "%llu-%lld-%u", (unsigned long long)told.stx_ino,
                   (long long)told.stx_btime.tv_sec, told.stx_btime.tv_nsec);
}

static FILE *begin(const char *kind, const char *key, char *fresh, char *final) {
    snprintf(final, 4096, "%s/%s/%s", getenv("POWER_CUT_KEPT"), kind, key);
    snprintf(fresh, 4200, "%s.new", final);
    return fopen(fresh, "w");
}

static void keep_bytes(const char *path, const char *key) {
    char fresh[4200], final[4096], block[65536];
    int from = open(path, O_RDONLY);
    FILE *to = begin("content", key, fresh, final);
    ssize_t length;
    while (from >= 0 && to && (length = read(from, block, sizeof block)) > 0)
        fwrite(block, 1, length, to);
    if (from >= 0) close(from);
    if (to) fclose(to);
    rename(fresh, final);
}

static void keep_names(const char *path, const char *key) {
    char fresh[4200], final[4096], below[64];
    mode_t mode;
    DIR *folder = opendir(path);
    FILE *to = begin("names", key, fresh, final);
    for (struct dirent *each; folder && to && (each = readdir(folder));) {
        if (!strcmp(each->d_name, ".") || !strcmp(each->d_name, "..")) continue;
        if (key_of(dirfd(folder), each->d_name, below, &mode) < 0) continue;
        if (S_ISREG(mode) || S_ISDIR(mode))
            fprintf(to, "%c %s %s\n", S_ISDIR(mode) ? 'd' : 'f', below, each->d_name);
    }
    if (folder) closedir(folder);
    if (to) fclose(to);
    rename(fresh, final);
}

static void keep(const char *path, int at, const char *name) {
    char key[64];
    mode_t mode;
    if (key_of(at, name, key, &mode) < 0) return;
    pthread_mutex_lock(&keeping);
    if (S_ISREG(mode)) keep_bytes(path, key);
    if (S_ISDIR(mode)) keep_names(path, key);
    pthread_mutex_unlock(&keeping);
}

static int found(const char *path, const struct stat *told, int kind) {
    (void)told, (void)kind;
    keep(path, AT_FDCWD, path);
    return 0;
}

__attribute__((constructor)) static void begun(void) {
    char place[4096], key[64], *root = getenv("POWER_CUT_ROOT");
    mode_t mode;
    if (root == NULL) return;
    snprintf(place, sizeof place, "%s/root", getenv("POWER_CUT_KEPT"));
    int first = open(place, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (first < 0) return;
    ftw(root, found, 16);
    if (key_of(AT_FDCWD, root, key, &mode) > 0) dprintf(first, "%s", key);
    close(first);
}

static int synced(int descriptor, const char *name) {
    char link[64], path[4096];
    const char *root = getenv("POWER_CUT_ROOT");
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    int failed = real(descriptor);
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (failed || root == NULL || length < 0) return failed;
    path[length] = 0;
    if (!strncmp(path, root, strlen(root))) keep(link, descriptor, "");
    return 0;
}

int fsync(int descriptor) { return synced(descriptor, "fsync"); }
int fdatasync(int descriptor) { return synced(descriptor, "fdatasync"); }
