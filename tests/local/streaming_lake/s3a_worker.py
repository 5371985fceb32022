"""A worker of Glue jobs whose Spark reads and writes S3 by S3A, as Glue's does.

It runs the script twice, and prints the summaries of the `first` and the `second` run.
"""

import os
import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509 import load_pem_x509_certificate

from local.services.glue.spark_session import ICEBERG_JARS, JAVA_OPTIONS
from local.services.glue.worker import run_script
from repository import ROOT

_JARS = ROOT / ".build" / "s3a" / "*"
_PASSWORD = "of-certificates-only"  # noqa: S105 -- Java asks for one  # pragma: allowlist secret


def settings(folder: Path) -> dict[str, str]:
    """Spark's settings; the address and the credentials are the environment's."""
    trust_store = folder / "authority.p12"
    authority = load_pem_x509_certificate(Path(os.environ["AWS_CA_BUNDLE"]).read_bytes())
    trust_store.write_bytes(
        pkcs12.serialize_java_truststore(
            [pkcs12.PKCS12Certificate(authority, None)],
            BestAvailableEncryption(_PASSWORD.encode()),
        )
    )
    ssl = {"": trust_store, "Type": "PKCS12", "Password": _PASSWORD}
    options = [f"-Djavax.net.ssl.trustStore{name}={value}" for name, value in ssl.items()]
    return {
        "spark.driver.extraClassPath": f"{ICEBERG_JARS}:{_JARS}",
        "spark.driver.extraJavaOptions": " ".join([JAVA_OPTIONS, *options]),
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "spark.hadoop.fs.s3a.aws.credentials.provider": (
            "com.amazonaws.auth.EnvironmentVariableCredentialsProvider"
        ),
        "spark.hadoop.fs.s3a.endpoint": os.environ["AWS_ENDPOINT_URL"],
        "spark.hadoop.fs.s3a.path.style.access": "true",
    }


if __name__ == "__main__":
    script, folder, arguments = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    # Twice in one process: a Java of its own takes ten seconds to load what the second run needs.
    runs = [run_script(script, folder, arguments, settings(folder)) for _ in range(2)]
    print(f'{{"first": {runs[0]}, "second": {runs[1]}}}')
