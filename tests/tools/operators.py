#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What policy/operators says, held against the origin ASes of a day.

names     is each AS still its operator's by its name, and is none missing that bears an operator's name?
coverage  how many of the announced addresses in the European Union have a curated operator
top       the operators and ASes with the most of them

The table of origin ASes (asn-origin.csv.gz: prefix, AS, name of its holder) is looked for where RESID_TEST_DATA points,
else in ../shared/data. It is good for measuring and not shipped.
"""
import argparse
import bisect
import collections
import csv
import glob
import gzip
import ipaddress
import os
import re
import sys

import yaml

SKIP = 77
LIKE_HOSTING = re.compile(r'host|server|cloud|data ?cent|colo|vps|internetdienst|online s', re.I)


def die(status, text):
    print(text)
    sys.exit(status)


def read_operators(path):
    """The entries of one file, or of the folder as the build puts it together."""
    files = [path] if path else ['policy/operators/head.yaml'] + sorted(
        set(glob.glob('policy/operators/*.yaml')) - {'policy/operators/head.yaml'})
    text = ''
    for name in files:
        with open(name, encoding='utf-8') as file:
            text += file.read()
    laws_and_operators = yaml.load(text, yaml.BaseLoader)
    laws = laws_and_operators.get('laws', {})
    operators = laws_and_operators['operators']
    for operator in operators:
        operator['asn'] = [int(asn) for asn in operator.get('asn', [])]
        operator['countries'] = {(laws[basis] if isinstance(basis, str) else basis)['country']
                                 for basis in operator['jurisdictions']}
    return operators


def data_file():
    return os.path.join(os.environ.get('RESID_TEST_DATA', '../shared/data'), 'asn-origin.csv.gz')


def read_origins():
    """(prefix, AS, name) of each row."""
    path = data_file()
    if not os.access(path, os.R_OK):
        die(SKIP, f'{path} is not there: set RESID_TEST_DATA to the folder that holds it')
    with gzip.open(path, 'rt', encoding='utf-8', errors='replace', newline='') as file:
        for row in csv.reader(file):
            if len(row) >= 3 and not row[0].startswith('#'):
                yield row[0], int(row[1]), ','.join(row[2:])


# --- names


def folded(name):
    """Without regard to case and punctuation."""
    return ' '.join(re.sub(r'[^a-z0-9]+', ' ', name.lower()).split())


class Holder:
    def __init__(self, text):
        self.text = text
        self.open = text.endswith('*')
        self.folded = folded(text)

    def matches(self, name):
        return name.startswith(self.folded) if self.open else name == self.folded


def read_reviewed(path):
    """AS: (kind, reason), of lines `AS kind reason`."""
    reviewed = {}
    with open(path, encoding='utf-8') as file:
        for number, line in enumerate(file, 1):
            words = line.split(None, 2)
            if not words or words[0].startswith('#'):
                continue
            if len(words) < 3 or not words[0].isdigit() or words[1] not in ('name', 'silent', 'other'):
                die(2, f'{path}:{number}: write AS, then name, silent or other, then the reason')
            reviewed[int(words[0])] = words[1]
    return reviewed


def check_names(operators, reviewed, path):
    """Findings, one sentence each."""
    name_of = {}
    for _, asn, name in read_origins():
        name_of[asn] = name
    folded_of = {asn: folded(name) for asn, name in name_of.items()}
    by_name = collections.defaultdict(list)
    for asn, name in folded_of.items():
        by_name[name].append(asn)
    names = sorted(by_name)
    owner = {asn: operator['id'] for operator in operators for asn in operator['asn']}
    used, claimed = set(), {}

    def excused(asn, kind):
        if reviewed.get(asn) != kind:
            return False
        used.add(asn)
        return True

    for operator in operators:
        holders = [Holder(text) for text in operator.get('holders', [])]
        for asn in operator['asn']:
            if asn not in name_of:
                if not excused(asn, 'silent'):
                    yield f"{operator['id']}: AS{asn} announces nothing; remove it, or say in {path} why it stays"
            elif not any(holder.matches(folded_of[asn]) for holder in holders) and not excused(asn, 'name'):
                yield (f"{operator['id']}: AS{asn} is '{name_of[asn]}', which none of its holders matches; remove it, "
                       f'or say in {path} why it is theirs')
        for holder in holders:
            found = False
            at = bisect.bisect_left(names, holder.folded)
            while at < len(names) and holder.matches(names[at]):
                found = True
                other = claimed.setdefault(names[at], operator['id'])
                if other != operator['id']:
                    yield f"{operator['id']}: the name '{name_of[by_name[names[at]][0]]}' is also that of {other}"
                for asn in by_name[names[at]]:
                    if asn not in owner and not excused(asn, 'other'):
                        yield (f"{operator['id']}: AS{asn} is '{name_of[asn]}' and is not in the file; add it, or say in "
                               f'{path} why it is not theirs')
                at += 1
            if not found:
                yield f"{operator['id']}: no AS bears the name '{holder.text}'; remove it"
    for asn in sorted(set(reviewed) - used):
        yield f'{path}: AS{asn}: nothing needs this exception any more; remove it'


def names(options):
    findings = list(check_names(read_operators(options.operators), read_reviewed(options.reviewed), options.reviewed))
    for finding in findings:
        print(finding)
    return 1 if findings else 0


# --- addresses


def read_places(path):
    """First addresses and (last, country), ascending, of tor-geoipdb."""
    if not os.access(path, os.R_OK):
        die(SKIP, f'{path} is not there: install tor-geoipdb')
    places = []
    with open(path, encoding='ascii') as file:
        for line in file:
            if not line.startswith('#'):
                first, last, country = line.strip().split(',')
                places.append((int(first), int(last), country))
    places.sort()
    return [place[0] for place in places], places


def european():
    with open('policy/sets/EU.yaml', encoding='utf-8') as file:
        return set(yaml.load(file, yaml.BaseLoader)['members'])


def count_addresses(geoip):
    """Announced IPv4 addresses in the EU by AS, each once: the longest prefix has it. And the name of each AS."""
    firsts, places = read_places(geoip)
    members = european()
    name_of, count = {}, collections.Counter()
    networks = []
    for prefix, asn, name in read_origins():
        name_of[asn] = name
        if ':' not in prefix:
            networks.append((ipaddress.ip_network(prefix), asn))
    networks.sort(key=lambda item: (int(item[0].network_address), item[0].prefixlen))
    stack = []

    def add(first, last, asn):
        at = max(bisect.bisect_right(firsts, first) - 1, 0)
        while at < len(places) and places[at][0] <= last:
            low, high = max(first, places[at][0]), min(last, places[at][1])
            if low <= high and places[at][2] in members:
                count[asn] += high - low + 1
            at += 1

    # Nests: what an inner prefix covers is taken from the outer one.
    def close(until):
        while stack and stack[-1][1] < until:
            first, last, asn = stack.pop()
            if first <= last:
                add(first, last, asn)
            if stack:
                stack[-1][0] = max(stack[-1][0], last + 1)

    for network, asn in networks:
        first, last = int(network.network_address), int(network.broadcast_address)
        close(first)
        if stack and stack[-1][0] < first:
            add(stack[-1][0], first - 1, stack[-1][2])
        if stack:
            stack[-1][0] = first
        stack.append([first, last, asn])
    close(1 << 32)
    return count, name_of


def coverage(options):
    operators = read_operators(options.operators)
    count, _ = count_addresses(options.geoip)
    members, total = european(), sum(count.values())
    by_kind = collections.Counter()
    for operator in operators:
        addresses = sum(count[asn] for asn in operator['asn'])
        by_kind['curated'] += addresses
        if operator.get('uncertain') == 'true':
            by_kind['of uncertain control'] += addresses
        elif operator['countries'] <= members:
            by_kind['under the law of the EU alone'] += addresses
        else:
            by_kind['under the law of somebody outside it'] += addresses
    print(f'{len(operators)} operators, {sum(len(operator["asn"]) for operator in operators)} ASes')
    print(f'{total:>11} announced IPv4 addresses in the EU')
    for kind in ('curated', 'under the law of the EU alone', 'under the law of somebody outside it', 'of uncertain control'):
        print(f'{by_kind[kind]:>11} {kind} ({100 * by_kind[kind] / total:.1f} %)')
    return 0


def top(options):
    operators = read_operators(options.operators)
    count, name_of = count_addresses(options.geoip)
    owner = {asn: operator for operator in operators for asn in operator['asn']}
    addresses, hosting = collections.Counter(), set()
    for asn, number in count.items():
        operator = owner.get(asn)
        key = operator['id'] if operator else f'- {name_of[asn]}'
        addresses[key] += number
        if LIKE_HOSTING.search(f"{operator['name'] if operator else ''} {name_of[asn]}"):
            hosting.add(key)
    if options.hosting:
        addresses = collections.Counter({key: addresses[key] for key in hosting})
    for place, (key, number) in enumerate(addresses.most_common(options.number), 1):
        print(f'{place:>4} {number:>10} {key}')
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--operators', help='another file than those of policy/operators')
    parser.add_argument('--reviewed', default='tests/lint/operators.reviewed', help='exceptions, each with its reason')
    parser.add_argument('--geoip', default='/usr/share/tor/geoip', help='where addresses are, tor-geoipdb')
    parser.add_argument('--number', type=int, default=150, help='how many of the top')
    parser.add_argument('--hosting', action='store_true', help='of the top those whose name speaks of hosting')
    parser.add_argument('verb', choices=['names', 'coverage', 'top'])
    options = parser.parse_args()
    return {'names': names, 'coverage': coverage, 'top': top}[options.verb](options)


if __name__ == '__main__':
    sys.exit(main())
