# SPDX-License-Identifier: Apache-2.0
# The policy of a scenario with its word that Debian's AS database of October 2022 is young enough, which it is not.
/^sources:/ { print; print "  asn: {max_age: 3650d}"; found = 1; next }
/^rules:/ && !found { print "sources: {asn: {max_age: 3650d}}" }
{ print }
