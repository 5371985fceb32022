"""Settings with which Spark plans and runs the few rows of a test in half of the processor time.

They change how Spark computes, not what. The tests that run the job in a process of its own
(`tests/local/streaming_lake`, the demo) keep the configuration that the job is deployed with: code
generation, adaptive execution and all.
"""

from pyspark.sql import SparkSession

_LIGHT = {
    # Compiling Java for each plan takes longer than interpreting the plan for ten rows.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    # Optimising the rest of a plan anew after each of its stages, likewise.
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
}


def lighten(session: SparkSession) -> SparkSession:
    """Apply them to a session that the job's own `session` has made; it is returned."""
    for name, value in _LIGHT.items():
        session.conf.set(name, value)
    return session
