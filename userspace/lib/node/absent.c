// SPDX-License-Identifier: Apache-2.0
#include "node/absent.h"

#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <string.h>

#include "nl/module.h"
#include "util/address.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/paths.h"
#include "util/settings.h"
#include "yaml/yaml.h"

#define ABSENT_PREFIXES	64		/* of the policy, and of the module's parameter */

DEFINE_CLEANUP(nft, struct nft_ctx *, nft_ctx_free);

/* ---- whether ---------------------------------------------------------------------------------------------- */

const char *absent_store(void *at, const char *value)
{
	enum absent_setting *setting = at;

	*setting = ABSENT_CLOSED;
	if (!strcmp(value, "open"))
		*setting = ABSENT_OPEN;
	else if (strcmp(value, "closed"))
		return "takes open or closed";
	return NULL;
}

static void absent_ignore(void *context, const char *text)
{
}

enum absent_setting absent_setting(void)
{
	static const struct setting settings[] = {
		{ "when_absent", SETTING_OWN, 0, 0, 0, 0, absent_store },
	};
	struct path file = paths_in(paths_conf_dir(), "residd.conf");
	enum absent_setting setting = ABSENT_BY_MODE;
	_cleanup_free_ char *text = NULL;
	struct resid_error ignored;
	size_t length;

	if (access(file.text, F_OK) && errno == ENOENT)
		return ABSENT_BY_MODE;
	if (file_read(file.text, SETTINGS_FILE_MAX, &text, &length, &ignored))
		return ABSENT_CLOSED;
	settings_parse(settings, 1, &setting, file.text, text, absent_ignore, NULL, &ignored);
	return setting;
}

bool absent_is_wanted(enum absent_setting setting, enum resid_mode mode)
{
	return setting == ABSENT_CLOSED || (setting == ABSENT_BY_MODE && mode == RESID_MODE_ENFORCING);
}

/* ---- what ------------------------------------------------------------------------------------------------- */

struct absent_list {
	struct prefix prefix[ABSENT_PREFIXES];
	size_t count;
};

static void absent_add(struct absent_list *list, const char *text)
{
	if (list->count < ABSENT_PREFIXES && !prefix_parse(text, &list->prefix[list->count]))
		list->count++;
}

/* Of a policy whatever else it says: one of another release has the key too. */
static void absent_add_policy(struct absent_list *list, const struct snapshot *snapshot)
{
	_cleanup_yaml_ struct yaml_node *root = NULL;
	const struct yaml_node *bootstrap;
	struct resid_error ignored;
	const char *text;

	if (!snapshot)
		return;
	text = snapshot_policy_text(snapshot);
	if (yaml_parse("policy", text, strlen(text), &root, &ignored) || root->kind != YAML_MAP)
		return;
	bootstrap = yaml_get(root, "bootstrap");
	if (!bootstrap || bootstrap->kind != YAML_LIST)
		return;
	for (size_t i = 0; i < bootstrap->count; i++)
		if (bootstrap->child[i]->kind == YAML_SCALAR)
			absent_add(list, bootstrap->child[i]->text);
}

static void absent_add_parameter(struct absent_list *list)
{
	_cleanup_free_ char *value = module_option("bootstrap");
	char *rest = value, *item;

	while (rest && (item = strsep(&rest, ",")))
		absent_add(list, item);
}

/* ---- the ruleset ------------------------------------------------------------------------------------------ */

static void absent_put_set(FILE *out, const struct absent_list *list, sa_family_t family)
{
	const char *before = " elements = { ";
	char text[ADDRESS_TEXT];

	fprintf(out, "\tset bootstrap%d { type ipv%d_addr; flags interval; auto-merge;", family == AF_INET ? 4 : 6,
		family == AF_INET ? 4 : 6);
	for (size_t i = 0; i < list->count; i++) {
		if (list->prefix[i].family != family)
			continue;
		prefix_format(&list->prefix[i], text);
		fprintf(out, "%s%s", before, text);
		before = ", ";
	}
	fprintf(out, "%s }\n", *before == ',' ? " };" : "");
}

