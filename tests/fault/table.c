/* SPDX-License-Identifier: Apache-2.0 */
/* The errors that a system call may return: those of its manual page, and those that lack of
 * memory, a disk, a security module or an administrator can cause. Not in the table: close(), which
 * always frees its descriptor, and brk(), which returns no error. */
#include "tests/fault/table.h"

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>

#define CALLS(...) ((const int[]){ __VA_ARGS__, -1 })

/* musl makes the older calls where the architecture has them. */
#define OPENING  SYS_openat, SYS_open
#define LOOKING  SYS_newfstatat, SYS_stat, SYS_lstat, SYS_access
#define POINTING SYS_readlinkat, SYS_readlink
#define MAKING   OPENING, SYS_mkdirat, SYS_mkdir, SYS_linkat, SYS_symlinkat, SYS_mknodat
#define NAMING   SYS_renameat, SYS_rename, SYS_unlinkat
#define SOCKETS  SYS_socket, SYS_sendto, SYS_recvmsg

const struct error errors[] = {
	{ ENOMEM, "ENOMEM",
	  CALLS(MAKING, SOCKETS, SYS_mmap, SYS_brk, SYS_fsopen, SYS_fsconfig, SYS_fsmount,
	        SYS_memfd_create, SYS_clone3, SYS_clone, SYS_vfork, SYS_capset, LOOKING,
	        SYS_getdents64, SYS_setsockopt, SYS_bpf) },
	{ EINTR, "EINTR",
	  CALLS(OPENING, SYS_read, SYS_write, SYS_sendto, SYS_recvmsg, SYS_flock, SYS_wait4,
	        SYS_poll, SYS_getrandom) },
	{ EIO, "EIO",
	  CALLS(MAKING, NAMING, SYS_read, SYS_write, SYS_pread64, SYS_pwrite64, SYS_pwritev,
	        LOOKING, POINTING, SYS_getdents64, SYS_ftruncate, SYS_utimensat, SYS_fsync,
	        SYS_fchownat, SYS_chmod, SYS_lseek, SYS_ioctl, SYS_fsetxattr, SYS_fgetxattr) },
	{ ENOSPC, "ENOSPC",
	  CALLS(MAKING, SYS_write, SYS_pwrite64, SYS_pwritev, SYS_renameat, SYS_rename,
	        SYS_memfd_create, SYS_fsmount, SYS_fsetxattr) },
	{ EMFILE, "EMFILE",
	  CALLS(OPENING, SYS_socket, SYS_pipe2, SYS_memfd_create, SYS_fsopen, SYS_pidfd_open,
	        SYS_fsmount, SYS_bpf) },
	{ EPERM, "EPERM",
	  CALLS(MAKING, NAMING, SYS_setns, SYS_capset, SYS_socket, SYS_sendto, SYS_bind,
	        SYS_fchownat, SYS_chmod, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_ioctl,
	        SYS_utimensat, SYS_setsockopt, SYS_fsetxattr, SYS_bpf) },
	{ EACCES, "EACCES", CALLS(MAKING, NAMING, LOOKING, POINTING, SYS_chmod) },
	{ EROFS, "EROFS", CALLS(MAKING, NAMING, SYS_fchownat, SYS_chmod, SYS_utimensat) },
	{ EBUSY, "EBUSY", CALLS(SYS_unlinkat, SYS_fsconfig, SYS_bind, SYS_sendto) },
	{ EAGAIN, "EAGAIN",
	  CALLS(SYS_read, SYS_write, SYS_sendto, SYS_recvmsg, SYS_clone3, SYS_vfork, SYS_flock,
	        SYS_getrandom) },
	{ ENOBUFS, "ENOBUFS", CALLS(SYS_sendto, SYS_recvmsg, SYS_setsockopt, SYS_socket) },
	{ ENOLCK, "ENOLCK", CALLS(SYS_flock) },
	{ EOPNOTSUPP, "EOPNOTSUPP", CALLS(SYS_fsetxattr, SYS_fgetxattr) },
	{ ENOSYS, "ENOSYS", CALLS(SYS_fsopen, SYS_getrandom, SYS_memfd_create, SYS_getsockopt) },
	{ 0, NULL, NULL },
};

/* A directory that is only opened needs no room and may be read-only. */
static bool is_for_writing(const struct error *e)
{
	return e->number == ENOSPC || e->number == EROFS;
}

bool error_fits(const struct error *e, const struct call *call)
{
	if ((call->number == SYS_openat || call->number == SYS_open) && !call->writes &&
	    is_for_writing(e))
		return false;
	for (const int *c = e->calls; *c >= 0; c++)
		if (*c == call->number)
			return true;
	return false;
}

#define NAMED(call)               \
	{                         \
		SYS_##call, #call \
	}

const char *call_name(int call)
{
	static const struct {
		int number;
		const char *name;
	} names[] = {
		NAMED(access),       NAMED(open),      NAMED(stat),         NAMED(lstat),
		NAMED(readlink),     NAMED(prctl),     NAMED(bind),         NAMED(bpf),
		NAMED(brk),          NAMED(capget),    NAMED(capset),       NAMED(chmod),
		NAMED(clone),        NAMED(clone3),    NAMED(close),        NAMED(exit_group),
		NAMED(fchownat),     NAMED(fgetxattr), NAMED(fsetxattr),    NAMED(fcntl),
		NAMED(flock),        NAMED(fsconfig),  NAMED(fsmount),      NAMED(fsopen),
		NAMED(fstatfs),      NAMED(fsync),     NAMED(ftruncate),    NAMED(getdents64),
		NAMED(getpid),       NAMED(getrandom), NAMED(getsockname),  NAMED(getsockopt),
		NAMED(gettid),       NAMED(ioctl),     NAMED(linkat),       NAMED(lseek),
		NAMED(memfd_create), NAMED(mkdir),     NAMED(mkdirat),      NAMED(mknodat),
		NAMED(mmap),         NAMED(munmap),    NAMED(newfstatat),   NAMED(openat),
		NAMED(pidfd_open),   NAMED(pipe2),     NAMED(poll),         NAMED(pread64),
		NAMED(pwrite64),     NAMED(read),      NAMED(readlinkat),   NAMED(recvmsg),
		NAMED(rename),       NAMED(renameat),  NAMED(rt_sigaction), NAMED(rt_sigprocmask),
		NAMED(sendto),       NAMED(setns),     NAMED(setsockopt),   NAMED(socket),
		NAMED(symlinkat),    NAMED(unlinkat),  NAMED(utimensat),    NAMED(vfork),
		NAMED(wait4),        NAMED(ppoll),     NAMED(write),        NAMED(pwritev),
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].number == call)
			return names[i].name;
	return "?";
}
