"""The lake of the curation job where Spark has no S3 connector: files pass through a folder."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from curate_flights.lake import Lake

LENIENT = [
    (
        "Spark reads and writes files in a folder, not through S3A.",
        "This Spark has no S3 connector.",
    ),
]


class MirroredLake(Lake):
    """A Lake whose `fetch` downloads and whose `store` uploads, below the folder `mirror`."""

    mirror: Path

    def __init__(self, spark: SparkSession, s3: Any, bucket: str) -> None:
        super().__init__(spark, s3, bucket)
        self._uploaded: set[Path] = set()

    def fetch(self, keys: Iterable[str]) -> list[str]:
        """Download objects, or everything below keys that end in a slash."""
        paths = []
        for key in keys:
            below = key.endswith("/")
            for object_key in [item.key for item in self.objects(key)] if below else [key]:
                path = self.mirror / "in" / object_key
                if not path.exists():
                    path.parent.mkdir(parents=True, exist_ok=True)
                    body = self.s3.get_object(Bucket=self.bucket, Key=object_key)["Body"].read()
                    path.write_bytes(body)
                paths.append(str(path))
        return paths

    def place(self, prefix: str) -> str:
        """A local folder to write to."""
        return str(self.mirror / "out" / prefix)

    def store(self, prefix: str) -> None:
        """Upload the files that Spark has written since the last upload."""
        for path in sorted((self.mirror / "out" / prefix).rglob("*.parquet")):
            if path not in self._uploaded:
                key = str(path.relative_to(self.mirror / "out"))
                self.s3.put_object(Bucket=self.bucket, Key=key, Body=path.read_bytes())
                self._uploaded.add(path)
