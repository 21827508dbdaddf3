// SPDX-License-Identifier: Apache-2.0
/* What a sink's file may say, and the one sentence with file and line for everything else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sink/parse.h"
#include "sink/format/format.h"
#include "sink/transport/net.h"
#include "sink/transport/transport.h"

static char dir[] = "/tmp/resid-sink-XXXXXX";

static void defaults(void **state)
{
	struct sink_config config;
	struct resid_error err;

	assert_int_equal(sink_config_parse("/x/siem-1.conf", "# a comment\n\n transport = syslog-tcp \r\naddress=[::1]:514\n",
					   &config, &err), 0);
	assert_string_equal(config.name, "siem-1");
	assert_ptr_equal(config.transport, &transport_syslog_tcp);
	assert_ptr_equal(config.format, &format_rfc5424);
	assert_string_equal(config.address.text, "[::1]:514");
	assert_int_equal(config.facility, 13);
	assert_int_equal(config.timeout, 10);
	assert_int_equal(config.ack, 0);
	assert_int_equal(sink_config_parse("a.conf", "transport = hec\nurl = https://x\ntoken = /t\nack = yes\nformat = ocsf\n",
					   &config, &err), 0);
	assert_ptr_equal(config.format, &format_ocsf);
	assert_int_equal(config.ack, 1);
}

static void refuses(void **state)
{
	static const struct {
		const char *name, *text, *says;
	} bad[] = {
		{ "a.conf", "", "`transport = ...` must be one of" },
		{ "a.conf", "transport = smoke\n", "not `smoke`" },
		{ "a.conf", "transport = file\n", "transport file needs `path = ...`" },
		{ "a.conf", "transport = bulk\nurl = http://x\n", "transport bulk needs `index = ...`" },
		{ "a.conf", "transport = bulk\nurl = http://x\nindex = i\nformat = cef\n", "carries JSON" },
		{ "a.conf", "transport = journald\nformat = ecs\n", "has a form of its own" },
		{ "a.conf", "transport = file\npath = /x\nformat = journal\n", "there is no format `journal`" },
		{ "a.conf", "transport = syslog-tls\naddress = a:1\n", "needs `tls_ca = ...`" },
		{ "a.conf", "transport = syslog-tls\naddress = a:1\ntls_ca = /c\ntls_key = /k\n", "belong together" },
		{ "a.conf", "\ncolour = red\n", "a.conf:2:1: there is no key `colour`" },
		{ "a.conf", " transport file\n", "a.conf:1:2: `transport file` is not key = value" },
		{ "a.conf", "path = x\n", "a.conf:1:8: path takes an absolute path, not `x`" },
		{ "a.conf", "batch =\t 257\n", "a.conf:1:10: batch takes a number from 1 to 256, not `257`" },
		{ "a.conf", "timeout = -1\n", "takes a number" },
		{ "a.conf", "ack = maybe\n", "takes yes or no" },
		{ "a.conf", "url =\n", "takes a text" },
		{ "A b.conf", "transport = journald\n", "a sink's name has 1 to 64 of a-z" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct sink_config config;
		struct resid_error err;

		if (!sink_config_parse(bad[i].name, bad[i].text, &config, &err))
			fail_msg("taken: %s", bad[i].text);
		if (!strstr(err.text, bad[i].says))
			fail_msg("`%s` does not say `%s`", err.text, bad[i].says);
		assert_int_equal(err.status, RESID_EXIT_INPUT);
	}
}

static void addresses(void **state)
{
	static const char *const bad[] = { "", "host", "host:", ":514", "[::1]", "[]:514", "::1:514", "[::1]514" };
	char host[256], port[16];
	struct resid_error err;

	assert_int_equal(net_split("siem.example:6514", host, port, &err), 0);
	assert_string_equal(host, "siem.example");
	assert_string_equal(port, "6514");
	assert_int_equal(net_split("[2001:db8::1]:syslog", host, port, &err), 0);
	assert_string_equal(host, "2001:db8::1");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (!net_split(bad[i], host, port, &err))
			fail_msg("taken: %s", bad[i]);
}

static void credentials(void **state)
{
	struct setting_text setting = { "credential:token" };
	struct path file = paths_in(dir, "token"), found;
	struct resid_error err;
	FILE *out;

	unsetenv("CREDENTIALS_DIRECTORY");
	assert_int_equal(sink_config_file(&setting, &found, &err), -1);
	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	assert_int_equal(sink_config_file(&setting, &found, &err), -1);
	out = fopen(file.text, "we");
	fclose(out);
	assert_int_equal(sink_config_file(&setting, &found, &err), 0);
	assert_string_equal(found.text, file.text);
	unlink(file.text);
	strcpy(setting.text, "credential:../token");
	assert_int_equal(sink_config_file(&setting, &found, &err), -1);
	strcpy(setting.text, "relative");
	assert_int_equal(sink_config_file(&setting, &found, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(refuses),
		cmocka_unit_test(addresses),
		cmocka_unit_test(credentials),
	};
	int failed;

	if (!mkdtemp(dir))
		return 2;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return failed;
}
