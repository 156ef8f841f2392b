/* SPDX-License-Identifier: Apache-2.0 */
/* A kubeconfig, which is YAML: what is accepted has a server, and all that is read of it is owned.
 *
 * Reads with: base/yaml.c expose/addresses/kubeconfig.c */
#include "base/yaml.h"
#include "expose/addresses/kube_config.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED(text_release) char *text = text_of(data, size);
	OWNED(kube_config_release) struct kube_config c = { .token = NULL };
	struct failure f = { 0 };

	const int read = kubeconfig_read(&c, text, size, "/etc/kube/config", "", &f);
	PROMISE((read < 0) == (f.code != 0));
	PROMISE(read < 0 || *c.server);
	PROMISE(!c.token_file || *c.token_file == '/');
	PROMISE(!c.token || !c.token_file);
	return 0;
}
