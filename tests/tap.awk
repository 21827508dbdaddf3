# SPDX-License-Identifier: Apache-2.0
# Judges one program by what it printed and by its exit status (-v status=N).
#
# Reads TAP, and KTAP with results nested by indentation, among anything else. What is counted are the leaves: a
# result that closes a block of deeper results is counted only if it fails although nothing in the block did.
# A wrong plan, no result at all, and a nonzero exit status without a failed result are failures of their own.
#
# Prints what a reader of a failure needs, then one line: PASSED FAILED SKIPPED.

function problem(text) { failed++; note[++notes] = "not ok - " text }

# Ends the block at one depth: its plan must hold.
function close_block(depth)
{
	if (depth in plan && plan[depth] != seen[depth])
		problem("the plan is 1.." plan[depth] ", but there are " seen[depth] + 0 " results")
	delete plan[depth]
	delete seen[depth]
	delete bad[depth]
}

# Ends every deeper block; says whether there was one, and sets child_failed.
function close_deeper(depth,    d, found)
{
	child_failed = 0
	for (d in open_at)
		if (d + 0 > depth) {
			found = found || (d in seen)
			child_failed += bad[d]
			close_block(d)
			delete open_at[d]
		}
	return found
}

{ sub(/\r$/, "") }

/^ *1\.\.[0-9]+/ {
	match($0, /^ */)
	depth = RLENGTH
	count = substr($0, depth + 4) + 0
	open_at[depth] = 1
	if (!(depth in plan) && depth in seen) {	# a plan at the end
		plan[depth] = count
		close_deeper(depth)
		close_block(depth)
	} else {					# at the start, of a new block if there was one
		close_block(depth)
		plan[depth] = count
		if (count == 0 && match($0, /# *[Ss][Kk][Ii][Pp]/)) {
			skipped++
			note[++notes] = "skip -" substr($0, RSTART + RLENGTH)
		}
	}
	planned = 1
	next
}

/^ *(not )?ok( |$)/ {
	match($0, /^ */)
	depth = RLENGTH
	skip_line = $0 ~ /# *[Ss][Kk][Ii][Pp]/
	bad_line = $0 ~ /^ *not ok/ && $0 !~ /^ *not ok [0-9]+ # SKIP/	# so cmocka says that it skipped
	parent = close_deeper(depth)
	open_at[depth] = 1
	seen[depth]++
	results++
	bad[depth] += bad_line
	if (parent && !(bad_line && !child_failed))
		next
	if (bad_line)
		failed++
	else if (skip_line)
		skipped++
	else
		passed++
	if (bad_line || skip_line)
		note[++notes] = substr($0, depth + 1)
	next
}

/^Bail out!/ { problem($0) }

# Other output: it matters when something failed. The last lines are enough.
{ other[++others] = $0 }

END {
	close_deeper(-1)
	if (status != 0 && failed == 0)
		problem("exit status " status " without a failed result")
	if (results == 0 && !(planned && skipped))
		problem("no result printed")
	for (i = 1; i <= notes; i++)
		print note[i]
	if (failed) {
		first = others > 60 ? others - 59 : 1
		if (first > 1)
			print "| ... " first - 1 " lines before"
		for (i = first; i <= others; i++)
			print "| " other[i]
	}
	print passed + 0, failed + 0, skipped + 0
}
