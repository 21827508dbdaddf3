// SPDX-License-Identifier: Apache-2.0
#include "nl/module.h"

#include <errno.h>
#include <libkmod.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "util/cleanup.h"

DEFINE_CLEANUP(kmod, struct kmod_ctx *, kmod_unref);
DEFINE_CLEANUP(kmod_module, struct kmod_module *, kmod_module_unref);
DEFINE_CLEANUP(kmod_list, struct kmod_list *, kmod_module_unref_list);
DEFINE_CLEANUP(kmod_info, struct kmod_list *, kmod_module_info_free_list);

/* The kernel that the module's file was built for, "" when the file does not say. */
static void module_built_for(struct kmod_module *module, char *release, size_t size)
{
	_cleanup_(cleanup_kmod_info) struct kmod_list *info = NULL;
	struct kmod_list *item;

	*release = '\0';
	if (kmod_module_get_info(module, &info) < 0)
		return;
	kmod_list_foreach(item, info) {
		const char *value = kmod_module_info_get_value(item);

		if (!strcmp(kmod_module_info_get_key(item), "vermagic"))
			snprintf(release, size, "%.*s", (int)strcspn(value, " "), value);
	}
}

static int module_not_installed(const char *release, struct resid_error *err)
{
	return resid_fail(err, RESID_EXIT_SYSTEM,
			  "resid.ko is not loaded, and none is installed for this kernel, %1$s; with linux-headers-%1$s in "
			  "place, `make && sudo make install`, then `modprobe resid`", release);
}

int module_not_loaded(struct resid_error *err)
{
	_cleanup_(cleanup_kmod) struct kmod_ctx *kmod = kmod_new(NULL, NULL);
	_cleanup_(cleanup_kmod_list) struct kmod_list *found = NULL;
	_cleanup_(cleanup_kmod_module) struct kmod_module *module = NULL;
	char release[sizeof(((struct utsname *)NULL)->release)], index[128];
	struct utsname here;

	uname(&here);
	/* Where the index cannot be read (residd's own sandbox hides it), nothing is known of what is installed. */
	snprintf(index, sizeof(index), "/lib/modules/%s/modules.dep.bin", here.release);
	if (!kmod || access(index, R_OK) || kmod_module_new_from_lookup(kmod, "resid", &found) < 0)
		return resid_fail(err, RESID_EXIT_SYSTEM, "resid.ko is not loaded; load it with `modprobe resid`");
	if (!found)
		return module_not_installed(here.release, err);
	module = kmod_module_get_module(found);
	module_built_for(module, release, sizeof(release));
	if (*release && strcmp(release, here.release))
		return resid_fail(err, RESID_EXIT_SYSTEM,
				  "resid.ko is not loaded: %s is built for kernel %s, and this is %s; build and install it again "
				  "with KDIR=/lib/modules/%s/build", kmod_module_get_path(module), release, here.release,
				  here.release);
	return resid_fail(err, RESID_EXIT_SYSTEM, "resid.ko is not loaded; load it with `modprobe resid`");
}

int module_load(struct resid_error *err)
{
	_cleanup_(cleanup_kmod) struct kmod_ctx *kmod = kmod_new(NULL, NULL);
	_cleanup_(cleanup_kmod_list) struct kmod_list *found = NULL;
	_cleanup_(cleanup_kmod_module) struct kmod_module *module = NULL;
	int error;

	if (!kmod || kmod_module_new_from_lookup(kmod, "resid", &found) < 0 || !found)
		return module_not_loaded(err);
	module = kmod_module_get_module(found);
	error = kmod_module_probe_insert_module(module, 0, NULL, NULL, NULL, NULL);
	if (!error || error == -EEXIST)
		return 0;
	if (error == -EKEYREJECTED)
		return resid_fail(err, RESID_EXIT_SYSTEM,
				  "resid.ko is not loaded: this kernel takes no module that is not signed with a key it knows; sign "
				  "%s, or enrol its key", kmod_module_get_path(module));
	module_not_loaded(err);
	if (!strstr(err->text, "load it with"))
		return -1;
	return resid_fail(err, RESID_EXIT_SYSTEM, "resid.ko is not loaded: the kernel refuses %s: %s; `dmesg` says why",
			  kmod_module_get_path(module), strerror(-error));
}

char *module_option(const char *name)
{
	_cleanup_(cleanup_kmod) struct kmod_ctx *kmod = kmod_new(NULL, NULL);
	_cleanup_(cleanup_kmod_module) struct kmod_module *module = NULL;
	_cleanup_free_ char *options = NULL;
	size_t length = strlen(name);
	char *rest, *word, *value = NULL;

	if (!kmod || kmod_module_new_from_name(kmod, "resid", &module) < 0 || !kmod_module_get_options(module))
		return NULL;
	rest = options = strdup(kmod_module_get_options(module));
	while ((word = rest ? strsep(&rest, " ") : NULL)) {
		if (strncmp(word, name, length) || word[length] != '=')
			continue;
		free(value);
		value = strdup(word + length + 1);	/* the last one is what the kernel takes */
	}
	return value;
}
