"""Sends what a payload log has again, and counts which answers are the same bytes.

    python src/test/python/replay.py requests.ndjson http://localhost:8080

A key is taken from KEEPGATE_KEY. Steps of sequences answer the same only where the sequences are
where they were.
"""

import base64
import json
import os
import sys
import urllib.error
import urllib.request


def unpacked(line, name):
    if name + "_base64" in line:
        return base64.b64decode(line[name + "_base64"])
    return line[name].encode()


def send(line, server):
    headers = {
        header: line[name]
        for name, header in [
            ("content_type", "Content-Type"),
            ("content_encoding", "Content-Encoding"),
            ("accept", "Accept"),
            ("header_length", "Inference-Header-Content-Length"),
        ]
        if name in line
    }
    if "KEEPGATE_KEY" in os.environ:
        headers["Authorization"] = "Bearer " + os.environ["KEEPGATE_KEY"]
    query = "?" + line["query"] if "query" in line else ""
    request = urllib.request.Request(
        server + line["path"] + query, unpacked(line, "body"), headers, method=line["method"]
    )
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()


def main(file, server):
    same = other = 0
    with open(file, encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            status, answer = send(line, server)
            # A refusal has the id of its request.
            if status == line["status"] and (status >= 400 or answer == unpacked(line, "answer")):
                same += 1
            else:
                other += 1
                print(f"{line['request_id']}: {status}, was {line['status']}: {answer[:200]!r}")
    print(f"{same} answered as they were, {other} otherwise")
    return other > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
