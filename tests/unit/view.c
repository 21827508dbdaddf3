// SPDX-License-Identifier: Apache-2.0
/* What a verb has to say as text, JSON, CSV and Markdown; what a stranger wrote in none of them does anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "residctl/show.h"
#include "residctl/view.h"
#include "residctl/view_sort.h"

static struct view *view;
static struct resid_error err;
static char *said;
static size_t length;

static void begin(enum view_form form, unsigned int width)
{
	const struct view_output output = {
		.out = open_memstream(&said, &length), .form = form, .width = width, .terminal = width,
	};

	view = view_new(&output);
}

static void end(const char *expected)
{
	if (view_has_more(view))
		assert_int_equal(show_view(view, &err), 0);
	fclose(view->output.out);
	assert_string_equal(said, expected);
	view_free(view);
	free(said);
}

/* ---- objects ------------------------------------------------------------------------------------------------ */

static void fill_object(void)
{
	view_text(view, "class", "class", "health");
	view_note(view, " (%u)", 4);
	view_number(view, "class_id", NULL, 4);
	view_countries(view, "control", "control", "FR,US");
	view_countries(view, "nobody", "nobody", "");
	view_known(view, "clause", "clause", "");
	view_verdict(view, "verdict", "verdict", RESID_V_REJECT);
	view_count(view, "packets", "packets", 1234567);
	view_time(view, "from", "from", 0);
	view_time_ns(view, "seen", "seen", 1000000001);
	view_bool(view, "enforced", "enforced", true);
	view_object(view, "more", "more of it");
	view_text(view, "of", "of", "that");
	view_end(view);
	view_more(view, "and %s", "below");
	view_say(view, "A sentence.");
}

static void an_object_is_lines(void **state)
{
	begin(VIEW_FORM_TEXT, 0);
	fill_object();
	end("class        health (4)\n"
	    "control      FR, US\n"
	    "verdict      reject\n"
	    "packets      1,234,567\n"
	    "from         1970-01-01T00:00:00Z\n"
	    "seen         1970-01-01T00:00:01Z\n"
	    "enforced     yes\n"
	    "more of it\n"
	    "  of           that\n"
	    "             and below\n"
	    "A sentence.\n");
}

static void an_object_is_json(void **state)
{
	begin(VIEW_FORM_JSON, 0);
	fill_object();
	end("{\"class\":\"health\",\"class_id\":4,\"control\":[\"FR\",\"US\"],\"nobody\":[],\"verdict\":\"reject\","
	    "\"packets\":1234567,\"from\":\"1970-01-01T00:00:00Z\",\"seen\":\"1970-01-01T00:00:01.000000001Z\","
	    "\"enforced\":true,\"more\":{\"of\":\"that\"}}\n");
}

static void a_terminal_breaks_lines(void **state)
{
	begin(VIEW_FORM_TEXT, 40);
	view_text(view, NULL, "reason", "it is in the EEA, but it is not known to be controlled from there alone");
	view_text(view, NULL, "generation", "0123456789012345678901234567890123456789");
	end("reason       it is in the EEA, but it is\n"
	    "             not known to be controlled\n"
	    "             from there alone\n"
	    "generation   0123456789012345678901234567890123456789\n");
}

static void documents_stand_apart(void **state)
{
	begin(VIEW_FORM_TEXT, 0);
	view_text(view, NULL, "a", "1");
	assert_int_equal(show_view(view, &err), 0);
	view_text(view, NULL, "a", "2");
	end("a            1\n\na            2\n");
	begin(VIEW_FORM_JSON, 0);
	view_text(view, "a", NULL, "1");
	assert_int_equal(show_view(view, &err), 0);
	view_text(view, "a", NULL, "2");
	end("{\"a\":\"1\"}\n{\"a\":\"2\"}\n");
}

/* ---- tables ------------------------------------------------------------------------------------------------- */

static const struct view_column columns[] = {
	{ .label = "class", .width = 6 },
	{ .label = "where", .width = 9 },
	{ .label = "packets", .right = true, .width = 7 },
	{ .label = "tenant", .rank = 1, .width = 12 },
	{ .label = "why" },
	{ NULL },
};

static void fill_row(const char *class, const char *where, uint64_t packets, const char *tenant)
{
	view_row(view);
	view_text(view, "class", "class", class);
	view_prefix(view, "where", "where", where);
	view_count(view, "packets", "packets", packets);
	view_known(view, "tenant", "tenant", tenant);
	view_text(view, NULL, "why", "for people");
	view_text(view, "reason", NULL, "for programs");
	view_end(view);
}

static void fill_table(void)
{
	view_rows(view, columns);
	fill_row("health", "192.0.2.0/24", 12345, "a hospital");
	fill_row("a-class-of-a-long-name", "2001:db8::/32", 7, "");
}

static void a_table_is_as_wide_as_its_cells(void **state)
{
	begin(VIEW_FORM_TEXT, 0);
	fill_table();
	end("CLASS                   WHERE          PACKETS  TENANT      WHY\n"
	    "health                  192.0.2.0/24     12345  a hospital  for people\n"
	    "a-class-of-a-long-name  2001:db8::/32        7  -           for people\n");
}

