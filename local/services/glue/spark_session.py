"""A small Spark for Glue jobs, whose S3 and catalogue are those of the given boto3 clients."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from local.services.glue.iceberg_catalog import IcebergCatalogHandler, IcebergTables
from local.services.glue.web_hdfs import WebHdfsHandler
from repository import ROOT

CATALOG = "glue_catalog"
# Jobs are short here: compiling quickly takes half the time of compiling well, and one thread that
# collects garbage less than many that wait for each other.
JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
ICEBERG_JARS = ROOT / ".build" / "iceberg" / "*"
# What Spark's Java is started with; nothing of it can change once it runs.
JAVA_SETTINGS = {
    "spark.driver.extraClassPath": str(ICEBERG_JARS),
    "spark.driver.memory": "2g",
    "spark.driver.extraJavaOptions": JAVA_OPTIONS,
}


@dataclass(frozen=True)
class Gateways:
    """The two servers between Spark and the local AWS: `s3` for files, `catalog` for tables."""

    s3: ThreadingHTTPServer
    catalog: ThreadingHTTPServer

    def settings(self, bucket: str) -> dict[str, str]:
        """Spark's settings: `s3://<bucket>/` and the Iceberg catalogue of Glue lead here."""
        catalog = f"spark.sql.catalog.{CATALOG}"
        # Hadoop's own view of file systems, by which one system serves the scheme of another.
        view = "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme"
        mount = f"spark.hadoop.fs.viewfs.mounttable.{bucket}.linkFallback"
        return {
            "spark.hadoop.fs.s3.impl": view,
            mount: f"webhdfs://127.0.0.1:{self.s3.server_port}/{bucket}",
            "spark.sql.extensions": (
                "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
            ),
            catalog: "org.apache.iceberg.spark.SparkCatalog",
            f"{catalog}.type": "rest",
            f"{catalog}.uri": f"http://127.0.0.1:{self.catalog.server_port}",
            f"{catalog}.io-impl": "org.apache.iceberg.hadoop.HadoopFileIO",
            # Loaded anew at each use: what another writer has committed is seen.
            f"{catalog}.cache-enabled": "false",
        }


@contextmanager
def gateways(s3: Any, glue: Any) -> Iterator[Gateways]:
    """Serve while the block runs, through boto3 clients for S3 and Glue."""
    servers = Gateways(
        _serve(WebHdfsHandler, s3=s3),
        _serve(IcebergCatalogHandler, tables=IcebergTables(glue, s3)),
    )
    try:
        yield servers
    finally:
        for server in (servers.s3, servers.catalog):
            server.shutdown()
            server.server_close()


def _serve(handler: type[BaseHTTPRequestHandler], **members: Any) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (handler,), members))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def small_spark(folder: Path) -> SparkSession.Builder:
    """Two cores, and Iceberg's jar; scratch files lie below `folder`."""
    settings: dict[str, bool | float | int | str | None] = {
        **JAVA_SETTINGS,
        "spark.ui.enabled": "false",
        # Nobody looks at finished queries, whose plans would fill the heap.
        "spark.sql.ui.retainedExecutions": "1",
        "spark.ui.retainedJobs": "1",
        "spark.ui.retainedStages": "1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "4",
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        # WebHDFS would be asked where the blocks of each file are.
        "spark.sql.sources.ignoreDataLocality": "true",
    }
    return SparkSession.builder.master("local[2]").config(map=settings)


def end(spark: SparkSession) -> None:
    """Stop a session, and close Hadoop's connections, which its Java would give to the next one."""
    # pyspark has no other door to Hadoop.
    java: Any = spark.sparkContext._jvm
    connections = java.org.apache.hadoop.fs.FileSystem
    spark.stop()
    connections.closeAll()
