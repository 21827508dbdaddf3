// SPDX-License-Identifier: Apache-2.0
/* operators.yaml as it is embedded, with its hard cases; and what its reader refuses, and with which words. */
#include "support.h"

#include <unistd.h>

#include "source/location.h"
#include "geo/operators.h"
#include "util/file.h"

static struct operators *read_embedded(void)
{
	struct operators *operators = NULL;
	struct resid_error err = { 0 };

	if (operators_read(NULL, &operators, &err))
		fail_msg("%s", err.text);
	return operators;
}

static bool is_under(const struct operator *operator, const char *country)
{
	size_t i;

	for (i = 0; i < operator->jurisdiction_count; i++)
		if (!strcmp(operator->jurisdiction[i].country, country))
			return true;
	return false;
}

static bool is_european(const struct operator *operator)
{
	size_t i;

	for (i = 0; i < operator->jurisdiction_count; i++)
		if (!strstr("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK",
			    operator->jurisdiction[i].country))
			return false;
	return true;
}

static void test_hard_cases(void **context)
{
	/* only: no other country */
	static const struct {
		uint32_t asn;
		const char *id, *country;
		bool only;
	} cases[] = {
		{ 9059, "aws", "US", true },			/* registered in Ireland */
		{ 16509, "aws", "US", true },
		{ 20940, "akamai", "US", true },		/* registered in the Netherlands */
		{ 43515, "google", "US", true },		/* registered in Ireland */
		{ 209242, "cloudflare", "US", true },		/* registered in London */
		{ 200238, "t-systems-google", "DE", true },	/* bears Google's name */
		{ 58593, "azure-china", "CN", true },		/* Microsoft's technology */
		{ 55960, "aws-china-beijing", "CN", true },	/* Amazon's */
		{ 45102, "alibaba", "US", false },		/* registered there, and run from China */
		{ 37963, "alibaba", "CN", false },
		{ 29308, "oracle", "US", true },		/* bears the name of a company that it bought */
		{ 214101, "aws-eusc", "US", false },		/* registered to a German company */
		{ 52019, "oracle", "US", true },		/* registered in Sweden */
		{ 8218, "zayo", "US", true },			/* registered in France */
		{ 2830, "verizon", "US", true },		/* registered in the Netherlands */
		{ 60253, "host-europe", "US", false },		/* registered in Germany */
		{ 20738, "host-europe", "US", false },		/* bears the name of a British company that it bought */
		{ 198097, "azure", "US", true },		/* registered in Luxembourg */
		{ 25384, "kyndryl", "US", true },		/* IBM's until 2021 */
		{ 32934, "meta", "US", true },			/* its prefixes are registered in Ireland */
		{ 14593, "spacex", "US", true },
		{ 3209, "vodafone-de", "GB", false },
		{ 30722, "swisscom-it", "CH", false },		/* bears the name of Vodafone, which sold it */
		{ 12430, "zegona", "GB", false },		/* the same */
		{ 1267, "ck-hutchison", "HK", false },
		{ 9158, "telenor-eu", "NO", false },
		{ 3292, "tdc", "AU", false },
		{ 8447, "a1", "MX", false },			/* the same criterion as Exoscale's */
		{ 50266, "odido", "US", false },
		{ 8866, "united-group", "GB", false },
		{ 213155, "yettel", "AE", false },
		{ 61157, "plusserver", "GB", false },		/* a German host, held from London */
		{ 8426, "claranet", "GB", false },
		{ 15854, "dxc", "US", false },
		{ 8011, "mongodb", "US", true },
		{ 210644, "aeza", "RU", false },
		{ 213230, "hetzner-world", "US", false },
		{ 40021, "contabo-world", "US", false },
		{ 3269, "tim", "IT", true },
		{ 3352, "telefonica", "ES", true },
		{ 42473, "anexia", "AT", true },
		{ 2376, "bleu", "FR", true },
		{ 198678, "delos", "DE", true },
		{ 203532, "s3ns", "FR", true },			/* under the former name of the company */
		{ 60855, "dinum", "FR", true },
		{ 198875, "aphp", "FR", true },
		{ 209502, "edf", "FR", true },
		{ 680, "dfn", "DE", true },
		{ 2200, "renater", "FR", true },
		{ 719, "elisa", "FI", true },			/* bears the name of the registry */
		{ 53306, "outscale-us", "US", false },
		{ 50624, "outscale", "FR", true },
		{ 6878, "telekom-otc", "DE", true },		/* Huawei's technology */
		{ 29222, "infomaniak", "CH", true },		/* not the EU */
		{ 61098, "exoscale", "CH", false },
		{ 16276, "ovh", "FR", true },
		{ 24940, "hetzner", "DE", true },
		{ 12876, "scaleway", "FR", true },
		{ 8560, "ionos", "DE", true },
		{ 60781, "leaseweb-nl", "NL", true },
		{ 30633, "leaseweb-us", "US", false },
		{ 31034, "aruba", "IT", true },
		{ 202053, "upcloud", "FI", true },
		{ 15418, "fasthosts", "GB", false },
		{ 60068, "cdn77", "GB", true },
	};
	_cleanup_operators_ struct operators *operators = read_embedded();
	size_t i, j;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct operator *operator = operators_by_asn(operators, cases[i].asn);

		if (!operator || strcmp(operator->id, cases[i].id) || !is_under(operator, cases[i].country))
			fail_msg("AS%u is not of %s under %s", cases[i].asn, cases[i].id, cases[i].country);
		for (j = 0; cases[i].only && j < operator->jurisdiction_count; j++)
			assert_string_equal(operator->jurisdiction[j].country, cases[i].country);
		assert_ptr_equal(operators_find(operators, cases[i].id), operator);
	}
	/* AS numbers that were somebody's, and are somebody else's or nobody's today */
	assert_null(operators_by_asn(operators, 203719));
	assert_null(operators_by_asn(operators, 205025));
	assert_null(operators_by_asn(operators, 64496));
	assert_null(operators_by_asn(operators, 0));
	assert_null(operators_by_asn(operators, UINT32_MAX));
	assert_null(operators_find(operators, "nobody"));
}

