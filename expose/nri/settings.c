/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of podtap-nri. */
#include "expose/nri/settings.h"

#include "base/cli.h"
#include "expose/common/health.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>

static const struct cli cli = {
	.program = "podtap-nri",
	.synopsis = "[--socket PATH] [--name NAME] [--index NN] [--announced] [--metrics ADDRESS]"
	            " [--probe WHAT]",
	.about = "Gives containers the taps of their pods, as a plugin of the runtime's NRI, and "
	         "sets "
	         "the links\nof guests down when their containers stop.\n",
	.options =
	        (const struct cli_option[]){
	                { "socket", "PATH", 's', "the runtime's socket (/var/run/nri/nri.sock)" },
	                { "name", "NAME", 'n', "the plugin's name ($NRI_PLUGIN_NAME, or podtap)" },
	                { "index", "NN", 'i',
	                  "its place among plugins, two digits ($NRI_PLUGIN_IDX, or 50)" },
	                { "announced", NULL, 'a',
	                  "also set a link down when its guest announces itself from the LAN" },
	                { "metrics", "ADDRESS", 'm',
	                  "serve metrics by HTTP: unix:PATH, IP:PORT or [IPV6]:PORT" },
	                { "probe", "WHAT", 'p',
	                  "ask the running one, at $" HEALTH_VARIABLE ": ready or live" },
	                { .name = NULL },
	        },
};

static const char *setting(const char *variable, const char *otherwise)
{
	const char *value = getenv(variable);
	return value && *value ? value : otherwise;
}

/* Reads the connection that a runtime launched us with. Returns false if it is no socket. */
static bool inherited_read(struct settings *s)
{
	const char *text = setting("NRI_PLUGIN_SOCKET", NULL);
	int type;
	socklen_t size = sizeof type;
	char *end;

	if (!text)
		return true;
	const long fd = strtol(text, &end, 10);
	if (*end || fd <= STDERR_FILENO || fd > INT_MAX ||
	    getsockopt((int)fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0)
		return false;
	s->inherited = (int)fd;
	return fcntl(s->inherited, F_SETFD, FD_CLOEXEC) == 0;
}

/* Checks the settings. Returns -1 if they are valid, else the exit code. */
static int settings_check(struct settings *s)
{
	if (*s->socket != '/')
		return cli_misused(&cli, "--socket %s: it must be an absolute path", s->socket);
	if (!*s->name)
		return cli_misused(&cli, "--name: it must not be empty");
	if (strlen(s->index) != 2 || strspn(s->index, "0123456789") != 2)
		return cli_misused(&cli, "--index %s: it must be two digits", s->index);
	if (s->probe && !health_is_question(s->probe))
		return cli_misused(&cli, "--probe %s: it must be ready or live", s->probe);
	if (s->metrics.text && !metrics_place_read(&s->metrics, s->metrics.text))
		return cli_misused(&cli, "--metrics %s: " METRICS_PLACE_WANTED, s->metrics.text);
	if (!s->probe && !inherited_read(s))
		return cli_misused(&cli, "NRI_PLUGIN_SOCKET %s: it is no socket",
		                   getenv("NRI_PLUGIN_SOCKET"));
	return -1;
}

int settings_read(struct settings *s, int argc, char **argv)
{
	struct cli_walk w = { .cli = &cli, .argc = argc, .argv = argv };

	*s = (struct settings){ .socket = "/var/run/nri/nri.sock",
		                .name = setting("NRI_PLUGIN_NAME", "podtap"),
		                .index = setting("NRI_PLUGIN_IDX", "50"),
		                .inherited = -1 };
	for (int key; (key = cli_next(&w)) != CLI_ARGUMENTS;)
		switch (key) {
		case CLI_EXIT:
			return w.status;
		case 's':
			s->socket = w.value;
			break;
		case 'n':
			s->name = w.value;
			break;
		case 'a':
			s->announced = true;
			break;
		case 'm':
			s->metrics.text = w.value;
			break;
		case 'p':
			s->probe = w.value;
			break;
		default:
			s->index = w.value;
		}
	if (w.rest < argc)
		return cli_misused(&cli, "unexpected argument %s", argv[w.rest]);
	return settings_check(s);
}