static void a_terminal_narrows_texts(void **state)
{
	begin(VIEW_FORM_TEXT, 60);
	fill_table();
	end("CLASS         WHERE          PACKETS  TENANT      WHY\n"
	    "health        192.0.2.0/24     12345  a hospital  for people\n"
	    "a-class-of-…  2001:db8::/32        7  -           for people\n");
}

static void then_columns_go_by_rank(void **state)
{
	begin(VIEW_FORM_TEXT, 40);
	fill_table();
	end("CLASS      WHERE      PACKETS  WHY\n"
	    "health     192.0.2.…    12345  for peop…\n"
	    "a-class-…  2001:db8…        7  for peop…\n"
	    "(1 more column with --wide)\n");
}

static void no_rows_are_an_empty_array(void **state)
{
	begin(VIEW_FORM_JSON, 0);
	view_rows(view, columns);
	end("[]\n");
}

static void a_table_is_an_array(void **state)
{
	begin(VIEW_FORM_JSON, 0);
	fill_table();
	end("[{\"class\":\"health\",\"where\":\"192.0.2.0/24\",\"packets\":12345,\"tenant\":\"a hospital\","
	    "\"reason\":\"for programs\"},{\"class\":\"a-class-of-a-long-name\",\"where\":\"2001:db8::/32\",\"packets\":7,"
	    "\"reason\":\"for programs\"}]\n");
}

static void a_stream_keeps_to_widths_while_it_can(void **state)
{
	begin(VIEW_FORM_TEXT, 0);
	view_stream(view, columns, true);
	for (int i = 0; i < 2; i++) {
		fill_row(i ? "class-of-eleven" : "web", i ? "1.2.3.4" : "5.6.7.8", 7, i ? "" : "x");
		assert_int_equal(show_view(view, &err), 0);
	}
	view_say(view, "%d rows", 2);
	end("CLASS  WHERE     PACKETS TENANT       WHY\n"
	    "web    5.6.7.8         7 x            for people\n"
	    "class-of-eleven 1.2.3.4       7 -     for people\n"
	    "2 rows\n");
}

static void a_stream_fits_its_line(void **state)
{
	begin(VIEW_FORM_TEXT, 40);
	view_stream(view, columns, false);
	fill_row("health", "2001:db8:1111:2222:3333:4444:5555:6666", 7, "x");
	end("health 2001:db8:1111:2222:3333:4444:555…\n");
}

static void a_stream_is_an_object_a_line(void **state)
{
	begin(VIEW_FORM_JSON, 0);
	view_stream(view, columns, false);
	for (int i = 0; i < 2; i++) {
		view_row(view);
		view_number(view, "i", NULL, (uint64_t)i);
		view_end(view);
		assert_int_equal(show_view(view, &err), 0);
	}
	view_say(view, "for people");
	end("{\"i\":0}\n{\"i\":1}\n");
}

/* ---- order -------------------------------------------------------------------------------------------------- */

static void sorted(const char *by, const char *expected)
{
	begin(VIEW_FORM_TEXT, 0);
	view->output.sort = by;
	view_rows(view, columns);
	fill_row("b", "10.0.0.0/8", 20, "");
	fill_row("a", "9.0.0.0/8", 3, "x");
	fill_row("a", "2001:db8::1", 100, "");
	assert_int_equal(show_view(view, &err), 0);
	fclose(view->output.out);
	assert_non_null(strstr(said, expected));
	view_free(view);
	free(said);
}

static void rows_are_sorted_by_what_they_are(void **state)
{
	sorted("packets", "a      9.0.0.0/8          3  x       for people\nb      10.0.0.0/8        20  -       for people\n"
			  "a      2001:db8::1      100");
	sorted("-packets", "100  -       for people\nb ");
	sorted("where", "a      9.0.0.0/8          3  x       for people\nb      10.0.0.0/8        20  -       for people\n"
			"a      2001:db8::1");
	sorted("class,-packets", "a      2001:db8::1      100  -       for people\na      9.0.0.0/8");
	sorted("class", "a      9.0.0.0/8          3  x       for people\na      2001:db8::1");
	sorted("tenant", "b      10.0.0.0/8        20  -       for people\na      2001:db8::1      100  -");
}

static void no_such_column(void **state)
{
	begin(VIEW_FORM_TEXT, 0);
	view->output.sort = "packts";
	fill_table();
	assert_int_equal(show_view(view, &err), -1);
	assert_int_equal(err.status, RESID_EXIT_USAGE);
	assert_string_equal(err.text, "--sort: there is no column 'packts'; the columns are class, where, packets, tenant, "
				      "why; did you mean 'packets'?");
	fclose(view->output.out);
	view_free(view);
	free(said);
}

/* ---- strangers ---------------------------------------------------------------------------------------------- */

#define EVIL "\x1b]0;x\a\r\nok \xe2\x80\xaegnp"

static void fill_evil(void)
{
	view_text(view, "text", "text", EVIL);
	view_note(view, " (%s)", EVIL);
	view_more(view, "%s", EVIL);
	view_say(view, "%s", EVIL);
}