/* Sovereign offers: whose technology it is, and whose the company. */
static void test_sovereign(void **context)
{
	_cleanup_operators_ struct operators *operators = read_embedded();
	const struct operator *operator = operators_find(operators, "aws-eusc");

	assert_non_null(operator);
	assert_true(is_under(operator, "US") && is_under(operator, "DE"));
	assert_string_equal(operator->feed[0].region, "eusc-*");
	operator = operators_find(operators, "oracle-eu-sovereign");
	assert_true(operator && is_under(operator, "US"));
	operator = operators_find(operators, "s3ns");
	assert_true(operator && is_under(operator, "FR") && !is_under(operator, "US"));
	assert_string_equal(operator->technology, "Alphabet Inc.");
	operator = operators_find(operators, "bleu");
	assert_true(operator && is_under(operator, "FR") && !is_under(operator, "US"));
	assert_string_equal(operator->technology, "Microsoft Corporation");
	assert_int_equal(operator->prefix_count, 5);
	operator = operators_find(operators, "delos");
	assert_true(operator && is_under(operator, "DE") && !is_under(operator, "US"));
	assert_int_equal(operator->prefix_count, 4);
	operator = operators_find(operators, "ovh-us");
	assert_true(operator && is_under(operator, "US") && is_under(operator, "FR") && operator->prefix_count);
	operator = operators_find(operators, "ovh-ca");
	assert_true(operator && is_under(operator, "CA") && is_under(operator, "FR") && operator->prefix_count);
}

static void test_whole(void **context)
{
	_cleanup_operators_ struct operators *operators = read_embedded();
	size_t fisa = 0, i, j;

	assert_true(operators->count >= 150);
	assert_int_equal(strlen(operators->date), 10);
	for (i = 0; i < operators->count; i++) {
		const struct operator *operator = &operators->operator[i];

		assert_true(*operator->citation && *operator->parent && *operator->reviewed);
		assert_true(operator->jurisdiction_count > 0);
		assert_true(*operator->criterion);
		assert_true(operator->asn_count || operator->feed_count || operator->prefix_count);
		assert_true(*operator->comment || strcmp(operator->confidence, "low"));
		/* who is not sure says what would allow */
		if (!strcmp(operator->confidence, "low") && !operator->uncertain && is_european(operator))
			fail_msg("%s is of the EU alone, and confidence is low", operator->id);
		for (j = 0; j < operator->jurisdiction_count; j++)
			if (strstr(operator->jurisdiction[j].basis, "FISA 702"))
				fisa += !strcmp(operator->jurisdiction[j].valid_until, "2026-06-12");
			else
				assert_string_equal(operator->jurisdiction[j].valid_until, "");
	}
	assert_true(fisa > 40);
	for (i = 1; i < operators->asn_count; i++)
		assert_true(operators->asn[i - 1].asn < operators->asn[i].asn);
}

