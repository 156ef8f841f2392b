/* SPDX-License-Identifier: Apache-2.0 */
/* Pods, VMs and IPAMClaims of the cluster. */
#include "expose/addresses/kube_owner.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { PATH_TEXT = OWNER_SPACE + OWNER_NAME + 96 };

/* Names of the cluster; "/" in them stands for itself. */
static const char vm_label[] = "vm.kubevirt.io/name",
                  migration_label[] = "kubevirt.io/migrationJobUID",
                  networks_annotation[] = "k8s.v1.cni.cncf.io/networks";

static const char *member_text(const cJSON *object, const char *name)
{
	return json_string(cJSON_GetObjectItemCaseSensitive(object, name));
}

/* Returns whether a network selection is that of an interface: without a name, the first one is
 * net1. */
static bool is_selected(const cJSON *selection, unsigned place, const char *ifname)
{
	const char *name = json_string(json_member(selection, "interface"));
	char usual[16];

	snprintf(usual, sizeof usual, "net%u", place);
	return strcmp(name && *name ? name : usual, ifname) == 0;
}

/* Copies the name of the interface's IPAMClaim. Returns whether it has one. */
static bool claim_find(const cJSON *annotations, const char *ifname, char name[static OWNER_NAME])
{
	const char *text = member_text(annotations, networks_annotation);
	struct failure other = { 0 }; /* a list of names with commas is not JSON */
	OWNED(json_release)
	cJSON *list = text ? json_parse(text, strlen(text), "the networks", &other) : NULL;
	const cJSON *selection;
	unsigned place = 1;

	cJSON_ArrayForEach(selection, list)
	{
		const char *claim = json_string(json_member(selection, "ipam-claim-reference"));
		if (claim && is_selected(selection, place, ifname))
			return kube_name_valid(claim) &&
			       snprintf(name, OWNER_NAME, "%s", claim) < OWNER_NAME;
		place++;
	}
	return false;
}

static bool vm_find(const cJSON *labels, char name[static OWNER_NAME])
{
	const char *vm = member_text(labels, vm_label);

	return vm && kube_name_valid(vm) && snprintf(name, OWNER_NAME, "%s", vm) < OWNER_NAME;
}

static int owner_choose(const struct pod_interface *pod, const cJSON *metadata, struct owner *owner)
{
	memcpy(owner->space, pod->space, sizeof owner->space);
	if (claim_find(json_member(metadata, "annotations"), pod->ifname, owner->name)) {
		owner->kind = OWNER_CLAIM;
		return 0;
	}
	if (pod->kind != OWNER_VM || !vm_find(json_member(metadata, "labels"), owner->name))
		return -1;
	owner->kind = OWNER_VM;
	memcpy(owner->ifname, pod->ifname, sizeof owner->ifname);
	return 0;
}

enum engine_answer kube_pod_owner(struct engine *e, const struct pod_interface *pod,
                                  struct owner *owner, bool *migrates, struct failure *f)
{
	OWNED(json_release) cJSON *object = NULL;
	char path[PATH_TEXT];
	const struct kube_request r = { "read a pod", "GET", path, NULL, KUBE_METADATA };

	if (!kube_name_valid(pod->space) || !kube_name_valid(pod->pod)) {
		fail(f, CNI_CONFIG, "it cannot be the name of a pod", "pod %s/%s", pod->space,
		     pod->pod);
		return ENGINE_REFUSED;
	}
	snprintf(path, sizeof path, "/api/v1/namespaces/%s/pods/%s", pod->space, pod->pod);
	const enum engine_answer got = kube_call(kube_client_of(e), &r, &object, f);
	if (got != ENGINE_OK)
		return got;
	const cJSON *metadata = json_member(object, "metadata");
	*owner = (struct owner){ .kind = 0 };
	*migrates = member_text(json_member(metadata, "labels"), migration_label) != NULL;
	if (owner_choose(pod, metadata, owner) == 0)
		return ENGINE_OK;
	fail(f, CNI_CONFIG,
	     pod->kind == OWNER_VM ? "it has neither an ipam-claim-reference nor the label "
	                             "vm.kubevirt.io/name"
	                           : "it has no ipam-claim-reference",
	     "pod %s/%s, interface %s", pod->space, pod->pod, pod->ifname);
	return ENGINE_REFUSED;
}

static enum engine_answer object_find(struct engine *e, const char *resource,
                                      const struct owner *owner, struct failure *f)
{
	OWNED(json_release) cJSON *object = NULL;
	char path[PATH_TEXT + 64];
	const struct kube_request r = { "look for an owner", "GET", path, NULL, KUBE_METADATA };

	snprintf(path, sizeof path, "/apis/%.*s/namespaces/%s%s/%s",
	         (int)(strrchr(resource, '/') - resource), resource, owner->space,
	         strrchr(resource, '/'), owner->name);
	return kube_call(kube_client_of(e), &r, &object, f);
}

/* A VirtualMachineInstance may live without a VirtualMachine. */
enum engine_answer kube_owner_find(struct engine *e, const struct owner *owner, struct failure *f)
{
	if (owner->kind == OWNER_CLAIM)
		return object_find(e, "k8s.cni.cncf.io/v1alpha1/ipamclaims", owner, f);
	const enum engine_answer vm = object_find(e, "kubevirt.io/v1/virtualmachines", owner, f);
	return vm != ENGINE_NONE
	               ? vm
	               : object_find(e, "kubevirt.io/v1/virtualmachineinstances", owner, f);
}

static cJSON *claim_status(const struct cidr *ips, size_t n, const char *pod)
{
	cJSON *object = cJSON_CreateObject();
	cJSON *status = cJSON_AddObjectToObject(object, "status");
	cJSON *list = cJSON_AddArrayToObject(status, "ips");
	char text[CIDR_TEXT];

	for (size_t i = 0; i < n; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(cidr_format(&ips[i], text)));
	cJSON_AddStringToObject(cJSON_AddObjectToObject(status, "ownerPod"), "name", pod);
	return object;
}

/* A merge patch leaves the conditions of others as they are. */
enum engine_answer kube_claim_tell(struct engine *e, const struct owner *owner,
                                   const struct cidr *ips, size_t n, const char *pod,
                                   struct failure *f)
{
	OWNED(json_release) cJSON *status = claim_status(ips, n, pod);
	OWNED(json_release) cJSON *answer = NULL;
	OWNED(text_release) char *text = json_text(status);
	char path[PATH_TEXT + 64];
	const struct kube_request r = { "write the status of an IPAMClaim", "PATCH", path, text,
		                        KUBE_METADATA };

	if (!text) {
		fail_errno(f, ENOMEM, "write the status of an IPAMClaim");
		return ENGINE_REFUSED;
	}
	snprintf(path, sizeof path,
	         "/apis/k8s.cni.cncf.io/v1alpha1/namespaces/%s/ipamclaims/%s/status", owner->space,
	         owner->name);
	return kube_call(kube_client_of(e), &r, &answer, f);
}
