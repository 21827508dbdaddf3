/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests from files to a snapshot share: a folder of their own, files in it, and what a place must be. */
#ifndef TESTS_UNIT_WORLD_SUPPORT_H
#define TESTS_UNIT_WORLD_SUPPORT_H

#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "geo/world_file.h"
#include "util/file.h"
#include "util/memory.h"

#define DAY 86400
#define NOW 1795305600	/* 2026-11-22 */

static char folder[] = "/tmp/resid-world-XXXXXX";

/* Stays as it is: one place a name. */
static inline const char *in_folder(const char *name)
{
	static char path[32][128];
	size_t i;
	_cleanup_free_ char *wanted = mem_format("%s/%s", folder, name);

	for (i = 0; *path[i] && strcmp(path[i], wanted); i++)
		assert_true(i + 1 < 32);
	snprintf(path[i], sizeof(path[i]), "%s", wanted);
	return path[i];
}

static inline const char *put(const char *name, const char *text)
{
	const char *path = in_folder(name);
	struct resid_error err;

	if (file_write(path, text, strlen(text), 0644, FILE_OWN_GROUP, &err))
		fail_msg("%s", err.text);
	return path;
}

static inline int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	return remove(path);
}

#define AWS(date)                                                                                                    \
	"{\"createDate\": \"" date "-00-00-00\", \"prefixes\": ["                                                    \
	"{\"ip_prefix\": \"2.0.8.0/22\", \"region\": \"eu-west-3\", \"service\": \"EC2\"},"                           \
	"{\"ip_prefix\": \"2.0.9.0/24\", \"region\": \"GLOBAL\", \"service\": \"CLOUDFRONT\"},"                       \
	"{\"ip_prefix\": \"3.0.8.0/24\", \"region\": \"eu-central-1\", \"service\": \"EC2\"}], \"ipv6_prefixes\": []}"
#define AWS_SMALL(date)                                                                                              \
	"{\"createDate\": \"" date "-00-00-00\", \"prefixes\": ["                                                    \
	"{\"ip_prefix\": \"3.0.8.0/24\", \"region\": \"eu-central-1\", \"service\": \"EC2\"}], \"ipv6_prefixes\": []}"
#define GOOGLE                                                                                                       \
	"{\"creationTime\": \"2026-11-01T00:00:00\", \"prefixes\": ["                                                \
	"{\"ipv4Prefix\": \"3.0.8.128/25\", \"service\": \"Google Cloud\", \"scope\": \"europe-west9\"}]}"
#define GEOFEED "2.0.10.0/24,NO,,,\n"
#define RIR     "2.0.0.0/16,FR\n3.0.0.0/16,US\n"

struct heard {
	char text[4096];
};

static inline void hear(void *context, const char *text)
{
	struct heard *heard = context;

	snprintf(heard->text + strlen(heard->text), sizeof(heard->text) - strlen(heard->text), "%s\n", text);
}

/* With the files of the folder. */
static inline struct build_inputs inputs_of(const char *policy)
{
	struct build_inputs inputs = { .sets = "/nonexistent", .asn = "none", .now = NOW };

	inputs.geoip4 = put("geoip", WORLD4);
	inputs.geoip6 = put("geoip6", WORLD6);
	inputs.policy = put("policy.yaml", policy);
	return inputs;
}

static inline struct snapshot *compile(const struct build_inputs *inputs, struct heard *heard)
{
	struct snapshot *snapshot = NULL;
	struct resid_error err = { 0 };

	if (heard)
		*heard->text = '\0';
	if (snapshot_build(inputs, heard ? hear : NULL, heard, &snapshot, &err))
		fail_msg("%s", err.text);
	return snapshot;
}

static inline void assert_refused(const struct build_inputs *inputs, enum resid_exit status, const char *expected)
{
	struct snapshot *snapshot = NULL;
	struct resid_error err = { 0 };

	assert_int_equal(snapshot_build(inputs, NULL, NULL, &snapshot, &err), -1);
	assert_null(snapshot);
	if (!strstr(err.text, expected) || err.status != status)
		fail_msg("status %d, '%s' does not say '%s'", err.status, err.text, expected);
}