#define HEAD	"resid-operators: 1\ndate: 2026-11-21\noperators:\n"
#define ONE	"  - id: one\n    name: One\n    parent: One AS\n    jurisdictions: [{country: NO, basis: seat}]\n"
#define REST	"    citation: a register\n    reviewed: 2026-11-21\n    confidence: high\n"

static char file[] = "/tmp/resid-operators.XXXXXX";

static int read_text(const char *text, struct operators **out, struct resid_error *err)
{
	FILE *to = fopen(file, "we");

	assert_non_null(to);
	assert_int_equal(fputs(text, to) < 0 || fclose(to), 0);
	return operators_read(file, out, err);
}

/* FILE:LINE:COLUMN: sentence */
static void bad(const char *text, const char *expected)
{
	struct operators *operators = NULL;
	struct resid_error err = { 0 };

	assert_int_equal(read_text(text, &operators, &err), -1);
	assert_null(operators);
	assert_int_equal(err.status, RESID_EXIT_INPUT);
	if (strncmp(err.text, file, strlen(file)) || strncmp(err.text + strlen(file), expected, strlen(expected)))
		fail_msg("expected '%s', got '%s'", expected, err.text);
}

static void test_good(void **context)
{
	_cleanup_operators_ struct operators *operators = NULL;
	struct resid_error err;

	if (read_text(HEAD ONE "    asn: [4294967294, 64496]\n    prefixes: [192.0.2.0/24, 2001:db8::/32]\n"
		      "    feeds: [{format: aws, file: a.json, region: \"eu-*\", service: EC2}]\n" REST, &operators, &err))
		fail_msg("%s", err.text);
	assert_int_equal(operators->count, 1);
	assert_string_equal(operators->operator[0].jurisdiction[0].country, "NO");
	assert_string_equal(operators->operator[0].jurisdiction[0].valid_until, "");
	assert_string_equal(operators->operator[0].technology, "");
	assert_string_equal(operators->operator[0].feed[0].region, "eu-*");
	assert_string_equal(operators->operator[0].prefix[1], "2001:db8::/32");
	assert_ptr_equal(operators_by_asn(operators, 4294967294), operators->operator);
	assert_ptr_equal(operators_by_asn(operators, 64496), operators->operator);
}

/* What many entries share is written once, and the chain of parents is one text. */
static void test_laws(void **context)
{
	_cleanup_operators_ struct operators *operators = NULL;
	const struct operator *one;
	struct resid_error err;

	if (read_text("resid-operators: 1\ndate: 2026-11-21\nlaws:\n"
		      "  us: {country: US, basis: an act, valid_until: 2026-06-12}\noperators:\n"
		      "  - id: one\n    name: One\n    parent: [One AS, A Fund]\n    criterion: [seat, share]\n"
		      "    uncertain: true\n    jurisdictions: [us, {country: \"NO\", basis: seat}]\n"
		      "    holders: [One AS, \"One Holding*\"]\n" REST, &operators, &err))
		fail_msg("%s", err.text);
	one = operators->operator;
	assert_string_equal(one->parent, "One AS; A Fund");
	assert_string_equal(one->criterion, "seat, share");
	assert_true(one->uncertain);
	assert_int_equal(one->jurisdiction_count, 2);
	assert_string_equal(one->jurisdiction[0].country, "US");
	assert_string_equal(one->jurisdiction[0].basis, "an act");
	assert_string_equal(one->jurisdiction[0].valid_until, "2026-06-12");
	assert_string_equal(one->jurisdiction[1].country, "NO");
	assert_int_equal(one->holder_count, 2);
	assert_string_equal(one->holder[1], "One Holding*");
}

