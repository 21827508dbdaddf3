#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""siem.py PORT FILE: a small stand-in for two receivers that Debian does not have.

Speaks as much of Elasticsearch's _bulk and of Splunk's HTTP Event Collector as a sender sees, and fails as they fail:

  /_bulk                    one status an item; `create` of an id that is there: 409. Item 7 of every request whose
                            record number is a multiple of 10 fails once with 429; records whose number ends in 777
                            are refused for ever with 400, as a mapping that does not fit does
  /services/collector/event acknowledgement ids a channel; 403 without the token; an event whose number ends in 555 is
                            "invalid": 400 with invalid-event-number, those before it are kept
  /services/collector/ack   true on the second question

What it has indexed it appends to FILE, a line a document, and loses nothing of it.
"""
import json
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "secret-token"
indexed, throttled, acks = set(), set(), {}
out = open(sys.argv[2], "a", buffering=1)


def number_of(text):
    found = re.search(r"1{32}-(\d+)-(\d+)\b", text)
    return (int(found[1]) - 1) * 500 + int(found[2]) if found else -1


def bulk_item(action, document):
    key = action["create"]["_id"]
    number = number_of(key)
    answer = {"_index": action["create"]["_index"], "_id": key}
    if number % 1000 == 777:
        answer.update(status=400, error={"type": "mapper_parsing_exception", "reason": "failed to parse field"})
    elif number % 10 == 7 and key not in throttled:
        throttled.add(key)
        answer.update(status=429, error={"type": "es_rejected_execution_exception", "reason": "queue is full"})
    elif key in indexed:
        answer.update(status=409, error={"type": "version_conflict_engine_exception", "reason": "already exists"})
    else:
        json.loads(document)
        indexed.add(key)
        out.write(document + "\n")
        answer.update(status=201, result="created")
    return {"create": answer}


class Siem(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def bulk(self, body):
        lines = body.split("\n")
        if lines.pop() or len(lines) % 2:
            return self.answer(400, {"error": {"reason": "The bulk request must be terminated by a newline [\\n]"}})
        items = [bulk_item(json.loads(lines[i]), lines[i + 1]) for i in range(0, len(lines), 2)]
        errors = any("error" in item["create"] for item in items)
        return self.answer(200, {"took": 1, "errors": errors, "items": items})

    def hec(self, body):
        if self.headers.get("Authorization") != "Splunk " + TOKEN:
            return self.answer(403, {"text": "Invalid token", "code": 4})
        channel = self.headers.get("X-Splunk-Request-Channel")
        if not channel:
            return self.answer(400, {"text": "Data channel is missing", "code": 10})
        decoder, at, events = json.JSONDecoder(), 0, []
        while at < len(body):
            event, at = decoder.raw_decode(body, at)
            at += len(body[at:]) - len(body[at:].lstrip())
            if number_of(event["event"]["id"]) % 1000 == 555:
                self.keep(events)
                return self.answer(400, {"text": "Invalid data format", "code": 6,
                                         "invalid-event-number": len(events)})
            events.append(event)
        self.keep(events)
        ids = acks.setdefault(channel, [])
        ids.append(0)
        return self.answer(200, {"text": "Success", "code": 0, "ackId": len(ids) - 1})

    def keep(self, events):
        for event in events:
            out.write(json.dumps(event) + "\n")

    def ack(self, body):
        channel, states = self.path.split("channel=")[1], {}
        for number in json.loads(body)["acks"]:
            acks[channel][number] += 1
            states[str(number)] = acks[channel][number] > 1
        return self.answer(200, {"acks": states})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/_bulk":
            self.bulk(body)
        elif self.path == "/services/collector/event":
            self.hec(body)
        elif self.path.startswith("/services/collector/ack?"):
            self.ack(body)
        else:
            self.answer(404, {"error": "no such path"})


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Siem).serve_forever()