static inline void assert_same_bytes(const struct snapshot *left, const struct snapshot *right)
{
	size_t left_length, right_length;
	const void *a = snapshot_bytes(left, &left_length), *b = snapshot_bytes(right, &right_length);

	assert_int_equal(left_length, right_length);
	assert_memory_equal(a, b, left_length);
}

/* The kernel's tables, without the header, which has the digests of the rest. */
static inline void assert_same_tables(const struct snapshot *left, const struct snapshot *right)
{
	size_t left_length, right_length, header = sizeof(struct resid_snapshot_header);
	const uint8_t *a = snapshot_kernel_part(left, &left_length), *b = snapshot_kernel_part(right, &right_length);

	assert_int_equal(left_length, right_length);
	assert_memory_equal(a + header, b + header, left_length - header);
}

static inline void look(const struct snapshot *snapshot, const char *address, struct snapshot_place *out)
{
	sa_family_t family;
	uint8_t bytes[16];
	u128 key;

	assert_true(address_parse(address, &family, &key));
	address_bytes(family, key, bytes);
	snapshot_lookup(snapshot, family, bytes, out);
}

static inline void assert_place(const struct snapshot *snapshot, const char *address, const char *location,
				const char *tier, const char *source)
{
	struct snapshot_place place;

	look(snapshot, address, &place);
	if (strcmp(place.location, location) || strcmp(place.place_tier, tier) || strcmp(place.source, source))
		fail_msg("%s: %s by %s, %s; not %s by %s, %s", address, place.location, place.place_tier, place.source,
			 location, tier, source);
}

static inline void assert_control(const struct snapshot *snapshot, const char *address, const char *control,
				  const char *tier, const char *operator)
{
	struct snapshot_place place;

	look(snapshot, address, &place);
	if (strcmp(place.control, control) || strcmp(place.tier, tier) || strcmp(place.operator, operator))
		fail_msg("%s: %s by %s, '%s'; not %s by %s, '%s'", address, place.control, place.tier, place.operator,
			 control, tier, operator);
}

#define POLICY CLASSES "rules:\n  - {id: a, class: shut, control: {in: US}, verdict: drop, reason: r}\n"

static inline struct build_inputs all_inputs(void)
{
	struct build_inputs inputs = inputs_of(POLICY);

	inputs.feeds = mem_format("aws=%s,google=%s", put("ip-ranges.json", AWS("2026-11-01")),
				  put("cloud.json", GOOGLE));
	inputs.geofeeds = mem_format("partner=%s", put("partner.csv", GEOFEED));
	inputs.rir = put("rir.csv", RIR);
	return inputs;
}

static inline void free_inputs(struct build_inputs *inputs)
{
	free((char *)inputs->feeds);
	free((char *)inputs->geofeeds);
}

static inline void fresh_cache(const char *name)
{
	setenv("RESID_CACHE_DIR", in_folder(name), 1);
}

/* "location feed aws FR; ...": all that is said; '-' before what is stale, '!' before what does not count. */
static inline void assert_opinions(const struct snapshot *snapshot, const char *address, const char *expected)
{
	struct snapshot_opinion opinion[16];
	char text[1024] = "";
	sa_family_t family;
	uint8_t bytes[16];
	size_t i, count;
	u128 key;

	assert_true(address_parse(address, &family, &key));
	address_bytes(family, key, bytes);
	count = snapshot_opinions(snapshot, family, bytes, opinion, 16);
	for (i = 0; i < count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s%s%s %s %s %s%s%s", i ? "; " : "",
			 opinion[i].fresh ? "" : "-", opinion[i].ignored ? "!" : "", opinion[i].axis, opinion[i].tier,
			 opinion[i].source, opinion[i].answer, *opinion[i].operator ? " " : "", opinion[i].operator);
	if (strcmp(text, expected))
		fail_msg("%s: '%s', not '%s'", address, text, expected);
}

static inline void assert_registered(const struct snapshot *snapshot, const char *address, const char *registered)
{
	struct snapshot_place place;

	look(snapshot, address, &place);
	if (strcmp(place.registered, registered))
		fail_msg("%s: registered in '%s', not '%s'", address, place.registered, registered);
}

static inline int begin(void **context)
{
	return mkdtemp(folder) ? 0 : -1;
}

static inline int end(void **context)
{
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