static void test_bad_laws(void **context)
{
#define LAWS(text) "resid-operators: 1\ndate: 2026-11-21\nlaws: " text "\noperators:\n" ONE REST
	bad(LAWS("[]"), ":3:7: `laws` must be a map, not a list");
	bad(LAWS("{us: US}"), ":3:12: a jurisdiction must be a map, not 'US'");
	bad(LAWS("{us: {country: US}}"), ":3:12: key 'basis' is missing here");
	bad(LAWS("{us law: {country: US, basis: b}}"), ":3:8: law 'us law' must be");
	bad(HEAD ONE "    criterion: seat\n" REST, ":8:16: `criterion` must be a list, not 'seat'");
	bad(HEAD ONE "    criterion: [soil]\n" REST, ":8:17: a criterion is seat, share, shares or influence, not 'soil'");
	bad(HEAD ONE "    criterion: [[seat]]\n" REST, ":8:17: a criterion is seat, share, shares or influence, not 'a list");
	bad(HEAD ONE "    uncertain: maybe\n" REST, ":8:16: `uncertain` must be true or false, not 'maybe'");
	bad(HEAD ONE "    holders: [\"*\"]\n" REST, ":8:15: a holder '*' must be a name");
	bad(HEAD ONE "    holders: [\"A*B\"]\n" REST, ":8:15: a holder 'A*B' must be a name");
	bad(HEAD ONE "    holders: [[One]]\n" REST, ":8:15: a holder must be one value, not a list");
	bad(HEAD "  - id: one\n    name: One\n    parent: [One, '']\n", ":6:19: a value of `parent` must be one line");
	bad(HEAD "  - id: one\n    name: One\n    parent: {a: b}\n", ":6:13: parent must be one value or a list, not a map");
}

static void test_bad_top(void **context)
{
	bad("", ":1:1: the file is empty");
	bad("- 1\n", ":1:1: a file of operators must be a map, not a list");
	bad("resid-operators: 2\ndate: 2026-11-21\noperators: []\n", ":1:18: the version '2' must be a number from 1 to 1");
	bad("resid-operators: 1\noperators: []\n", ":1:1: key 'date' is missing here");
	bad("resid-operators: 1\ndate: 2026-02-30\noperators: []\n", ":2:7: date '2026-02-30' must be a day");
	bad("resid-operators: 1\ndate: 2026-11-21\noperators: []\n", ":3:12: `operators` is an empty list");
	bad("resid-operators: 1\ndate: 2026-11-21\nfeeds: []\n", ":3:1: unknown key 'feeds' in a file of operators");
	bad(HEAD "  - one\n", ":4:5: an operator must be a map, not 'one'");
	bad(HEAD "  - id: one\n    id: two\n", ":5:5: key 'id' stands twice");
}

static void test_bad_operator(void **context)
{
	bad(HEAD ONE "    owner: x\n" REST, ":8:5: unknown key 'owner' in an operator");
	bad(HEAD "  - id: one two\n", ":4:9: id 'one two' must be");
	bad(HEAD "  - id: one\n    name: [One]\n", ":5:11: `name` must be one value, not a list");
	bad(HEAD "  - id: one\n    name: ''\n", ":5:11: `name` is empty; it must say something");
	bad(HEAD ONE "    reviewed: 2026-11-21\n    confidence: high\n", ":4:5: key 'citation' is missing here");
	bad(HEAD ONE "    citation: a\n    confidence: high\n", ":4:5: key 'reviewed' is missing here");
	bad(HEAD ONE "    citation: a\n    reviewed: 21.11.2026\n    confidence: high\n",
	    ":9:15: reviewed '21.11.2026' must be a day, written YYYY-MM-DD");
	bad(HEAD ONE "    citation: a\n    reviewed: 2026-11-21\n    confidence: sure\n",
	    ":10:17: confidence 'sure' must be high, medium or low");
	bad(HEAD ONE "    comment: |\n      a\n      b\n" REST, ":8:14: `comment` must be one line");
	bad(HEAD ONE REST ONE REST, ":11:9: operator 'one' stands twice");
	bad(HEAD ONE "    technology: ''\n" REST, ":8:17: `technology` is empty; leave it out");
}

