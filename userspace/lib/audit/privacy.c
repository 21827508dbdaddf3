// SPDX-License-Identifier: Apache-2.0
#include "audit/privacy.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/file.h"
#include "util/memory.h"
#include "util/paths.h"

#define KEEP4	24	/* bits */
#define KEEP6	48

const char *privacy_add(struct privacy *privacy, const char *text)
{
	char who[256], which[8], how[16], extra;
	struct privacy_rule rule = { 0 };
	char *tenant;

	if (sscanf(text, "%255s %7s %15s %c", who, which, how, &extra) != 3)
		return "takes CLASS[@TENANT] src|dst|both truncate|hash";
	tenant = strchr(who, '@');
	if (tenant)
		*tenant++ = '\0';
	if (!*who || strlen(who) >= sizeof(rule.class_name) ||
	    (tenant && (!*tenant || strlen(tenant) >= sizeof(rule.tenant))))
		return "begins with CLASS or CLASS@TENANT";
	memcpy(rule.class_name, who, strlen(who));
	memcpy(rule.tenant, tenant ?: "", tenant ? strlen(tenant) : 0);
	rule.src = !strcmp(which, "src") || !strcmp(which, "both");
	rule.dst = !strcmp(which, "dst") || !strcmp(which, "both");
	rule.hash = !strcmp(how, "hash");
	if (!rule.src && !rule.dst)
		return "names src, dst or both";
	if (!rule.hash && strcmp(how, "truncate"))
		return "ends with truncate or hash";
	*MEM_PUSH(privacy->rules, privacy->count, privacy->room) = rule;
	return NULL;
}

int privacy_key(struct privacy *privacy, struct resid_error *err)
{
	struct path path = paths_in(paths_state_dir(), "privacy.key");
	_cleanup_free_ char *bytes = NULL;
	bool hashes = false;
	size_t length;

	for (size_t i = 0; i < privacy->count; i++)
		hashes |= privacy->rules[i].hash;
	if (!hashes)
		return 0;
	if (access(path.text, F_OK) && errno == ENOENT) {
		if (getrandom(privacy->key, sizeof(privacy->key), 0) != sizeof(privacy->key))
			return resid_fail(err, RESID_EXIT_SYSTEM, "cannot make a random key: %s", strerror(errno));
		return file_write(path.text, privacy->key, sizeof(privacy->key), 0600, FILE_OWN_GROUP, err);
	}
	if (file_read(path.text, sizeof(privacy->key), &bytes, &length, err))
		return -1;
	if (length != sizeof(privacy->key))
		return resid_fail(err, RESID_EXIT_INPUT, "%s has %zu bytes, not %zu; remove it for a new one", path.text,
				  length, sizeof(privacy->key));
	memcpy(privacy->key, bytes, length);
	return 0;
}

void privacy_fini(struct privacy *privacy)
{
	free(privacy->rules);
	*privacy = (struct privacy){ 0 };
}

static void privacy_truncate(uint8_t family, struct audit_address *address)
{
	size_t keep = family == AF_INET ? KEEP4 : KEEP6;

	memset(address->bytes + keep / 8, 0, sizeof(address->bytes) - keep / 8);
	address->state = AUDIT_ADDRESS_TRUNCATED;
	address->length = (uint8_t)keep;
}

static void privacy_hash(const struct privacy *privacy, uint8_t family, struct audit_address *address)
{
	uint8_t text[1 + sizeof(address->bytes)], hash[EVP_MAX_MD_SIZE];

	text[0] = family;
	memcpy(text + 1, address->bytes, sizeof(address->bytes));
	memset(address->bytes, 0, sizeof(address->bytes));
	address->length = 0;
	/* An address that cannot be hashed is not given away instead. */
	if (!HMAC(EVP_sha256(), privacy->key, sizeof(privacy->key), text, sizeof(text), hash, NULL)) {
		address->state = AUDIT_ADDRESS_NONE;
		return;
	}
	memcpy(address->bytes, hash, sizeof(address->bytes));
	address->state = AUDIT_ADDRESS_HASHED;
}

static void privacy_change(const struct privacy *privacy, bool hash, uint8_t family, struct audit_address *address)
{
	if (address->state != AUDIT_ADDRESS_WHOLE)
		return;
	if (hash)
		privacy_hash(privacy, family, address);
	else
		privacy_truncate(family, address);
}

void privacy_apply(const struct privacy *privacy, struct audit_event *event)
{
	for (size_t i = 0; i < privacy->count; i++) {
		const struct privacy_rule *rule = &privacy->rules[i];

		if (strcmp(rule->class_name, "*") && (!event->class_name || strcmp(rule->class_name, event->class_name)))
			continue;
		if (*rule->tenant && (!event->tenant || strcmp(rule->tenant, event->tenant)))
			continue;
		if (rule->src)
			privacy_change(privacy, rule->hash, event->family, &event->src);
		if (rule->dst) {
			privacy_change(privacy, rule->hash, event->family, &event->dst);
			event->prefix = NULL;	/* it may be as long as an address */
		}
		return;
	}
}
