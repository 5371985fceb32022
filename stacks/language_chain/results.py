"""The results as a Glue table, an Athena work group, and named queries of `sql/language_chain/`."""

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3 as s3
from constructs import Construct

from repository import ROOT
from stacks.language_chain.settings import LanguageChainSettings
from stacks.language_chain.storage import ROWS
from stacks.shared.athena_work_group import AthenaWorkGroup
from stacks.shared.foundation import Foundation

SQL = ROOT / "sql" / "language_chain"
_DATES = glue.PartitionProjectionConfiguration.date(
    format="yyyy-MM-dd",
    min="2026-01-01",
    max="NOW+1DAYS",
    step=glue.DateProjectionStep(interval=1, interval_unit=glue.DateIntervalUnit.DAYS),
)
_TEXT, _TEXTS = glue.Schema.STRING, glue.Schema.array(glue.Schema.STRING)
# As `lambdas/language_chain/merge_results` writes them.
COLUMNS = {
    "document_id": _TEXT,
    "bucket": _TEXT,
    "key": _TEXT,
    "source_language": _TEXT,
    "target_language": _TEXT,
    # All of the text is Translate's. False if it was in the target language already, and if a part
    # of it was not translated: searches in the target language miss that part.
    "translated": glue.Schema.BOOLEAN,
    # Of a text; a recording, a Word or a PDF file has none.
    "charset": _TEXT,
    # 1, unless the charset was guessed.
    "charset_confidence": glue.Schema.DOUBLE,
    "sentiment": _TEXT,
    "positive_share": glue.Schema.DOUBLE,
    "negative_share": glue.Schema.DOUBLE,
    "neutral_share": glue.Schema.DOUBLE,
    "mixed_share": glue.Schema.DOUBLE,
    "characters": glue.Schema.BIG_INT,
    "entities": _TEXTS,
    "key_phrases": _TEXTS,
    "pii_types": _TEXTS,
    "lost_parts": glue.Schema.BIG_INT,
    "result_key": _TEXT,
}


class Results(Construct):
    """The table `language_results`: a row per document, partitioned by date."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        outbox: s3.IBucket,
    ) -> None:
        super().__init__(scope, construct_id)
        name = Stack.of(self).stack_name
        settings = foundation.environment.settings(LanguageChainSettings)
        self.database = glue.Database(
            self,
            "Database",
            # Queries name the database. Hive takes no capitals and no hyphen.
            database_name=name.lower().replace("-", "_"),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.table = glue.S3Table(
            self,
            "Rows",
            database=self.database,
            table_name="language_results",
            storage=glue.S3TableStorage.from_bucket(outbox),
            s3_prefix=ROWS,
            data_format=glue.DataFormat.JSON,
            columns=[glue.Column(name=column, type=kind) for column, kind in COLUMNS.items()],
            # Not by language, too: Athena lists every projected partition, and most would be empty
            # (docs.aws.amazon.com/athena/latest/ug/partition-projection.html, read 2026-11-30).
            partition_keys=[glue.Column(name="date", type=_TEXT)],
            partition_projection={"date": _DATES},
        )
        work_group = AthenaWorkGroup(
            self,
            "Readers",
            name=name,
            bucket=outbox,
            key=foundation.key,
            limit_mebibytes=settings.query_limit_mebibytes,
        )
        work_group.add_named_queries(
            self, SQL, database=self.database.database_name, substitutions={}
        )
