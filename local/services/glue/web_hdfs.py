"""S3 for a Spark without S3A: an HTTP server that speaks WebHDFS, which every Spark comes with.

Paths are `/webhdfs/v1/<bucket>/<key>`. Spark mounts it below `s3://` (see `spark_session`), so that
jobs and the metadata of tables name objects as on AWS, and each read, listing, write and delete of
Spark is a call of S3 under the job's role. The operations are those that Spark and Iceberg make, as
https://hadoop.apache.org/docs/r3.3.4/hadoop-project-dist/hadoop-hdfs/WebHDFS.html specifies them
(read 2026-11-29).
"""

import json
import re
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.exceptions import ClientError

LENIENT = [
    (
        "Spark reads and writes S3 through a gateway, not through S3A.",
        "This Spark has no S3 connector; each of its calls to S3 is made under the job's role. A"
        " test runs the job by S3A, of an older Hadoop than Glue's.",
    ),
]
_ROOT = "/webhdfs/v1/"
_MISSING = ("NoSuchKey", "404")


class WebHdfsHandler(BaseHTTPRequestHandler):
    """Answers one connection of Spark; `s3` is a boto3 client."""

    protocol_version = "HTTP/1.1"
    s3: Any

    def do_GET(self) -> None:
        """Look at objects, list and read them."""
        operations = {
            "GETFILESTATUS": self._file_status,
            "GETHOMEDIRECTORY": self._home,
            "LISTSTATUS": self._list_status,
            "OPEN": self._open,
        }
        self._answer(operations)

    def do_PUT(self) -> None:
        """Write an object."""
        self._answer({"CREATE": self._create, "MKDIRS": self._make_folder})

    def do_DELETE(self) -> None:
        """Delete an object."""
        self._answer({"DELETE": self._delete})

    def _answer(self, operations: dict[str, Any]) -> None:
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        bucket, _, key = unquote(url.path).removeprefix(_ROOT).partition("/")
        operation = query["op"].upper()
        body = self._body()
        try:
            operations[operation](bucket, key, query, body)
        except KeyError:
            kind = "java.lang.UnsupportedOperationException"
            self._refuse(400, kind, f"the gateway to S3 knows no {operation}")
        except FileNotFoundError as error:
            self._refuse(404, "java.io.FileNotFoundException", str(error))
        except ClientError as error:
            self._refuse(403, "org.apache.hadoop.security.AccessControlException", str(error))

    def _file_status(self, bucket: str, key: str, _query: Any, _body: bytes) -> None:
        self._send_json({"FileStatus": self._status(bucket, key)})

    def _home(self, _bucket: str, _key: str, _query: Any, _body: bytes) -> None:
        self._send_json({"Path": "/"})

    def _status(self, bucket: str, key: str) -> dict[str, Any]:
        if key:
            try:
                head = self.s3.head_object(Bucket=bucket, Key=key)
                return _file("", head["ContentLength"], head["LastModified"])
            except ClientError as error:
                if error.response["Error"]["Code"] not in _MISSING:
                    raise
        below = f"{key.rstrip('/')}/" if key else ""
        if not self.s3.list_objects_v2(Bucket=bucket, Prefix=below, MaxKeys=1)["KeyCount"]:
            raise FileNotFoundError(f"s3://{bucket}/{key}")
        return _folder("")

    def _list_status(self, bucket: str, key: str, _query: Any, _body: bytes) -> None:
        below = f"{key.rstrip('/')}/" if key else ""
        statuses: list[dict[str, Any]] = []
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=below, Delimiter="/"
        )
        for page in pages:
            statuses += [
                _folder(entry["Prefix"].removeprefix(below).rstrip("/"))
                for entry in page.get("CommonPrefixes", [])
            ]
            statuses += [
                _file(entry["Key"].removeprefix(below), entry["Size"], entry["LastModified"])
                for entry in page.get("Contents", [])
            ]
        if not statuses:
            statuses = [self._status(bucket, key)]
        self._send_json({"FileStatuses": {"FileStatus": statuses}})

    def _open(self, bucket: str, key: str, query: dict[str, str], _body: bytes) -> None:
        if not self._redirected(query):
            return
        start = int(query.get("offset", 0))
        end = start + int(query["length"]) - 1 if "length" in query else ""
        span = {"Range": f"bytes={start}-{end}"} if start or end else {}
        try:
            body = self.s3.get_object(Bucket=bucket, Key=key, **span)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] not in _MISSING:
                raise
            raise FileNotFoundError(f"s3://{bucket}/{key}") from error
        self._send(200, body, "application/octet-stream")

    def _create(self, bucket: str, key: str, query: dict[str, str], body: bytes) -> None:
        if self._redirected(query):
            self.s3.put_object(Bucket=bucket, Key=key, Body=body)
            self._send(201, b"")

    def _make_folder(self, _bucket: str, _key: str, _query: Any, _body: bytes) -> None:
        self._send_json({"boolean": True})  # S3 has no folders

    def _delete(self, bucket: str, key: str, _query: Any, _body: bytes) -> None:
        self.s3.delete_object(Bucket=bucket, Key=key)
        self._send_json({"boolean": True})

    def _redirected(self, query: dict[str, str]) -> bool:
        """Send the client to the "data node", which is here, too; whether it comes from there."""
        if "redirected" in query:
            return True
        self.send_response(307)
        here = f"http://{self.headers['Host']}{self.path}"
        self.send_header("Location", f"{here}&redirected=true")
        self.send_header("Content-Length", "0")
        self.end_headers()
        return False

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _refuse(self, status: int, java_class: str, message: str) -> None:
        exception = {
            "exception": re.sub(r".*\.", "", java_class),
            "javaClassName": java_class,
            "message": message,
        }
        self._send(status, json.dumps({"RemoteException": exception}).encode())

    def _send_json(self, document: dict[str, Any]) -> None:
        self._send(200, json.dumps(document).encode())

    def _send(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Log no requests."""


def _file(name: str, size: int, modified: Any) -> dict[str, Any]:
    return _file_or_folder("FILE", name, size, int(modified.timestamp() * 1000))


def _folder(name: str) -> dict[str, Any]:
    return _file_or_folder("DIRECTORY", name, 0, 0)


def _file_or_folder(kind: str, name: str, size: int, modified: int) -> dict[str, Any]:
    return {
        "type": kind,
        "pathSuffix": name,
        "length": size,
        "modificationTime": modified,
        "accessTime": modified,
        "blockSize": 128 * 1024**2,
        "replication": 1,
        "permission": "644",
        "owner": "s3",
        "group": "s3",
        "childrenNum": 0,
        "fileId": 0,
    }