static void test_bad_control(void **context)
{
#define JURISDICTION(text) HEAD "  - id: one\n    name: One\n    parent: One\n    jurisdictions: " text "\n" REST
	bad(JURISDICTION("[]"), ":7:20: `jurisdictions` is an empty list; it needs an item");
	bad(JURISDICTION("US"), ":7:20: `jurisdictions` must be a list, not 'US'");
	bad(JURISDICTION("[US]"), ":7:21: unknown law 'US'; name one of `laws`, or write {country: ..., basis: ...}");
	bad(JURISDICTION("[[US]]"), ":7:21: a jurisdiction must be a map, not a list");
	bad(JURISDICTION("[{country: US}]"), ":7:21: key 'basis' is missing here");
	bad(JURISDICTION("[{basis: x}]"), ":7:21: key 'country' is missing here");
	bad(JURISDICTION("[{country: UK, basis: x}]"), ":7:31: unknown country 'UK'; write GB");
	bad(JURISDICTION("[{country: EU, basis: x}]"), ":7:31: unknown country 'EU'; write ");
	bad(JURISDICTION("[{country: unknown, basis: x}]"), ":7:31: unknown country 'unknown'");
	bad(JURISDICTION("[{country: SU, basis: x}]"), ":7:31: unknown country 'SU'");
	bad(JURISDICTION("[{country: US, basis: x, valid_until: soon}]"), ":7:58: valid_until 'soon' must be a day");
	bad(JURISDICTION("[{country: US, basis: x, until: 2026-04-20}]"), ":7:45: unknown key 'until' in a jurisdiction");
}

static void test_bad_networks(void **context)
{
	bad(HEAD ONE "    asn: 64496\n" REST, ":8:10: `asn` must be a list, not '64496'");
	bad(HEAD ONE "    asn: []\n" REST, ":8:10: `asn` is an empty list; leave it out");
	bad(HEAD ONE "    asn: [AS64496]\n" REST, ":8:11: an ASN 'AS64496' must be a number");
	bad(HEAD ONE "    asn: [0]\n" REST, ":8:11: an ASN '0' must be a number");
	bad(HEAD ONE "    asn: [4294967295]\n" REST, ":8:11: an ASN '4294967295' must be a number");
	bad(HEAD ONE "    asn: [99999999999999999999]\n" REST, ":8:11: an ASN '99999999999999999999' must be");
	bad(HEAD ONE "    asn: [64496, 64496]\n" REST, ":8:18: AS64496 stands twice, first at 'one'");
	bad(HEAD ONE "    prefixes: [192.0.2.1/24]\n" REST, ":8:16: prefix '192.0.2.1/24' has bits set after");
	bad(HEAD ONE "    prefixes: [0.0.0.0/0]\n" REST, ":8:16: prefix '0.0.0.0/0' is every address there is");
	bad(HEAD ONE "    prefixes: [192.0.2.0/24, 192.0.2.0/24]\n" REST, ":8:30: prefix '192.0.2.0/24' stands twice");
	bad(HEAD ONE "    feeds: [{format: csv, file: x}]\n" REST, ":8:22: unknown format 'csv'");
	bad(HEAD ONE "    feeds: [{format: mmdb, file: x}]\n" REST, ":8:22: unknown format 'mmdb'");
	bad(HEAD ONE "    feeds: [{format: aws}]\n" REST, ":8:13: key 'file' is missing here");
	bad(HEAD ONE "    feeds: [{format: aws, file: a/b}]\n" REST, ":8:33: file 'a/b' must be a name without folders");
	bad(HEAD ONE "    feeds: [{format: aws, file: x, region: \"*-1\"}]\n" REST, ":8:44: region '*-1': '*' stands for");
	bad(HEAD ONE "    feeds: [{format: aws, file: x, url: y}]\n" REST, ":8:36: unknown key 'url' in a feed");
}

static int setup(void **context)
{
	int fd = mkstemp(file);

	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **context)
{
	return unlink(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hard_cases),
		cmocka_unit_test(test_sovereign),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_laws),
		cmocka_unit_test(test_bad_top),
		cmocka_unit_test(test_bad_laws),
		cmocka_unit_test(test_bad_operator),
		cmocka_unit_test(test_bad_control),
		cmocka_unit_test(test_bad_networks),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
