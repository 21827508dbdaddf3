# SPDX-License-Identifier: Apache-2.0
# awk -f places.awk GEOIP GEOIP6: test addresses from Debian's tor-geoipdb, found without Resid: NAME=ADDRESS a line.
# FR4 FR4b FR4c DE4 US4 US4b CN4 UNKNOWN4 and the same with 6. UNKNOWN lies between two ranges, in none.
BEGIN {
	FS = ","
	wanted = "FR FRb FRc DE US USb CN UNKNOWN"
	open4 = open6 = split(wanted, unused, " ")
}

function dotted(n) { return int(n / 16777216) "." int(n / 65536) % 256 "." int(n / 256) % 256 "." n % 256 }

function hex(text,    i, n) {
	for (i = 1; i <= length(text); i++)
		n = n * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
	return n
}

# Two more names for the countries that need several addresses.
function take(country, family, address,    name) {
	name = country family
	if (name in found)
		name = country "b" family
	if (name in found)
		name = country "c" family
	if (name in found || index(" " wanted " ", " " substr(name, 1, length(name) - 1) " ") == 0)
		return
	found[name] = 1
	print name "=" address
	if (family == 4)
		open4--
	else
		open6--
}

/^#/ || NF != 3 { next }

# IPv4: numbers. Only blocks of ordinary unicast space that no special registry touches.
FILENAME ~ /geoip$/ {
	if (!open4)
		next
	octet = int($1 / 16777216)
	ordinary = octet > 10 && octet < 224 && octet != 100 && octet != 127 && octet != 169 && octet != 172 && octet != 192 && octet != 198 && octet != 203
	if (ordinary && $3 != "??" && $2 - $1 >= 65535)
		take($3, 4, dotted($1 + int(($2 - $1) / 2) + 8))
	if (ordinary && last4 && int(last4 / 16777216) == octet && $1 - last4 > 512)
		take("UNKNOWN", 4, dotted(last4 + 1 + int(($1 - last4) / 2)))
	last4 = $2
	next
}

# IPv6: text. `a:b::` to `a:c:ffff:…` covers all of a:b::/32.
!open6 { exit }

{
	split($1, first, ":")
	split($2, end, ":")
	ordinary = $1 ~ /^2[0-9a-f][0-9a-f][0-9a-f]:[0-9a-f]+::$/ && first[1] != "2001" && first[1] != "2002"
	whole = ordinary && $2 ~ /^[0-9a-f]+:[0-9a-f]+:ffff:ffff:ffff:ffff:ffff:ffff$/
	if (whole && $3 != "??")
		take($3, 6, first[1] ":" first[2] ":e2e::7")
	if (ordinary && gap1 == first[1] && hex(first[2]) > hex(gap2) + 1)
		take("UNKNOWN", 6, sprintf("%s:%x:e2e::7", first[1], hex(gap2) + 1))
	gap1 = whole ? end[1] : ""
	gap2 = end[2]
}
