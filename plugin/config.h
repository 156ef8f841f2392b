/* SPDX-License-Identifier: Apache-2.0 */
/* The decoded network configuration: every key is decoded and checked once, and const afterwards.
 */
#ifndef PLUGIN_CONFIG_H
#define PLUGIN_CONFIG_H

#include "base/keys.h"
#include "cni/request.h"
#include "netns/addr.h"
#include "netns/link.h"
#include "netns/tap.h"
#include "plugin/bandwidth.h"
#include "plugin/sysctl.h"

#include <limits.h>

enum { SOURCES_MAX = 256, QUEUES_MAX = 256 };

/* Frames. A master has one queue for broadcasts. It is as long as the longest that an endpoint on
 * that master asks for, and holds about 4 KiB for each frame. */
enum { BCQUEUELEN_KERNEL = 1000, BCQUEUELEN_MAX = 10000 };

/* Frames that can wait in each queue of an endpoint, such as for a VM that does not read its tap at
 * once. The kernel holds them in its memory: up to 64 KiB each. */
enum { TXQUEUELEN_DEFAULT = 1000, TXQUEUELEN_MAX = 10000 };

enum mac_word { MAC_STABLE = 1 };
enum address_owner { OWNER_POD, OWNER_GUEST };
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };
enum no_carrier { NO_CARRIER_REFUSE, NO_CARRIER_ALLOW };
enum owner_in { OWNER_IN_CONTAINER, OWNER_IN_HOST };
enum dad { DAD_WAIT, DAD_FAST, DAD_OPTIMISTIC, DAD_OFF };

struct config {
	const struct link_kind *kind;
	char master[MASTER_TEXT]; /* a name or an alternative name; "": not named */
	uint32_t mode;            /* MACVLAN_MODE_*; 0: not named */
	bool force;
	uint32_t mtu; /* 0: the master's */
	struct mac mac;
	bool has_mac;
	uint32_t mac_word; /* MAC_STABLE; 0: none */
	bool link_in_container;
	uint32_t bcqueuelen; /* 0: the kernel's */
	uint32_t tx_queue;   /* 0: the master's, from TXQUEUELEN_DEFAULT to TXQUEUELEN_MAX */
	uint32_t queues;
	struct mac sources[SOURCES_MAX];
	size_t n_sources;
	bool promisc;
	bool allmulti;
	struct tap_access tap;
	enum owner_in owner_in; /* whose ids `tap` has */
	enum address_owner address_owner;
	enum dad dad;
	bool acd;
	enum no_carrier no_carrier;
	bool host_access;
	bool antispoof;
	bool allow_dhcp_server;
	bool allow_router;
	struct bandwidth bandwidth;
	struct sysctls sysctls;
	const char *device_id; /* NULL: none */
	bool cdi;
	bool vm_devices;
	bool strict_status;
	bool gc_without_list;
	bool del_wait;
	const char *log_file; /* NULL: none */
	enum log_level log_level;
	enum log_format log_format;
	const char *ipam; /* ipam.type; NULL: none */
	const cJSON *dns; /* borrowed; NULL when absent or empty */
};

/* Returns the row of a configuration key by its place in the tables, from 0 on, or NULL after the
 * last. For a caller that gets the keys in another spelling: the offsets are not for it. */
const struct key *config_key(size_t place);

/* Decode the configuration of an ADD, CHECK or STATUS: all keys and their relations. With
 * `arguments`, decode CNI_ARGS, runtimeConfig and args.cni, too. Texts are borrowed from the
 * request. Returns 0, or -1: CNI_CONFIG, which names the key and the value, or CNI_ENV for
 * CNI_ARGS. */
int config_read(struct config *c, const struct request *r, bool arguments,
                struct failure *f) MUST_CHECK;

/* Decode what DEL and GC need: kind, ipam, log, deviceID and similar keys. An invalid key counts as
 * absent, because DEL and GC must work with an invalid configuration. */
void config_read_leniently(struct config *c, const struct request *r);

/* Find the deviceID that the runtime allocated, also in a configuration that is invalid otherwise.
 * Returns NULL if there is no deviceID. The text is borrowed. */
const char *config_device_id(const struct request *r);

/* Refuse mode passthru when no master is named (""). config_read() does when no deviceID may name
 * one. Returns 0, or -1 (CNI_CONFIG). */
int config_check_passthru(uint32_t mode, const char *master, struct failure *f) MUST_CHECK;

/* Refuse the key hostAccess where it cannot work: modes passthru (0: not named) and source, and a
 * master in the container. Returns 0, or -1 (CNI_CONFIG). */
int config_check_host_access(const struct config *c, uint32_t mode, struct failure *f) MUST_CHECK;

/* Returns a key that needs the guard of the master, or NULL if none is set. */
const char *config_guard_key(const struct config *c);

/* Refuse these keys where the container can get round the guard: a master in the container, and
 * modes passthru and, for antispoof, bridge (0: not named). Returns 0, or -1 (CNI_CONFIG). */
int config_check_guard(const struct config *c, uint32_t mode, struct failure *f) MUST_CHECK;

const char *address_owner_name(enum address_owner owner);

#endif
