"""The job's lake where Spark has no S3 connector: files pass through a local folder."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from curate_flights.lake import Lake


class MirroredLake(Lake):
    """A Lake whose `fetch` downloads and whose `store` uploads, below the folder `mirror`."""

    mirror: Path

    def __init__(self, spark: SparkSession, s3: Any, bucket: str) -> None:
        super().__init__(spark, s3, bucket)
        self._written: set[Path] = set()

    def fetch(self, keys: Iterable[str]) -> list[str]:
        """Download objects, or everything below keys that end in a slash."""
        paths = []
        for key in keys:
            found = [each.key for each in self.objects(key)] if key.endswith("/") else [key]
            for each in found:
                path = self.mirror / "in" / each
                if not path.exists():
                    path.parent.mkdir(parents=True, exist_ok=True)
                    body = self.s3.get_object(Bucket=self.bucket, Key=each)["Body"].read()
                    path.write_bytes(body)
                paths.append(str(path))
        return paths

    def place(self, prefix: str) -> str:
        """A local folder to write to."""
        return str(self.mirror / "out" / prefix)

    def store(self, prefix: str) -> None:
        """Upload what Spark has written and was not uploaded before."""
        for path in sorted((self.mirror / "out" / prefix).rglob("*.parquet")):
            if path not in self._written:
                key = str(path.relative_to(self.mirror / "out"))
                self.s3.put_object(Bucket=self.bucket, Key=key, Body=path.read_bytes())
                self._written.add(path)
