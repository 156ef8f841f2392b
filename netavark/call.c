/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a call, and making a request from it. */
#include "netavark/call.h"

#include "base/clock.h"
#include "base/errno_text.h"
#include "base/file.h"
#include "base/json.h"
#include "ipam/delegate.h"
#include "ipam/ipam.h"
#include "netavark/network.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

void call_release(struct call *c)
{
	json_release(&c->request.json);
	json_release(&c->json);
	text_release(&c->config);
	text_release(&c->text);
}

int call_read(struct call *c, struct failure *f)
{
	size_t length;

	if (file_read_all(STDIN_FILENO, REQUEST_MAX, &c->text, &length) < 0)
		return fail(f, errno == EFBIG ? CNI_DECODE : CNI_IO, errno_text(errno),
		            "cannot read standard input");
	c->json = json_parse(c->text, length, "standard input", f);
	if (!c->json)
		return -1;
	if (!cJSON_IsObject(c->json))
		return fail(f, CNI_DECODE, "it is not an object", "cannot decode standard input");
	return 0;
}

/* Finds a text that names the attachment. */
static int name_read(const cJSON *object, const char *name, const char **text, struct failure *f)
{
	const char *found = json_string(json_member(object, name));

	if (!found)
		return fail(f, CNI_CONFIG, "it is missing", "%s", name);
	if (!identifier_valid(found) || strlen(found) > NAME_MAX)
		return fail(f, CNI_CONFIG, "it must be of letters, digits, '.', '_' and '-'",
		            "%s %.128s", name, found);
	*text = found;
	return 0;
}

int call_network(const cJSON *network, const char **name, struct failure *f)
{
	if (!cJSON_IsObject(network))
		return fail(f, CNI_DECODE, "it is not an object", "cannot decode the network");
	return name_read(network, "name", name, f);
}

/* The same argument as podman's with CNI, so that both name CDI devices and records alike. */
static int args_make(struct call *c, bool leniently, struct failure *f)
{
	const char *name = json_string(json_member(c->json, "container_name"));

	if (!name || !*name || (leniently && !identifier_valid(name)))
		return 0;
	if (name_read(c->json, "container_name", &name, f) < 0)
		return -1;
	snprintf(c->args, sizeof c->args, "IgnoreUnknown=1;K8S_POD_NAME=%s", name);
	return 0;
}

/* Tells the DHCP server the container's name, as netavark does. */
static int hostname_provide(const struct call *c)
{
	cJSON *ipam = cJSON_GetObjectItemCaseSensitive(c->request.json, "ipam");
	const char *name = json_string(json_member(c->json, "container_name"));

	if (!*c->args)
		return 0;
	cJSON *option = cJSON_CreateObject();
	cJSON_AddItemToArray(cJSON_AddArrayToObject(ipam, "provide"), option);
	return cJSON_AddStringToObject(option, "option", "host-name") &&
	                       cJSON_AddStringToObject(option, "value", name)
	               ? 0
	               : -1;
}

/* An IPAM plugin that is a process of its own reads all this from its environment and stdin. */
static int delegate_prepare(struct call *c, struct failure *f)
{
	struct request *r = &c->request;

	if (!ipam_delegates(ipam_type(r->json)))
		return 0;
	r->version = V1_0_0; /* the newest that every plugin of distributions knows */
	if (hostname_provide(c) < 0)
		return fail_errno(f, ENOMEM, "write the configuration for the IPAM plugin");
	return request_export(r, f);
}

/* The text is for an IPAM plugin, and for the record. */
static int text_make(struct call *c, struct failure *f)
{
	struct request *r = &c->request;

	cJSON_AddStringToObject(r->json, "cniVersion", version_text(r->version));
	c->config = json_text(r->json);
	if (!c->config)
		return fail_errno(f, ENOMEM, "write the network's configuration");
	r->text = c->config;
	r->length = strlen(c->config);
	return 0;
}

int call_attach(struct call *c, const char *netns, bool leniently, struct failure *f)
{
	const cJSON *network = json_member(c->json, "network");
	const cJSON *endpoint = json_member(c->json, "network_options");
	const char *ifname = json_string(json_member(endpoint, "interface_name"));
	struct request *r = &c->request;

	*r = (struct request){ .container_id = "",
		               .netns = netns,
		               .ifname = ifname ? ifname : "",
		               .args = c->args,
		               .path = delegate_path(),
		               .version = VERSION_LATEST,
		               .began = clock_microseconds() };
	if (name_read(c->json, "container_id", &r->container_id, f) < 0 ||
	    call_network(network, &r->name, f) < 0 ||
	    ifname_check(r->ifname, "interface_name", CNI_CONFIG, f) < 0 ||
	    args_make(c, leniently, f) < 0)
		return -1;
	r->json = network_config(network, endpoint, leniently, f);
	if (!r->json || delegate_prepare(c, f) < 0)
		return -1;
	return text_make(c, f);
}

int rootless_refuse(struct failure *f)
{
	const char *configured = getenv("_CONTAINERS_USERNS_CONFIGURED");

	if (geteuid() == 0 && (!configured || strcmp(configured, "done") != 0))
		return 0;
	return fail(f, CNI_CONFIG,
	            "its containers are in a network namespace without the host's interfaces: run "
	            "podman as root",
	            "podtap does not work in rootless podman");
}