#define SHOWN "\\x1b]0;x\\x07\\x0d\\nok \\u202egnp"

static void nothing_reaches_a_terminal(void **state)
{
	begin(VIEW_FORM_TEXT, 0);
	fill_evil();
	end("text         " SHOWN " (" SHOWN ")\n             " SHOWN "\n" SHOWN "\n");
	begin(VIEW_FORM_TEXT, 200);
	view_block(view, "text", "text", "a\tb " EVIL "\nlast");
	end("a        b \\x1b]0;x\\x07\\x0d\nok \\u202egnp\nlast\n");
	begin(VIEW_FORM_TEXT, 0);
	view_rows(view, columns);
	fill_row(EVIL, EVIL, 1, EVIL);
	end("CLASS                           WHERE                           PACKETS  TENANT                          WHY\n"
	    SHOWN "  " SHOWN "        1  " SHOWN "  for people\n");
}

/* Of a policy every byte counts, where nobody looks at it. */
static void a_file_gets_a_block_as_it_is(void **state)
{
	begin(VIEW_FORM_TEXT, 0);
	view->comment = true;
	view_text(view, "name", "name", "a\nb");
	view_block(view, "text", "text", EVIL "\n");
	end("# name         a\\nb\n\n" EVIL "\n");
}

static const struct view_column cells[] = { { .label = "a" }, { .label = "b" }, { NULL } };

static void cell(enum view_form form, const char *text, const char *expected)
{
	char line[256];

	begin(form, 0);
	view_rows(view, cells);
	view_row(view);
	view_text(view, "a", "a", text);
	view_number(view, "b", "b", 7);
	view_end(view);
	snprintf(line, sizeof(line), form == VIEW_FORM_CSV ? "a,b\r\n%s,7\r\n" : "| a | b |\n| --- | --- |\n| %s | 7 |\n",
		 expected);
	end(line);
}

static void no_cell_is_a_formula(void **state)
{
	cell(VIEW_FORM_CSV, "plain", "plain");
	cell(VIEW_FORM_CSV, "", "");
	cell(VIEW_FORM_CSV, "a, \"b\"\nc", "\"a, \"\"b\"\"\nc\"");
	cell(VIEW_FORM_CSV, "=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\"");
	cell(VIEW_FORM_CSV, "+1", "\"'+1\"");
	cell(VIEW_FORM_CSV, "-1", "\"'-1\"");
	cell(VIEW_FORM_CSV, "@SUM(1)", "\"'@SUM(1)\"");
	cell(VIEW_FORM_CSV, "\t=1", "\"'\\t=1\"");
	cell(VIEW_FORM_CSV, "\r=1", "\"'\\x0d=1\"");
	cell(VIEW_FORM_CSV, "\n=1", "\"'\n=1\"");
	cell(VIEW_FORM_CSV, "＝1", "\"'＝1\"");
	cell(VIEW_FORM_CSV, "a=1", "a=1");
	cell(VIEW_FORM_CSV, "\x1b[31m\xff", "\\x1b[31m\\xff");
}

static void no_cell_is_markup(void **state)
{
	cell(VIEW_FORM_MARKDOWN, "plain, (text) 1.", "plain, (text) 1.");
	cell(VIEW_FORM_MARKDOWN, "a|b\nc", "a\\|b<br>c");
	cell(VIEW_FORM_MARKDOWN, "<script> [x](y) *b* `c` &lt; \\", "\\<script\\> \\[x\\](y) \\*b\\* \\`c\\` \\&lt; \\\\");
	cell(VIEW_FORM_MARKDOWN, "\x1b", "\\\\x1b");
}

static void wide_characters_count_twice(void **state)
{
	begin(VIEW_FORM_TEXT, 40);
	view_rows(view, cells);
	for (int i = 0; i < 2; i++) {
		view_row(view);
		view_text(view, "a", "a", i ? "日本" : "été");
		view_text(view, "b", "b", "x");
		view_end(view);
	}
	end("A     B\nété   x\n日本  x\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_object_is_lines),
		cmocka_unit_test(an_object_is_json),
		cmocka_unit_test(a_terminal_breaks_lines),
		cmocka_unit_test(documents_stand_apart),
		cmocka_unit_test(a_table_is_as_wide_as_its_cells),
		cmocka_unit_test(a_terminal_narrows_texts),
		cmocka_unit_test(then_columns_go_by_rank),
		cmocka_unit_test(no_rows_are_an_empty_array),
		cmocka_unit_test(a_table_is_an_array),
		cmocka_unit_test(a_stream_keeps_to_widths_while_it_can),
		cmocka_unit_test(a_stream_fits_its_line),
		cmocka_unit_test(a_stream_is_an_object_a_line),
		cmocka_unit_test(rows_are_sorted_by_what_they_are),
		cmocka_unit_test(no_such_column),
		cmocka_unit_test(nothing_reaches_a_terminal),
		cmocka_unit_test(a_file_gets_a_block_as_it_is),
		cmocka_unit_test(no_cell_is_a_formula),
		cmocka_unit_test(no_cell_is_markup),
		cmocka_unit_test(wide_characters_count_twice),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