/* A table of one chain that lets through what `first` and the rest name. */
static void absent_put_table(FILE *out, const struct absent_list *list, const char *family, const char *hook,
			     const char *first)
{
	fprintf(out, "table %s " ABSENT_TABLE " {\n", family);
	absent_put_set(out, list, AF_INET);
	absent_put_set(out, list, AF_INET6);
	fprintf(out,
		"\tchain leaves {\n"
		"\t\ttype filter hook %s policy drop;\n"
		"%s"
		"\t\tip daddr @bootstrap4 accept\n"
		"\t\tip6 daddr @bootstrap6 accept\n"
		"\t\tip daddr 224.0.0.0/24 accept\n"
		"\t\tip6 daddr { fe80::/10, ff02::/16 } accept\n"
		"\t\tip daddr 255.255.255.255 udp sport 68 udp dport 67 accept\n"
		"\t\tcounter drop\n"
		"\t}\n"
		"}\n", hook, first);
}

/* nft reads a name as a string in which some characters are its own. */
static bool absent_can_name(const char *device)
{
	for (; *device; device++)
		if (!isalnum((unsigned char)*device) && !strchr("_.-:@+", *device))
			return false;
	return true;
}

/* "egress devices = { ... } priority 0;", or NULL: there is no device but loopback. */
static char *absent_devices(void)
{
	struct if_nameindex *all = if_nameindex();
	const char *before = "";
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	fputs("egress devices = { ", out);
	for (struct if_nameindex *at = all; at && at->if_index; at++) {
		if (!strcmp(at->if_name, "lo") || !absent_can_name(at->if_name))
			continue;
		fprintf(out, "%s\"%s\"", before, at->if_name);
		before = ", ";
	}
	fputs(" } priority 0;", out);
	fclose(out);
	if_freenameindex(all);
	if (*before)
		return text;
	free(text);
	return NULL;
}

/* Made and deleted: what is not there yet can be deleted too. */
#define ABSENT_CLEAR                                                        \
	"table inet " ABSENT_TABLE "\ndelete table inet " ABSENT_TABLE "\n" \
	"table netdev " ABSENT_TABLE "\ndelete table netdev " ABSENT_TABLE "\n"

/* One transaction: all of it or nothing. */
static int absent_run(const char *commands, struct resid_error *err)
{
	_cleanup_(cleanup_nft) struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
	const char *said;

	if (!nft || nft_ctx_buffer_output(nft) || nft_ctx_buffer_error(nft))
		return resid_fail(err, RESID_EXIT_SYSTEM, "nftables cannot be used: out of memory");
	if (!nft_run_cmd_from_buffer(nft, commands))
		return 0;
	said = nft_ctx_get_error_buffer(nft);
	return resid_fail(err, RESID_EXIT_SYSTEM, "nftables: %.*s", (int)strcspn(said, "\n"), said);
}

/* `stack`: what the network stack sends and forwards, on devices that are still to come as well. */
static char *absent_ruleset(const struct absent_list *list, const char *devices)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	fputs(ABSENT_CLEAR, out);
	absent_put_table(out, list, "inet", "postrouting priority 300;", "\t\toif \"lo\" accept\n");
	/* 01:80:c2:00:00:0x, which no bridge forwards, and ARP without a tail that could carry something */
	if (devices)
		absent_put_table(out, list, "netdev", devices,
				 "\t\t@ll,0,44 0x0180c200000 accept\n"
				 "\t\tmeta protocol arp meta length <= 60 accept\n");
	fclose(out);
	return text;
}

int absent_shut(const struct snapshot *snapshot, struct resid_error *err)
{
	_cleanup_free_ char *devices = absent_devices(), *whole = NULL, *stack = NULL;
	struct absent_list list = { .count = 0 };
	struct resid_error ignored;

	absent_add_policy(&list, snapshot);
	absent_add_parameter(&list);
	/*
	 * What goes by the stack: packet sockets, bridges, macvlan. A kernel can lack the hook, and a device be gone.
	 */
	whole = absent_ruleset(&list, devices);
	if (devices && !absent_run(whole, &ignored))
		return 0;
	stack = absent_ruleset(&list, NULL);
	return absent_run(stack, err);
}

int absent_lift(struct resid_error *err)
{
	return absent_is_there() ? absent_run(ABSENT_CLEAR, err) : 0;
}

bool absent_is_there(void)
{
	struct resid_error ignored;

	return !absent_run("list table inet " ABSENT_TABLE "\n", &ignored);
}
